import type { Edge } from "../model/evidence.ts";
import type { SourceSpan } from "../model/fragment.ts";
import type { IdentifierKey } from "../model/identifier.ts";
import { compareText } from "./rules.ts";

/** What of a fragment is evidence. */
export interface FragmentEvidence {
  readonly identifiers: readonly IdentifierKey[];
  readonly spans: Readonly<Record<string, SourceSpan>>;
}

/**
 * The `seen_together` edges that fragments imply: every pair of a combination, one edge for each (a, b, source),
 * spans of all fragments merged (first is the least by time then messageId, last the greatest, counts add).
 * Sorted. At most 45 pairs a fragment, as an event carries at most ten identifiers.
 */
export function edgesOfFragments(fragments: Iterable<FragmentEvidence>): Edge[] {
  const edges = new Map<string, Edge>();
  for (const { identifiers, spans } of fragments) {
    const sources = Object.entries(spans);
    for (const [a, b] of pairs(identifiers)) {
      for (const [source, span] of sources) addSpan(edges, a, b, source, span);
    }
  }
  return [...edges.values()].sort(compareEdges);
}

/** The order of edges in a Resolution. */
export function compareEdges(x: Edge, y: Edge): number {
  return (
    compareText(x.a, y.a) || compareText(x.b, y.b) || compareText(x.rule, y.rule) || compareText(x.source, y.source)
  );
}

/** Two lots of evidence for one (a, b, rule, source). Commutative and associative; the caller counts an event once. */
export function mergeEdges<E extends Edge>(x: E, y: E): E {
  const xIsFirst = x.firstAt < y.firstAt || (x.firstAt === y.firstAt && x.firstMessageId <= y.firstMessageId);
  return {
    ...(xIsFirst ? x : y),
    lastAt: Math.max(x.lastAt, y.lastAt),
    count: x.count + y.count,
    confidence: Math.max(x.confidence, y.confidence),
  };
}

function* pairs(identifiers: readonly IdentifierKey[]): Generator<[IdentifierKey, IdentifierKey]> {
  const sorted = [...new Set(identifiers)].sort(compareText);
  for (const [index, a] of sorted.entries()) {
    for (const b of sorted.slice(index + 1)) yield [a, b];
  }
}

function addSpan(edges: Map<string, Edge>, a: IdentifierKey, b: IdentifierKey, source: string, span: SourceSpan): void {
  // Normalised identifiers hold no control characters, so a line break parts them.
  const key = `${a}\n${b}\n${source}`;
  const { firstAt, firstMessageId, lastAt, count } = span;
  const added: Edge = { a, b, rule: "seen_together", source, firstAt, firstMessageId, lastAt, count, confidence: 1 };
  const edge = edges.get(key);
  edges.set(key, edge === undefined ? added : mergeEdges(edge, added));
}
