import { parseIdentityRules, rulesInForce, type IdentityRules } from "../../identity/index.ts";
import type { Rejection } from "../../model/event.ts";
import { Problem } from "../../model/problem.ts";
import type { Position } from "../../model/position.ts";
import { causeOf } from "../../model/rejectionCause.ts";
import { defaultRulesNumber, rulesVersionOf } from "../../model/rulesVersion.ts";
import type { Decision, PeopleLot, RulesDecision, StoredRules } from "../../storage/identityAndProfiles.ts";
import type { PipelineParts } from "../pipeline.ts";
import { handoversUnder } from "../regroup/handovers.ts";
import { linkComponents } from "../regroup/links.ts";
import { decideNobodies } from "../regroup/nobodies.ts";
import { regroup } from "../regroup/regroup.ts";
import type { Numbers } from "../regroup/regrouping.ts";
import type { Joins } from "./changedPeople.ts";
import type { Fresh } from "./deduplicate.ts";
import type { IncomingRules } from "./validate.ts";

/** `release`: to be called once the decision is committed, or was not. */
export interface Decided {
  decision: Decision;
  people: Joins;
  release?: () => Promise<void>;
}

type At = { position: Position; processedAt: number };
type Parts = Pick<PipelineParts, "store" | "hash" | "rules" | "recordsAt" | "homeCurrency" | "isStopped">;

/**
 * One record of the log: a version of the rules. It is kept, and if its number is the greatest, everybody is said anew
 * by it, in the one decision. So which rules hold is a function of the records, in whatever order they come.
 * What cannot hold (a document that this program does not know, a number that is taken) is refused with its reason.
 */
export async function changeRules(fresh: Fresh, at: At, parts: Parts): Promise<Decided> {
  const [incoming, ...others] = fresh.rules;
  if (incoming === undefined || others.length > 0 || fresh.events.length > 0 || fresh.corrections.length > 0) {
    throw new Error("a version of the rules comes alone");
  }
  const people = { joined: 0, joins: [] };
  try {
    const { rules, release } = await rulesDecision(incoming, parts);
    return { decision: { ...nothing(fresh, at), processed: 1, rules }, people, release };
  } catch (error) {
    if (!(error instanceof Problem) || error.status >= 500) throw error;
    // It claims no messageId.
    fresh.rules = [];
    return { decision: { ...nothing(fresh, at), rejected: [refusal(incoming, error)] }, people };
  }
}

type Releasable = Required<Pick<Decided, "release">>;

async function rulesDecision(
  { event, position }: IncomingRules,
  parts: Parts,
): Promise<{ rules: RulesDecision } & Releasable> {
  const version: StoredRules = { ...rulesVersionOf(event), position };
  const rules = parseIdentityRules(version.document);
  const current = await parts.store.rules();
  const currentNumber = current?.number ?? defaultRulesNumber;
  if (version.number === currentNumber) throw numberTaken(version.number);
  // What was published after it holds already.
  const isLate = version.number < currentNumber;
  const changesNobody = isLate || isEqual(rules, rulesInForce(current, parts.rules));
  if (changesNobody) return { rules: { version, lots: none, handovers: none }, release: async () => undefined };
  const { lots, release } = await lotsUnder(rules, parts);
  return { rules: { version, lots, handovers: handoversUnder({ ...parts, rules }) }, release };
}

function numberTaken(number: number): Problem {
  return new Problem(409, "rules_changed_meanwhile", `Another version ${number} was published before this one.`);
}

function isEqual(one: IdentityRules, other: IdentityRules): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** What can refuse the rules is asked before anything is written. */
async function lotsUnder(
  rules: IdentityRules,
  { store, hash, isStopped }: Parts,
): Promise<{ lots: AsyncIterable<PeopleLot> } & Releasable> {
  const everybody = await store.everybody();
  try {
    const regrouping = { everybody, hash, rules, ...(isStopped === undefined ? {} : { isStopped }) };
    const numbers: Numbers = { next: await everybody.nextNumber() };
    const nobodies = await decideNobodies(regrouping, numbers);
    const linked = await linkComponents(nobodies, regrouping);
    return { lots: changesOf(regroup({ nobodies, linked, numbers }, regrouping)), release: everybody.close };
  } catch (error) {
    await everybody.close();
    throw error;
  }
}

async function* changesOf(lots: ReturnType<typeof regroup>): AsyncGenerator<PeopleLot> {
  for await (const { change } of lots) yield change;
}

const none: AsyncIterable<never> = {
  [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
};

function refusal({ position, messageKey, event }: IncomingRules, problem: Problem): Decision["rejected"][number] {
  const { code, message, field } = problem;
  const reason: Rejection = { code, message, ...(field === undefined ? {} : { field }) };
  const { source, messageId, receivedAt } = event;
  const cause = causeOf(source, reason, {});
  return { position, messageKey, source, messageId, reason, cause, receivedAt, isTaken: false };
}

/** A decision that only keeps count of what came. */
export function nothing(
  { rejected, mended, seenAgain, received, violations }: Fresh,
  { position, processedAt }: At,
): Decision {
  return {
    position,
    processedAt,
    processed: 0,
    fragments: [],
    ties: [],
    movedFragments: [],
    crossings: [],
    identifiers: [],
    persons: [],
    removedPersons: [],
    edges: [],
    corrections: [],
    orders: [],
    changedPersons: [],
    onlyActive: [],
    onlyOrders: [],
    retiredProfiles: [],
    rejected,
    mended,
    seenAgain,
    received,
    violations,
  };
}
