import {
  compareCorrections,
  correctionSource,
  lastLinked,
  lastSaid,
  linkSource,
  type Statement,
} from "../model/correction.ts";
import type { Edge, EvidenceRule } from "../model/evidence.ts";

/** An edge that a source showed or a linkage holds for likely; all but those of corrections. */
export type EvidenceEdge = Edge & { rule: EvidenceRule | "probable" };
export type CorrectionEdge = Edge & { rule: "same" | "different" };

/**
 * What holds of all that people said: of each pair the last verdict, unless that was withdrawn. A function of the set
 * of statements, so that they may come in any order, and twice.
 */
export function correctionEdges(statements: Iterable<Statement>): CorrectionEdge[] {
  const edges: CorrectionEdge[] = [];
  for (const said of lastSaid(statements).values()) {
    if (said.verdict === "withdrawn") continue;
    edges.push({ ...statedEdge(said), rule: said.verdict, source: correctionSource, confidence: 1 });
  }
  return edges;
}

/** The same of what linkages hold for likely. */
export function probableEdges(statements: Iterable<Statement>): EvidenceEdge[] {
  const edges: EvidenceEdge[] = [];
  for (const said of lastLinked(statements).values()) {
    if (said.verdict === "unlinked") continue;
    edges.push({ ...statedEdge(said), rule: "probable", source: linkSource, confidence: said.confidence ?? 0 });
  }
  return edges;
}

function statedEdge({ id, a, b, by, reason, receivedAt }: Statement) {
  return { a, b, firstAt: receivedAt, lastAt: receivedAt, firstMessageId: id, count: 1, said: { by, reason } };
}

/** `same` in the order in which it was said: of two that cannot both hold, the first does. */
export function partEdges(edges: readonly Edge[]): {
  same: CorrectionEdge[];
  different: CorrectionEdge[];
  evidence: EvidenceEdge[];
} {
  const same: CorrectionEdge[] = [];
  const different: CorrectionEdge[] = [];
  const evidence: EvidenceEdge[] = [];
  for (const edge of edges) {
    if (edge.rule === "same") same.push(edge as CorrectionEdge);
    else if (edge.rule === "different") different.push(edge as CorrectionEdge);
    else evidence.push(edge as EvidenceEdge);
  }
  same.sort((one, other) => compareCorrections(said(one), said(other)));
  return { same, different, evidence };
}

function said({ firstAt, firstMessageId }: Edge): { receivedAt: number; id: string } {
  return { receivedAt: firstAt, id: firstMessageId };
}
