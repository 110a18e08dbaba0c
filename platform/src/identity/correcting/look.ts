import type { Correction, Verdict } from "../../model/correction.ts";
import type { People } from "../../storage/people.ts";
import { loosenedReach } from "../reach.ts";
import type { IdentityRules } from "../rules.ts";
import { rulesInForce } from "../rulesInForce.ts";
import { planned } from "./plan.ts";
import { effectOf, type Composing, type Effect } from "./preview.ts";
import { situationOf, type Situation } from "./situation.ts";
import type { Planned, ReadWanted } from "./wanted.ts";

/** What would be said, and what it would do, from what is decided at the moment. Plain data: it may cross threads. */
export interface Looked {
  plan: PlannedCorrection[];
  effect: Effect;
  /** The same for as long as it would do the same to the same people. */
  basis: string;
  /** UTC ms of the latest correction around: what is said now comes after it. */
  newest: number;
}

export interface PlannedCorrection extends Planned {
  /** Id of the correction that holds of the pair until then. */
  overrules: string | null;
  /** What that one says. */
  before: Verdict | null;
}

export interface LookParts {
  people: Pick<People, "evidenceAround" | "ordersOf">;
  /** Until others are published. */
  rules: IdentityRules;
  hash: Composing["hash"];
  compose: Composing["compose"];
}

/** Problem of `planned`, 422 `evidence_too_large`. */
export async function lookAt(wanted: ReadWanted, { people, rules, hash, compose }: LookParts): Promise<Looked> {
  const { situation, plan } = await planAround(wanted, { people, rules });
  const { around } = situation;
  const orders = await people.ordersOf(around.fragments.map(({ id }) => id));
  const effect = effectOf(plan, situation, { hash, compose, orders });
  const basis = hash(`basis\n${JSON.stringify([plan, effect.before.map(named), effect.after.map(named)])}`);
  return { plan: plan.map((each) => withLast(each, situation)), effect, basis, newest: situation.newest };
}

/**
 * What would be said, in the evidence around it. Where that makes evidence cease to join, what the cap parted from it may
 * come to hang together with it, as it will when it is decided: that is read too, until nothing more is reached.
 */
async function planAround(
  wanted: ReadWanted,
  { people, rules }: Pick<LookParts, "people" | "rules">,
): Promise<{ situation: Situation; plan: Planned[] }> {
  const keys = new Set(keysOf(wanted));
  for (;;) {
    const around = await people.evidenceAround([...keys]);
    const situation = situationOf(around, rulesInForce(around.rules, rules));
    const plan = planned(wanted, situation);
    const ends = new Set(plan.flatMap(({ a, b }) => [a, b]));
    const isAlone = around.outside.size === 0;
    const further = isAlone ? [] : loosenedReach(ends, situation.inputWith(plan), situation.rules);
    if (further.length === 0) return { situation, plan };
    for (const key of further) keys.add(key);
  }
}

function named({ identifiers }: Effect["before"][number]): string[] {
  return identifiers;
}

function withLast(each: Planned, { lastOf }: Situation): PlannedCorrection {
  const last: Correction | null = lastOf(each);
  return { ...each, overrules: last?.id ?? null, before: last?.verdict ?? null };
}

function keysOf(wanted: ReadWanted): string[] {
  const pairs = wanted.kind === "corrections" ? wanted.planned : [wanted.pair];
  return [...new Set(pairs.flatMap(({ a, b }) => [a, b]))];
}
