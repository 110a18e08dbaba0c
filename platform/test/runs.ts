const quickShare = 0.1;
const leastRuns = 5;
const manyTimes = 10;

/**
 * How often a property is tried: `full` times in `npm test`, a tenth of that in `npm run verify`, which somebody waits
 * for. Only where all the runs take long; the others are tried in full everywhere. `many` of them where a fault is to be
 * found, which ends them.
 */
export function runs(full: number): number {
  if (process.env["C360_PROPERTY_RUNS"] === "many") return full * manyTimes;
  if (process.env["C360_PROPERTY_RUNS"] !== "quick") return full;
  return Math.min(full, Math.max(leastRuns, Math.ceil(full * quickShare)));
}
