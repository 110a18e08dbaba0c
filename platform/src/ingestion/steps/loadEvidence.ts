import { decide, mergeSeenWith } from "../../identity/index.ts";
import type { Edge, ExplicitEdge } from "../../model/evidence.ts";
import type { FragmentId } from "../../model/fragment.ts";
import { parseIdentifierKey, type IdentifierKey } from "../../model/identifier.ts";
import type { FragmentEvidence, IdentifierRow, PersonRow } from "../../storage/identityAndProfiles.ts";
import type { PipelineParts } from "../pipeline.ts";
import type { Folded, FoldedFragment } from "./fold.ts";
import { statedEdges } from "./statedEdges.ts";

/** All that is needed to say anew who is who around what this batch touched, as it stands after the batch. */
export interface Evidence {
  /** Rows as they will be, but for `person`. */
  identifiers: Map<IdentifierKey, IdentifierRow>;
  /** Rows as stored; a key that is missing here is new. */
  before: Map<IdentifierKey, IdentifierRow>;
  fragments: Map<FragmentId, FragmentEvidence>;
  /** What was said of them: aliases, and corrections that hold. */
  edges: Edge[];
  /** Aliases that this batch adds or updates. */
  changedEdges: ExplicitEdge[];
  persons: Map<number, PersonRow>;
}

/**
 * Null when the batch touches nothing that decides who is who: no new combination, no alias, no correction, no earlier
 * first time.
 */
export async function loadEvidence(folded: Folded, parts: PipelineParts): Promise<Evidence | null> {
  const touched = [...folded.folded.values()].filter(({ isNew, firstLowered }) => isNew || firstLowered);
  const stated = statedEdges(folded, parts);
  if (touched.length === 0 && stated.ends.length === 0) return null;
  // What the first look fetched is not fetched again.
  const before = await parts.store.identifiers([...new Set(touched.flatMap(({ row }) => row.state.identifiers))]);
  const { plain, structural } = await partPlain(touched, before, parts);
  if (structural.length === 0 && stated.ends.length === 0) return null;
  const carried = new Set(structural.flatMap(({ row }) => row.state.identifiers));
  keepOnly(before, carried);
  await fetchMissing(before, stated.ends, parts);
  const unseen = [...carried].filter((key) => !before.has(key));
  // The aliases of a hub or a shared device join nobody: loading all of them would be work for nothing.
  const joining = stated.ends.filter((key) => (before.get(key)?.decision ?? "ordinary") === "ordinary");
  await stated.load([...unseen, ...joining]);
  stated.addBatch();
  await fetchMissing(before, endsOf(stated.edges()), parts);
  const components = await touchedComponents(before, parts);
  for (const row of components.identifiers) before.set(row.key, row);
  // Its person is being said anew, so a plain fragment of theirs is evidence like any other.
  structural.push(...plain.filter(({ row }) => components.persons.has(row.person)));
  const fragments = evidenceFragments(components.fragments, folded.folded, structural);
  const inFragments = [...fragments.values()].flatMap(({ identifiers }) => identifiers);
  await fetchMissing(before, inFragments, parts);
  await stated.load(components.identifiers.map((row) => row.key));
  const edges = stated.edges();
  await fetchMissing(before, endsOf(edges), parts);
  const identifiers = updatedIdentifiers(before, structural, parts);
  return { identifiers, before, fragments, edges, changedEdges: stated.changed(), persons: components.persons };
}

function endsOf(edges: readonly Edge[]): IdentifierKey[] {
  return edges.flatMap(({ a, b }) => [a, b]);
}

/** Those of plain fragments would only bring in components that nothing here touches. */
function keepOnly(rows: Map<IdentifierKey, IdentifierRow>, keys: ReadonlySet<IdentifierKey>): void {
  for (const key of rows.keys()) if (!keys.has(key)) rows.delete(key);
}

async function fetchMissing(
  rows: Map<IdentifierKey, IdentifierRow>,
  keys: readonly IdentifierKey[],
  parts: PipelineParts,
): Promise<void> {
  const missing = [...new Set(keys)].filter((key) => !rows.has(key));
  if (missing.length === 0) return;
  for (const [key, row] of await parts.store.identifiers(missing)) rows.set(key, row);
}

