import { companyOf, correctionEdges, edgesOfFragments, probableEdges } from "../../identity/index.ts";
import type { ExplicitEdge } from "../../model/evidence.ts";
import type { FragmentId } from "../../model/fragment.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import type { FragmentEvidence, IdentifierRow } from "../../storage/identityAndProfiles.ts";
import { decideAsAliased, type Evidence } from "../steps/loadEvidence.ts";
import { seeWith } from "../steps/seeTogether.ts";
import type { Linked } from "./links.ts";
import type { Nobodies } from "./nobodies.ts";
import { aliasCounts, mostAliases, type RegroupingParts } from "./regrouping.ts";

/**
 * All that is needed to say anew who is who in some components. Every fragment that holds an identifier which joins, or
 * joined, is among theirs or of one that was freed: so what each was seen with, and is decided to be, is told from here.
 * Identifiers of others (hubs, shared devices) stand as `nobodies` has them.
 */
export async function lotEvidence(
  { components, freed }: Linked,
  nobodies: Nobodies,
  parts: RegroupingParts,
): Promise<Evidence> {
  const { everybody } = parts;
  const loaded = await everybody.components(components);
  const fragments = new Map(loaded.fragments.map((fragment) => [fragment.id, fragment]));
  await addFreed(fragments, freed, nobodies, parts);
  const before = new Map(loaded.identifiers.map((row) => [row.key, row]));
  for (const key of freed) before.set(key, beforeOf(key, nobodies));
  const joining = [...before.values()].filter(({ key, decision }) => decision === "ordinary" || joins(key, nobodies));
  const keys = joining.map(({ key }) => key);
  const aliases = await everybody.edges(keys, mostAliases(parts));
  const corrections = await everybody.corrections(keys);
  const stated = [...aliases, ...correctionEdges(corrections), ...probableEdges(corrections)];
  const named = [...fragments.values()].flatMap(({ identifiers }) => identifiers);
  for (const key of [...named, ...stated.flatMap(({ a, b }) => [a, b])]) {
    const standing = before.has(key) ? undefined : nobodies.get(key)?.now;
    if (standing !== undefined) before.set(key, standing);
  }
  const identifiers = new Map([...before].map(([key, row]) => [key, asNow(row, nobodies)]));
  seeAll(identifiers, fragments.values(), nobodies, parts);
  decideAliased(identifiers, keys, aliases, parts);
  const edges = [...edgesOfFragments([...fragments.values()]), ...stated];
  const persons = new Map(loaded.persons.map((row) => [row.person, row]));
  return { identifiers, before, outside: new Set(), fragments, edges, changedEdges: [], persons };
}

async function addFreed(
  fragments: Map<FragmentId, FragmentEvidence>,
  freed: readonly IdentifierKey[],
  nobodies: Nobodies,
  { everybody }: RegroupingParts,
): Promise<void> {
  const ids = new Set(freed.flatMap((key) => nobodies.get(key)?.fragments ?? []));
  const missing = [...ids].filter((id) => !fragments.has(id));
  for (const fragment of await everybody.fragmentsOf(missing)) fragments.set(fragment.id, fragment);
}

function beforeOf(key: IdentifierKey, nobodies: Nobodies): IdentifierRow {
  return (nobodies.get(key) as { before: IdentifierRow }).before;
}

function joins(key: IdentifierKey, nobodies: Nobodies): boolean {
  return nobodies.get(key)?.now.decision === "ordinary";
}

/** Those that joined are decided from nothing, by `seeAll`. */
function asNow(row: IdentifierRow, nobodies: Nobodies): IdentifierRow {
  const nobody = nobodies.get(row.key);
  return nobody === undefined ? { ...row, seenWith: [] } : { ...nobody.now };
}

function seeAll(
  identifiers: ReadonlyMap<IdentifierKey, IdentifierRow>,
  fragments: Iterable<FragmentEvidence>,
  nobodies: Nobodies,
  parts: RegroupingParts,
): void {
  for (const fragment of fragments) {
    const company = companyOf(fragment, parts.rules);
    for (const key of fragment.identifiers) {
      const row = identifiers.get(key);
      if (row !== undefined && !nobodies.has(key)) seeWith(row, company, parts.rules);
    }
  }
}

/** Of `keys` all aliases were read; of others, which join nobody or as they did, only those with a key. */
function decideAliased(
  identifiers: ReadonlyMap<IdentifierKey, IdentifierRow>,
  keys: readonly IdentifierKey[],
  aliases: readonly ExplicitEdge[],
  parts: RegroupingParts,
): void {
  const counts = aliasCounts(aliases);
  for (const key of keys) {
    const row = identifiers.get(key);
    if (row !== undefined) decideAsAliased(row, counts.get(key) ?? 0, parts);
  }
}
