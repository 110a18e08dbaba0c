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

/** How many files this process may have open; null where the system sets no bound. */
export function openFilesLimit(): number | null {
  const report = process.report as typeof process.report & { excludeNetwork: boolean };
  const before = report.excludeNetwork;
  // It would look up the names of its connections.
  report.excludeNetwork = true;
  const { userLimits } = report.getReport() as { userLimits?: { open_files?: { soft: number | string } } };
  report.excludeNetwork = before;
  const soft = Number(userLimits?.open_files?.soft);
  return Number.isFinite(soft) && soft > 0 ? soft : null;
}
