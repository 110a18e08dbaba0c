import { edgesOfFragments, evidenceComponents, personOfFragment, resolve } from "../../identity/index.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import { profileIdOf } from "../../model/keyedHash.ts";
import type { ProfileId } from "../../model/profile.ts";
import type { Decision, IdentifierRow, PersonNumber, PersonRow } from "../../storage/identityAndProfiles.ts";
import type { PipelineParts } from "../pipeline.ts";
import type { Folded } from "./fold.ts";
import { describeJoins, type Joins } from "./describeJoins.ts";
import { loadEvidence, type Evidence } from "./loadEvidence.ts";
import { assignNumbers } from "./assignNumbers.ts";

/** What the batch changes about who is who. */
export type PeopleChange = Pick<
  Decision,
  "movedFragments" | "identifiers" | "persons" | "removedPersons" | "edges" | "retiredProfiles"
> & { changedPersons: Set<PersonNumber> } & Joins;

/**
 * Says anew who is who, one evidence component at a time. `resolve` is pure over whole components, so what comes out
 * is what a full rebuild gives; only what differs from the stored rows is written.
 */
export async function resolvePeople(folded: Folded, parts: PipelineParts): Promise<PeopleChange> {
  const evidence = await loadEvidence(folded, parts);
  if (evidence === null) return nothingChanged();
  const { change, persons } = resolveEvidence(evidence, folded.folded, await parts.store.nextNumber(), parts);
  return Object.assign(change, describeJoins(folded, evidence, persons, change.removedPersons));
}

/** `folded`: fragments of the evidence that are being written anyway. Persons that are new count up from `nextNumber`. */
export function resolveEvidence(
  evidence: Evidence,
  folded: Folded["folded"],
  nextNumber: PersonNumber,
  parts: ResolvingParts,
): { change: PeopleChange; persons: PersonRow[] } {
  const input = {
    identifiers: [...evidence.identifiers.values()].map(({ key, decision }) => ({ key, decision, seen: true })),
    edges: [...edgesOfFragments([...evidence.fragments.values()]), ...evidence.edges],
  };
  const resolution = resolve(input, parts.rules);
  const numbered = assignNumbers(resolution.persons, evidence.before, nextNumber);
  for (const row of evidence.identifiers.values()) row.person = numbered.get(row.key) ?? 0;
  const persons = personRows(resolution.persons, evidenceComponents(input, resolution), evidence, parts);
  const change = { ...nothingChanged(), edges: evidence.changedEdges };
  change.identifiers = [...evidence.identifiers.values()].filter((row) =>
    rowDiffers(evidence.before.get(row.key), row),
  );
  collectPersons(change, persons, evidence);
  moveFragments(change, folded, evidence, parts);
  return { change, persons };
}

type ResolvingParts = Pick<PipelineParts, "hash" | "rules">;

export function nothingChanged(): PeopleChange {
  return {
    movedFragments: [],
    identifiers: [],
    persons: [],
    removedPersons: [],
    edges: [],
    retiredProfiles: [],
    changedPersons: new Set(),
    joined: 0,
    joins: [],
  };
}

function personRows(
  persons: readonly IdentifierKey[][],
  components: readonly IdentifierKey[][],
  evidence: Evidence,
  parts: ResolvingParts,
): PersonRow[] {
  const rowOf = (key: IdentifierKey): IdentifierRow => evidence.identifiers.get(key) as IdentifierRow;
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

function collectPersons(change: PeopleChange, persons: readonly PersonRow[], evidence: Evidence): void {
  const living = new Set<ProfileId>();
  const kept = new Set<PersonNumber>();
  const standing = standingPersons(evidence);
  for (const row of persons) {
    const before = evidence.persons.get(row.person);
    kept.add(row.person);
    living.add(row.profileId);
    if (before?.component === row.component && before.profileId === row.profileId) continue;
    // A person of its own that was not loaded (a hub, a shared device) stands as it stood.
    if (before === undefined && standing.has(row.person)) continue;
    change.persons.push(row);
    change.changedPersons.add(row.person);
  }
  for (const row of evidence.persons.values()) {
    if (!kept.has(row.person)) change.removedPersons.push(row.person);
    if (!living.has(row.profileId)) change.retiredProfiles.push(row.profileId);
  }
  for (const { key, person } of change.identifiers) {
    change.changedPersons.add(person);
    const before = evidence.before.get(key)?.person ?? 0;
    if (kept.has(before)) change.changedPersons.add(before);
  }
  change.changedPersons.delete(0);
}

function standingPersons(evidence: Evidence): Set<PersonNumber> {
  const rows = [...evidence.before.values()].filter((row) => row.decision !== "ordinary" && row.person !== 0);
  return new Set(rows.map((row) => row.person));
}

function moveFragments(
  change: PeopleChange,
  folded: Folded["folded"],
  evidence: Evidence,
  parts: ResolvingParts,
): void {
  const removed = new Set(change.removedPersons);
  const decisionOf = (key: IdentifierKey) => evidence.identifiers.get(key)?.decision ?? "ordinary";
  for (const fragment of evidence.fragments.values()) {
    const key = personOfFragment(fragment.identifiers, decisionOf, parts.rules);
    const person = key === null ? 0 : (evidence.identifiers.get(key)?.person ?? 0);
    const inBatch = folded.get(fragment.id);
    if (inBatch !== undefined) inBatch.row.person = person;
    if (fragment.person === person) continue;
    if (inBatch?.isNew !== true) change.movedFragments.push({ id: fragment.id, person });
    for (const changed of [fragment.person, person]) {
      if (changed !== 0 && !removed.has(changed)) change.changedPersons.add(changed);
    }
  }
}
