import type { DrawnLink, PlacedNode } from "./graphLayout.ts";
import type { FoldedPicture } from "./records.ts";

/** Where the keyboard is in the graph. */
export interface Walk {
  /** A record's id or an identifier's key. */
  at: string;
  /** The node on the other side of the edge that led here; null at the start. */
  via: string | null;
  /** The last identifier that an edge led away from. */
  origin: string | null;
}

export type ArrowKey = "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown";

export function isArrow(key: string): key is ArrowKey {
  return key === "ArrowLeft" || key === "ArrowRight" || key === "ArrowUp" || key === "ArrowDown";
}

/**
 * Left and right lead along an edge to its other end, the nearest in height. Up and down lead to the next end of the
 * edges of where one came from, and beyond them through the column. Null where there is nothing that way.
 */
export function walked(walk: Walk, key: ArrowKey, places: readonly PlacedNode[], links: readonly DrawnLink[]) {
  const here = places.find(({ id }) => id === walk.at);
  if (here === undefined) return null;
  const tied = neighbours(walk.at, links);
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const sign = key === "ArrowRight" ? 1 : -1;
    const ends = places.filter(({ id, x }) => tied.has(id) && (x - here.x) * sign > 0);
    const next = nearest(here, ends);
    if (next === null) return null;
    const isIdentifier = key === "ArrowLeft";
    return { at: next.id, via: walk.at, origin: isIdentifier ? walk.at : walk.origin };
  }
  const sign = key === "ArrowDown" ? 1 : -1;
  const column = places.filter(({ id, x, y }) => id !== walk.at && x === here.x && (y - here.y) * sign > 0);
  const siblings = walk.via === null ? new Set<string>() : neighbours(walk.via, links);
  const sibling = nearest(
    here,
    column.filter(({ id }) => siblings.has(id)),
  );
  if (sibling !== null) return { ...walk, at: sibling.id };
  const next = nearest(here, column);
  return next === null ? null : { at: next.id, via: null, origin: walk.origin };
}

/** The two identifiers that Enter asks about; null where there are no two. */
export function pairAt({ at, via, origin }: Walk, { records }: Pick<FoldedPicture, "records">) {
  const own = records.find(({ id }) => id === at);
  if (own !== undefined) return pairOf(own.links[0]?.identifier, own.links[1]?.identifier);
  if (origin !== null && origin !== at) return pairOf(origin, at);
  const record = records.find(({ id }) => id === via);
  return pairOf(record?.links.find(({ identifier }) => identifier !== at)?.identifier, at);
}

function pairOf(a: string | undefined, b: string | undefined): [string, string] | null {
  return a === undefined || b === undefined ? null : [a, b];
}

function neighbours(id: string, links: readonly DrawnLink[]): Set<string> {
  return new Set(
    links.flatMap(({ from, to, look }) => {
      if (look === "refused") return [];
      return from === id ? [to] : to === id ? [from] : [];
    }),
  );
}

function nearest(here: PlacedNode, nodes: readonly PlacedNode[]): PlacedNode | null {
  const [first] = nodes.toSorted((a, b) => Math.abs(a.y - here.y) - Math.abs(b.y - here.y));
  return first ?? null;
}
