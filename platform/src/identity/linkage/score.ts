import { classPriors, type Estimate, type Patterns } from "./em.ts";

/** By pattern number. */
export interface PatternScores {
  /** log2 of the odds of one person against household or strangers. */
  weights: Float32Array;
  /** That the pair is one person. */
  probabilities: Float32Array;
}

/** Bayes' rule over the three classes. */
export function scorePatterns({ comparisons, outcomes, counts }: Patterns, at: Estimate, totalPairs: number): PatternScores {
  const weights = new Float32Array(counts.length);
  const probabilities = new Float32Array(counts.length);
  const priors = classPriors(at, totalPairs);
  for (let p = 0; p < counts.length; p++) {
    let m = Math.log2(priors.match);
    let h = priors.household;
    let u = priors.stranger;
    for (let k = 0; k < comparisons; k++) {
      const outcome = outcomes[p * comparisons + k] ?? 0;
      m += Math.log2(at.match[k]?.[outcome] ?? 1);
      h *= at.household[k]?.[outcome] ?? 1;
      u *= at.stranger[k]?.[outcome] ?? 1;
    }
    const weight = m - Math.log2(h + u);
    weights[p] = weight;
    probabilities[p] = 1 / (1 + 2 ** -weight);
  }
  return { weights, probabilities };
}
