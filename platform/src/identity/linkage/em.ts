import type { Comparison } from "./comparison.ts";

/** Counted agreement patterns: pattern p has `counts[p]` pairs and outcome `outcomes[p * K + k]` in comparison k. */
export interface Patterns {
  comparisons: number;
  outcomes: Uint16Array;
  counts: Float64Array;
}

/** What strangers look like: by comparison, the share of each outcome among random pairs where it is not missing. */
export interface ChanceShares {
  /** By comparison, by outcome. */
  shares: readonly Float64Array[];
  /** By comparison, the part of a level's pairs of one person that lies in each outcome's bucket; sums to 1 a level. */
  termShares: readonly Float64Array[];
  /** By comparison, the least share that the data can tell from none. */
  floors: readonly Float64Array[];
  /** By comparison, the share of random pairs that have what the outcome needs (nothing of it missing). */
  present: readonly Float64Array[];
  /** Pairs of records in all, compared or not. */
  totalPairs: number;
}

/** The three classes' parameters. Outcome o of comparison k has probability `match[k][o]`, `household[k][o]`, `stranger[k][o]`. */
export interface Estimate {
  match: Float64Array[];
  household: Float64Array[];
  stranger: Float64Array[];
  /** Expected pairs of one person, and of one household, among all pairs. */
  matchPairs: number;
  householdPairs: number;
  iterations: number;
}

export interface EmOptions {
  maxIterations: number;
  /** The estimation has settled when the expected pairs of both classes change by less than this share of the matches. */
  settledChange: number;
  /** The starting shares count as so many observed pairs. */
  priorPairs: number;
  hasHouseholds: boolean;
}

export const defaultEmOptions: EmOptions = {
  maxIterations: 100,
  settledChange: 1e-4,
  priorPairs: 30,
  hasHouseholds: true,
};

/**
 * Expectation–maximisation over counted agreement patterns (Winkler 1988) with three classes (after Larsen & Rubin
 * 2001): same person, same household, stranger. What strangers look like comes from random pairs, less the expected
 * pairs of the other two classes; pairs that were never compared count as strangers.
 */
export function estimate(
  patterns: Patterns,
  comparisons: readonly Comparison[],
  chance: ChanceShares,
  records: number,
  options: EmOptions = defaultEmOptions,
): Estimate {
  let current = start(comparisons, chance, records, options);
  for (let iteration = 1; iteration <= options.maxIterations; iteration++) {
    const expected = expectation(patterns, current, chance.totalPairs);
    const next = maximisation(expected, comparisons, chance, options, iteration);
    const moved =
      Math.abs(next.matchPairs - current.matchPairs) + Math.abs(next.householdPairs - current.householdPairs);
    const change = moved / Math.max(1, current.matchPairs);
    current = next;
    if (change < options.settledChange && iteration > 5) break;
  }
  return current;
}

function start(
  comparisons: readonly Comparison[],
  chance: ChanceShares,
  records: number,
  options: EmOptions,
): Estimate {
  const spread = (pick: (level: Comparison["levels"][number]) => number | null) =>
    comparisons.map(({ levels }, k) =>
      byOutcome(chance, k, (outcome) => {
        const share = pick(levels[outcome % levels.length] ?? failLevel());
        return share === null ? (chance.shares[k]?.[outcome] ?? 0) : share * (chance.termShares[k]?.[outcome] ?? 0);
      }),
    );
  return {
    match: spread(({ match }) => match),
    household: spread(({ household }) => household),
    stranger: chance.shares.map((shares) => Float64Array.from(shares)),
    matchPairs: records / 2,
    householdPairs: options.hasHouseholds ? records / 2 : 0,
    iterations: 0,
  };
}

function failLevel(): never {
  throw new Error("an outcome without a level");
}

function byOutcome({ shares }: ChanceShares, k: number, of: (outcome: number) => number): Float64Array {
  return Float64Array.from({ length: shares[k]?.length ?? 0 }, (_, outcome) => of(outcome));
}

interface Expected {
  match: Float64Array[];
  household: Float64Array[];
  matchPairs: number;
  householdPairs: number;
}

/** Expected counts of each outcome in the two classes that are found among compared pairs. */
function expectation({ outcomes, counts, comparisons }: Patterns, at: Estimate, totalPairs: number): Expected {
  const match = at.match.map((shares) => new Float64Array(shares.length));
  const household = at.household.map((shares) => new Float64Array(shares.length));
  let matchPairs = 0;
  let householdPairs = 0;
  const priors = classPriors(at, totalPairs);
  for (let p = 0; p < counts.length; p++) {
    let m = priors.match;
    let h = priors.household;
    let u = priors.stranger;
    for (let k = 0; k < comparisons; k++) {
      const outcome = outcomes[p * comparisons + k] ?? 0;
      m *= at.match[k]?.[outcome] ?? 1;
      h *= at.household[k]?.[outcome] ?? 1;
      u *= at.stranger[k]?.[outcome] ?? 1;
    }
    const all = m + h + u;
    if (all <= 0) continue;
    const count = counts[p] ?? 0;
    const matched = (count * m) / all;
    const together = (count * h) / all;
    matchPairs += matched;
    householdPairs += together;
    for (let k = 0; k < comparisons; k++) {
      const outcome = outcomes[p * comparisons + k] ?? 0;
      const [matches, households] = [match[k], household[k]];
      if (matches !== undefined) matches[outcome] = (matches[outcome] ?? 0) + matched;
      if (households !== undefined) households[outcome] = (households[outcome] ?? 0) + together;
    }
  }
  return { match, household, matchPairs, householdPairs };
}

