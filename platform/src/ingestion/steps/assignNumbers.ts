import type { IdentifierKey } from "../../model/identifier.ts";
import type { IdentifierRow, PersonNumber } from "../../storage/identityAndProfiles.ts";

/**
 * Numbers the persons so that as little as possible is rewritten: a number stays with the set that holds most of its
 * identifiers, the rest get new ones from `nextNumber` up. Numbers are internal: which one a person has shows nowhere.
 */
export function assignNumbers(
  persons: readonly IdentifierKey[][],
  before: ReadonlyMap<IdentifierKey, IdentifierRow>,
  nextNumber: number,
): Map<IdentifierKey, PersonNumber> {
  const claims = persons.flatMap((keys, set) =>
    [...votes(keys, before)].map(([number, count]) => ({ set, number, count })),
  );
  claims.sort((one, other) => other.count - one.count);
  const numberOf = new Map<number, PersonNumber>();
  const taken = new Set<PersonNumber>();
  for (const { set, number } of claims) {
    if (numberOf.has(set) || taken.has(number)) continue;
    numberOf.set(set, number);
    taken.add(number);
  }
  const assigned = new Map<IdentifierKey, PersonNumber>();
  let next = nextNumber;
  for (const [set, keys] of persons.entries()) {
    const number = numberOf.get(set) ?? next++;
    for (const key of keys) assigned.set(key, number);
  }
  return assigned;
}

function votes(
  keys: readonly IdentifierKey[],
  before: ReadonlyMap<IdentifierKey, IdentifierRow>,
): Map<PersonNumber, number> {
  const counts = new Map<PersonNumber, number>();
  for (const key of keys) {
    const number = before.get(key)?.person ?? 0;
    if (number !== 0) counts.set(number, (counts.get(number) ?? 0) + 1);
  }
  return counts;
}
