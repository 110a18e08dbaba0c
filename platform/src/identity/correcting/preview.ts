import { isCorrection, type Correction } from "../../model/correction.ts";
import type { Resolution } from "../../model/evidence.ts";
import type { FragmentId } from "../../model/fragment.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import { profileIdOf, type KeyedHash } from "../../model/keyedHash.ts";
import type { OrderState } from "../../model/order.ts";
import type { Profile, ProfileId } from "../../model/profile.ts";
import type { IdentifierRow } from "../../storage/identityAndProfiles.ts";
import type { PersonRecord } from "../../storage/people.ts";
import { homeOf } from "../membership.ts";
import { edgeOfPair, type Situation } from "./situation.ts";
import type { Planned } from "./wanted.ts";

/** A person as they are, or would be. */
export interface PersonSeen {
  /** `type:value`, sorted. */
  identifiers: IdentifierKey[];
  profile: Profile;
}

export interface Effect {
  /** People of the identifiers that are spoken of, and whoever else is or would be another one. */
  before: PersonSeen[];
  after: PersonSeen[];
  joined: { from: ProfileId[]; into: ProfileId }[];
  split: { from: ProfileId; into: ProfileId[] }[];
  /** What was or would be said and has no effect, with the reason; a standing correction only if it had one before. */
  conflicts: { verdict: string; a: IdentifierKey; b: IdentifierKey; reason: string; correctionId: string | null }[];
}

export interface Composing {
  hash: KeyedHash;
  compose: (record: Omit<PersonRecord, "profileId">) => Profile;
  /** Of some fragments, each with the one that it belongs to. */
  orders: readonly { state: OrderState; ownerFragment: FragmentId }[];
}

/** What it would do if this were said, from what is decided now. */
export function effectOf(plan: readonly Planned[], situation: Situation, composing: Composing): Effect {
  const [now, then] = [situation.with([]), situation.with(plan)];
  const ends = new Set(plan.flatMap(({ a, b }) => [a, b]));
  const [standing, coming] = [setsOf(now), setsOf(then)];
  const isTold = (others: ReadonlySet<string>) => (keys: IdentifierKey[]) =>
    !others.has(nameOf(keys)) || keys.some((key) => ends.has(key));
  const seen = (resolution: Resolution, others: ReadonlySet<string>): PersonSeen[] =>
    resolution.persons.filter(isTold(others)).map((keys) => personSeen(keys, situation, composing));
  const before = seen(now, coming);
  const after = seen(then, standing);
  return { before, after, ...movesBetween(before, after), conflicts: conflictsOf(plan, now, then, situation) };
}

function setsOf({ persons }: Resolution): Set<string> {
  return new Set(persons.map(nameOf));
}

function nameOf(keys: readonly IdentifierKey[]): string {
  return keys.join("\n");
}

function personSeen(keys: IdentifierKey[], { around, rows, rules }: Situation, composing: Composing): PersonSeen {
  const own = new Set(keys);
  const decisionOf = (key: IdentifierKey) => rows.get(key)?.decision ?? "ordinary";
  const fragments = around.fragments.filter((fragment) => {
    const key = homeOf(fragment, decisionOf, rules);
    return key !== null && own.has(key);
  });
  const ids = new Set(fragments.map(({ id }) => id));
  const orders = composing.orders.filter(({ ownerFragment }) => ids.has(ownerFragment)).map(({ state }) => state);
  const identifiers = keys.flatMap((key) => {
    const row: IdentifierRow | undefined = rows.get(key);
    return row === undefined ? [] : [{ ...row, id: profileIdOf(composing.hash, key) }];
  });
  return { identifiers: keys, profile: composing.compose({ identifiers, fragments, orders }) };
}

export function movesBetween(
  before: readonly PersonSeen[],
  after: readonly PersonSeen[],
): Pick<Effect, "joined" | "split"> {
  const others = (person: PersonSeen, people: readonly PersonSeen[]): ProfileId[] =>
    people.filter(({ identifiers }) => identifiers.some((key) => person.identifiers.includes(key))).map(idOf);
  const joined = after.map((person) => ({ from: others(person, before), into: person.profile.id }));
  const split = before.map((person) => ({ from: person.profile.id, into: others(person, after) }));
  return { joined: joined.filter(({ from }) => from.length > 1), split: split.filter(({ into }) => into.length > 1) };
}

function idOf({ profile }: PersonSeen): ProfileId {
  return profile.id;
}

function conflictsOf(
  plan: readonly Planned[],
  now: Resolution,
  then: Resolution,
  { around }: Situation,
): Effect["conflicts"] {
  const found: Effect["conflicts"] = [];
  const add = ({ verdict, a, b }: Planned): void => {
    const reason = edgeOfPair(then, { a, b })?.reason ?? null;
    if (reason === null) return;
    found.push({ verdict, a, b, reason: reason.message, correctionId: reason.correctionId ?? null });
  };
  for (const each of plan) add(each);
  const isPlanned = ({ a, b }: Correction): boolean => plan.some((each) => each.a === a && each.b === b);
  for (const correction of around.corrections.filter(isCorrection)) {
    const edge = edgeOfPair(now, correction);
    const hadEffect = edge?.firstMessageId === correction.id && edge.reason === null;
    if (hadEffect && !isPlanned(correction)) add(correction);
  }
  return found;
}
