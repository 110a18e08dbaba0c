import type { FragmentId } from "../../model/fragment.ts";
import type { KeyedHash } from "../../model/keyedHash.ts";
import type { Position } from "../../model/position.ts";
import { tieChange, type TieChange } from "../../profiles/index.ts";
import type { Decision, PersonNumber } from "../../storage/identityAndProfiles.ts";
import { statementOf } from "../../model/correction.ts";
import type { PipelineParts } from "../pipeline.ts";
import type { Folded } from "./fold.ts";
import type { PeopleChange } from "./changedPeople.ts";
import type { Followed } from "./followTenancies.ts";

/** Puts together the one transaction: state, position, the fates that are exceptions, and the change feed. */
export async function decide(
  folded: Folded,
  people: PeopleChange,
  { tenancies, ties: goneTies }: Followed,
  at: { position: Position; processedAt: number },
  parts: PipelineParts,
): Promise<Decision> {
  const rewritten = new Set(people.changedPersons);
  const buyers = await ownersOfOrders(folded, people, parts);
  const ties = homeTies(folded, parts.hash);
  for (const { fragment } of ties) {
    const person = folded.folded.get(fragment)?.row.person ?? 0;
    if (person !== 0) rewritten.add(person);
  }
  const changed = new Set([...rewritten, ...buyers]);
  for (const { row, detailChanged } of folded.folded.values()) {
    if (row.person === 0) continue;
    changed.add(row.person);
    if (detailChanged) rewritten.add(row.person);
  }
  const removed = new Set(people.removedPersons);
  const changedPersons = [...changed].filter((person) => !removed.has(person));
  return {
    position: at.position,
    processedAt: at.processedAt,
    processed: folded.events.length + folded.corrections.length,
    fragments: [...folded.folded.values()],
    ties: [...goneTies, ...ties],
    movedFragments: people.movedFragments,
    crossings: people.crossings,
    identifiers: people.identifiers,
    persons: people.persons,
    removedPersons: people.removedPersons,
    edges: people.edges,
    corrections: folded.corrections.map(({ position, event }) => ({ ...statementOf(event), position })),
    orders: [...folded.foldedOrders.values()],
    changedPersons,
    onlyActive: changedPersons.filter((person) => !rewritten.has(person) && !buyers.has(person)),
    onlyOrders: changedPersons.filter((person) => !rewritten.has(person) && buyers.has(person)),
    retiredProfiles: people.retiredProfiles,
    rejected: folded.rejected,
    mended: folded.mended,
    seenAgain: folded.seenAgain,
    received: folded.received,
    ...(tenancies === undefined ? {} : { tenancies }),
    violations: folded.violations,
  };
}

export function homeTies({ folded }: Pick<Folded, "folded">, hash: KeyedHash): TieChange[] {
  const changes: TieChange[] = [];
  for (const { row, isNew, detailChanged, addressBefore } of folded.values()) {
    if (!isNew && !detailChanged) continue;
    const change = tieChange({ state: row.state, isNew, addressBefore }, hash);
    if (change !== null) changes.push(change);
  }
  return changes;
}

/** A refund from a shop changes the profile of whoever ordered on the web; an order may also change hands. */
async function ownersOfOrders(folded: Folded, people: PeopleChange, parts: PipelineParts): Promise<Set<PersonNumber>> {
  const persons = new Set<PersonNumber>();
  const elsewhere = new Set<FragmentId>();
  const moved = new Map(people.movedFragments.map(({ id, person }) => [id, person]));
  for (const { ownerFragment, ownedBefore } of folded.foldedOrders.values()) {
    for (const id of [ownerFragment, ownedBefore]) {
      if (id === null) continue;
      const person = folded.folded.get(id)?.row.person ?? moved.get(id);
      if (person === undefined) elsewhere.add(id);
      else persons.add(person);
    }
  }
  for (const person of (await parts.store.personsOfFragments([...elsewhere])).values()) persons.add(person);
  persons.delete(0);
  return persons;
}
