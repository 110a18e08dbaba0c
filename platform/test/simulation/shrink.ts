import { Broken } from "./broken.ts";
import type { Plan, Run } from "./schedule.ts";

const mostRuns = 400;

/**
 * A shorter schedule of the same seed that breaks the same rule: steps are left out, many at a time and then one by one,
 * for as long as that goes on (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE
 * Transactions on Software Engineering 28(2), 2002).
 */
export async function shrink(failing: Run, run: (plan: Plan) => Promise<Run>): Promise<Run> {
  let best = failing;
  let runs = 0;
  for (let size = Math.ceil(best.steps.length / 2); size >= 1;) {
    let isShorter = false;
    for (let from = best.steps.length - size; from > -size && runs < mostRuns; from -= size) {
      const steps = best.steps.toSpliced(Math.max(0, from), size + Math.min(0, from));
      runs += 1;
      const tried = await run({ seed: failing.seed, steps });
      if (tried.broken === null || ruleOf(tried) !== ruleOf(failing)) continue;
      best = tried;
      isShorter = true;
      from = Math.min(from, best.steps.length);
    }
    if (runs >= mostRuns) break;
    if (size > 1 || !isShorter) size >>= 1;
  }
  return best;
}

/** What broke, without which record or figure it was. */
export function ruleOf({ broken }: Run): string {
  return broken instanceof Broken ? broken.rule : `${broken?.name} ${broken?.message}`;
}
