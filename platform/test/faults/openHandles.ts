import { readdirSync, readlinkSync, realpathSync } from "node:fs";
import { sep } from "node:path";

/** A file of the data directory is open by so many threads at most, each for reading and writing. */
const mostOfOneFile = 12;
/** Names of what is being made and gets another name once it is whole. */
const unfinished = /(\.tmp|\.new)$/;

/** What each open descriptor of a process leads to; empty where the system has no `/proc`. */
export function openHandles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).flatMap((fd) => targetOf(`${folder}/${fd}`));
  } catch {
    return [];
  }
}

function targetOf(link: string): string[] {
  try {
    return [readlinkSync(link)];
  } catch {
    // Closed since the listing.
    return [];
  }
}

/** Of a platform that runs and is at rest: files that are gone or unfinished and still open, and files that are open far too often. */
export function strayHandles(pid: number, dataDir: string): string[] {
  const counts = new Map<string, number>();
  // Links of `/proc` name real paths.
  const folder = `${realpathSync(dataDir)}${sep}`;
  const handles = openHandles(pid);
  for (const target of handles) {
    if (target.startsWith(folder)) counts.set(target, (counts.get(target) ?? 0) + 1);
  }
  if (handles.length > 0 && counts.size === 0) return ["nothing of the data directory is open"];
  return [...counts]
    .filter(([target, count]) => target.endsWith(" (deleted)") || unfinished.test(target) || count > mostOfOneFile)
    .map(([target, count]) => `${target.slice(folder.length)} ×${count}`);
}
