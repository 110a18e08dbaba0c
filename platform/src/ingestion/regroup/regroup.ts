import { homeOf } from "../../identity/index.ts";
import { profileIdOf } from "../../model/keyedHash.ts";
import type { PeopleLot, PersonRow } from "../../storage/identityAndProfiles.ts";
import type { Evidence } from "../steps/loadEvidence.ts";
import { nothingChanged, type PeopleChange } from "../steps/changedPeople.ts";
import { resolveEvidence } from "../steps/resolvePeople.ts";
import type { Linked } from "./links.ts";
import { lotEvidence } from "./lotEvidence.ts";
import { scanShare, type Nobodies } from "./nobodies.ts";
import { breathe, pageRows, rowsOf, type Numbers, type RegroupingParts } from "./regrouping.ts";
import { staysOne } from "./staysOne.ts";

/** Some people who hang together and are others now. */
export interface Lot {
  change: PeopleLot;
  /** What it was told from; null for what concerns nobody who joins anybody. */
  resolved: { evidence: Evidence; persons: readonly PersonRow[] } | null;
}

const turnEvery = 50;

/**
 * Says anew who everybody is, by other rules, from the stored evidence alone, which no rules have a part in: fragments'
 * identifiers and spans, aliases, corrections, links. One lot of what hangs together at a time, so that what is held is as much
 * as the largest of them. What comes out is what a full rebuild under these rules gives; lots in which nothing changes
 * are left out.
 */
export async function* regroup(
  { nobodies, linked, numbers }: { nobodies: Nobodies; linked: readonly Linked[]; numbers: Numbers },
  parts: RegroupingParts,
): AsyncGenerator<Lot> {
  const ownPersons = personsOfTheirOwn(nobodies, parts);
  if (ownPersons.persons.length > 0) yield { change: ownPersons, resolved: null };
  yield* nobodysFragments(nobodies, parts);
  let turn = 0;
  for await (const lot of lots(linked, numbers.next, parts)) {
    if (++turn % turnEvery === 0) await breathe(parts);
    const evidence = await lotEvidence(lot, nobodies, parts);
    if (staysOne(evidence, parts.rules)) continue;
    const resolved = resolveEvidence(evidence, new Map(), numbers.next, parts);
    for (const { person } of resolved.persons) numbers.next = Math.max(numbers.next, person + 1);
    if (isChanged(resolved.change)) {
      yield { change: lotOf(resolved.change), resolved: { evidence, persons: resolved.persons } };
    }
  }
}

/** Each once: linked components where the first of them comes. */
async function* lots(linked: readonly Linked[], end: number, parts: RegroupingParts): AsyncGenerator<Linked> {
  const sets = new Map(linked.flatMap((set) => set.components.map((component) => [component, set] as const)));
  const done = new Set<Linked>();
  let after = 0;
  for (;;) {
    const numbers = await parts.everybody.componentNumbers(after, pageRows);
    for (const component of numbers) {
      const set = sets.get(component) ?? { components: [component], freed: [] };
      if (!done.has(set)) yield set;
      if (sets.has(component)) done.add(set);
    }
    after = numbers.at(-1) ?? 0;
    parts.onProgress?.(scanShare + (1 - scanShare) * Math.min(1, after / end));
    if (numbers.length < pageRows) break;
  }
  for (const set of linked) if (set.components.length === 0) yield set;
}

/** Of placeholders that are hubs or shared now. */
function personsOfTheirOwn(nobodies: Nobodies, { hash }: RegroupingParts): PeopleLot {
  const change = nothingChanged();
  for (const { before, now } of nobodies.values()) {
    if (before.person !== 0 || now.decision === "ordinary" || now.decision === "blocked") continue;
    const { person, key } = now;
    change.identifiers.push(now);
    change.persons.push({ person, component: person, profileId: profileIdOf(hash, key) });
    change.changedPersons.add(person);
  }
  return lotOf(change);
}

/** Fragments of placeholders alone go to one that is no placeholder any more, unless it joins: then its lot has them. */
async function* nobodysFragments(nobodies: Nobodies, parts: RegroupingParts): AsyncGenerator<Lot> {
  const hasNew = [...nobodies.values()].some(({ before, now }) => before.person === 0 && now.person !== 0);
  if (!hasNew) return;
  const decisionOf = (key: string) => nobodies.get(key)?.now.decision ?? "ordinary";
  let change = nothingChanged();
  for await (const { id, identifiers, tenant } of rowsOf(parts.everybody.nobodysCombinations, parts)) {
    const key = homeOf({ identifiers, ...(tenant === undefined ? {} : { tenant }) }, decisionOf, parts.rules);
    if (key === null || decisionOf(key) === "ordinary") continue;
    const person = nobodies.get(key)?.now.person ?? 0;
    change.movedFragments.push({ id, person });
    change.changedPersons.add(person);
    if (change.movedFragments.length < pageRows) continue;
    yield { change: lotOf(change), resolved: null };
    change = nothingChanged();
  }
  if (change.movedFragments.length > 0) yield { change: lotOf(change), resolved: null };
}

function isChanged(change: PeopleChange): boolean {
  const lists = [change.identifiers, change.persons, change.removedPersons, change.movedFragments, change.crossings];
  return change.retiredProfiles.length > 0 || lists.some((list) => list.length > 0);
}

function lotOf(change: PeopleChange): PeopleLot {
  const { movedFragments, crossings, identifiers, persons, removedPersons, changedPersons, retiredProfiles } = change;
  const removed = new Set(removedPersons);
  const changed = [...changedPersons].filter((person) => !removed.has(person));
  const rows = { movedFragments, crossings, identifiers, persons, removedPersons };
  return { ...rows, changedPersons: changed, retiredProfiles };
}