/** An identifier that joins nobody is not traversed, so the component of its own is not touched by what it is seen with. */
async function touchedComponents(rows: ReadonlyMap<IdentifierKey, IdentifierRow>, parts: PipelineParts) {
  const numbers = new Set<number>();
  for (const row of rows.values()) if (row.decision === "ordinary") numbers.add(row.person);
  const persons = await parts.store.persons([...numbers]);
  const components = new Set([...persons.values()].map((person) => person.component));
  const loaded = await parts.store.components([...components]);
  return { ...loaded, persons: new Map(loaded.persons.map((row) => [row.person, row])) };
}

function evidenceFragments(
  stored: readonly FragmentEvidence[],
  folded: ReadonlyMap<FragmentId, FoldedFragment>,
  structural: readonly FoldedFragment[],
): Map<FragmentId, FragmentEvidence> {
  const fragments = new Map<FragmentId, FragmentEvidence>();
  for (const fragment of stored) {
    const now = folded.get(fragment.id);
    fragments.set(fragment.id, now === undefined ? fragment : { ...fragment, spans: now.row.state.spans });
  }
  for (const { row } of structural) {
    const { id, identifiers, spans } = row.state;
    if (identifiers.length > 0) fragments.set(id, { id, identifiers, spans, person: row.person });
  }
  return fragments;
}

function updatedIdentifiers(
  before: ReadonlyMap<IdentifierKey, IdentifierRow>,
  structural: readonly FoldedFragment[],
  parts: PipelineParts,
): Map<IdentifierKey, IdentifierRow> {
  const rows = new Map([...before].map(([key, row]) => [key, { ...row }]));
  for (const { row } of structural) {
    const { identifiers, spans } = row.state;
    const firstAt = Math.min(...Object.values(spans).map((span) => span.firstAt));
    for (const key of identifiers) {
      const known = rows.get(key) ?? { key, person: 0, decision: "ordinary" as const, seenWith: [], firstAt };
      known.firstAt = Math.min(known.firstAt, firstAt);
      seeTogether(known, identifiers, parts);
      rows.set(key, known);
    }
  }
  return rows;
}

/** Blocked, hub and shared are final: what was seen with such an identifier no longer matters. */
export function seeTogether(
  row: IdentifierRow,
  combination: readonly IdentifierKey[],
  { rules }: Pick<PipelineParts, "rules">,
): void {
  if (row.decision !== "ordinary") return;
  row.seenWith = mergeSeenWith(parseIdentifierKey(row.key), row.seenWith, combination, rules);
  row.decision = decide(parseIdentifierKey(row.key), row.seenWith, rules);
  if (row.decision !== "ordinary") row.seenWith = [];
}

/**
 * Parts off the new fragments that cannot change who is who, and places them: all their identifiers are one person's
 * already, they show nothing earlier and no new company, and either imply no edge or only edges within a person none
 * of whose edges is refused and of whom nobody said anything (then all are accepted in every order).
 */
async function partPlain(
  touched: readonly FoldedFragment[],
  rows: ReadonlyMap<IdentifierKey, IdentifierRow>,
  parts: PipelineParts,
): Promise<{ plain: FoldedFragment[]; structural: FoldedFragment[] }> {
  const owners = new Map<FoldedFragment, number>();
  for (const fragment of touched) {
    const owner = fragment.isNew ? onlyOwner(fragment, rows, parts) : null;
    if (owner !== null) owners.set(fragment, owner);
  }
  const pairs = [...owners].filter(([{ row }]) => row.state.identifiers.length > 1);
  const alone = await parts.store.personsAlone([...new Set(pairs.map(([, owner]) => owner))]);
  const plain: FoldedFragment[] = [];
  const structural: FoldedFragment[] = [];
  for (const fragment of touched) {
    const owner = owners.get(fragment);
    const isPlain = owner !== undefined && (fragment.row.state.identifiers.length === 1 || alone.has(owner));
    if (isPlain) fragment.row.person = owner;
    (isPlain ? plain : structural).push(fragment);
  }
  return { plain, structural };
}

function onlyOwner(
  { row }: FoldedFragment,
  rows: ReadonlyMap<IdentifierKey, IdentifierRow>,
  { rules }: PipelineParts,
): number | null {
  const { identifiers, spans } = row.state;
  const firstAt = Math.min(...Object.values(spans).map((span) => span.firstAt));
  const owner = rows.get(identifiers[0] ?? "")?.person ?? 0;
  if (owner === 0) return null;
  for (const key of identifiers) {
    const known = rows.get(key);
    if (known?.decision !== "ordinary" || known.person !== owner || known.firstAt > firstAt) return null;
    const company = mergeSeenWith(parseIdentifierKey(key), known.seenWith, identifiers, rules);
    if (company.length !== known.seenWith.length) return null;
  }
  return owner;
}
