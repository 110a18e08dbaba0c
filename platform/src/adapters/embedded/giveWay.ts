import { readdirSync, readFileSync } from "node:fs";
import { getPriority, setPriority } from "node:os";

/**
 * How far each thread stands behind those that take and decide events, as a nice value: where two ask for one processor,
 * five steps more leave a third of what the other gets (sched(7)). Somebody waits for what search finds, for a reason
 * and for a timeline; what resembles whom can wait. Not too long: a stop waits for all of them.
 */
export const niceness = {
  pool: 8,
  search: 8,
  explaining: 5,
  analytics: 10,
  background: 10,
  reviews: 15,
  archiving: 10,
} as const;

/**
 * For threads that follow what is decided: the calling thread gets the processor after those that take and decide
 * events, so that these answer at once while it catches up. Linux keeps a priority for each thread (setpriority(2));
 * elsewhere it would be the whole process's, and nothing is changed.
 */
export function giveWay(by: number = niceness.background): void {
  if (process.platform !== "linux" || getPriority(0) >= by) return;
  setPriority(0, by);
}

const tasks = "/proc/self/task";
/** As libuv names them: Linux knows each thread by a name. */
const poolThread = "libuv-worker";

/**
 * For the threads of Node's pool, once they run: what DuckDB and LevelDB are asked for is done there, whoever asked, and
 * otherwise with the priority of those who take and decide events. The log's own writes have a thread of their own.
 */
export function poolGivesWay(): void {
  if (process.platform !== "linux") return;
  for (const task of ownTasks()) {
    try {
      const isOfPool = readFileSync(`${tasks}/${task}/comm`, "utf8").startsWith(poolThread);
      if (isOfPool && getPriority(Number(task)) < niceness.pool) setPriority(Number(task), niceness.pool);
    } catch {
      // It ended meanwhile.
    }
  }
}

function ownTasks(): string[] {
  try {
    return readdirSync(tasks);
  } catch {
    // Where /proc is not to be seen, they stay as they are.
    return [];
  }
}
