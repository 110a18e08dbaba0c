import { describe, expect, it } from "vitest";
import { chanceShares } from "./chance.ts";
import type { Comparison } from "./comparison.ts";
import { estimate, type Estimate, type Patterns } from "./em.ts";
import { draws } from "./people.fake.ts";
import { scorePatterns } from "./score.ts";

/** A comparison of three levels beside missing, without frequencies. */
function comparison(name: string, isHeld: boolean): Comparison {
  const level = (label: string, match: number, stranger: number, household: number) => ({
    label,
    match,
    stranger,
    household: isHeld ? null : household,
    termField: null,
    group: label === "missing" ? "-" : "+",
  });
  return {
    name,
    levels: [
      level("missing", 1, 1, 1),
      level("same", 0.7, 0.01, 0.7),
      level("alike", 0.1, 0.05, 0.1),
      level("different", 0.2, 0.94, 0.2),
    ],
    similarities: [],
    levelSql: "",
    isSharedAtHome: !isHeld,
  };
}

const comparisons = [
  comparison("given", true),
  comparison("birth", true),
  comparison("surname", false),
  comparison("address", false),
  comparison("phone", false),
];
/** By comparison: shares of same, alike, different. */
const truth = {
  match: [
    [0.8, 0.15, 0.05],
    [0.85, 0.1, 0.05],
    [0.9, 0.05, 0.05],
    [0.75, 0.1, 0.15],
    [0.6, 0.1, 0.3],
  ],
  stranger: [
    [0.01, 0.02, 0.97],
    [0.001, 0.01, 0.989],
    [0.005, 0.01, 0.985],
    [0.001, 0.02, 0.979],
    [0.0005, 0.001, 0.9985],
  ],
  household: [null, null, [0.85, 0.05, 0.1], [0.95, 0.03, 0.02], [0.3, 0.02, 0.68]],
};
const missingShare = 0.1;

/** Exactly expected counts of every pattern, or counts drawn from them. */
function patternsOf(classes: readonly { pairs: number; shares: readonly (readonly number[])[] }[]): Patterns {
  const count = 4 ** comparisons.length;
  const outcomes = new Uint16Array(count * comparisons.length);
  const counts = new Float64Array(count);
  for (let p = 0; p < count; p++) {
    for (let k = 0; k < comparisons.length; k++) outcomes[p * comparisons.length + k] = Math.floor(p / 4 ** k) % 4;
    for (const { pairs, shares } of classes) {
      counts[p] =
        (counts[p] ?? 0) +
        pairs *
          comparisons.reduce((product, _, k) => {
            const outcome = outcomes[p * comparisons.length + k] ?? 0;
            return product * (outcome === 0 ? missingShare : (1 - missingShare) * (shares[k]?.[outcome - 1] ?? 0));
          }, 1);
    }
  }
  return { comparisons: comparisons.length, outcomes, counts };
}

const records = 20_000;
const totalPairs = (records * (records - 1)) / 2;
const strangers = { pairs: totalPairs, shares: truth.stranger };
const matches = { pairs: 9_000, shares: truth.match };
const households = { pairs: 6_000, shares: truth.household.map((shares, k) => shares ?? truth.stranger[k] ?? []) };

/** Random pairs are like all pairs, the few matches among them included. */
function estimated(patterns: Patterns): Estimate {
  const all = patterns.counts.reduce((sum, count) => sum + count, 0);
  const random = { ...patterns, counts: patterns.counts.map((count) => (count / all) * 400_000) };
  return estimate(patterns, comparisons, chanceShares(random, comparisons, new Map(), 1, totalPairs), records);
}

describe("expectation–maximisation", () => {
  it("finds the parameters that the patterns were made with", () => {
    const found = estimated(patternsOf([strangers, matches, households]));
    expect(found.matchPairs / matches.pairs).toBeCloseTo(1, 1);
    expect(found.householdPairs / households.pairs).toBeCloseTo(1, 1);
    for (const [k, shares] of truth.match.entries())
      for (const [at, share] of shares.entries())
        expect(Math.abs((found.match[k]?.[at + 1] ?? 0) - share)).toBeLessThan(0.02);
    for (const [k, shares] of truth.household.entries())
      for (const [at, share] of (shares ?? []).entries())
        expect(Math.abs((found.household[k]?.[at + 1] ?? 0) - share)).toBeLessThan(0.02);
  });

  it("finds them in a sample of pairs too, whatever the seed", () => {
    const exact = patternsOf([strangers, matches, households]);
    for (const seed of [1, 2, 3]) {
      const draw = draws(seed);
      // Counts as they would be drawn: a normal share of noise around each.
      const noisy = exact.counts.map((count) =>
        Math.max(0, Math.round(count + Math.sqrt(count) * (draw() + draw() + draw() + draw() - 2))),
      );
      const found = estimated({ ...exact, counts: noisy });
      expect(Math.abs(found.matchPairs / matches.pairs - 1)).toBeLessThan(0.1);
      expect(Math.abs((found.match[0]?.[1] ?? 0) - 0.8)).toBeLessThan(0.03);
    }
  });

  it("needs no households to be there", () => {
    const found = estimated(patternsOf([strangers, matches]));
    expect(found.matchPairs / matches.pairs).toBeCloseTo(1, 1);
    expect(found.householdPairs).toBeLessThan(0.05 * matches.pairs);
  });

  it("gives each class shares that add up to one", () => {
    const found = estimated(patternsOf([strangers, matches, households]));
    for (const shares of [...found.match, ...found.household.slice(2)]) {
      expect(shares.slice(1).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6);
      expect(shares[0]).toBe(1);
    }
  });

  it("gives probabilities that come true", () => {
    const all = patternsOf([strangers, matches, households]);
    const right = patternsOf([matches]).counts;
    let bins = 0;
    const { probabilities } = scorePatterns(all, estimated(all), totalPairs);
    for (const [from, to] of [
      [0.2, 0.5],
      [0.5, 0.8],
      [0.8, 0.95],
      [0.95, 1],
    ] as const) {
      let [expected, came, pairs] = [0, 0, 0];
      for (const [p, probability] of probabilities.entries()) {
        if (probability < from || probability >= to) continue;
        expected += probability * (all.counts[p] ?? 0);
        came += right[p] ?? 0;
        pairs += all.counts[p] ?? 0;
      }
      if (pairs <= 50) continue;
      bins++;
      expect(Math.abs(came / pairs - expected / pairs)).toBeLessThan(0.05);
    }
    expect(bins).toBeGreaterThan(2);
  });
});
