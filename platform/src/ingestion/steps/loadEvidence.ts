import { decideByAliases, edgesOfFragments, loosenedReach } from "../../identity/index.ts";
import type { Edge, ExplicitEdge } from "../../model/evidence.ts";
import type { FragmentId } from "../../model/fragment.ts";
import { parseIdentifierKey, type IdentifierKey } from "../../model/identifier.ts";
import type { FragmentEvidence, IdentifierRow, PersonRow } from "../../storage/identityAndProfiles.ts";
import type { PipelineParts } from "../pipeline.ts";
import type { Folded, FoldedFragment } from "./fold.ts";
import { partPlain } from "./plainFragments.ts";
import { seeTogether } from "./seeTogether.ts";
import { settleAlone, type Settled } from "./settleAlone.ts";
import { statedEdges, type Stated } from "./statedEdges.ts";
import { surroundings, type Surroundings } from "./surroundings.ts";

/** All that is needed to say anew who is who around what this batch touched, as it stands after the batch. */
export interface Evidence {
  /** Rows as they will be, but for `person`. */
  identifiers: Map<IdentifierKey, IdentifierRow>;
  /** Rows as stored; a key that is missing here is new. */
  before: Map<IdentifierKey, IdentifierRow>;
  /** Join people, and are of evidence components that stay as they are. */
  outside: Set<IdentifierKey>;
  fragments: Map<FragmentId, FragmentEvidence>;
  /** `seen_together` of the fragments, and what was said: aliases, and corrections that hold. */
  edges: Edge[];
  /** Aliases that this batch adds or updates. */
  changedEdges: ExplicitEdge[];
  persons: Map<number, PersonRow>;
}

/** What a batch may change about who is who: what must be resolved anew, and what is known without. */
export interface Touched {
  evidence: Evidence | null;
  settled: Settled | null;
  /** Fragments that change nobody, placed with whom they belong to. */
  plain: FoldedFragment[];
}

/**
 * Null when the batch touches nothing that decides who is who: no new combination, no alias, no correction, no earlier
 * first time.
 */
export async function loadTouched(folded: Folded, parts: PipelineParts): Promise<Touched | null> {
  const touched = [...folded.folded.values()].filter(isTouched);
  const stated = statedEdges(folded, parts);
  if (touched.length === 0 && stated.ends.length === 0) return null;
  const known = await parts.store.identifiers([...new Set(touched.flatMap(({ row }) => row.state.identifiers))]);
  const { plain, structural } = await partPlain(touched, known, parts);
  const { settled, rest } = await settleAlone(structural, known, stated.ends, parts);
  const evidence = await loadEvidence({ structural: rest, plain, known, stated, folded }, parts);
  const persons = evidence?.persons.keys() ?? [];
  if (settled === null || ![...persons].some((one) => settled.persons.has(one))) return { evidence, settled, plain };
  // What was said of others leads to somebody who seemed to be alone.
  const all = { structural, plain, known, stated: statedEdges(folded, parts), folded };
  return { evidence: await loadEvidence(all, parts), settled: null, plain };
}

function isTouched({ isNew, firstLowered, hasNewLogout }: FoldedFragment): boolean {
  return isNew || firstLowered || hasNewLogout;
}

interface Structural extends InBatch {
  plain: readonly FoldedFragment[];
  /** Rows of the identifiers of both. */
  known: ReadonlyMap<IdentifierKey, IdentifierRow>;
  stated: Stated;
}

/**
 * New and surer evidence changes only the components that it touches; where evidence ceases to join (a new hub, a
 * correction that is taken back) its neighbours may reach further than they did, and what they reach is loaded too.
 */
