import type { Comparison } from "./comparison.ts";
import type { ChanceShares, Patterns } from "./em.ts";
import type { TermShares } from "./terms.ts";

/** What is usual counts as so many random pairs: it decides in tables of a few records only. */
const usualPairs = 1_000;
/** A level that random pairs show too seldom loses at most this part of its share to what is known of matches. */
const leastLeftShare = 0.05;

/**
 * What strangers look like, from the levels of random pairs (no buckets in their outcomes) and, where values are
 * equal, from how often each value is there, which is exact.
 */
export function chanceShares(
  random: Patterns,
  comparisons: readonly Comparison[],
  terms: ReadonlyMap<string, TermShares>,
  buckets: number,
  totalPairs: number,
): ChanceShares {
  const result = comparisons.map((comparison, k) => ofComparison(random, comparison, k, terms, buckets));
  return {
    shares: result.map(({ shares }) => shares),
    termShares: result.map(({ termShares }) => termShares),
    floors: result.map(({ floors }) => floors),
    present: result.map(({ present }) => present),
    totalPairs,
  };
}

function ofComparison(
  random: Patterns,
  comparison: Comparison,
  k: number,
  terms: ReadonlyMap<string, TermShares>,
  buckets: number,
) {
  const { levels } = comparison;
  const counts = levelCounts(random, k, levels.length);
  const groups = new Map<string, { count: number; prior: number }>();
  for (const [at, { group, stranger }] of levels.entries()) {
    const sum = groups.get(group) ?? { count: 0, prior: 0 };
    groups.set(group, { count: sum.count + (counts[at] ?? 0), prior: sum.prior + stranger });
  }
  const all = counts.reduce((sum, count) => sum + count, 0);
  const hasTerms = levels.some(({ termField }) => termField !== null);
  const size = levels.length * (hasTerms ? buckets : 1);
  const made = {
    shares: new Float64Array(size),
    termShares: new Float64Array(size),
    floors: new Float64Array(size),
    present: new Float64Array(size),
  };
  for (const [at, level] of levels.entries()) {
    const group = groups.get(level.group) ?? { count: 0, prior: 1 };
    const usual = usualPairs * (level.stranger / group.prior);
    const sampled = ((counts[at] ?? 0) + usual) / (group.count + usualPairs);
    const term = level.termField === null ? undefined : terms.get(level.termField);
    const records = term === undefined ? 0 : sumOf(term.records);
    const pairs = term === undefined ? 0 : sumOf(term.pairs);
    // In a comparison of several parts an equal value is only a part of the level.
    const isExact = term !== undefined && level.group.length === 1;
    const possible = (records * (records - 1)) / 2;
    const share = isExact ? (pairs + usual) / (possible + usualPairs) : sampled;
    for (let bucket = 0; bucket < (hasTerms ? buckets : 1); bucket++) {
      const outcome = at + levels.length * bucket;
      const inBucket = bucketParts(term, bucket, records, pairs);
      made.present[outcome] = all === 0 ? 0 : group.count / all;
      made.termShares[outcome] = inBucket.records;
      made.shares[outcome] = share * inBucket.pairs;
      made.floors[outcome] = isExact
        ? Math.min((0.5 + usual) / (possible + usualPairs), share) * Math.max(inBucket.records, 1e-3)
        : leastLeftShare * share * inBucket.pairs;
    }
  }
  return made;
}

/** A level without a field lies wholly in bucket 0. */
function bucketParts(
  term: TermShares | undefined,
  bucket: number,
  records: number,
  pairs: number,
): { records: number; pairs: number } {
  if (term === undefined) return bucket === 0 ? { records: 1, pairs: 1 } : { records: 0, pairs: 0 };
  const ofRecords = (term.records[bucket] ?? 0) / Math.max(1, records);
  // Half a pair where no two records share a value: there may be one among those not seen.
  const ofPairs = pairs === 0 ? ofRecords : Math.max(term.pairs[bucket] ?? 0, 0.5 * ofRecords) / pairs;
  return { records: ofRecords, pairs: ofPairs };
}

function levelCounts({ comparisons, outcomes, counts }: Patterns, k: number, levels: number): Float64Array {
  const result = new Float64Array(levels);
  for (let p = 0; p < counts.length; p++) {
    const level = (outcomes[p * comparisons + k] ?? 0) % levels;
    result[level] = (result[level] ?? 0) + (counts[p] ?? 0);
  }
  return result;
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
