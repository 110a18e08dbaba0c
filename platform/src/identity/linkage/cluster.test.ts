import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clusterByAverage, type ClusterSettings, defaultClusterSettings } from "./cluster.ts";

const pairsOf = (pairs: readonly (readonly [number, number, number])[]) => ({
  left: pairs.map(([left]) => left),
  right: pairs.map(([, right]) => right),
  weight: pairs.map(([, , weight]) => weight),
});

/** Slow and obvious: the mean over all pairs of members, computed anew each time. */
function oracle(
  records: number,
  pairs: readonly (readonly [number, number, number])[],
  settings: ClusterSettings,
): number[] {
  const weights = new Map(
    pairs.map(([a, b, weight]) => [`${a} ${b}`, Math.min(settings.maxWeight, Math.max(settings.minWeight, weight))]),
  );
  let clusters = Array.from({ length: records }, (_, record) => [record]);
  const mean = (one: number[], other: number[]): number => {
    const all = one.flatMap((a) =>
      other.map((b) => weights.get(`${Math.min(a, b)} ${Math.max(a, b)}`) ?? settings.unscoredWeight),
    );
    return all.reduce((sum, weight) => sum + weight, 0) / all.length;
  };
  for (;;) {
    const links = clusters.flatMap((one, at) =>
      clusters.slice(at + 1).map((other) => ({ one, other, mean: mean(one, other) })),
    );
    const [best] = links
      .filter((link) => link.mean >= settings.joinWeight)
      .sort((x, y) => y.mean - x.mean || (x.one[0] ?? 0) - (y.one[0] ?? 0) || (x.other[0] ?? 0) - (y.other[0] ?? 0));
    if (best === undefined) break;
    const joined = [...best.one, ...best.other].sort((a, b) => a - b);
    clusters = [...clusters.filter((each) => each !== best.one && each !== best.other), joined].sort(
      (x, y) => (x[0] ?? 0) - (y[0] ?? 0),
    );
  }
  const result: number[] = [];
  for (const cluster of clusters) for (const record of cluster) result[record] = cluster[0] ?? 0;
  return result;
}

/** Weights in quarters, so that sums are exact and ties are ties. */
const someRecords = 7;
const somePairs = fc
  .uniqueArray(
    fc
      .tuple(fc.nat(someRecords - 1), fc.nat(someRecords - 1), fc.integer({ min: -60, max: 60 }))
      .filter(([a, b]) => a < b),
    { selector: ([a, b]) => a * 100 + b, maxLength: 21 },
  )
  .map((pairs) => pairs.map(([a, b, quarters]): [number, number, number] => [a, b, quarters / 4]));

describe("average linkage", () => {
  it("joins as the slow way of computing every mean does, ties apart", () => {
    fc.assert(
      fc.property(somePairs, (pairs) => {
        // Different weights: among equal means any order is right.
        const apart = pairs.map(([a, b, weight], at): [number, number, number] => [a, b, weight + at / 64]);
        const found = clusterByAverage(someRecords, pairsOf(apart), defaultClusterSettings);
        expect([...found]).toEqual(oracle(someRecords, apart, defaultClusterSettings));
      }),
      { numRuns: 500 },
    );
  });

  it("does not depend on the order of pairs", () => {
    fc.assert(
      fc.property(somePairs, fc.infiniteStream(fc.nat()), (pairs, numbers) => {
        const shuffled = pairs
          .map((pair) => ({ pair, key: numbers.next().value }))
          .sort((a, b) => a.key - b.key)
          .map(({ pair }) => pair);
        expect(clusterByAverage(someRecords, pairsOf(shuffled))).toEqual(clusterByAverage(someRecords, pairsOf(pairs)));
      }),
    );
  });

  it("names every cluster after its smallest record", () => {
    fc.assert(
      fc.property(somePairs, (pairs) => {
        const found = clusterByAverage(someRecords, pairsOf(pairs));
        for (const [record, cluster] of found.entries()) {
          expect(cluster).toBeLessThanOrEqual(record);
          expect(found[cluster]).toBe(cluster);
        }
      }),
    );
  });

  it("does not chain: neighbours join, the ends of a long chain do not", () => {
    const chain = Array.from({ length: 19 }, (_, at): [number, number, number] => [at, at + 1, 5]);
    const sizes = new Map<number, number>();
    for (const cluster of clusterByAverage(20, pairsOf(chain))) sizes.set(cluster, (sizes.get(cluster) ?? 0) + 1);
    expect(Math.max(...sizes.values())).toBeLessThanOrEqual(8);
  });

  it("keeps apart what is scored as different, though both resemble a third", () => {
    const found = clusterByAverage(
      3,
      pairsOf([
        [0, 1, 6],
        [1, 2, 5],
        [0, 2, -12],
      ]),
    );
    expect([...found]).toEqual([0, 0, 2]);
  });

  it("leaves everybody alone without pairs", () => {
    expect([...clusterByAverage(3, pairsOf([]))]).toEqual([0, 1, 2]);
    expect([...clusterByAverage(0, pairsOf([]))]).toEqual([]);
  });
});
