import { getPriority, setPriority } from "node:os";

/** Of ten parts of a processor that is asked for by both, one goes to who gives way. */
const niceness = 10;

/**
 * For threads that follow what is decided: the calling thread gets the processor after those that take and decide
 * events, so that these answer at once while it catches up. Linux keeps a priority for each thread (setpriority(2));
 * elsewhere it would be the whole process's, and nothing is changed.
 */
export function giveWay(): void {
  if (process.platform !== "linux" || getPriority(0) >= niceness) return;
  setPriority(0, niceness);
}
