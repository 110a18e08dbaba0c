import { typeOfKey, rulesOfType, type IdentityRules } from "../../identity/rules.ts";
import type { IdentifierRow } from "../../storage/identityAndProfiles.ts";
import type { Evidence } from "../steps/loadEvidence.ts";

/**
 * True of one person, alone in their component, of whom nobody said anything, all of whose identifiers join as they did,
 * and who is within every limit: then each edge between them is taken in whatever order, so that nothing can change.
 * Most people are so, whatever the rules: they need not be resolved.
 */
export function staysOne({ persons, edges, identifiers, before }: Evidence, rules: IdentityRules): boolean {
  const [only, ...others] = persons.keys();
  if (only === undefined || others.length > 0 || edges.length > 0) return false;
  const counts = new Map<string, number>();
  let size = 0;
  for (const [key, row] of identifiers) {
    const was = before.get(key);
    if (was === undefined || !isSame(was, row)) return false;
    // Hubs and shared devices that they were seen with.
    if (row.person !== only) continue;
    if (row.decision !== "ordinary") return false;
    const type = typeOfKey(key);
    const count = (counts.get(type) ?? 0) + 1;
    if (count > rulesOfType(type, rules).limit) return false;
    counts.set(type, count);
    size += 1;
  }
  return size > 0 && size <= rules.maxEvidenceIdentifiers;
}

function isSame(was: IdentifierRow, now: IdentifierRow): boolean {
  return (
    was.decision === now.decision &&
    was.person === now.person &&
    was.seenWith.length === now.seenWith.length &&
    was.seenWith.every((key, index) => key === now.seenWith[index])
  );
}
