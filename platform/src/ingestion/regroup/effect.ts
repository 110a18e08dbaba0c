import {
  maxAffectedIds,
  maxDecisionRows,
  maxExamplesOfKind,
  type DecisionCount,
  type EffectExample,
  type IdentityRules,
  type RulesEffect,
} from "../../identity/index.ts";
import { parseIdentifierKey } from "../../model/identifier.ts";
import { profileIdOf } from "../../model/keyedHash.ts";
import type { PeopleLot, PersonNumber } from "../../storage/identityAndProfiles.ts";
import type { Evidence } from "../steps/loadEvidence.ts";
import { exampleOf, kindOf, variantsOf, type Moves } from "./example.ts";
import { linkComponents } from "./links.ts";
import { decideNobodies, type Nobodies } from "./nobodies.ts";
import { regroup, type Lot } from "./regroup.ts";
import type { RegroupingParts } from "./regrouping.ts";

/**
 * What would change if `parts.rules` held in place of `present`: by the same way that a publication takes, over the same
 * evidence, without writing any of it. Problem 422 `rules_join_too_many`, 503 `regrouping_stopped`.
 */
export async function rulesEffect(present: IdentityRules, parts: RegroupingParts): Promise<RulesEffect> {
  const numbers = { next: await parts.everybody.nextNumber() };
  const nobodies = await decideNobodies(parts, numbers);
  const linked = await linkComponents(nobodies, parts);
  const counting = countingFrom((await parts.everybody.counts()).persons, nobodies, present, parts);
  for await (const lot of regroup({ nobodies, linked, numbers }, parts)) counting.add(lot);
  return counting.effect();
}

function countingFrom(persons: number, nobodies: Nobodies, present: IdentityRules, parts: RegroupingParts) {
  const variants = variantsOf(present, parts.rules);
  const people = { before: persons, after: persons };
  const totals = { joins: 0, splits: 0 };
  const affected = new Affected(nobodies, parts);
  const decisions = new Decisions();
  const examples: EffectExample[] = [];
  const room = { join: maxExamplesOfKind, split: maxExamplesOfKind, other: maxExamplesOfKind };
  for (const { before, now } of nobodies.values()) decisions.count(now.key, before.decision, now.decision);
  const addPeople = ({ evidence, persons: after }: NonNullable<Lot["resolved"]>, lot: Lot): void => {
    const moves = movesOf(evidence);
    totals.joins += moves.joins;
    totals.splits += moves.splits;
    for (const [key, { decision }] of evidence.identifiers) {
      const was = evidence.before.get(key)?.decision ?? decision;
      if (was === "ordinary") decisions.count(key, was, decision);
    }
    affected.add(lot.change, evidence);
    const kind = kindOf(moves);
    if (room[kind] === 0) return;
    room[kind] -= 1;
    examples.push(exampleOf(kind, { evidence, after, moves, variants, present, parts }));
  };
  return {
    add: (lot: Lot): void => {
      people.after += lot.change.persons.filter(({ person }) => isNew(person, lot)).length;
      people.after -= lot.change.removedPersons.length;
      if (lot.resolved !== null) addPeople(lot.resolved, lot);
    },
    effect: (): RulesEffect => ({
      people,
      ...totals,
      affected: affected.size,
      decisions: decisions.rows(),
      affectedIds: affected.ids,
      examples,
    }),
  };
}

function isNew(person: PersonNumber, { resolved }: Lot): boolean {
  return resolved?.evidence.persons.has(person) !== true;
}

/** Where the identifiers of each person go. */
function movesOf({ before, identifiers }: Evidence): Moves {
  const went = new Map<PersonNumber, Set<PersonNumber>>();
  const came = new Map<PersonNumber, Set<PersonNumber>>();
  for (const [key, { person }] of identifiers) {
    const was = before.get(key)?.person ?? 0;
    if (was === 0 || person === 0) continue;
    add(went, was, person);
    add(came, person, was);
  }
  const several = (sets: ReadonlyMap<PersonNumber, ReadonlySet<PersonNumber>>): number =>
    [...sets.values()].filter((set) => set.size > 1).length;
  return { went, came, splits: several(went), joins: several(came) };
}

function add(sets: Map<PersonNumber, Set<PersonNumber>>, of: PersonNumber, person: PersonNumber): void {
  const known = sets.get(of);
  if (known === undefined) sets.set(of, new Set([person]));
  else known.add(person);
}

/** People who live now and would be others. Hubs and shared devices may be met from several lots, and count once. */
class Affected {
  readonly ids: string[] = [];
  size = 0;
  readonly #ownKeys: ReadonlyMap<PersonNumber, string>;
  readonly #met = new Set<PersonNumber>();
  readonly #parts: RegroupingParts;

  constructor(nobodies: Nobodies, parts: RegroupingParts) {
    const own = [...nobodies.values()].filter(({ before }) => before.person !== 0);
    this.#ownKeys = new Map(own.map(({ before }) => [before.person, before.key]));
    this.#parts = parts;
  }

  add(change: PeopleLot, evidence: Evidence): void {
    for (const person of touched(change, evidence)) {
      const key = this.#ownKeys.get(person);
      const id = key === undefined ? evidence.persons.get(person)?.profileId : profileIdOf(this.#parts.hash, key);
      if (id === undefined || this.#met.has(person)) continue;
      if (key !== undefined) this.#met.add(person);
      this.size += 1;
      if (this.ids.length < maxAffectedIds) this.ids.push(id);
    }
  }
}

/** Whose identifiers, events or id would be others; what else is stored of them, nobody sees. */
function touched(change: PeopleLot, evidence: Evidence): Set<PersonNumber> {
  const persons = new Set(change.removedPersons);
  for (const { key, person, decision } of change.identifiers) {
    const before = evidence.before.get(key);
    if (before?.person === person && before.decision === decision) continue;
    persons.add(person).add(before?.person ?? 0);
  }
  for (const { person, profileId } of change.persons) {
    if (evidence.persons.get(person)?.profileId !== profileId) persons.add(person);
  }
  for (const { id, person } of change.movedFragments) persons.add(person).add(evidence.fragments.get(id)?.person ?? 0);
  persons.delete(0);
  return persons;
}

/** Types are named by whoever sends events: those past the bound are counted together. */
const maxCountedTypes = 1_000;

class Decisions {
  readonly #counts = new Map<string, DecisionCount>();

  count(key: string, from: DecisionCount["from"], to: DecisionCount["to"]): void {
    if (from === to) return;
    const { type } = parseIdentifierKey(key);
    const row = this.#row(type, from, to) ?? this.#row("*", from, to);
    if (row !== undefined) row.count += 1;
  }

  #row(type: string, from: DecisionCount["from"], to: DecisionCount["to"]): DecisionCount | undefined {
    const name = `${type} ${from} ${to}`;
    const known = this.#counts.get(name);
    if (known !== undefined || (type !== "*" && this.#counts.size >= maxCountedTypes)) return known;
    const row = { type, from, to, count: 0 };
    this.#counts.set(name, row);
    return row;
  }

  rows(): DecisionCount[] {
    return [...this.#counts.values()].sort((one, other) => other.count - one.count).slice(0, maxDecisionRows);
  }
}
