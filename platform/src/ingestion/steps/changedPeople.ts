import type { Resolution } from "../../model/evidence.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import type { Join } from "../../model/join.ts";
import { profileIdOf } from "../../model/keyedHash.ts";
import type { ProfileId } from "../../model/profile.ts";
import type { Decision, IdentifierRow, PersonNumber, PersonRow } from "../../storage/identityAndProfiles.ts";
import type { PipelineParts } from "../pipeline.ts";

export interface Joins {
  /** People that are another one now. */
  joined: number;
  /** The first ones, with the events that showed it, in their order. */
  joins: Join[];
}

/** What a batch changes about who is who. */
export type PeopleChange = Pick<
  Decision,
  "movedFragments" | "crossings" | "identifiers" | "persons" | "removedPersons" | "edges" | "retiredProfiles"
> & {
  changedPersons: Set<PersonNumber>;
  /** Shared devices whose own some combinations are now that were somebody's before. */
  rehoming: Set<IdentifierKey>;
} & Joins;

export function nothingChanged(): PeopleChange {
  return {
    movedFragments: [],
    crossings: [],
    identifiers: [],
    persons: [],
    removedPersons: [],
    edges: [],
    retiredProfiles: [],
    changedPersons: new Set(),
    rehoming: new Set(),
    joined: 0,
    joins: [],
  };
}

/** Of two changes that have no person in common. */
export function bothChanges(one: PeopleChange, other: PeopleChange): PeopleChange {
  return {
    movedFragments: [...one.movedFragments, ...other.movedFragments],
    crossings: [...one.crossings, ...other.crossings],
    identifiers: [...one.identifiers, ...other.identifiers],
    persons: [...one.persons, ...other.persons],
    removedPersons: [...one.removedPersons, ...other.removedPersons],
    edges: [...one.edges, ...other.edges],
    retiredProfiles: [...one.retiredProfiles, ...other.retiredProfiles],
    changedPersons: one.changedPersons.union(other.changedPersons),
    rehoming: one.rehoming.union(other.rehoming),
    joined: one.joined + other.joined,
    joins: [...one.joins, ...other.joins].sort((a, b) => a.position - b.position),
  };
}

/** Identifiers as they will be and as they were, and the persons that these were. */
export interface PeopleBefore {
  /** Rows as they will be. */
  identifiers: ReadonlyMap<IdentifierKey, IdentifierRow>;
  /** Rows as stored; a key that is missing here is new. */
  before: ReadonlyMap<IdentifierKey, IdentifierRow>;
  persons: ReadonlyMap<PersonNumber, PersonRow>;
}

/** Rows of persons whose identifiers have their numbers already. */
export function personRows(
  { persons, components }: Pick<Resolution, "persons" | "components">,
  { identifiers }: Pick<PeopleBefore, "identifiers">,
  parts: Pick<PipelineParts, "hash">,
): PersonRow[] {
  const rowOf = (key: IdentifierKey): IdentifierRow => identifiers.get(key) as IdentifierRow;
  const componentOf = new Map<IdentifierKey, number>();
  for (const keys of components) {
    // A component is named by one of its own persons, so its number is never another's.
    const number = keys.reduce((least, key) => Math.min(least, rowOf(key).person), Number.POSITIVE_INFINITY);
    for (const key of keys) componentOf.set(key, number);
  }
  return persons.map((keys) => {
    const first = keys.map(rowOf).reduce((least, row) => (isEarlier(row, least) ? row : least));
    const component = componentOf.get(first.key) ?? first.person;
    return { person: first.person, component, profileId: profileIdOf(parts.hash, first.key) };
  });
}

function isEarlier(one: IdentifierRow, other: IdentifierRow): boolean {
  return one.firstAt < other.firstAt || (one.firstAt === other.firstAt && one.key < other.key);
}

/** Adds to the change what of rows and persons differs from what is stored. */
export function collectPeople(change: PeopleChange, persons: readonly PersonRow[], people: PeopleBefore): void {
  change.identifiers = [...people.identifiers.values()].filter((row) => rowDiffers(people.before.get(row.key), row));
  const living = new Set<ProfileId>();
  const kept = new Set<PersonNumber>();
  const standing = standingPersons(people);
  for (const row of persons) {
    const before = people.persons.get(row.person);
    kept.add(row.person);
    living.add(row.profileId);
    if (before?.component === row.component && before.profileId === row.profileId) continue;
    // A person of its own that was not loaded (a hub, a shared device) stands as it stood.
    if (before === undefined && standing.has(row.person)) continue;
    change.persons.push(row);
    change.changedPersons.add(row.person);
  }
  for (const row of people.persons.values()) {
    if (!kept.has(row.person)) change.removedPersons.push(row.person);
    if (!living.has(row.profileId)) change.retiredProfiles.push(row.profileId);
  }
  for (const { key, person } of change.identifiers) {
    change.changedPersons.add(person);
    const before = people.before.get(key)?.person ?? 0;
    if (kept.has(before)) change.changedPersons.add(before);
  }
  change.changedPersons.delete(0);
}

function rowDiffers(before: IdentifierRow | undefined, now: IdentifierRow): boolean {
  return (
    before === undefined ||
    before.person !== now.person ||
    before.decision !== now.decision ||
    before.firstAt !== now.firstAt ||
    before.seenWith.length !== now.seenWith.length ||
    before.seenWith.some((key, index) => key !== now.seenWith[index])
  );
}

function standingPersons({ before }: PeopleBefore): Set<PersonNumber> {
  const rows = [...before.values()].filter((row) => row.decision !== "ordinary" && row.person !== 0);
  return new Set(rows.map((row) => row.person));
}
