import { planService, type PlanService } from "../gateway/plans/plans.ts";
import { keyedHash } from "../model/keyedHash.ts";
import { Problem } from "../model/problem.ts";
import type { TrackingPlanVersion } from "../model/trackingPlan.ts";
import { planServices } from "../runtime/plans.ts";
import type { AccessStore } from "../storage/access.ts";
import type { KeptViolation, PlanViolations } from "../storage/planViolations.ts";
import type { TrackingPlans } from "../storage/trackingPlans.ts";
import type { PlanServices } from "./planViews.ts";

export interface FakePlans extends PlanServices {
  /** What was counted; a test adds to it. */
  readonly counted: KeptViolation[];
}

/** The platform's own way with plans, over memory; of the latest calls there are none. */
export function fakePlans(access: AccessStore, now: number): FakePlans {
  const counted: KeptViolation[] = [];
  const services = planServices({
    access,
    plans: lazily(() => planService(plansInMemory(now))),
    violations: violationsInMemory(counted),
    hash: keyedHash(Buffer.alloc(32, 7)),
    analytics: { query: async () => ({ columns: [], rows: [], truncated: false, elapsedMs: 1, asOf: now }) },
    ingestion: { firstPositions: async () => [] },
    lookups: { read: async (from) => ({ records: [], next: from }), at: async () => null, close: async () => {} },
  });
  return { ...services, counted };
}

export function plansInMemory(now: number): TrackingPlans {
  const versions: TrackingPlanVersion[] = [];
  const of = (source: string): TrackingPlanVersion[] => versions.filter((each) => each.source === source).reverse();
  return {
    holding: async () => [],
    current: async (source) => of(source)[0] ?? null,
    version: async (source, number) => of(source).find((each) => each.number === number) ?? null,
    latest: async (source, { below, limit }) =>
      of(source)
        .filter(({ number }) => number < (below ?? Number.MAX_SAFE_INTEGER))
        .slice(0, limit),
    publish: async ({ basedOn, ...wanted }) => {
      if ((of(wanted.source)[0]?.number ?? 0) !== basedOn) {
        throw new Problem(409, "tracking_plan_changed_meanwhile", "Another version holds.", { field: "basedOn" });
      }
      const version = { ...wanted, number: basedOn + 1, publishedAt: now };
      versions.push(version);
      return version;
    },
  };
}

function violationsInMemory(counted: readonly KeptViolation[]): PlanViolations {
  return {
    list: async ({ source, version, after, limit }) =>
      counted
        .filter((each) => each.source === source && (version === null || each.version === version))
        .filter(({ number }) => number > (after?.number ?? 0))
        .slice(0, limit),
  };
}

/** It is made once it is needed, which making fakes is too early for. */
function lazily(make: () => Promise<PlanService>): PlanService {
  let made: Promise<PlanService> | null = null;
  const service = (): Promise<PlanService> => (made ??= make());
  return {
    planOf: () => null,
    current: async (...given) => (await service()).current(...given),
    version: async (...given) => (await service()).version(...given),
    versions: async (...given) => (await service()).versions(...given),
    publish: async (...given) => (await service()).publish(...given),
    remove: async (...given) => (await service()).remove(...given),
    check: async (...given) => (await service()).check(...given),
  };
}
