import type { Edge } from "../model/evidence.ts";
import { compareEdges } from "./evidence.ts";
import { rulesOfType, typeOfKey } from "./rules.ts";
import type { IdentityRules } from "./rules.ts";

/** Above the rank of every rule that a document may name. */
const correctionRank = Number.MAX_SAFE_INTEGER;
/** Below it, whatever a document says: what is only likely gives way to all that was seen or said. */
const probableRank = -1;

/**
 * The total order in which evidence is taken, surest first (what people said before all else, what is only probable
 * after all else): rank of the edge's rule; confidence; rank of the less sure of its two types, then of the surer (a
 * chain holds as much as its weakest link); earliest event time; then (a, b, rule, source).
 */
export function rankedEdges<E extends Edge>(edges: readonly E[], rules: IdentityRules): E[] {
  const ranked = edges.map((edge) => {
    const a = rulesOfType(typeOfKey(edge.a), rules).rank;
    const b = rulesOfType(typeOfKey(edge.b), rules).rank;
    return { edge, rule: rankOf(edge, rules), lesser: Math.min(a, b), greater: Math.max(a, b) };
  });
  ranked.sort(
    (x, y) =>
      y.rule - x.rule ||
      y.edge.confidence - x.edge.confidence ||
      y.lesser - x.lesser ||
      y.greater - x.greater ||
      x.edge.firstAt - y.edge.firstAt ||
      compareEdges(x.edge, y.edge),
  );
  return ranked.map(({ edge }) => edge);
}

function rankOf({ rule }: Edge, rules: IdentityRules): number {
  if (rule === "probable") return probableRank;
  return rule === "same" || rule === "different" ? correctionRank : rules.ruleRanks[rule];
}
