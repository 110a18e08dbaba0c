import type { PlanCheckView, PlanVersionHead, PlanVersionView, PlanViolationView } from "../api/planViews.ts";
import type { Transport } from "./transport.ts";

/** What a verb may ask about tracking plans. */
export interface PlansCalls {
  plan(source: string): Promise<PlanVersionView>;
  planVersion(source: string, version: number): Promise<PlanVersionView>;
  planVersions(source: string, limit: number): Promise<{ items: PlanVersionHead[]; next: string | null }>;
  publishPlan(source: string, wanted: { document: unknown; basedOn: number; reason: string }): Promise<PlanVersionView>;
  removePlan(source: string, basedOn: number): Promise<PlanVersionView>;
  checkPlan(
    source: string,
    wanted: { document?: unknown; calls?: readonly unknown[]; latest?: number },
  ): Promise<PlanCheckView>;
  planViolations(
    source: string,
    wanted: { order: string; limit: number; version?: number | undefined },
  ): Promise<{ items: PlanViolationView[]; next: string | null }>;
}

const pathOf = (source: string): string => `/api/sources/${encodeURIComponent(source)}/tracking-plan`;

// The shapes are the API's own, held by its tests.
export function plansCalls(send: Transport): PlansCalls {
  const get = (source: string, of: string) => send({ method: "GET", path: `${pathOf(source)}${of}` });
  return {
    plan: async (source) => (await get(source, "")) as PlanVersionView,
    planVersion: async (source, version) => (await get(source, `/versions/${version}`)) as PlanVersionView,
    planVersions: async (source, limit) =>
      (await get(source, `/versions?limit=${limit}`)) as { items: PlanVersionHead[]; next: string | null },
    publishPlan: async (source, body) => (await send({ method: "PUT", path: pathOf(source), body })) as PlanVersionView,
    removePlan: async (source, basedOn) =>
      (await send({ method: "DELETE", path: `${pathOf(source)}?basedOn=${basedOn}` })) as PlanVersionView,
    checkPlan: async (source, body) =>
      (await send({ method: "POST", path: `${pathOf(source)}/check`, body })) as PlanCheckView,
    planViolations: async (source, { order, limit, version }) => {
      const ofVersion = version === undefined ? "" : `&version=${version}`;
      const answer = await get(source, `/violations?order=${order}&limit=${limit}${ofVersion}`);
      return answer as { items: PlanViolationView[]; next: string | null };
    },
  };
}
