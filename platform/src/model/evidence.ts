import type { IdentifierKey } from "./identifier.ts";

/** Decided from evidence alone, before edges. Only `ordinary` identifiers join people. */
export type NodeDecision = "ordinary" | "blocked" | "hub" | "shared";

export type EdgeRule = "seen_together" | "alias";

/**
 * Evidence that two identifiers belong to one person, one for each (a, b, rule, source). `seen_together` edges are
 * derived from fragments (a fragment is a combination of identifiers, with its spans by source); others are stored.
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
}

/** An edge that no fragment implies. */
export type ExplicitEdge = Edge & { rule: "alias" };

export interface ResolvedEdge extends Edge {
  status: "active" | "refused";
  /** Why it was refused, in a machine's and in a person's words; null when active. */
  reason: { code: "limit" | "cap" | "blocked" | "hub" | "shared" | "unseen"; message: string } | null;
}

/** Which identifiers are one person, and what became of every edge. Sorted: identifiers, persons by first identifier, edges by (a, b, rule, source). */
export interface Resolution {
  persons: IdentifierKey[][];
  edges: ResolvedEdge[];
}
