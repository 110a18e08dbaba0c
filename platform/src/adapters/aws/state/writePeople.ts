import type { IdentifierKey } from "../../../model/identifier.ts";
import { profileIdOf, type KeyedHash } from "../../../model/keyedHash.ts";
import type { Decision, IdentifierRow, PeopleLot, PersonRow } from "../../../storage/identityAndProfiles.ts";
import type { Draft } from "./draft.ts";
import { isPresent } from "./encoding.ts";
import { addTo, countIn, removeFrom } from "./listing.ts";
import {
  aliasPlace,
  crossingPlace,
  edgePlace,
  fragmentPlace,
  identifierPlace,
  type IdentifierRowOf,
  joiningNobodyPlace,
  personPlace,
  runPlace,
  sharedPlace,
  type StateRow,
  statementIdPlace,
  statementPlace,
} from "./stateRows.ts";

/** Rows that a lot changes, as far as it names them; their persons and components follow. */
export async function fetchLot(draft: Draft, hash: KeyedHash, lot: PeopleLot): Promise<void> {
  const { movedFragments, crossings, identifiers, persons, removedPersons } = lot;
  const named = [
    ...identifiers.map(({ key }) => identifierPlace(profileIdOf(hash, key))),
    ...crossings.map(({ identifier }) => identifierPlace(profileIdOf(hash, identifier))),
  ];
  const fragments = [...movedFragments.map(({ id }) => id), ...crossings.map(({ fragment }) => fragment)];
  const numbers = [
    ...[...movedFragments, ...identifiers, ...persons].map(({ person }) => person),
    ...persons.map(({ component }) => component),
    ...removedPersons,
  ];
  await draft.fetch([...named, ...fragments.map(fragmentPlace), ...numbers.map(personPlace)]);
  const holders = await Promise.all([
    ...named.map(async (place) => (await draft.get(place))?.person),
    ...movedFragments.map(async ({ id }) => (await draft.get(fragmentPlace(id)))?.person),
    ...numbers.map(async (number) => (await draft.get(personPlace(number)))?.component),
  ]);
  await draft.fetch(holders.filter((number) => number !== undefined).map(personPlace));
}

export async function writeLot(draft: Draft, hash: KeyedHash, state: StateRow, lot: PeopleLot): Promise<void> {
  for (const { id, person } of lot.movedFragments) await moveFragment(draft, id, person);
  for (const { identifier, fragment } of lot.crossings) {
    state.crossings = true;
    const id = profileIdOf(hash, identifier);
    await addTo(draft, identifierPlace(id), "crossings", fragment);
    await addTo(draft, fragmentPlace(fragment), "crossedBy", id);
    draft.put(crossingPlace(id, fragment), [id, fragment]);
  }
  for (const row of lot.identifiers) await writeIdentifier(draft, hash, row);
  for (const person of lot.removedPersons) await removePerson(draft, person);
  for (const row of lot.persons) await writePerson(draft, row);
  for (const { person, component } of lot.persons) {
    state.nextNumber = Math.max(state.nextNumber, person + 1, component + 1);
  }
}

async function moveFragment(draft: Draft, id: string, person: number): Promise<void> {
  const fragment = await draft.open(fragmentPlace(id));
  if (!isPresent(fragment) || fragment.person === person) return;
  await giveFragment(draft, id, fragment.person, person);
  fragment.person = person;
}

/** Those that belong to nobody (0) are listed too, but for guests' without an identifier. */
async function giveFragment(draft: Draft, id: string, from: number, to: number): Promise<void> {
  await removeFrom(draft, personPlace(from), "fragments", id);
  await addTo(draft, personPlace(to), "fragments", id);
}

async function writeIdentifier(draft: Draft, hash: KeyedHash, row: IdentifierRow): Promise<void> {
  const id = profileIdOf(hash, row.key);
  const known = await draft.open(identifierPlace(id));
  if (known.person !== row.person) {
    if (known.person !== undefined) await removeFrom(draft, personPlace(known.person), "identifiers", id);
    await addTo(draft, personPlace(row.person), "identifiers", id);
  }
  const { key, person, decision, seenWith, firstAt } = row;
  if (decision !== "ordinary") draft.put(joiningNobodyPlace(id), {});
  else if (known.decision !== undefined && known.decision !== "ordinary") draft.remove(joiningNobodyPlace(id));
  Object.assign(known, { key, person, decision, seenWith, firstAt });
  listShared(draft, key, known);
}

/** Devices are found by their keys, in order, as long as there is something of them to be found. */
export function listShared(draft: Draft, key: IdentifierKey, row: IdentifierRowOf): void {
  const isShared =
    row.decision === "shared" || countIn(row, "handed") > 0 || (row.tenancies ?? 0) > 0 || row.tally !== undefined;
  if (isShared) draft.put(sharedPlace(key), {});
  else if (row.wasShared === true) draft.remove(sharedPlace(key));
  if (isShared) row.wasShared = true;
  else delete row.wasShared;
}

async function writePerson(draft: Draft, { person, component, profileId }: PersonRow): Promise<void> {
  const known = await draft.open(personPlace(person));
  if (known.component === undefined) draft.persons += 1;
  if (known.component !== component) {
    if (known.component !== undefined) await removeFrom(draft, personPlace(known.component), "members", String(person));
    await addTo(draft, personPlace(component), "members", String(person));
  }
  Object.assign(known, { component, profileId });
}

async function removePerson(draft: Draft, person: number): Promise<void> {
  const known = await draft.open(personPlace(person));
  if (known.component === undefined) return;
  await removeFrom(draft, personPlace(known.component), "members", String(person));
  draft.persons -= 1;
  delete known.component;
  delete known.profileId;
}

export async function writeStatements(
  draft: Draft,
  hash: KeyedHash,
  state: StateRow,
  { edges, corrections }: Pick<Decision, "edges" | "corrections">,
): Promise<void> {
  const ends = [...edges, ...corrections].flatMap(({ a, b }) => [a, b]);
  await draft.fetch(ends.map((key) => identifierPlace(profileIdOf(hash, key))));
  for (const edge of edges) {
    state.edges = true;
    const [a, b] = [profileIdOf(hash, edge.a), profileIdOf(hash, edge.b)];
    draft.put(edgePlace(a, b, edge.source), edge);
    const pair = aliasPlace(`${a}.${b}`);
    if (!(await draft.has(pair))) draft.put(pair, [edge.a, edge.b]);
    await addTo(draft, identifierPlace(a), "from", `${b}.${edge.source}`);
    await addTo(draft, identifierPlace(b), "to", `${a}.${edge.source}`);
  }
  for (const said of corrections) {
    state.statements = true;
    draft.put(statementPlace(said.position), said);
    draft.put(statementIdPlace(said.id), { position: said.position });
    if (said.verdict === "probable") draft.put(runPlace(said.by, said.position), {});
    for (const key of new Set([said.a, said.b])) {
      await addTo(draft, identifierPlace(profileIdOf(hash, key)), "said", String(said.position));
    }
  }
}
