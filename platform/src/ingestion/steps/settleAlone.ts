import { disjointSets, rulesOfType, typeOfKey } from "../../identity/index.ts";
import type { FragmentId } from "../../model/fragment.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import type { IdentifierRow, PersonNumber, PersonRow } from "../../storage/identityAndProfiles.ts";
import type { PipelineParts } from "../pipeline.ts";
import { assignNumbers } from "./assignNumbers.ts";
import { collectPeople, nothingChanged, personRows, type PeopleChange } from "./changedPeople.ts";
import type { FoldedFragment } from "./fold.ts";
import { seeTogether } from "./seeTogether.ts";

/** Sets of identifiers that are one person each, whatever the order in which their evidence is taken. */
export interface Settled {
  /** As they will be, all of each set. */
  identifiers: Map<IdentifierKey, IdentifierRow>;
  before: Map<IdentifierKey, IdentifierRow>;
  /** Whose they were. */
  persons: Map<PersonNumber, PersonRow>;
  sets: IdentifierKey[][];
  /** Of the batch, with one of the identifiers that say whose each is. */
  fragments: { fragment: FoldedFragment; key: IdentifierKey }[];
}

interface Group {
  keys: Set<IdentifierKey>;
  persons: Set<PersonNumber>;
  fragments: { fragment: FoldedFragment; key: IdentifierKey }[];
  isPlainlyOne: boolean;
}

/**
 * Parts off the fragments that can only bring together: where nobody whom they name has any refused edge or correction,
 * nothing is said of them in this batch, no node decision changes, and all that they join stays within every limit and
 * needs no bridge, no edge is refused in any order of them, and who is who is known without looking at the evidence
 * there was before.
 *
 * `before` holds the rows of the fragments' identifiers; `said` the ends of what this batch says.
 */
export async function settleAlone(
  fragments: readonly FoldedFragment[],
  before: ReadonlyMap<IdentifierKey, IdentifierRow>,
  said: readonly IdentifierKey[],
  parts: PipelineParts,
): Promise<{ settled: Settled | null; rest: FoldedFragment[] }> {
  if (fragments.length === 0) return { settled: null, rest: [] };
  const rows = rowsAfter(fragments, before, parts);
  const groups = groupsOf(fragments, rows, before);
  await doubt(groups, before, said, parts);
  const plain = groups.filter((group) => group.isPlainlyOne);
  const numbers = [...new Set(plain.flatMap(({ persons }) => [...persons]))];
  const owned = Map.groupBy(await parts.store.identifiersOf(numbers), (row) => row.person);
  const settled: Settled = {
    identifiers: new Map(),
    before: new Map(),
    persons: new Map(),
    sets: [],
    fragments: [],
  };
  const aliased = await aliasedKeys(plain, owned, parts);
  for (const group of plain) {
    const all = [...group.persons].flatMap((person) => owned.get(person) ?? []);
    const keys = new Set([...group.keys, ...all.map(({ key }) => key)]);
    const leadsOut = [...keys].some((key) => aliased.get(key)?.some((end) => !keys.has(end)) === true);
    if (leadsOut || !isWithinLimits(keys, parts) || mayNeedBridge(keys, parts)) continue;
    for (const row of all) settled.before.set(row.key, row);
    for (const row of all) settled.identifiers.set(row.key, { ...row });
    for (const key of group.keys) settled.identifiers.set(key, rows.get(key) as IdentifierRow);
    settled.sets.push([...keys].sort());
    settled.fragments.push(...group.fragments);
  }
  const taken = new Set(settled.fragments.map(({ fragment }) => fragment));
  if (taken.size === 0) return { settled: null, rest: [...fragments] };
  settled.persons = await parts.store.persons([...new Set([...settled.before.values()].map(({ person }) => person))]);
  return { settled, rest: fragments.filter((fragment) => !taken.has(fragment)) };
}

/** By identifier, the other ends of its stored aliases: one that leads out may have been refused for the cap. */
async function aliasedKeys(
  groups: readonly Group[],
  owned: ReadonlyMap<PersonNumber, IdentifierRow[]>,
  { store, rules }: PipelineParts,
): Promise<Map<IdentifierKey, IdentifierKey[]>> {
  const persons = groups.flatMap((group) => [...group.persons]);
  const keys = persons.flatMap((person) => (owned.get(person) ?? []).map(({ key }) => key));
  const found = new Map<IdentifierKey, IdentifierKey[]>();
  const add = (key: IdentifierKey, end: IdentifierKey): void => {
    const ends = found.get(key);
    if (ends === undefined) found.set(key, [end]);
    else ends.push(end);
  };
  for (const { a, b } of await store.edges(keys, rules.maxEvidenceIdentifiers)) {
    add(a, b);
    add(b, a);
  }
  return found;
}

/** Numbers and rows of who is settled, from `nextNumber` up; places the batch's fragments of theirs. */
export async function settledChange(
  settled: Settled,
  { plain, folded }: { plain: readonly FoldedFragment[]; folded: ReadonlyMap<FragmentId, FoldedFragment> },
  nextNumber: number,
  parts: PipelineParts,
): Promise<{ change: PeopleChange; persons: PersonRow[] }> {
  const change = nothingChanged();
  const numbered = assignNumbers(settled.sets, settled.before, nextNumber);
  for (const row of settled.identifiers.values()) row.person = numbered.get(row.key) ?? 0;
  const persons = personRows({ persons: settled.sets, components: settled.sets }, settled, parts);
  collectPeople(change, persons, settled);
  const heirs = new Map<PersonNumber, PersonNumber>();
  for (const { key, person } of settled.before.values()) heirs.set(person, numbered.get(key) ?? 0);
  for (const { id, person: former } of await parts.store.fragmentsOf(change.removedPersons)) {
    const person = heirs.get(former) ?? 0;
    change.movedFragments.push({ id, person });
    change.changedPersons.add(person);
    const inBatch = folded.get(id);
    if (inBatch !== undefined) inBatch.row.person = person;
  }
  for (const { fragment, key } of settled.fragments) {
    fragment.row.person = numbered.get(key) ?? 0;
    if (fragment.isNew) change.changedPersons.add(fragment.row.person);
  }
  for (const { row } of plain) row.person = heirs.get(row.person) ?? row.person;
  return { change, persons };
}

