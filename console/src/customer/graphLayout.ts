import { Graph, layout } from "@dagrejs/dagre";
import type { Edge } from "./joins.ts";
import { graphGap, nodeSize, rowPixelsOf } from "./graphSizes.ts";
import type { FoldedPicture } from "./records.ts";

/** Where there is room the columns stand so many times further apart. */
const largeAcross = 4;
export const largeNodeWidth = 240;
/** Surer than it, a link needs no word. */
const sure = 0.9;

export interface PlacedNode {
  id: string;
  x: number;
  y: number;
}

export interface DrawnLink {
  id: string;
  from: string;
  to: string;
  look: "sure" | "weak" | "refused";
  /** Null: nothing to say. */
  confidence: number | null;
}

/**
 * Records on the left, identifiers on the right, ordered so that few links cross. Positions of upper left corners. The
 * longer column has a row for each, `rowPixelsOf(height)` apart; what stands in the other is beside what it is tied to.
 */
export function placed(
  { records, identifiers }: FoldedPicture,
  { width, height }: { width: number; height: number } = { width: nodeSize.width, height: nodeSize.height.wide },
): PlacedNode[] {
  const rowPixels = rowPixelsOf(height);
  const graph = new Graph();
  graph.setGraph({ rankdir: "LR", nodesep: graphGap.between, ranksep: graphGap.across });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id } of records) graph.setNode(id, { width, height });
  for (const { key } of identifiers) graph.setNode(key, { width, height });
  for (const { id, links } of records) for (const { identifier } of links) graph.setEdge(id, identifier);
  layout(graph);
  const byHeight = (a: string, b: string): number => yOf(graph, a) - yOf(graph, b);
  const left = records.map(({ id }) => id).toSorted(byHeight);
  const right = identifiers.map(({ key }) => key).toSorted(byHeight);
  const [long, short] = left.length > right.length ? [left, right] : [right, left];
  const rows = new Map(long.map((id, row) => [id, row * rowPixels]));
  const places = new Map([...rows, ...beside(short, { rows, rowPixels }, tiesOf(records))]);
  const across = width + (width === nodeSize.width ? graphGap.across : graphGap.across * largeAcross);
  const at = (x: number) => (id: string) => ({ id, x, y: places.get(id) ?? 0 });
  return [...left.map(at(0)), ...right.map(at(across))];
}

function yOf(graph: Graph, id: string): number {
  return Number(graph.node(id)?.["y"] ?? 0);
}

/** What each node is linked with, both ways. */
function tiesOf(records: FoldedPicture["records"]): Map<string, string[]> {
  const ties = new Map<string, string[]>();
  const tie = (from: string, to: string): unknown => ties.set(from, [...(ties.get(from) ?? []), to]);
  for (const { id, links } of records) {
    for (const { identifier } of links) {
      tie(id, identifier);
      tie(identifier, id);
    }
  }
  return ties;
}

/** Each at the middle of what it is tied to, in the order of these, none over another, all within the rows. */
function beside(
  ids: readonly string[],
  { rows, rowPixels }: { rows: ReadonlyMap<string, number>; rowPixels: number },
  ties: ReadonlyMap<string, string[]>,
) {
  const middleOf = (id: string): number => {
    const tied = (ties.get(id) ?? []).map((other) => rows.get(other) ?? 0);
    return tied.reduce((sum, y) => sum + y, 0) / Math.max(1, tied.length);
  };
  const wanted = ids.map((id) => ({ id, y: middleOf(id) })).toSorted((a, b) => a.y - b.y);
  const last = (rows.size - 1) * rowPixels;
  let free = 0;
  return wanted.map(({ id, y }, index): [string, number] => {
    const latest = last - (wanted.length - 1 - index) * rowPixels;
    const top = Math.min(latest, Math.max(free, y));
    free = top + rowPixels;
    return [id, top];
  });
}

/** Links of records with identifiers, and refused evidence between identifiers that are drawn. */
export function linksOf({ records, identifiers }: FoldedPicture, refused: readonly Edge[]): DrawnLink[] {
  const drawn = new Set(identifiers.map(({ key }) => key));
  const links = records.flatMap(({ id, links }) =>
    links.map(({ identifier, confidence }): DrawnLink => {
      const look = confidence !== null && confidence < sure ? "weak" : "sure";
      return { id: `${id} ${identifier}`, from: id, to: identifier, look, confidence };
    }),
  );
  const pairs = new Map<string, DrawnLink>();
  for (const { from, to } of refused) {
    if (!drawn.has(from) || !drawn.has(to)) continue;
    const id = `refused ${from} ${to}`;
    pairs.set(id, { id, from, to, look: "refused", confidence: null });
  }
  return [...links, ...pairs.values()];
}
