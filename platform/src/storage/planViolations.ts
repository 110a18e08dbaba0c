import type { ViolationCount } from "../model/trackingPlan.ts";

export const violationOrders = ["newest", "frequent"] as const;
export type ViolationOrder = (typeof violationOrders)[number];

/** `number`: in the order in which they were first met. */
export type KeptViolation = ViolationCount & { number: number };

/** How tracking plans were broken by calls that were taken: a fold of the log like everything that is decided. */
export interface PlanViolations {
  /** Of one version where it is named; after one of them where it is given. */
  list(wanted: {
    source: string;
    version: number | null;
    order: ViolationOrder;
    after: Pick<KeptViolation, "number" | "count" | "lastAt"> | null;
    limit: number;
  }): Promise<KeptViolation[]>;
}
