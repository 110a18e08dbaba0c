import { readFileSync } from "node:fs";

/** More clients than one process serves well; each takes a few KB. */
const mostConnections = 10_000;
const fewestConnections = 16;

/**
 * How many connections may be open at once, of a process that may have so many files open. The other half of the files
 * is for the data directory: connections that nobody counts would take the last one, and the log's next segment could
 * not be opened.
 */
export function connectionLimit(openFiles: number | null): number {
  if (openFiles === null) return mostConnections;
  return Math.max(fewestConnections, Math.min(mostConnections, Math.floor(openFiles / 2)));
}

/** How many files this process may have open; null where the system does not tell (it is no Linux), or sets no bound. */
export function openFilesLimit(): number | null {
  try {
    const soft = /^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return soft === undefined ? null : Number(soft);
  } catch {
    return null;
  }
}