/** Rows of the fragments' identifiers as they will be, but for their persons. */
function rowsAfter(
  fragments: readonly FoldedFragment[],
  before: ReadonlyMap<IdentifierKey, IdentifierRow>,
  parts: PipelineParts,
): Map<IdentifierKey, IdentifierRow> {
  const rows = new Map<IdentifierKey, IdentifierRow>();
  for (const { row } of fragments) seeTogether(rows, before, row.state, parts.rules);
  return rows;
}

/** Fragments that share an identifier which joins, or a person, belong together. */
function groupsOf(
  fragments: readonly FoldedFragment[],
  rows: ReadonlyMap<IdentifierKey, IdentifierRow>,
  before: ReadonlyMap<IdentifierKey, IdentifierRow>,
): Group[] {
  const sets = disjointSets(fragments.length);
  const firstOf = new Map<string, number>();
  const meet = (name: string, at: number): void => {
    const first = firstOf.get(name);
    if (first === undefined) firstOf.set(name, at);
    else if (sets.find(first) !== sets.find(at)) sets.unite(sets.find(first), sets.find(at));
  };
  for (const [at, { row }] of fragments.entries()) {
    for (const key of row.state.identifiers) {
      const known = before.get(key);
      if (known !== undefined && known.decision !== "ordinary") continue;
      meet(key, at);
      if (known !== undefined) meet(String(known.person), at);
    }
  }
  const groups = new Map<number, Group>();
  for (const [at, fragment] of fragments.entries()) {
    const root = sets.find(at);
    const group = groups.get(root) ?? { keys: new Set(), persons: new Set(), fragments: [], isPlainlyOne: true };
    groups.set(root, group);
    addTo(group, fragment, rows, before);
  }
  return [...groups.values()];
}

function addTo(
  group: Group,
  fragment: FoldedFragment,
  rows: ReadonlyMap<IdentifierKey, IdentifierRow>,
  before: ReadonlyMap<IdentifierKey, IdentifierRow>,
): void {
  let own: IdentifierKey | null = null;
  for (const key of fragment.row.state.identifiers) {
    const known = before.get(key);
    const now = rows.get(key) as IdentifierRow;
    if (known !== undefined && known.decision !== "ordinary") {
      // It stands as it stood, unless it was seen earlier than was known.
      if (now.firstAt !== known.firstAt) group.isPlainlyOne = false;
      continue;
    }
    if (now.decision !== "ordinary") group.isPlainlyOne = false;
    own = key;
    group.keys.add(key);
    if (known !== undefined) group.persons.add(known.person);
  }
  if (own === null) group.isPlainlyOne = false;
  else group.fragments.push({ fragment, key: own });
}

/** Marks groups of whom something was said, ever or now, and those with persons whose evidence has a refused edge. */
async function doubt(
  groups: readonly Group[],
  before: ReadonlyMap<IdentifierKey, IdentifierRow>,
  said: readonly IdentifierKey[],
  { store }: PipelineParts,
): Promise<void> {
  const open = groups.filter((group) => group.isPlainlyOne);
  const fresh = open.flatMap(({ keys }) => [...keys].filter((key) => !before.has(key)));
  const numbers = [...new Set(open.flatMap(({ persons }) => [...persons]))];
  const spoken = new Set(said);
  for (const { a, b } of [...(await store.edges(fresh, 1)), ...(await store.corrections(fresh))]) spoken.add(a).add(b);
  const alone = await store.personsAlone(numbers);
  for (const { person } of (await store.identifiers(said)).values()) alone.delete(person);
  for (const group of open) {
    const isSpokenOf = spoken.size > 0 && [...group.keys].some((key) => spoken.has(key));
    const isAlone = [...group.persons].every((person) => alone.has(person));
    if (isSpokenOf || !isAlone) group.isPlainlyOne = false;
  }
}

export function isWithinLimits(keys: ReadonlySet<IdentifierKey>, { rules }: Pick<PipelineParts, "rules">): boolean {
  if (keys.size > rules.maxEvidenceIdentifiers) return false;
  const counts = new Map<string, number>();
  for (const key of keys) {
    const type = typeOfKey(key);
    const count = (counts.get(type) ?? 0) + 1;
    if (count > rulesOfType(type, rules).limit) return false;
    counts.set(type, count);
  }
  return true;
}

/** Whether two of them may each have a value of their own of a personal type, so that not everything bridges them. */
export function mayNeedBridge(keys: ReadonlySet<IdentifierKey>, { rules }: Pick<PipelineParts, "rules">): boolean {
  const held = new Map<string, number>();
  let isTwice = false;
  let isLoose = false;
  for (const key of keys) {
    const type = typeOfKey(key);
    const { kind, bridges } = rulesOfType(type, rules);
    const count = (held.get(type) ?? 0) + 1;
    // One that bridges does not either where both sides have another one of it.
    if (!bridges || count > 2) isLoose = true;
    if (kind === "personal" && count > 1) isTwice = true;
    held.set(type, count);
  }
  return isTwice && isLoose;
}
