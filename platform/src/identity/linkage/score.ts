import type { Comparison } from "./comparison.ts";
import { classPriors, type Estimate, type Patterns } from "./em.ts";

/** By pattern number. */
export interface PatternScores {
  /** log2 of the odds of one person against household or strangers. */
  weights: Float64Array;
  /** That the pair is one person. */
  probabilities: Float64Array;
}

/** What one column added to a pair's weight. */
export interface WaterfallStep {
  comparison: string;
  /** In which way the two values are alike. */
  level: string;
  /** In bits: positive speaks for one person. */
  weight: number;
}

/** The way from the prior to a pair's weight; the steps' weights and the prior's add up to it. */
export interface Waterfall {
  priorWeight: number;
  steps: WaterfallStep[];
  weight: number;
  probability: number;
}

/** Bayes' rule over the three classes. */
export function scorePatterns(patterns: Patterns, estimate: Estimate, totalPairs: number): PatternScores {
  const { comparisons, outcomes, counts } = patterns;
  const weights = new Float64Array(counts.length);
  const probabilities = new Float64Array(counts.length);
  for (let p = 0; p < counts.length; p++) {
    const odds = runningOdds(estimate, totalPairs);
    for (let k = 0; k < comparisons; k++) odds.add(k, outcomes[p * comparisons + k] ?? 0);
    weights[p] = odds.weight();
    probabilities[p] = probabilityOf(odds.weight());
  }
  return { weights, probabilities };
}

/** How a pair with these outcomes, one for each comparison, comes to its weight. */
export function waterfallOf(
  outcomes: ArrayLike<number>,
  comparisons: readonly Comparison[],
  estimate: Estimate,
  totalPairs: number,
): Waterfall {
  const odds = runningOdds(estimate, totalPairs);
  const priorWeight = odds.weight();
  let before = priorWeight;
  const steps = comparisons.map(({ name, levels }, k): WaterfallStep => {
    const outcome = outcomes[k] ?? 0;
    odds.add(k, outcome);
    const weight = odds.weight() - before;
    before = odds.weight();
    return { comparison: name, level: levels[outcome % levels.length]?.label ?? "", weight };
  });
  return { priorWeight, steps, weight: before, probability: probabilityOf(before) };
}

function probabilityOf(weight: number): number {
  return 1 / (1 + 2 ** -weight);
}

function runningOdds(estimate: Estimate, totalPairs: number) {
  const priors = classPriors(estimate, totalPairs);
  // The match class as a logarithm: where it is all but impossible, the weight still says by how much.
  let match = Math.log2(priors.match);
  let { household, stranger } = priors;
  return {
    add(k: number, outcome: number): void {
      match += Math.log2(estimate.match[k]?.[outcome] ?? 1);
      household *= estimate.household[k]?.[outcome] ?? 1;
      stranger *= estimate.stranger[k]?.[outcome] ?? 1;
    },
    weight: (): number => match - Math.log2(household + stranger),
  };
}
