import type { IdentifierKey } from "./identifier.ts";

/** Decided from evidence alone, before edges. Only `ordinary` identifiers join people. */
export type NodeDecision = "ordinary" | "blocked" | "hub" | "shared";

/** What sources show. */
export type EvidenceRule = "seen_together" | "alias";
/** And what people said, and what a linkage holds for likely. */
export type EdgeRule = EvidenceRule | "same" | "different" | "probable";

/**
 * Evidence that two identifiers belong to one person, one for each (a, b, rule, source). `seen_together` edges are
 * derived from fragments (a fragment is a combination of identifiers, with its spans by source); `same` and `different`
 * from corrections, `probable` from a linkage's words; others are stored.
 */
export interface Edge {
  /** a < b by code units for `seen_together`; for `alias` a is the new id and b the previous one. */
  a: IdentifierKey;
  b: IdentifierKey;
  rule: EdgeRule;
  source: string;
  firstAt: number;
  firstMessageId: string;
  lastAt: number;
  count: number;
  /** 0 to 1. */
  confidence: number;
  /**
   * Of `same` and `different`: who said it and why; when, and in which correction, tell `firstAt` and `firstMessageId`.
   * Of `probable`: the linkage's run and model.
   */
  said?: { by: string; reason: string };
}

/** An edge that no fragment implies, and that a source sent. */
export type ExplicitEdge = Edge & { rule: "alias" };

export interface ResolvedEdge extends Edge {
  status: "active" | "refused";
  /**
   * Why it was refused, in a machine's and in a person's words; null when active. `correctionId`: of the correction
   * that keeps its ends apart.
   */
  reason: {
    code: "apart" | "bridge" | "limit" | "cap" | "blocked" | "hub" | "shared" | "unseen";
    message: string;
    correctionId?: string;
  } | null;
}

/** Which identifiers are one person, and what became of every edge. Sorted: identifiers, persons by first identifier, edges by (a, b, rule, source). */
export interface Resolution {
  persons: IdentifierKey[][];
  edges: ResolvedEdge[];
  /** What hangs together by evidence, refused evidence too: each holds whole persons. Sorted as persons are. */
  components: IdentifierKey[][];
}
