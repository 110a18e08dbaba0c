import { disjointSets } from "./disjointSets.ts";

/** An edge between two numbered identifiers. */
export interface Link {
  readonly a: number;
  readonly b: number;
}

/**
 * The evidence components of items 0…n−1, by `find`: two items are in one when it answers the same for both.
 *
 * `links` are all that could join, surest first, whatever becomes of them. An item's component is the largest part that
 * hangs together by links as sure as some link or surer, and holds at most `most` items: single linkage (Florek 1951),
 * its tree cut where a branch outgrows the cap. A link that would put more together closes both sides for good, so that
 * only the least sure evidence is cut, and a component depends on nothing beyond the links that lead out of it.
 *
 * `isOutside`: the item is of a component that is not here as a whole, and known to be another one. Exact: when links
 * are only added, a component stays within the ones that the new links touch (docs/identity.md).
 */
export function componentsOf(
  count: number,
  links: readonly Link[],
  { most, isOutside }: { most: number; isOutside: (item: number) => boolean },
): (item: number) => number {
  const sets = disjointSets(count);
  const isClosed = new Uint8Array(count);
  for (let item = 0; item < count; item++) if (isOutside(item)) isClosed[item] = 1;
  for (const { a, b } of links) {
    const [x, y] = [sets.find(a), sets.find(b)];
    if (x === y) continue;
    const isTooMuch = isClosed[x] === 1 || isClosed[y] === 1 || sets.size(x) + sets.size(y) > most;
    if (!isTooMuch) sets.unite(x, y);
    else isClosed[x] = isClosed[y] = 1;
  }
  return sets.find;
}
