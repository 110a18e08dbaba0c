import {
  maxMarkedViolations,
  planHolders,
  type PlanMark,
  type PlanViolation,
  type TrackingPlan,
} from "../../model/trackingPlan.ts";
import type { CallType, JsonObject, Rejection } from "../../model/event.ts";
import { compileSchema } from "./engine.ts";
import { withoutOffending } from "./dropping.ts";
import { pathText, type Findings } from "./findings.ts";
import { checkBy, type Check } from "./schemaCheck.ts";

/** A call as far as a plan looks at it. */
export interface PlannedCall {
  type: CallType;
  /** Of track calls. */
  event: string | null;
  body: JsonObject;
}

/** What is wrong with a call by the plan. */
export interface Broken {
  mark: PlanMark;
  /** The reason where the plan refuses the call; else null, and it is taken. */
  refusal: Rejection | null;
  /** What is kept of the call: as sent, or without what broke the plan. */
  body: JsonObject;
}

/** A version of a plan, ready to judge. Schemas are compiled when the first call needs them. */
export interface CompiledPlan {
  readonly number: number;
  /** Null where the call keeps to the plan. Pure, and never throws. */
  judge(call: PlannedCall): Broken | null;
}

export function compilePlan(plan: TrackingPlan, number: number): CompiledPlan {
  const events = new Map(Object.entries(plan.events));
  const checks = new Map<JsonObject, Check>();
  const checkOf = (schema: JsonObject): Check => {
    const check = checks.get(schema) ?? checkBy(schema, plan.mode === "drop" ? "drop" : "other");
    checks.set(schema, check);
    return check;
  };
  const schemaOf = (call: PlannedCall): JsonObject | undefined => {
    if (call.type === "track") return events.get(call.event ?? "");
    if (call.type === "identify") return plan.traits;
    if (call.type === "group") return plan.groupTraits;
    if (call.type === "page") return plan.pageProperties;
    return call.type === "screen" ? plan.screenProperties : undefined;
  };
  return {
    number,
    judge: (call) => {
      const schema = schemaOf(call);
      if (schema === undefined) return call.type === "track" ? unplanned(plan, number, call) : null;
      const holderName = call.type === "identify" || call.type === "group" ? "traits" : "properties";
      const holder = holderIn(call.body, holderName);
      const findings = checkOf(schema)(holder);
      return findings === null ? null : broken(plan, number, { call, holderName, holder, findings });
    },
  };
}

/** Each schema of a plan, where it stands, and a try at making it a check; it throws where that cannot be done. */
export function schemasOf(plan: TrackingPlan): { at: string[]; compile: () => void }[] {
  const ofEvents = Object.entries(plan.events).map(([name, schema]) => ({ at: ["events", name], schema }));
  const others = planHolders.flatMap((name) => {
    const schema = plan[name];
    return schema === undefined ? [] : [{ at: [name], schema }];
  });
  return [...ofEvents, ...others].map(({ at, schema }) => ({ at, compile: () => void compileSchema(schema) }));
}

/** None, and null, are as good as empty. */
function holderIn(body: JsonObject, name: string): JsonObject {
  const value = Object.hasOwn(body, name) ? body[name] : undefined;
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

function unplanned({ unplannedEvents }: TrackingPlan, number: number, { body }: PlannedCall): Broken | null {
  if (unplannedEvents === "allow") return null;
  const message = `the tracking plan (version ${number}) does not name this event; add it to the plan, or mend the name`;
  const refusal = unplannedEvents === "reject" ? { code: "plan_violation", message, field: "event" } : null;
  return { mark: { version: number, violations: [{ kind: "unplanned_event", path: "event" }] }, refusal, body };
}

function broken(
  plan: TrackingPlan,
  number: number,
  found: { call: PlannedCall; holderName: string; holder: JsonObject; findings: Findings },
): Broken {
  const { call, holderName, holder, findings } = found;
  const mark = { version: number, violations: distinct(holderName, findings) };
  if (plan.mode === "reject") return { mark, refusal: refusalOf(number, holderName, findings), body: call.body };
  const kept = plan.mode === "drop" ? withoutOffending(holder, findings) : holder;
  const body = kept === holder ? call.body : { ...call.body, [holderName]: kept };
  return { mark, refusal: null, body };
}

function distinct(holderName: string, { told, count }: Findings): PlanViolation[] {
  const found = new Map<string, PlanViolation>();
  for (const { kind, path } of told) {
    const violation = { kind, path: pathText(holderName, path, "any") };
    found.set(`${kind} ${violation.path}`, violation);
    if (found.size > maxMarkedViolations) break;
  }
  const all = [...found.values()];
  if (all.length <= maxMarkedViolations && told.length === count) return all;
  return [...all.slice(0, maxMarkedViolations - 1), { kind: "more_violations", path: "" }];
}

const wanted: Readonly<Record<PlanViolation["kind"], string>> = {
  unplanned_event: "is not named by it",
  unplanned_property: "is not named by it: leave it out, or add it to the plan",
  required_missing: "is missing",
  wrong_type: "is of another type than it says",
  value_not_allowed: "is none of the values that it allows",
  wrong_format: "is not in the format that it says",
  pattern_not_matched: "does not match the pattern that it says",
  out_of_bounds: "is outside the bounds that it sets",
  not_unique: "holds the same twice",
  schema_not_matched: "is not as it says",
  more_violations: "breaks it",
};

function refusalOf(number: number, holderName: string, { told, count }: Findings): Rejection {
  const [first] = told;
  const field = pathText(holderName, first?.path ?? [], "told");
  const others = count === 1 ? "" : `, and ${count - 1} more`;
  const what = wanted[first?.kind ?? "more_violations"];
  const message = `by the tracking plan (version ${number}), \`${field}\` ${what}${others}`;
  return { code: "plan_violation", message, field };
}
