import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Comparison } from "./comparison.ts";
import type { Estimate } from "./em.ts";
import { scorePatterns, waterfallOf } from "./score.ts";

const level = (label: string) => ({ label, match: 0.5, stranger: 0.5, household: 0.5, termField: null, group: "+" });
const comparisons: Comparison[] = ["a", "b", "c"].map((name) => ({
  name,
  levels: [level("missing"), level("same"), level("different")],
  similarities: [],
  levelSql: "",
  isSharedAtHome: true,
}));
const share = fc.double({ min: 1e-6, max: 1, noNaN: true });
const shares = fc
  .array(fc.tuple(share, share), { minLength: 3, maxLength: 3 })
  .map((pairs) => pairs.map(([same, other]) => Float64Array.of(1, same, other)));
const someEstimate: fc.Arbitrary<Estimate> = fc.record({
  match: shares,
  household: shares,
  stranger: shares,
  matchPairs: fc.integer({ min: 1, max: 1_000 }),
  householdPairs: fc.integer({ min: 0, max: 1_000 }),
  iterations: fc.constant(1),
});
const someOutcomes = fc.array(fc.nat(2), { minLength: 3, maxLength: 3 });

describe("a pair's weight", () => {
  it("is what its waterfall adds up to", () => {
    fc.assert(
      fc.property(someEstimate, someOutcomes, (estimate, outcomes) => {
        const { priorWeight, steps, weight, probability } = waterfallOf(outcomes, comparisons, estimate, 1e6);
        expect(steps.reduce((sum, step) => sum + step.weight, priorWeight)).toBeCloseTo(weight, 6);
        const patterns = { comparisons: 3, outcomes: Uint16Array.from(outcomes), counts: Float64Array.of(1) };
        const scores = scorePatterns(patterns, estimate, 1e6);
        expect(scores.weights[0]).toBeCloseTo(weight, 9);
        expect(scores.probabilities[0]).toBeCloseTo(probability, 12);
      }),
    );
  });

  it("does not change for what is missing", () => {
    fc.assert(
      fc.property(someEstimate, (estimate) => {
        for (const { weight } of waterfallOf([0, 0, 0], comparisons, estimate, 1e6).steps)
          expect(weight).toBeCloseTo(0, 9);
      }),
    );
  });

  it("is Bayes' rule over the three classes", () => {
    const estimate: Estimate = {
      match: [0, 0, 0].map(() => Float64Array.of(1, 0.9, 0.1)),
      household: [0, 0, 0].map(() => Float64Array.of(1, 0.3, 0.7)),
      stranger: [0, 0, 0].map(() => Float64Array.of(1, 0.01, 0.99)),
      matchPairs: 100,
      householdPairs: 50,
      iterations: 1,
    };
    const { probability, steps } = waterfallOf([1, 1, 2], comparisons, estimate, 10_000);
    const [m, h, u] = [0.01 * 0.9 * 0.9 * 0.1, 0.005 * 0.3 * 0.3 * 0.7, 0.985 * 0.01 * 0.01 * 0.99];
    expect(probability).toBeCloseTo(m / (m + h + u), 9);
    expect(steps.map((step) => step.level)).toEqual(["same", "same", "different"]);
  });
});
