import type { RejectionCauseView, ReplayView, ReplayWished } from "../api/rejectionViews.ts";
import type { Transport } from "./transport.ts";

/** What a verb may ask about refused calls. */
export interface RejectsCalls {
  causes(wanted: { limit: number; source?: string; state: "open" | "all" }): Promise<{
    items: RejectionCauseView[];
    next: string | null;
    open: { causes: number; calls: number };
  }>;
  startReplay(wanted: ReplayWished): Promise<ReplayView>;
  replay(id: string): Promise<ReplayView>;
  stopReplay(id: string): Promise<ReplayView>;
  resumeReplay(id: string): Promise<ReplayView>;
}

// The shapes are the API's own, held by its tests.
export function rejectsCalls(send: Transport): RejectsCalls {
  const post = (path: string, body: unknown) => send({ method: "POST", path, body });
  const one = (id: string): string => `/api/replays/${encodeURIComponent(id)}`;
  return {
    causes: async ({ limit, source, state }) => {
      const ofSource = source === undefined ? "" : `&source=${encodeURIComponent(source)}`;
      const path = `/api/rejections/causes?limit=${limit}&state=${state}${ofSource}`;
      return (await send({ method: "GET", path })) as Awaited<ReturnType<RejectsCalls["causes"]>>;
    },
    startReplay: async (wanted) => (await post("/api/replays", wanted)) as ReplayView,
    replay: async (id) => (await send({ method: "GET", path: one(id) })) as ReplayView,
    stopReplay: async (id) => (await post(`${one(id)}/stop`, {})) as ReplayView,
    resumeReplay: async (id) => (await post(`${one(id)}/resume`, {})) as ReplayView,
  };
}
