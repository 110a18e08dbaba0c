import { maxMessageIdLength, type JsonObject } from "../../model/event.ts";
import type { Position } from "../../model/position.ts";
import { Problem } from "../../model/problem.ts";
import { maxReplayMessages, type ReplayJob, type ReplayOf, type Replays } from "../../storage/replays.ts";
import { parseTransformation } from "./parseTransformation.ts";
import { runReplay, type Replaying, type ReplayRunParts } from "./replayRun.ts";
import type { ReplayExample } from "./told.ts";
import type { Transformation } from "./transformation.ts";

/** Of dry runs, whose results only memory has. */
const maxKeptTries = 10;
/** An answer waits so long for the end; a small replay is through by then. */
const firstAnswerMs = 1_500;

/** A replay or a dry run, as those see it who ask. */
export interface Replay extends Omit<ReplayJob, "cursor" | "until" | "inFlight"> {
  dryRun: boolean;
  examples: readonly ReplayExample[];
}

interface ReplayWish {
  /** Id of a cause: all that is open of it. */
  cause?: string | undefined;
  /** With `messageIds`. */
  source?: string | undefined;
  messageIds?: readonly string[] | undefined;
  transformation?: unknown;
  dryRun?: boolean | undefined;
}

export interface ReplayService {
  /**
   * One replay at a time, and one dry run. Problem 400 `replay_of_what`, `invalid_transformation`; 404
   * `rejection_cause_not_found`, `source_not_found`; 409 `replay_running`; 503 `dry_run_busy`.
   */
  start(wanted: ReplayWish, by: string): Promise<Replay>;
  /** Newest first; dry runs are not among them. */
  list(wanted: { before: number | null; limit: number }): Promise<{ items: Replay[]; next: number | null }>;
  /** Problem 404 `replay_not_found`. */
  find(id: string): Promise<Replay>;
  /** What was sent stays; one that has ended stays as it is. */
  stop(id: string): Promise<Replay>;
  /** Goes on with one that was stopped or failed. Problem 409 `replay_not_stopped`, `replay_running`. */
  resume(id: string): Promise<Replay>;
  /** Goes on with what the last process left. */
  takeUp(): Promise<void>;
  /** What runs goes on at the next start. */
  close(): Promise<void>;
}

export interface ReplayServiceParts extends ReplayRunParts {
  store: Replays;
  /** The log is durable up to it. */
  end: () => Position;
  now: () => number;
  newId: () => string;
}

interface Running {
  job: ReplayJob;
  examples: ReplayExample[] | null;
  stop: AbortController;
  ended: Promise<void>;
}

export function replayService(parts: ReplayServiceParts): ReplayService {
  const { store, now } = parts;
  const tries = new Map<string, Running>();
  let running: Running | null = null;
  let trying: Running | null = null;
  let isClosing = false;

  const begin = (job: ReplayJob, examples: ReplayExample[] | null, transformation: Transformation | null): Running => {
    const stop = new AbortController();
    const note = async (): Promise<void> => (examples === null ? store.put(structuredClone(job)) : undefined);
    const replaying: Replaying = { job, transformation, examples, signal: stop.signal, note };
    const ended = follow(replaying, parts, () => isClosing);
    return { job, examples, stop, ended };
  };
  const beginReplay = (job: ReplayJob): Running => {
    const { transformation } = job;
    const made = begin(job, null, transformation === null ? null : parseTransformation(transformation));
    running = made;
    void made.ended.finally(() => {
      if (running === made) running = null;
    });
    return made;
  };
  const beginTry = (job: ReplayJob, transformation: Transformation | null): Running => {
    const made = begin(job, [], transformation);
    trying = made;
    tries.set(job.id, made);
    for (const id of tries.keys()) if (tries.size > maxKeptTries) tries.delete(id);
    void made.ended.finally(() => {
      if (trying === made) trying = null;
    });
    return made;
  };
  const mustBeFree = (): void => {
    if (running !== null) throw isRunning(running.job);
  };
  const find = async (id: string): Promise<Pick<Running, "job" | "examples">> => {
    const known = running?.job.id === id ? running : tries.get(id);
    const job = known?.job ?? (await store.all()).find((each) => each.id === id);
    if (job !== undefined) return { job, examples: known?.examples ?? null };
    throw new Problem(404, "replay_not_found", "There is no replay of this id.", {
      hint: "GET /api/replays lists them. A dry run's result is kept for a while only.",
    });
  };
  return {
    start: async (wanted, by) => {
      const transformation = transformationIn(wanted.transformation);
      const isDry = wanted.dryRun === true;
      if (isDry && trying !== null) throw busy();
      if (!isDry) mustBeFree();
      const { of, total } = await wantedOf(wanted, parts);
      // Nobody else has begun meanwhile.
      if (isDry && trying !== null) throw busy();
      if (!isDry) mustBeFree();
      const document = transformation?.document ?? null;
      const job = newJob({ id: parts.newId(), of, total, by, document, until: parts.end(), now: now() });
      const made = isDry ? beginTry(job, transformation) : beginReplay(job);
      await Promise.race([made.ended, parts.sleep(firstAnswerMs)]);
      return shown(made);
    },
    list: async ({ before, limit }) => {
      const stored = await store.all();
      const all = stored.map((job) => (running?.job.id === job.id ? running.job : job));
      const rest = all.filter(({ startedAt }) => before === null || startedAt < before);
      const items = rest.slice(0, limit).map((job) => shown({ job, examples: null }));
      return { items, next: rest.length > items.length ? (items.at(-1)?.startedAt ?? null) : null };
    },
    find: async (id) => shown(await find(id)),
    stop: async (id) => {
      const under = running?.job.id === id ? running : tries.get(id);
      under?.stop.abort();
      await under?.ended;
      return shown(under ?? (await find(id)));
    },
    resume: async (id) => {
      const { job, examples } = await find(id);
      if (examples !== null || (job.status !== "stopped" && job.status !== "failed")) throw notStopped(job);
      mustBeFree();
      const made = beginReplay(Object.assign(job, { status: "running", endedAt: null, problem: null }));
      await Promise.race([made.ended, parts.sleep(firstAnswerMs)]);
      return shown(made);
    },
    takeUp: async () => {
      const left = (await store.all()).find(({ status }) => status === "running");
      if (left !== undefined && running === null) beginReplay(left);
    },
    close: async () => {
      isClosing = true;
      for (const under of [running, trying]) {
        under?.stop.abort();
        await under?.ended;
      }
    },
  };
}

