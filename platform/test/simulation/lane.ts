import { parentPort, workerData } from "node:worker_threads";
import { openRunner } from "./many.ts";
import { reportOf } from "./report.ts";

/** Seeds of one thread: `first`, then each that lies `every` further. */
export interface Lane {
  first: number;
  every: number;
  count: number;
  /** UTC ms. */
  until: number;
}

/** What it tells: a schedule has run, or what broke, in words. */
export type Told = { kind: "ran" } | { kind: "broke"; report: string };

const { first, every, count, until } = workerData as Lane;

function tell(told: Told): void {
  parentPort?.postMessage(told);
}

function* seeds(): Generator<number> {
  for (let nth = 0; nth < count && Date.now() < until; nth++) yield (first + nth * every) >>> 0;
}

const runner = await openRunner();
const found = await runner.firstBroken(seeds(), () => tell({ kind: "ran" }));
await runner.close();
if (found !== null) tell({ kind: "broke", report: reportOf(found.run, found.shorter) });
