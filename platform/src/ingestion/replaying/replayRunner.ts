import { Problem } from "../../model/problem.ts";
import type { ReplayJob, Replays } from "../../storage/replays.ts";
import { parseTransformation } from "./parseTransformation.ts";
import { runReplay, type Replaying, type ReplayRunParts } from "./replayRun.ts";
import type { ReplayExample } from "./told.ts";
import type { Transformation } from "./transformation.ts";

/** Of dry runs, whose results only memory has. */
const maxKeptTries = 10;

export interface RunnerParts extends ReplayRunParts {
  store: Replays;
  /** UTC ms. */
  now: () => number;
}

export interface Running {
  job: ReplayJob;
  /** Of a dry run; else null. */
  examples: ReplayExample[] | null;
  stop: AbortController;
  /** Never rejects: how it ended is in the job. */
  ended: Promise<void>;
}

/** Runs one replay at a time, and one dry run. */
export interface ReplayRunner {
  /** Problem 409 `replay_running`; for a dry run 503 `dry_run_busy`. */
  mustBeFree(isDry: boolean): void;
  replay(job: ReplayJob): Running;
  tryOut(job: ReplayJob, transformation: Transformation | null): Running;
  /** What runs, and dry runs that ended lately. */
  of(id: string): Running | null;
  isReplaying(): boolean;
  /** What runs is kept as running: it goes on at the next start. */
  close(): Promise<void>;
}

export function replayRunner(parts: RunnerParts): ReplayRunner {
  const tries = new Map<string, Running>();
  let running: Running | null = null;
  let trying: Running | null = null;
  let isClosing = false;
  const begin = (job: ReplayJob, examples: ReplayExample[] | null, transformation: Transformation | null): Running => {
    const stop = new AbortController();
    const note = async (): Promise<void> => (examples === null ? parts.store.put(structuredClone(job)) : undefined);
    const ended = follow({ job, transformation, examples, signal: stop.signal, note }, parts, () => isClosing);
    return { job, examples, stop, ended };
  };
  return {
    mustBeFree: (isDry) => {
      if (isDry && trying !== null) throw busy();
      if (!isDry && running !== null) throw isRunning(running.job);
    },
    replay: (job) => {
      const { transformation } = job;
      const made = begin(job, null, transformation === null ? null : parseTransformation(transformation));
      running = made;
      void made.ended.finally(() => {
        if (running === made) running = null;
      });
      return made;
    },
    tryOut: (job, transformation) => {
      const made = begin(job, [], transformation);
      trying = made;
      tries.set(job.id, made);
      for (const id of tries.keys()) if (tries.size > maxKeptTries) tries.delete(id);
      void made.ended.finally(() => {
        if (trying === made) trying = null;
      });
      return made;
    },
    of: (id) => (running?.job.id === id ? running : (tries.get(id) ?? null)),
    isReplaying: () => running !== null,
    close: async () => {
      isClosing = true;
      for (const under of [running, trying]) {
        under?.stop.abort();
        await under?.ended;
      }
    },
  };
}

async function follow(replaying: Replaying, parts: RunnerParts, isClosing: () => boolean): Promise<void> {
  const { job, signal, note } = replaying;
  try {
    await note();
    await runReplay(replaying, parts);
    if (isClosing()) return;
    job.status = signal.aborted ? "stopped" : "done";
    job.problem = null;
  } catch (error) {
    if (isClosing()) return;
    job.status = "failed";
    job.problem = problemShown(error);
  }
  job.endedAt = parts.now();
  // Where it cannot be noted, the next start goes on with it.
  await note().catch(() => undefined);
}

function problemShown(error: unknown): ReplayJob["problem"] {
  if (error instanceof Problem) return { code: error.code, message: error.message, hint: error.hint ?? null };
  return {
    code: "replay_failed",
    message: "The replay failed.",
    hint: "Go on with it; if it fails again, see the log.",
  };
}

function isRunning({ id }: ReplayJob): Problem {
  return new Problem(409, "replay_running", `Replay ${id} is running.`, {
    hint: `Wait for it, or stop it: POST /api/replays/${id}/stop`,
  });
}

function busy(): Problem {
  return new Problem(503, "dry_run_busy", "Another dry run is being made.", {
    hint: "Wait for it, or stop it: POST /api/replays/{id}/stop",
    retryAfterSeconds: 5,
  });
}