/** Never rejects: how it ended is in the job. */
async function follow(replaying: Replaying, parts: ReplayServiceParts, isClosing: () => boolean): Promise<void> {
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

function transformationIn(given: unknown): Transformation | null {
  return given === undefined || given === null ? null : parseTransformation(given);
}

async function wantedOf(
  { cause, source, messageIds }: ReplayWish,
  { fates, sourceOf }: ReplayServiceParts,
): Promise<{ of: ReplayOf; total: number }> {
  if (cause !== undefined && messageIds === undefined && source === undefined) {
    const kept = await fates.cause(cause);
    if (kept === null) throw causeNotFound();
    await sourceOf(kept.source);
    return { of: { cause, source: kept.source }, total: kept.open };
  }
  if (cause !== undefined || messageIds === undefined || source === undefined) throw ofWhat();
  const ids = [...new Set(messageIds)];
  const isUsable = (id: string): boolean => id !== "" && id.length <= maxMessageIdLength * 2;
  if (ids.length === 0 || ids.length > maxReplayMessages || !ids.every(isUsable)) throw ofWhat();
  await sourceOf(source);
  return { of: { messageIds: ids, source }, total: ids.length };
}

function newJob(given: {
  id: string;
  of: ReplayOf;
  total: number;
  by: string;
  document: JsonObject | null;
  until: Position;
  now: number;
}): ReplayJob {
  const { id, of, total, by, document, until, now } = given;
  const counts = { total, accepted: 0, refused: 0, skipped: 0, refusals: [] };
  const place = { cursor: 0, until, inFlight: [] };
  return {
    id,
    of,
    transformation: document,
    status: "running",
    by,
    startedAt: now,
    endedAt: null,
    ...counts,
    ...place,
    problem: null,
  };
}

function shown({ job, examples }: Pick<Running, "job" | "examples">): Replay {
  const { cursor: _, until: __, inFlight: ___, ...rest } = structuredClone(job);
  return { ...rest, dryRun: examples !== null, examples: examples ?? [] };
}

/** Problem 404 `rejection_cause_not_found`. */
export function causeNotFound(): Problem {
  return new Problem(404, "rejection_cause_not_found", "There is no such cause.", {
    hint: "GET /api/rejections/causes lists them.",
  });
}

function ofWhat(): Problem {
  return new Problem(400, "replay_of_what", "It is not clear what is to be replayed.", {
    hint: `Give \`cause\`, or \`source\` and 1 to ${maxReplayMessages} \`messageIds\`.`,
  });
}

function isRunning({ id }: ReplayJob): Problem {
  return new Problem(409, "replay_running", `Replay ${id} is running.`, {
    hint: `Wait for it, or stop it: POST /api/replays/${id}/stop`,
  });
}

function notStopped({ status }: ReplayJob): Problem {
  return new Problem(
    409,
    "replay_not_stopped",
    `Only a replay that was stopped or failed goes on; this one: ${status}.`,
  );
}

function busy(): Problem {
  return new Problem(503, "dry_run_busy", "Another dry run is being made.", {
    hint: "Wait for it, or stop it: POST /api/replays/{id}/stop",
    retryAfterSeconds: 5,
  });
}
