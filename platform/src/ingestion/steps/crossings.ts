import { personOfFragment } from "../../identity/index.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import type { Crossing, Decision, PersonNumber, PersonRow } from "../../storage/identityAndProfiles.ts";
import type { PipelineParts } from "../pipeline.ts";
import type { Evidence } from "./loadEvidence.ts";

/**
 * Fragments that hold an identifier of another component than their person's, as far as that is new: whoever loads
 * either component has to find them. Where both are outside, nothing about it changes.
 */
export function crossingsOf(
  { movedFragments }: Pick<Decision, "movedFragments">,
  persons: readonly PersonRow[],
  evidence: Evidence,
  { rules }: Pick<PipelineParts, "rules">,
): Crossing[] {
  const { identifiers, before, fragments, outside } = evidence;
  const components = new Map(persons.map(({ person, component }) => [person, component]));
  if (outside.size === 0 && new Set(components.values()).size <= 1) return [];
  const personOf = (key: IdentifierKey): PersonNumber => identifiers.get(key)?.person ?? 0;
  const isElsewhere = (key: IdentifierKey): boolean => {
    const person = personOf(key);
    const was = before.get(key);
    // By other rules a hub may join people and keep its number.
    if (was?.person !== person || was.decision !== "ordinary") return true;
    return evidence.persons.get(person)?.component !== components.get(person);
  };
  const moved = new Set(movedFragments.map(({ id }) => id));
  const decisionOf = (key: IdentifierKey) => identifiers.get(key)?.decision ?? "ordinary";
  const found: Crossing[] = [];
  for (const { id, identifiers: keys, person: stored, tenant } of fragments.values()) {
    // Whoever had the device has it: none of its identifiers joins anybody.
    if (tenant !== undefined && keys.every((key) => decisionOf(key) !== "ordinary")) continue;
    const home = personOfFragment(keys, decisionOf, rules);
    if (home === null || decisionOf(home) !== "ordinary") continue;
    const isNew = stored !== personOf(home) || moved.has(id) || isElsewhere(home);
    for (const key of keys) {
      if (decisionOf(key) !== "ordinary" || (outside.has(key) && outside.has(home))) continue;
      const isWithin = !outside.has(key) && !outside.has(home);
      const isCrossing = !isWithin || components.get(personOf(key)) !== components.get(personOf(home));
      if (isCrossing && (isNew || isElsewhere(key))) found.push({ identifier: key, fragment: id });
    }
  }
  return found;
}
