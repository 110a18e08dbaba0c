import { setImmediate as nextTurn } from "node:timers/promises";
import type { JsonObject } from "../../model/event.ts";
import { Problem } from "../../model/problem.ts";
import { readReason } from "../../model/reason.ts";
import type { TrackingPlan, TrackingPlanVersion } from "../../model/trackingPlan.ts";
import type { TrackingPlans } from "../../storage/trackingPlans.ts";
import { checkCalls, type CheckedCalls, type PlanCall } from "./checking.ts";
import { compilePlan, schemasOf, type CompiledPlan } from "./judging.ts";
import { planProblem } from "./planProblem.ts";
import { readPlan } from "./readPlan.ts";

export interface PlanSaying {
  basedOn: number;
  /** Id of the API token. */
  by: string;
}

/** Tracking plans as documents: read, tried out, published; and what judges calls by those that hold. */
export interface PlanService {
  /** For the gateway: null where the source has no plan. */
  planOf(source: string): CompiledPlan | null;
  current(source: string): Promise<TrackingPlanVersion | null>;
  /** Problem 404 `tracking_plan_version_not_found`. */
  version(source: string, number: number): Promise<TrackingPlanVersion>;
  /** Greatest number first. */
  versions: TrackingPlans["latest"];
  /**
   * Holds for what comes from then on. Problem 400 `tracking_plan_invalid` with where in the document, `reason_invalid`;
   * 404 `source_not_found`; 409 `tracking_plan_changed_meanwhile`, `tracking_plan_unchanged`.
   */
  publish(source: string, document: unknown, saying: PlanSaying & { reason: string }): Promise<TrackingPlanVersion>;
  /** The source has none from then on. Problem 404 `tracking_plan_not_found` where it has none; 409 as above. */
  remove(source: string, saying: PlanSaying): Promise<TrackingPlanVersion>;
  /** What a plan would say of calls; the one that holds where no document is given. Problem 400 as above, 404 `tracking_plan_not_found`. */
  check(source: string, document: unknown, calls: readonly PlanCall[]): Promise<CheckedCalls>;
}

/** Reads what holds. Plans are compiled when their first call comes. */
export async function planService(store: TrackingPlans): Promise<PlanService> {
  const held = new Map<string, CompiledPlan | TrackingPlanVersion>();
  const hold = (version: TrackingPlanVersion, plan: CompiledPlan | null): void => {
    if (plan === null) held.delete(version.source);
    else held.set(version.source, plan);
  };
  for (const version of await store.holding()) if (version.document !== null) held.set(version.source, version);
  const planOf = (source: string): CompiledPlan | null => {
    const known = held.get(source);
    if (known === undefined || "judge" in known) return known ?? null;
    const compiled = compilePlan(readable(known), known.number);
    held.set(source, compiled);
    return compiled;
  };
  const holding = async (source: string): Promise<TrackingPlanVersion & { document: JsonObject }> => {
    const version = await store.current(source);
    if (version !== null && version.document !== null) return { ...version, document: version.document };
    throw noPlan();
  };
  return {
    planOf,
    current: (source) => store.current(source),
    versions: (source, wanted) => store.latest(source, wanted),
    version: async (source, number) => {
      const version = await store.version(source, number);
      if (version !== null) return version;
      throw new Problem(404, "tracking_plan_version_not_found", `There is no version ${number} of this plan.`, {
        hint: `GET /api/sources/${source}/tracking-plan/versions lists all of them.`,
      });
    },
    publish: async (source, document, { basedOn, by, reason: said }) => {
      const reason = readReason(said);
      const plan = await compilable(document);
      const before = await store.current(source);
      const kept = document as JsonObject;
      if (before?.number === basedOn && isSame(before.document, kept)) throw unchanged(before);
      const version = await store.publish({ source, document: kept, basedOn, by, reason });
      hold(version, compilePlan(plan, version.number));
      return version;
    },
    remove: async (source, { basedOn, by }) => {
      await holding(source);
      const version = await store.publish({ source, document: null, basedOn, by, reason: null });
      hold(version, null);
      return version;
    },
    check: async (source, document, calls) => {
      const plan = await compilable(document ?? (await holding(source)).document);
      return checkCalls(plan, calls);
    },
  };
}

/** What is stored was read before; another program may take other plans. */
function readable({ source, number, document }: TrackingPlanVersion): TrackingPlan {
  try {
    return readPlan(document);
  } catch {
    const message = `version ${number} of the source's tracking plan cannot be read by this program`;
    throw new Problem(500, "tracking_plan_unreadable", message, {
      hint: `publish it again, or take it away with: c360 plans remove ${source}`,
    });
  }
}

/** Every schema is compiled once, so that none can fail a call; others get their turn in between. */
async function compilable(document: unknown): Promise<TrackingPlan> {
  const plan = readPlan(document);
  for (const { at, compile } of schemasOf(plan)) {
    await nextTurn();
    try {
      compile();
    } catch {
      throw planProblem(at, "cannot be made into a check", "Describe it with simpler schemas.");
    }
  }
  return plan;
}

function isSame(one: JsonObject | null, other: JsonObject): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function unchanged({ number }: TrackingPlanVersion): Problem {
  return new Problem(409, "tracking_plan_unchanged", `Version ${number}, which holds, says the same.`, {
    hint: "There is nothing to publish.",
    field: "document",
  });
}

function noPlan(): Problem {
  return new Problem(404, "tracking_plan_not_found", "This source has no tracking plan.", {
    hint: "Publish one with: c360 plans set SOURCE plan.json",
  });
}
