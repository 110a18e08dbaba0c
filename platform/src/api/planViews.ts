import type { CallType, JsonObject } from "../model/event.ts";
import type { ViolationKind } from "../model/trackingPlan.ts";
import type { ViolationOrder } from "../storage/planViolations.ts";

/** A version of a source's tracking plan. */
export interface PlanVersionView {
  source: string;
  /** 0: it never had one. */
  version: number;
  /** Null: from then on it has none. */
  document: JsonObject | null;
  by: string | null;
  reason: string | null;
  /** ISO 8601. */
  publishedAt: string | null;
  inForce: boolean;
}

/** In lists. */
export type PlanVersionHead = Omit<PlanVersionView, "document"> & { hasPlan: boolean };

export interface PlanViolationView {
  version: number;
  type: CallType;
  event: string | null;
  path: string | null;
  kind: ViolationKind;
  count: number;
  /** ISO 8601, of receipt. */
  firstAt: string;
  lastAt: string;
  /** Newest first. */
  samples: string[];
}

export interface PlanCheckView {
  judged: number;
  conforming: number;
  rejected: number;
  violations: {
    type: CallType;
    event: string | null;
    path: string;
    kind: ViolationKind;
    count: number;
    example: { index: number; messageId: string | null };
  }[];
  isCut: boolean;
}

/** Null of a document: the plan that holds. Calls as they are sent, or so many of the latest that were taken. */
export interface PlanCheckWanted {
  document: JsonObject | null;
  calls: readonly JsonObject[] | { latest: number };
}

/** Tracking plans of sources. Problem 404 `source_not_found` of each. */
export interface PlanServices {
  current(source: string): Promise<PlanVersionView>;
  /** Problem 404 `tracking_plan_version_not_found`. */
  version(source: string, version: number): Promise<PlanVersionView>;
  /** Greatest number first; `next` is null on the last page. Problem 400 `cursor_invalid`, of violations too. */
  versions(
    source: string,
    wanted: { after: string | null; limit: number },
  ): Promise<{ items: PlanVersionHead[]; next: string | null }>;
  /**
   * `by`: id of the API token. Problem 400 `tracking_plan_invalid`, `reason_invalid`; 409
   * `tracking_plan_changed_meanwhile`, `tracking_plan_unchanged`.
   */
  publish(
    source: string,
    wanted: { document: JsonObject; basedOn: number; reason: string; by: string },
  ): Promise<PlanVersionView>;
  /** Problem 404 `tracking_plan_not_found`, 409 as above. */
  remove(source: string, wanted: { basedOn: number; by: string }): Promise<PlanVersionView>;
  /** Problem 400 `tracking_plan_invalid`, `call_type_unknown`; 404 `tracking_plan_not_found`. */
  check(source: string, wanted: PlanCheckWanted): Promise<PlanCheckView>;
  violations(
    source: string,
    wanted: { version: number | null; order: ViolationOrder; after: string | null; limit: number },
  ): Promise<{ items: PlanViolationView[]; next: string | null }>;
}
