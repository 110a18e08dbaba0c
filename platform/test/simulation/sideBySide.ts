import { Worker } from "node:worker_threads";
import type { Lane, Told } from "./lane.ts";

/** Seeds from `first` on. */
export interface Many {
  first: number;
  schedules: number;
  /** UTC ms: none begins later. */
  until: number;
  threads: number;
}

/** Runs them on all threads until one breaks anything. `report`: what it broke, in words; null where all holds. */
export async function runSideBySide(many: Many): Promise<{ done: number; report: string | null }> {
  let done = 0;
  let report: string | null = null;
  const workers = lanesOf(many).map((lane) => new Worker(new URL("./lane.ts", import.meta.url), { workerData: lane }));
  const ended = workers.map(
    (worker) =>
      new Promise<void>((resolve, reject) => {
        worker.on("message", (told: Told) => {
          if (told.kind === "ran") done += 1;
          else report ??= told.report;
          if (report !== null) for (const each of workers) void each.terminate();
        });
        worker.on("error", reject);
        worker.on("exit", () => resolve());
      }),
  );
  await Promise.all(ended);
  return { done, report };
}

function lanesOf({ first, schedules, until, threads }: Many): Lane[] {
  return Array.from({ length: Math.min(threads, schedules) }, (_, lane) => ({
    first: first + lane,
    every: threads,
    count: Math.ceil((schedules - lane) / threads),
    until,
  }));
}
