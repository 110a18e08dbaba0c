import { Problem } from "../../model/problem.ts";
import type { LinkageRun, Reviews } from "../../storage/reviews.ts";
import { linkWriter, type LinkWriterParts } from "./links.ts";
import { takeFound, type Taken } from "./takeFound.ts";
import type { FoundPair } from "../linkage/linkProfiles.ts";

/** What hears how a linkage goes. It is waited for, so that no more is held than was taken. */
export interface LinkageListener {
  progress(stage: string, part: number): void;
  /** Before the first pair. `document`: the model, as JSON. */
  learned(outcome: { document: string; records: number; comparedPairs: number }): Promise<void>;
  /** The most probable first; false: no more are wanted. */
  found(pairs: readonly FoundPair[]): Promise<boolean>;
}

/** Links all profiles that can be compared, in the background. */
export interface LinkageEngine {
  /** `cancel`: `ended` then rejects with Problem 409 `linkage_cancelled`. */
  run(
    wanted: { leastProbability: number; model: string | null },
    listener: LinkageListener,
  ): { ended: Promise<void>; cancel: () => void };
}

export interface LinkageRuns {
  /** One at a time: Problem 409 `linkage_running`. */
  start(wanted: { by: string; automaticFrom?: number | null }): Promise<LinkageRun>;
  run(id: string): Promise<LinkageRun>;
  list(wanted: { before: number | null; limit: number }): Promise<{ items: LinkageRun[]; next: number | null }>;
  /** One that links no more, so that what it linked is all there. Problem 409 `linkage_running`. */
  over(id: string): Promise<LinkageRun>;
  /** Problem 409 `linkage_not_running`. */
  cancel(id: string): Promise<LinkageRun>;
  /** Waits for the end of one that runs. */
  ended(): Promise<void>;
  close(): Promise<void>;
}

export interface LinkageRunsParts extends LinkWriterParts {
  reviews: Reviews;
  engine: LinkageEngine;
  defaults: { automaticFrom: number | null; reviewFrom: number };
  /** For the operator's log: names no customer. */
  onTrouble: (message: string) => void;
}

interface Running {
  run: LinkageRun;
  cancel: () => void;
  ended: Promise<void>;
}

export function linkageRuns(parts: LinkageRunsParts): LinkageRuns {
  const { reviews, now } = parts;
  let running: Running | null = null;
  const byId = async (id: string): Promise<LinkageRun> => {
    const run = running?.run.id === id ? running.run : await reviews.run(id);
    if (run !== null) return { ...run };
    throw new Problem(404, "linkage_run_not_found", "There is no linkage run of this id.", {
      hint: "List them with: GET /api/identity/linkage/runs",
    });
  };
  const current = (): Running | null => running;
  return {
    start: async ({ by, automaticFrom = parts.defaults.automaticFrom }) => {
      if (running !== null) throw isRunning(running.run);
      const run = newRun(`lr_${parts.newId()}`, by, now(), { ...parts.defaults, automaticFrom });
      const made: Running = { run, cancel: () => undefined, ended: Promise.resolve() };
      running = made;
      try {
        await reviews.putRun(run);
      } catch (error) {
        running = null;
        throw error;
      }
      made.ended = work(made, parts).finally(() => {
        running = null;
      });
      return { ...run };
    },
    run: byId,
    over: async (id) => {
      const run = await byId(id);
      const now_ = current();
      if (now_?.run.id === run.id) throw isRunning(now_.run);
      return run;
    },
    list: async ({ before, limit }) => {
      const found = await reviews.runs({ before, limit: limit + 1 });
      const page = found.slice(0, limit);
      const items = page.map((run) => ({ ...(running?.run.id === run.id ? running.run : run) }));
      return { items, next: found.length > page.length ? (page.at(-1)?.startedAt ?? null) : null };
    },
    cancel: async (id) => {
      const run = await byId(id);
      const now_ = current();
      if (now_?.run.id !== run.id) {
        throw new Problem(409, "linkage_not_running", `This linkage is over: ${run.state}.`);
      }
      now_.cancel();
      await now_.ended;
      return byId(id);
    },
    ended: async () => {
      await current()?.ended;
    },
    close: async () => {
      const last = current();
      last?.cancel();
      await last?.ended;
    },
  };
}

function isRunning({ id }: LinkageRun): Problem {
  return new Problem(409, "linkage_running", `Linkage ${id} is running.`, {
    hint: "Wait for it, or cancel it: POST /api/identity/linkage/runs/{id}/cancel",
  });
}

function newRun(id: string, by: string, startedAt: number, thresholds: LinkageRunsParts["defaults"]): LinkageRun {
  const nothingYet = { stage: "following", part: 0, records: 0, comparedPairs: 0, offered: 0, linked: 0 };
  return { id, state: "running", startedAt, endedAt: null, by, ...thresholds, ...nothingYet, model: null, error: null };
}

async function work(running: Running, parts: LinkageRunsParts): Promise<void> {
  const { run } = running;
  const { reviews, now } = parts;
  try {
    await linkAll(running, parts);
    await reviews.dropOlder(run.startedAt);
    run.state = "done";
  } catch (error) {
    const isCancelled = error instanceof Problem && error.code === "linkage_cancelled";
    run.state = isCancelled ? "cancelled" : "failed";
    run.error = isCancelled ? null : told(error);
    if (!isCancelled) parts.onTrouble(`linkage ${run.id} failed: ${told(error)}`);
  }
  run.endedAt = now();
  try {
    await reviews.putRun(run);
  } catch {
    parts.onTrouble(`the end of linkage ${run.id} could not be kept`);
  }
}

async function linkAll(running: Running, parts: LinkageRunsParts): Promise<void> {
  const { run } = running;
  const { reviews, now } = parts;
  let isCancelled = false;
  running.cancel = () => {
    isCancelled = true;
  };
  await reviews.caughtUp();
  if (isCancelled) throw new Problem(409, "linkage_cancelled", "The linkage was cancelled.");
  const links = linkWriter(parts);
  const taken: Taken = { offered: 0, linked: 0 };
  const working = parts.engine.run(
    { leastProbability: Math.min(run.reviewFrom, run.automaticFrom ?? 1), model: null },
    {
      progress: (stage, part) => {
        run.stage = stage;
        run.part = part;
      },
      learned: async ({ document, records, comparedPairs }) => {
        Object.assign(run, { records, comparedPairs, stage: "offering", part: 0 });
        run.model = await reviews.keepModel({ run: run.id, madeAt: now(), document });
      },
      found: async (pairs) => {
        const wantsMore = await takeFound(pairs, run, taken, { reviews, links, now });
        Object.assign(run, taken);
        return wantsMore;
      },
    },
  );
  running.cancel = working.cancel;
  await working.ended;
}

/** An error that was not foreseen could name a customer. */
function told(error: unknown): string {
  return error instanceof Problem ? error.message : "It failed for a reason that was not foreseen; see the log.";
}