async function loadEvidence(touched: Structural, parts: PipelineParts): Promise<Evidence | null> {
  const { plain, known, stated, folded } = touched;
  const structural = [...touched.structural];
  if (structural.length === 0 && stated.ends.length === 0) return null;
  const carried = new Set(structural.flatMap(({ row }) => row.state.identifiers));
  // Those of plain fragments would only bring in what nothing here touches; what is known is not fetched again.
  const around = surroundings(new Map([...known].filter(([key]) => carried.has(key))), stated, parts);
  await stated.loadBatch();
  // Aliases of an id that no event had carried wake up.
  const woken = await stated.load([...carried].filter((key) => !around.rows.has(key)));
  const seeds = [...carried, ...stated.ends, ...woken];
  await around.fetch(seeds);
  await around.load(seeds);
  for (;;) {
    // Its person is being said anew, so a plain fragment of theirs is evidence like any other.
    const touchedToo = plain.filter(({ row }) => around.persons.has(row.person));
    const evidence = evidenceOf(around, stated, { folded, structural: [...structural, ...touchedToo] }, parts);
    const further = furtherOf(evidence, stated, parts);
    if (further.length === 0) return evidence;
    await around.load(further);
  }
}

interface InBatch {
  folded: Folded;
  structural: readonly FoldedFragment[];
}

function evidenceOf(around: Surroundings, stated: Stated, inBatch: InBatch, parts: PipelineParts): Evidence {
  const fragments = evidenceFragments(around, inBatch);
  const identifiers = updatedIdentifiers(around.rows, inBatch.structural, parts);
  decideAliased(identifiers, stated, parts);
  return {
    identifiers,
    before: around.rows,
    outside: new Set([...around.rows.keys()].filter(around.isOutside)),
    fragments,
    edges: [...edgesOfFragments([...fragments.values()]), ...stated.edges()],
    changedEdges: stated.changed(),
    persons: around.persons,
  };
}

/** Identifiers whose components have to be known as well; none once everything is known. */
function furtherOf(evidence: Evidence, { corrected }: Stated, { rules }: PipelineParts): IdentifierKey[] {
  const { identifiers, before, outside, edges } = evidence;
  if (outside.size === 0) return [];
  const turned = new Set<IdentifierKey>();
  for (const [key, { decision }] of identifiers) {
    if (decision !== "ordinary" && before.get(key)?.decision === "ordinary") turned.add(key);
  }
  const loosened = new Set(corrected);
  for (const { a, b } of edges) {
    if (turned.has(a)) loosened.add(b);
    if (turned.has(b)) loosened.add(a);
  }
  return loosenedReach(loosened, { identifiers: [...seenIdentifiers(evidence)], edges }, rules);
}

/** As `resolve` takes them. */
export function* seenIdentifiers({ identifiers, outside }: Evidence) {
  for (const { key, decision } of identifiers.values()) yield { key, decision, seen: true, outside: outside.has(key) };
}

function evidenceFragments({ fragments }: Surroundings, { folded, structural }: InBatch): Evidence["fragments"] {
  const evidence: Evidence["fragments"] = new Map();
  for (const fragment of fragments.values()) {
    const now = folded.folded.get(fragment.id);
    evidence.set(fragment.id, now === undefined ? fragment : { ...fragment, spans: now.row.state.spans });
  }
  for (const { row } of structural) {
    const { id, identifiers, spans } = row.state;
    if (identifiers.length > 0) evidence.set(id, { id, identifiers, spans, person: row.person });
  }
  return evidence;
}

function updatedIdentifiers(
  before: ReadonlyMap<IdentifierKey, IdentifierRow>,
  structural: readonly FoldedFragment[],
  parts: PipelineParts,
): Map<IdentifierKey, IdentifierRow> {
  const rows = new Map([...before].map(([key, row]) => [key, { ...row }]));
  for (const { row } of structural) seeTogether(rows, before, row.state, parts.rules);
  return rows;
}

function decideAliased(rows: ReadonlyMap<IdentifierKey, IdentifierRow>, stated: Stated, parts: PipelineParts): void {
  for (const [key, aliases] of stated.aliasesOf()) {
    const row = rows.get(key);
    if (row !== undefined) decideAsAliased(row, aliases, parts);
  }
}

/** `aliases`: how many have it as an end. */
export function decideAsAliased(row: IdentifierRow, aliases: number, { rules }: Pick<PipelineParts, "rules">): void {
  if (row.decision !== "ordinary") return;
  row.decision = decideByAliases(parseIdentifierKey(row.key).type, aliases, rules);
  if (row.decision !== "ordinary") row.seenWith = [];
}
