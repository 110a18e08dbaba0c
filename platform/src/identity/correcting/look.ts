import type { Correction, Verdict } from "../../model/correction.ts";
import type { People } from "../../storage/people.ts";
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
  const around = await people.evidenceAround(keysOf(wanted));
  const situation = situationOf(around, rulesInForce(around.rules, rules));
  const plan = planned(wanted, situation);
  const orders = await people.ordersOf(around.fragments.map(({ id }) => id));
  const effect = effectOf(plan, situation, { hash, compose, orders });
  const basis = hash(`basis\n${JSON.stringify([plan, effect.before.map(named), effect.after.map(named)])}`);
  return { plan: plan.map((each) => withLast(each, situation)), effect, basis, newest: situation.newest };
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
