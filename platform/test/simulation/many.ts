import { openAccessStore } from "../../src/adapters/embedded/accessStore.ts";
import { runSchedule, type Plan, type Run } from "./schedule.ts";
import { shrink } from "./shrink.ts";

export interface Runner {
  run(plan: Plan): Promise<Run>;
  /** The first of the seeds that breaks anything, and cut; null when none does. */
  firstBroken(seeds: Iterable<number>, onRun?: (run: Run) => void): Promise<{ run: Run; shorter: Run } | null>;
  close(): Promise<void>;
}

export async function openRunner(): Promise<Runner> {
  // Nothing is ever asked of it: sources are known to whoever sends.
  const access = await openAccessStore(":memory:", { now: () => 0, randomBytes: (bytes) => Buffer.alloc(bytes) });
  const run = (plan: Plan): Promise<Run> => runSchedule(plan, access);
  return {
    run,
    firstBroken: async (seeds, onRun = () => undefined) => {
      for (const seed of seeds) {
        const tried = await run({ seed });
        onRun(tried);
        if (tried.broken !== null) return { run: tried, shorter: await shrink(tried, run) };
      }
      return null;
    },
    close: () => access.close(),
  };
}

/** Seeds one after another; they have 32 bits. */
export function* seedsFrom(first: number, count: number): Generator<number> {
  for (let nth = 0; nth < count; nth++) yield (first + nth) >>> 0;
}