export function classPriors(
  { matchPairs, householdPairs }: Pick<Estimate, "matchPairs" | "householdPairs">,
  totalPairs: number,
): { match: number; household: number; stranger: number } {
  const match = matchPairs / totalPairs;
  const household = householdPairs / totalPairs;
  return { match, household, stranger: Math.max(1e-9, 1 - match - household) };
}

function maximisation(
  expected: Expected,
  comparisons: readonly Comparison[],
  chance: ChanceShares,
  options: EmOptions,
  iteration: number,
): Estimate {
  const stranger = comparisons.map((comparison, k) => strangerShares(comparison, k, expected, chance));
  const match = comparisons.map((comparison, k) =>
    levelShares(comparison, expected.match[k] ?? new Float64Array(0), (level) => level.match, options.priorPairs),
  );
  const household = comparisons.map((comparison, k) =>
    levelShares(
      comparison,
      expected.household[k] ?? new Float64Array(0),
      (level) => level.household ?? 0,
      options.priorPairs,
    ),
  );
  return {
    match: comparisons.map(({ levels }, k) =>
      byOutcome(chance, k, (o) => (match[k]?.[o % levels.length] ?? 0) * (chance.termShares[k]?.[o] ?? 0)),
    ),
    household: comparisons.map(({ levels }, k) => {
      const isHeld = levels.every((level) => level.household === null);
      return byOutcome(chance, k, (o) =>
        isHeld ? (stranger[k]?.[o] ?? 0) : (household[k]?.[o % levels.length] ?? 0) * (chance.termShares[k]?.[o] ?? 0),
      );
    }),
    stranger: stranger.map((shares, k) => capped(shares, match[k], comparisons[k])),
    matchPairs: expected.matchPairs,
    householdPairs: options.hasHouseholds ? expected.householdPairs : 0,
    iterations: iteration,
  };
}

/** Shares of the levels within their groups, the starting shares counted as `priorPairs` pairs. */
function levelShares(
  { levels }: Comparison,
  counts: Float64Array,
  priorOf: (level: Comparison["levels"][number]) => number,
  priorPairs: number,
): Float64Array {
  const byLevel = new Float64Array(levels.length);
  for (const [outcome, count] of counts.entries())
    byLevel[outcome % levels.length] = (byLevel[outcome % levels.length] ?? 0) + count;
  const totals = new Map<string, number>();
  const priors = new Map<string, number>();
  for (const [at, level] of levels.entries()) {
    totals.set(level.group, (totals.get(level.group) ?? 0) + (byLevel[at] ?? 0));
    priors.set(level.group, (priors.get(level.group) ?? 0) + priorOf(level));
  }
  return byLevel.map((count, at) => {
    const level = levels[at];
    if (level === undefined) return 0;
    const prior = priorOf(level) / (priors.get(level.group) || 1);
    return (count + priorPairs * prior) / ((totals.get(level.group) ?? 0) + priorPairs);
  });
}

/**
 * What is left of the random pairs' shares when the expected matches and households are taken out: in a small table,
 * most pairs with one e-mail address are one person, and say nothing of how often strangers share one.
 */
function strangerShares(
  { levels }: Comparison,
  k: number,
  expected: Expected,
  { shares, floors, present, totalPairs }: ChanceShares,
): Float64Array {
  return (shares[k] ?? new Float64Array(0)).map((share, outcome) => {
    if (isMissing(levels[outcome % levels.length])) return share;
    const found = (expected.match[k]?.[outcome] ?? 0) + (expected.household[k]?.[outcome] ?? 0);
    const pairs = totalPairs * (present[k]?.[outcome] ?? 0);
    return Math.max(pairs > 0 ? share - found / pairs : share, floors[k]?.[outcome] ?? 0);
  });
}

/** Raises strangers' shares of levels that may not say more than so much for a match. */
function capped(
  shares: Float64Array,
  match: Float64Array | undefined,
  comparison: Comparison | undefined,
): Float64Array {
  if (comparison?.levels.every(({ maxWeight }) => maxWeight === undefined) !== false) return shares;
  const { levels } = comparison;
  return shares.map((share, outcome) => {
    const { maxWeight } = levels[outcome % levels.length] ?? failLevel();
    const isFirst = outcome < levels.length;
    return maxWeight === undefined || !isFirst ? share : Math.max(share, (match?.[outcome] ?? 0) / 2 ** maxWeight);
  });
}

function isMissing(level: Comparison["levels"][number] | undefined): boolean {
  return level === undefined || !level.group.includes("+");
}
