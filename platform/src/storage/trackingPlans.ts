import type { JsonObject } from "../model/event.ts";
import type { TrackingPlanVersion } from "../model/trackingPlan.ts";

/** A version that is to hold from now on. */
export interface NewTrackingPlan {
  source: string;
  /** Null takes the plan away. */
  document: JsonObject | null;
  /** Number of the version that holds, 0 where there never was one. */
  basedOn: number;
  by: string;
  reason: string | null;
}

/** Tracking plans with all their versions, beside the sources that they are of. None is ever changed or removed. */
export interface TrackingPlans {
  /** The newest of every source that ever had one; those that take a plan away too. */
  holding(): Promise<TrackingPlanVersion[]>;
  /** The newest; null where there never was one. */
  current(source: string): Promise<TrackingPlanVersion | null>;
  version(source: string, number: number): Promise<TrackingPlanVersion | null>;
  /** Greatest number first. */
  latest(source: string, wanted: { below: number | null; limit: number }): Promise<TrackingPlanVersion[]>;
  /**
   * Durable when it resolves. Problem 404 `source_not_found`; 409 `tracking_plan_changed_meanwhile` where another version
   * holds than `basedOn`.
   */
  publish(wanted: NewTrackingPlan): Promise<TrackingPlanVersion>;
}
