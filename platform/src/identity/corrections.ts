import { compareCorrections, correctionSource, lastSaid, type Correction } from "../model/correction.ts";
import type { Edge, EvidenceRule } from "../model/evidence.ts";

/** An edge that a source showed; all but those of corrections. */
export type EvidenceEdge = Edge & { rule: EvidenceRule };
export type CorrectionEdge = Edge & { rule: "same" | "different" };

/**
 * What holds of all that was said: of each pair the last verdict, unless that was withdrawn. A function of the set of
 * corrections, so that they may come in any order, and twice.
 */
export function correctionEdges(corrections: Iterable<Correction>): CorrectionEdge[] {
  const edges: CorrectionEdge[] = [];
  for (const { id, verdict, a, b, by, reason, receivedAt } of lastSaid(corrections).values()) {
    if (verdict === "withdrawn") continue;
    const common = { source: correctionSource, firstMessageId: id, count: 1, confidence: 1 };
    edges.push({ a, b, rule: verdict, firstAt: receivedAt, lastAt: receivedAt, ...common, said: { by, reason } });
  }
  return edges;
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
