import type { NodeDecision, Resolution } from "../model/evidence.ts";
import type { FragmentState } from "../model/fragment.ts";
import type { IdentifierKey } from "../model/identifier.ts";
import { compareIdentifiers } from "./rules.ts";
import type { IdentityRules } from "./rules.ts";

/**
 * The identifier whose person a fragment belongs to: the surest of the combination that joins people; where none does,
 * the surest hub or shared one, which is a person of its own; null for guests (nothing, or only placeholders).
 */
export function personOfFragment(
  identifiers: readonly IdentifierKey[],
  decisionOf: (key: IdentifierKey) => NodeDecision,
  rules: IdentityRules,
): IdentifierKey | null {
  let best: { key: IdentifierKey; joins: boolean } | null = null;
  for (const key of identifiers) {
    const decision = decisionOf(key);
    if (decision === "blocked") continue;
    const joins = decision === "ordinary";
    const isBetter =
      best === null || (joins === best.joins ? compareIdentifiers(key, best.key, rules) < 0 : joins && !best.joins);
    if (isBetter) best = { key, joins };
  }
  return best?.key ?? null;
}

/** The identifier whose person a fragment belongs to: whoever had the device, where it was somebody's. Null for guests. */
export function homeOf(
  { identifiers, tenant }: Pick<FragmentState, "identifiers" | "tenant">,
  decisionOf: (key: IdentifierKey) => NodeDecision,
  rules: IdentityRules,
): IdentifierKey | null {
  return tenant ?? personOfFragment(identifiers, decisionOf, rules);
}

/** Index into `resolution.persons` of every identifier that is in one. */
export function personIndexes(resolution: Resolution): Map<IdentifierKey, number> {
  return new Map(resolution.persons.flatMap((person, index) => person.map((key) => [key, index] as const)));
}
