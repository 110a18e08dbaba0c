import { Graph, layout } from "@dagrejs/dagre";
import type { Edge } from "./joins.ts";
import type { FoldedPicture } from "./records.ts";

export const nodeSize = { width: 124, height: 34 };
/** Where there is room the columns stand so many times further apart. */
const largeAcross = 4;
export const largeNodeWidth = 240;
/** Surer than it, a link needs no word. */
const sure = 0.9;
const gap = { between: 8, across: 36 };

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

/** Records on the left, identifiers on the right, ordered so that few links cross. Positions of upper left corners. */
export function placed({ records, identifiers }: FoldedPicture, width = nodeSize.width): PlacedNode[] {
  const graph = new Graph();
  graph.setGraph({ rankdir: "LR", nodesep: gap.between, ranksep: gap.across });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id } of records) graph.setNode(id, { width, height: nodeSize.height });
  for (const { key } of identifiers) graph.setNode(key, { width, height: nodeSize.height });
  for (const { id, links } of records) for (const { identifier } of links) graph.setEdge(id, identifier);
  layout(graph);
  const right = width + (width === nodeSize.width ? gap.across : gap.across * largeAcross);
  return [
    ...inColumn(
      records.map(({ id }) => ({ id, y: yOf(graph, id) })),
      0,
    ),
    ...inColumn(
      identifiers.map(({ key }) => ({ id: key, y: yOf(graph, key) })),
      right,
    ),
  ];
}

function yOf(graph: Graph, id: string): number {
  return Number(graph.node(id)?.["y"] ?? 0);
}

/** Dagre's order, in one column even for what has no links. Rows never overlap. */
function inColumn(nodes: { id: string; y: number }[], x: number): PlacedNode[] {
  let free = Number.NEGATIVE_INFINITY;
  return nodes
    .toSorted((a, b) => a.y - b.y)
    .map(({ id, y }) => {
      const top = Math.max(free, y - nodeSize.height / 2);
      free = top + nodeSize.height + gap.between;
      return { id, x, y: top };
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
