import type { CorrectionEdge } from "./corrections.ts";
import { compareEdges } from "./evidence.ts";

/** Who somebody keeps apart, while people are being joined. Items are numbers, people the roots of their sets. */
export interface Apart {
  /** A correction that keeps the people of two roots apart: of several the least by pair; null when none does. */
  between(rootA: number, rootB: number): CorrectionEdge | null;
  /** The people of both roots are one now, with `root`. */
  united(rootA: number, rootB: number, root: number): void;
}

interface Foe {
  other: number;
  edge: CorrectionEdge;
}

/** `find` gives an item's root at the moment; `numberOf` is undefined for identifiers that join nobody. */
export function keptApart(
  different: readonly CorrectionEdge[],
  numberOf: (key: string) => number | undefined,
  find: (item: number) => number,
): Apart {
  const foes = new Map<number, Foe[]>();
  const add = (item: number, foe: Foe): void => {
    const known = foes.get(item);
    if (known === undefined) foes.set(item, [foe]);
    else known.push(foe);
  };
  for (const edge of different.toSorted(compareEdges)) {
    const [a, b] = [numberOf(edge.a), numberOf(edge.b)];
    if (a === undefined || b === undefined) continue;
    add(a, { other: b, edge });
    add(b, { other: a, edge });
  }
  return {
    between: (rootA, rootB) => {
      const found = (foes.get(rootA) ?? []).filter(({ other }) => find(other) === rootB).map(({ edge }) => edge);
      return found.toSorted(compareEdges)[0] ?? null;
    },
    united: (rootA, rootB, root) => {
      const all = [...(foes.get(rootA) ?? []), ...(foes.get(rootB) ?? [])];
      if (all.length > 0) foes.set(root, all);
    },
  };
}
