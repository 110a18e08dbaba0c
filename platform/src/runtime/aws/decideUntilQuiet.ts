import type { Position } from "../../model/position.ts";
import type { DeciderOutcome } from "./decider.ts";

/**
 * Runs a decider again where something came between its last look at the log and the giving back of its lease: whoever
 * was called for that found the lease taken, and went. `end`: of the log. `run` asks for the end by what it is given.
 */
export async function decideUntilQuiet(
  end: () => Promise<Position>,
  run: (end: () => Promise<Position>) => Promise<DeciderOutcome>,
): Promise<DeciderOutcome> {
  for (;;) {
    let seen = 0;
    const outcome = await run(async () => (seen = await end()));
    if (outcome !== "caughtUp" || (await end()) <= seen) return outcome;
  }
}
