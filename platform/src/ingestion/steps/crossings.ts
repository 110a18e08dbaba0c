import { personOfFragment } from "../../identity/index.ts";
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
  { rules }: PipelineParts,
): Crossing[] {
  const { identifiers, fragments, outside } = evidence;
  const components = new Map(persons.map(({ person, component }) => [person, component]));
  const isOther = (person: PersonNumber): boolean => evidence.persons.get(person)?.component !== components.get(person);
  const moved = new Set(movedFragments.map(({ id }) => id));
  const decisionOf = (key: string) => identifiers.get(key)?.decision ?? "ordinary";
  const found: Crossing[] = [];
  for (const { id, identifiers: keys, person: stored } of fragments.values()) {
    const home = personOfFragment(keys, decisionOf, rules);
    if (home === null || decisionOf(home) !== "ordinary") continue;
    const homePerson = identifiers.get(home)?.person ?? 0;
    const isNew = stored !== homePerson || moved.has(id) || isOther(homePerson);
    for (const key of keys) {
      const person = identifiers.get(key)?.person ?? 0;
      if (decisionOf(key) !== "ordinary" || (outside.has(key) && outside.has(home))) continue;
      const isCrossing = outside.has(key) || outside.has(home) || components.get(person) !== components.get(homePerson);
      if (isCrossing && (isNew || isOther(person))) found.push({ identifier: key, fragment: id });
    }
  }
  return found;
}
