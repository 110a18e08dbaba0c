/** Union–find over 0…n−1 with path halving and union by size (Tarjan 1975): near-constant time an operation. */
export interface DisjointSets {
  find(item: number): number;
  size(root: number): number;
  /** Of two different roots; answers the one that stays. */
  unite(a: number, b: number): number;
}

export function disjointSets(count: number): DisjointSets {
  const parents = Int32Array.from({ length: count }, (_, index) => index);
  const sizes = new Int32Array(count).fill(1);
  const size = (root: number): number => sizes[root] ?? 0;

  function find(item: number): number {
    let at = item;
    let parent = parents[at] ?? at;
    while (parent !== at) {
      const grandparent = parents[parent] ?? parent;
      parents[at] = grandparent;
      at = grandparent;
      parent = parents[at] ?? at;
    }
    return at;
  }

  function unite(a: number, b: number): number {
    const [kept, gone] = size(a) >= size(b) ? [a, b] : [b, a];
    parents[gone] = kept;
    sizes[kept] = size(kept) + size(gone);
    return kept;
  }

  return { find, size, unite };
}
