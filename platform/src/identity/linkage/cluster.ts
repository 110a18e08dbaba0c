import { disjointSets } from "../disjointSets.ts";

/** Scored pairs of records 0…n−1. */
export interface ScoredPairs {
  left: ArrayLike<number>;
  right: ArrayLike<number>;
  /** log2 of the odds that the two are one person. */
  weight: ArrayLike<number>;
}

export interface ClusterSettings {
  /** Clusters join while the mean weight between them is at least this. */
  joinWeight: number;
  /** What a pair counts that was never compared: weak evidence against. */
  unscoredWeight: number;
  /** A single pair counts at most and at least this. */
  maxWeight: number;
  minWeight: number;
}

export const defaultClusterSettings: ClusterSettings = {
  joinWeight: -2,
  unscoredWeight: -4,
  maxWeight: 12,
  minWeight: -12,
};

/**
 * Average-linkage clustering: the two clusters with the highest mean weight between all their pairs join first, until
 * no mean reaches `joinWeight`. Connected components would chain; a mean has to be agreed by all members. Answers with
 * each record's cluster: the smallest record in it. Ties go to the smaller records, so the order of pairs is no matter.
 */
export function clusterByAverage(records: number, pairs: ScoredPairs, settings = defaultClusterSettings): Int32Array {
  const sets = disjointSets(records);
  const count = pairs.left.length;
  for (let at = 0; at < count; at++) {
    if ((pairs.weight[at] ?? 0) < settings.joinWeight) continue;
    const [a, b] = [sets.find(pairs.left[at] ?? 0), sets.find(pairs.right[at] ?? 0)];
    if (a !== b) sets.unite(a, b);
  }
  const clusters = Int32Array.from({ length: records }, (_, record) => record);
  for (const component of pairsByComponent(pairs, sets.find)) joinWithin(component, pairs, settings, clusters);
  return clusters;
}

/** Positions of pairs, those of one component side by side; pairs between components are left out. */
function* pairsByComponent(pairs: ScoredPairs, find: (record: number) => number): Generator<Int32Array> {
  const count = pairs.left.length;
  const roots = new Int32Array(count);
  const sizes = new Map<number, number>();
  let kept = 0;
  for (let at = 0; at < count; at++) {
    const root = find(pairs.left[at] ?? 0);
    roots[at] = root === find(pairs.right[at] ?? 0) ? root : -1;
    if (roots[at] === -1) continue;
    sizes.set(root, (sizes.get(root) ?? 0) + 1);
    kept++;
  }
  const starts = new Map<number, number>();
  let next = 0;
  for (const [root, size] of sizes) {
    starts.set(root, next);
    next += size;
  }
  const order = new Int32Array(kept);
  const ends = new Map(starts);
  for (let at = 0; at < count; at++) {
    const root = roots[at] ?? -1;
    if (root === -1) continue;
    const end = ends.get(root) ?? 0;
    order[end] = at;
    ends.set(root, end + 1);
  }
  for (const [root, start] of starts) yield order.subarray(start, ends.get(root));
}

interface Link {
  a: number;
  b: number;
  mean: number;
}

/** One component: its clusters by their smallest record, the sums of weights between them, and the best link first. */
function joinWithin(positions: Int32Array, pairs: ScoredPairs, settings: ClusterSettings, clusters: Int32Array): void {
  if (positions.length === 1) {
    const at = positions[0] ?? 0;
    const [a, b] = [pairs.left[at] ?? 0, pairs.right[at] ?? 0];
    clusters[Math.max(a, b)] = Math.min(a, b);
    return;
  }
  const sizes = new Map<number, number>();
  const members = new Map<number, number[]>();
  /** By cluster, by neighbour: the sum of scored weights above what unscored pairs count. */
  const sums = new Map<number, Map<number, number>>();
  const between = (a: number): Map<number, number> => sums.get(a) ?? new Map<number, number>();
  for (const at of positions) {
    const [a, b] = [pairs.left[at] ?? 0, pairs.right[at] ?? 0];
    const weight = Math.min(settings.maxWeight, Math.max(settings.minWeight, pairs.weight[at] ?? 0));
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      if (!sums.has(from)) {
        sums.set(from, new Map());
        sizes.set(from, 1);
        members.set(from, [from]);
      }
      between(from).set(to, weight - settings.unscoredWeight);
    }
  }
  const mean = (a: number, b: number): number =>
    (between(a).get(b) ?? 0) / ((sizes.get(a) ?? 1) * (sizes.get(b) ?? 1)) + settings.unscoredWeight;
  const heap: Link[] = [];
  const offer = (a: number, b: number): void => {
    const value = mean(a, b);
    if (value >= settings.joinWeight) push(heap, { a: Math.min(a, b), b: Math.max(a, b), mean: value });
  };
  for (const [a, neighbours] of sums) for (const b of neighbours.keys()) if (a < b) offer(a, b);
  for (let best = pop(heap); best !== undefined; best = pop(heap)) {
    const { a, b } = best;
    // A link that was offered before one of its clusters grew.
    if (!sums.has(a) || !sums.has(b) || mean(a, b) !== best.mean) continue;
    const gone = between(b);
    between(a).delete(b);
    gone.delete(a);
    for (const [other, sum] of gone) {
      between(a).set(other, (between(a).get(other) ?? 0) + sum);
      between(other).delete(b);
      between(other).set(a, between(a).get(other) ?? 0);
    }
    sums.delete(b);
    sizes.set(a, (sizes.get(a) ?? 1) + (sizes.get(b) ?? 1));
    members.get(a)?.push(...(members.get(b) ?? []));
    for (const other of between(a).keys()) offer(a, other);
  }
  for (const a of sums.keys()) for (const member of members.get(a) ?? []) clusters[member] = a;
}

function isBefore(one: Link, other: Link): boolean {
  if (one.mean !== other.mean) return one.mean > other.mean;
  return one.a !== other.a ? one.a < other.a : one.b < other.b;
}

function push(heap: Link[], link: Link): void {
  let at = heap.push(link) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || !isBefore(link, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = link;
}

function pop(heap: Link[]): Link | undefined {
  const [top] = heap;
  const last = heap.pop();
  if (top === undefined || last === undefined || heap.length === 0) return top;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    const [left, right] = [heap[child], heap[child + 1]];
    if (left === undefined) break;
    if (right !== undefined && isBefore(right, left)) child++;
    const best = heap[child] ?? left;
    if (!isBefore(best, last)) break;
    heap[at] = best;
    at = child;
  }
  heap[at] = last;
  return top;
}
