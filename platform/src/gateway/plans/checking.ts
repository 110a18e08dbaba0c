import { setImmediate as nextTurn } from "node:timers/promises";
import { callTypes, type CallType, type JsonObject } from "../../model/event.ts";
import { Problem } from "../../model/problem.ts";
import type { TrackingPlan, PlanViolation } from "../../model/trackingPlan.ts";
import { compilePlan } from "./judging.ts";

/** A call that a plan is tried on. */
export interface PlanCall {
  messageId: string | null;
  type: CallType;
  event: string | null;
  body: JsonObject;
}

export interface CheckedViolation extends PlanViolation {
  type: CallType;
  event: string | null;
  /** Calls that have it. */
  count: number;
  /** One of those calls: its place among those that were given, and its messageId. */
  example: { index: number; messageId: string | null };
}

export interface CheckedCalls {
  judged: number;
  /** Calls that keep to the plan. */
  conforming: number;
  /** Calls that the plan would refuse. */
  rejected: number;
  /** Most frequent first, at most {@link maxCheckedViolations}. */
  violations: CheckedViolation[];
  /** There are others that are not told. */
  isCut: boolean;
}

const maxCheckedViolations = 1_000;
/** Then others get their turn. */
const judgedInTurn = 10;

/** A call as somebody would send it, `index` among others. Problem 400 `call_type_unknown`. */
export function plannedCall(body: JsonObject, index: number): PlanCall {
  const given = Object.hasOwn(body, "type") ? body["type"] : null;
  const type = callTypes.find((known) => typeof given === "string" && known === given.toLowerCase());
  if (type === undefined) {
    throw new Problem(400, "call_type_unknown", `\`type\` must be one of ${callTypes.join(", ")}.`, {
      hint: "Give calls as they are sent to POST /v1/batch.",
      field: `calls[${index}].type`,
    });
  }
  const name = Object.hasOwn(body, "event") ? body["event"] : null;
  const messageId = Object.hasOwn(body, "messageId") ? body["messageId"] : null;
  const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
  return { messageId: text(messageId), type, event: type === "track" ? text(name) : null, body };
}

/** What a plan says of some calls; nothing is taken, refused or counted. */
export async function checkCalls(plan: TrackingPlan, calls: readonly PlanCall[]): Promise<CheckedCalls> {
  const compiled = compilePlan(plan, 0);
  const found = new Map<string, CheckedViolation>();
  let conforming = 0;
  let rejected = 0;
  let isCut = false;
  for (const [index, call] of calls.entries()) {
    if (index % judgedInTurn === judgedInTurn - 1) await nextTurn();
    const broken = compiled.judge(call);
    if (broken === null) conforming += 1;
    if (broken !== null && broken.refusal !== null) rejected += 1;
    for (const { kind, path } of broken?.mark.violations ?? []) {
      const key = JSON.stringify([kind, path, call.type, call.event]);
      const known = found.get(key);
      if (known !== undefined) known.count += 1;
      else if (found.size === maxCheckedViolations) isCut = true;
      else {
        const { messageId, type, event } = call;
        found.set(key, { kind, path, type, event, count: 1, example: { index, messageId } });
      }
    }
  }
  const violations = [...found.values()].sort((one, other) => other.count - one.count);
  return { judged: calls.length, conforming, rejected, violations, isCut };
}
