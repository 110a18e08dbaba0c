import { maxMessageIdLength, type JsonObject } from "../../model/event.ts";
import type { Position } from "../../model/position.ts";
import { Problem } from "../../model/problem.ts";
import { maxReplayMessages, type ReplayJob, type ReplayOf } from "../../storage/replays.ts";
import { parseTransformation } from "./parseTransformation.ts";
import { replayRunner, type Running, type RunnerParts } from "./replayRunner.ts";
import type { ReplayExample } from "./told.ts";
import type { Transformation } from "./transformation.ts";

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

export interface ReplayServiceParts extends RunnerParts {
  /** The log is durable up to it. */
  end: () => Position;
  newId: () => string;
}

export function replayService(parts: ReplayServiceParts): ReplayService {
  const { store } = parts;
  const runner = replayRunner(parts);
  const find = async (id: string): Promise<Found> => {
    const known = runner.of(id);
    const job = known?.job ?? (await store.all()).find((each) => each.id === id);
    if (job !== undefined) return { job, examples: known?.examples ?? null };
    throw notFound();
  };
  const answered = async (made: Running): Promise<Replay> => {
    await Promise.race([made.ended, parts.sleep(firstAnswerMs)]);
    return shown(made);
  };
  return {
    start: async (wanted, by) => {
      const transformation = transformationIn(wanted.transformation);
      const isDry = wanted.dryRun === true;
      runner.mustBeFree(isDry);
      const { of, total } = await wantedOf(wanted, parts);
      // Somebody may have begun one meanwhile.
      runner.mustBeFree(isDry);
      const document = transformation?.document ?? null;
      const place = { until: parts.end(), now: parts.now() };
      const job = newJob({ id: parts.newId(), of, total, by, document, ...place });
      return answered(isDry ? runner.tryOut(job, transformation) : runner.replay(job));
    },
    list: async ({ before, limit }) => {
      const all = (await store.all()).map((job) => runner.of(job.id)?.job ?? job);
      const rest = all.filter(({ startedAt }) => before === null || startedAt < before);
      const items = rest.slice(0, limit).map((job) => shown({ job, examples: null }));
      return { items, next: rest.length > items.length ? (items.at(-1)?.startedAt ?? null) : null };
    },
    find: async (id) => shown(await find(id)),
    stop: async (id) => {
      const under = runner.of(id);
      under?.stop.abort();
      await under?.ended;
      return shown(under ?? (await find(id)));
    },
    resume: async (id) => {
      const { job, examples } = await find(id);
      if (examples !== null || (job.status !== "stopped" && job.status !== "failed")) throw notStopped(job);
      runner.mustBeFree(false);
      return answered(runner.replay(Object.assign(job, { status: "running", endedAt: null, problem: null })));
    },
    takeUp: async () => {
      const left = (await store.all()).find(({ status }) => status === "running");
      if (left !== undefined && !runner.isReplaying()) runner.replay(left);
    },
    close: runner.close,
  };
}

type Found = Pick<Running, "job" | "examples">;

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

function shown({ job, examples }: Found): Replay {
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

function notFound(): Problem {
  return new Problem(404, "replay_not_found", "There is no replay of this id.", {
    hint: "GET /api/replays lists them. A dry run's result is kept for a while only.",
  });
}

function notStopped({ status }: ReplayJob): Problem {
  return new Problem(
    409,
    "replay_not_stopped",
    `Only a replay that was stopped or failed goes on; this one: ${status}.`,
  );
}
