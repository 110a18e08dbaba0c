import type { IdentityRules } from "../../identity/index.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import type { IdentifierRow } from "../../storage/identityAndProfiles.ts";
import type { Evidence } from "../steps/loadEvidence.ts";
import { isWithinLimits, mayNeedBridge } from "../steps/settleAlone.ts";

/**
 * True of one person, alone in their component, of whom nobody said anything, all of whose identifiers join as they did,
 * who is within every limit and needs no bridge: then each edge between them is taken in whatever order, so that nothing
 * can change. Most people are so, whatever the rules: they need not be resolved.
 */
export function staysOne({ persons, edges, identifiers, before }: Evidence, rules: IdentityRules): boolean {
  const [only, ...others] = persons.keys();
  if (only === undefined || others.length > 0 || edges.some(({ rule }) => rule !== "seen_together")) return false;
  const own = new Set<IdentifierKey>();
  for (const [key, row] of identifiers) {
    const was = before.get(key);
    if (was === undefined || !isSame(was, row)) return false;
    // Hubs and shared devices that they were seen with.
    if (row.person !== only) continue;
    if (row.decision !== "ordinary") return false;
    own.add(key);
  }
  return own.size > 0 && isWithinLimits(own, { rules }) && !mayNeedBridge(own, { rules });
}

function isSame(was: IdentifierRow, now: IdentifierRow): boolean {
  return (
    was.decision === now.decision &&
    was.person === now.person &&
    was.seenWith.length === now.seenWith.length &&
    was.seenWith.every((key, index) => key === now.seenWith[index])
  );
}
