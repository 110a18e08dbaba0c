import { type Analytics, queryCancelled } from "../../../storage/timeline.ts";
import { ownedThread } from "../ownedThread.ts";
import type { Deciding } from "../pace.ts";
import type { LakeFigures } from "./lake.ts";
import type { Answers, Request, ThreadSettings } from "./messages.ts";

/** Questions that may wait for the thread; beyond, the answer is 503 with a time to come back. */
export const maxWaitingQueries = 32;
export const maxWaitingTimelines = 256;
const retryAfterSeconds = 2;
const maxYoungGenerationMb = 96;

export interface AnalyticsOptions extends ThreadSettings {
  /** For the operator's log: following failed, the thread was started again, … No personal data in it. */
  onTrouble?: (message: string) => void;
  /** The feed's changes up to `version` are durably followed. */
  onFollowed?: (version: number) => void;
}

export type EmbeddedAnalytics = Analytics & {
  advance(deciding: Deciding): void;
  /** What the lake holds. */
  lake(): Promise<LakeFigures>;
};

/** Starts the thread that owns `directory`'s DuckDB file; resolves when it is open. Problem 500 `analytics_unreadable`. */
export async function startAnalytics(options: AnalyticsOptions): Promise<EmbeddedAnalytics> {
  const { onTrouble, onFollowed, ...workerData } = options;
  const entry = new URL("./thread.ts", import.meta.url);
  const settings = { entry, name: "analytics", workerData, maxYoungGenerationMb, retryAfterSeconds };
  const thread = ownedThread<Answers, Request>({ ...settings, onTrouble, onFollowed });
  await thread.start();
  const ask = <Kind extends keyof Answers>(
    kind: Kind,
    request: (id: number) => Request,
    maxWaiting = maxWaitingTimelines,
    signal?: AbortSignal,
  ): Promise<Answers[Kind]> => {
    const stop = (id: number) => ({ kind: "cancel" as const, id });
    const abandon = signal === undefined ? undefined : { signal, stop, reason: queryCancelled };
    return thread.ask(kind, request, { maxWaiting, counts: (other) => other === kind }, abandon);
  };
  let decidingNow: Deciding = "idle";
  return {
    timeline: (query) => ask("timeline", (id) => ({ kind: "timeline", id, query })),
    query: (sql, limit, signal) => ask("query", (id) => ({ kind: "query", id, sql, limit }), maxWaitingQueries, signal),
    lake: () => ask("lake", (id) => ({ kind: "lake", id })),
    status: () => ask("status", (id) => ({ kind: "status", id })),
    async caughtUp() {
      await ask("caughtUp", (id) => ({ kind: "caughtUp", id }));
    },
    advance: (deciding) => {
      decidingNow = deciding;
      thread.tell(() => ({ kind: "advance", deciding: decidingNow }));
    },
    close: () => thread.close((id) => ({ kind: "close", id })),
  };
}
