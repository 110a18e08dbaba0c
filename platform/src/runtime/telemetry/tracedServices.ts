import type { LinkageEngine } from "../../identity/index.ts";
import type { Replays } from "../../storage/replays.ts";
import type { Analytics } from "../../storage/timeline.ts";
import { asWork, errorCode, type Telemetry, type Work } from "./telemetry.ts";

/** A span for each query: how many rows it found, never what was asked, which may name somebody. */
export function tracedAnalytics(analytics: Analytics, telemetry: Telemetry | null): Analytics {
  if (telemetry === null) return analytics;
  const begun = { "db.system.name": "duckdb", "db.operation.name": "SELECT" };
  return {
    timeline: (query) => analytics.timeline(query),
    caughtUp: () => analytics.caughtUp(),
    status: () => analytics.status(),
    close: () => analytics.close(),
    query: (...wanted) =>
      asWork(telemetry, "sql query", () => analytics.query(...wanted), {
        begun,
        ended: ({ rows, truncated }) => ({ "db.response.returned_rows": rows.length, "c360.sql.truncated": truncated }),
      }),
  };
}

/** A span for each linkage of all profiles, while its thread runs. */
export function tracedLinkage(engine: LinkageEngine, telemetry: Telemetry | null): LinkageEngine {
  if (telemetry === null) return engine;
  return {
    run: (wanted, listener) => {
      const work = telemetry.begin("linkage");
      let pairs = 0;
      const running = engine.run(wanted, {
        ...listener,
        found: (found) => {
          pairs += found.length;
          return listener.found(found);
        },
      });
      running.ended.then(
        () => work.end({ told: { "c360.linkage.pairs": pairs }, error: null }),
        (error: unknown) => work.end({ told: { "c360.linkage.pairs": pairs }, error: errorCode(error) }),
      );
      return running;
    },
  };
}

/** A span for each replay, from its first note in this process to its end. */
export function tracedReplays(replays: Replays, telemetry: Telemetry | null): Replays {
  if (telemetry === null) return replays;
  let running: { id: string; work: Work } | null = null;
  return {
    all: () => replays.all(),
    put: async (job) => {
      const { id, accepted, refused, skipped, problem } = job;
      if (running?.id !== id) running = { id, work: telemetry.begin("replay", { "c360.replay.total": job.total }) };
      const { work } = running;
      if (job.endedAt !== null) {
        running = null;
        const told = { "c360.replay.accepted": accepted, "c360.replay.refused": refused };
        work.end({ told: { ...told, "c360.replay.skipped": skipped }, error: problem?.code ?? null });
      }
      await replays.put(job);
    },
  };
}
