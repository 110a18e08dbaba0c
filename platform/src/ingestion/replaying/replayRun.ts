import type { JsonObject, Rejection } from "../../model/event.ts";
import { messageKeyOf, type KeyedHash } from "../../model/keyedHash.ts";
import { Problem } from "../../model/problem.ts";
import type { Source } from "../../model/source.ts";
import type { Fates, KeptRejection } from "../../storage/fates.ts";
import type { ReplayJob } from "../../storage/replays.ts";
import type { Claims } from "./claims.ts";
import { prepare, type Prepared, type PrepareParts } from "./prepared.ts";
import type { ReplayWay } from "./replayedCall.ts";
import { addExample, countRefusal, type ReplayExample } from "./told.ts";
import type { Transformation } from "./transformation.ts";

/** Noted as under way together, and decided before the next ones. */
const pageCalls = 200;
/** Copies in memory at a time: each may be a mebibyte. */
const chunkCalls = 20;
const waitMs = 1_000;

export interface ReplayRunParts extends PrepareParts {
  fates: Fates;
  hash: KeyedHash;
  claims: Claims;
  /** Problem 404 where there is none. */
  sourceOf: (id: string) => Promise<Source>;
  submit: (source: Source, calls: readonly JsonObject[], as: ReplayWay) => Promise<unknown>;
  /** Resolves when everything that is durable by now is decided. */
  decided: () => Promise<void>;
  sleep: (ms: number) => Promise<void>;
}

export interface Replaying {
  job: ReplayJob;
  transformation: Transformation | null;
  /** Of a dry run, which sends nothing; else null. */
  examples: ReplayExample[] | null;
  signal: AbortSignal;
  /** Keeps the job as it is now; durable when it resolves. */
  note: () => Promise<void>;
}

/**
 * Goes through what a replay is of, from its cursor on, until it is through or stopped. Each page is noted before it is
 * sent and after it is decided, and only refusals that are open are sent: whoever goes on after a crash sends none twice.
 */
export async function runReplay(replaying: Replaying, parts: ReplayRunParts): Promise<void> {
  const { job, signal, note } = replaying;
  await parts.decided();
  await takeUp(job, parts);
  const source = await parts.sourceOf(job.of.source);
  for (;;) {
    const { rows, missing, next } = await nextPage(job, parts);
    if (next === null || signal.aborted) return;
    const page = await replayPage(rows, source, replaying, parts);
    // What was not sent is met again.
    if (!page.isWhole) return note();
    for (const reason of page.refusals) countRefusal(job, reason);
    job.skipped += page.skipped + missing;
    job.cursor = next;
    await note();
  }
}

/** After a crash: what was sent by then has been decided. */
async function takeUp(job: ReplayJob, { fates }: ReplayRunParts): Promise<void> {
  const states = await fates.statesAt(job.inFlight);
  job.accepted += states.filter((state) => state === "mended").length;
  job.refused += states.filter((state) => state === "replaced").length;
  job.inFlight = [];
}

interface WantedPage {
  rows: KeptRejection[];
  /** Named, and not open. */
  missing: number;
  /** Null where nothing is left. */
  next: number | null;
}

async function nextPage({ of, cursor, until }: ReplayJob, { fates, hash }: ReplayRunParts): Promise<WantedPage> {
  if ("cause" in of) {
    const rows = await fates.openIn({ cause: of.cause, from: cursor, until, limit: pageCalls });
    const last = rows.at(-1);
    return { rows, missing: 0, next: last === undefined ? null : last.position + 1 };
  }
  const ids = of.messageIds.slice(cursor, cursor + pageCalls);
  if (ids.length === 0) return { rows: [], missing: 0, next: null };
  const found = await Promise.all(ids.map((id) => fates.openRejectionOf(messageKeyOf(hash, of.source, id))));
  const rows = found.filter((row) => row !== null);
  return { rows, missing: ids.length - rows.length, next: cursor + ids.length };
}

interface PageOutcome {
  refusals: Rejection[];
  skipped: number;
  /** It was not stopped in the middle. */
  isWhole: boolean;
}

async function replayPage(
  rows: readonly KeptRejection[],
  source: Source,
  replaying: Replaying,
  parts: ReplayRunParts,
): Promise<PageOutcome> {
  if (replaying.examples !== null) return tryPage(rows, source, replaying, parts);
  const { job, note } = replaying;
  const claimed = rows.filter(({ messageKey }) => parts.claims.take(messageKey));
  try {
    // Who had one of them until now may have mended it.
    const states = await parts.fates.statesAt(claimed.map(({ position }) => position));
    const open = claimed.filter((_, index) => states[index] === "open");
    const outcome: PageOutcome = { refusals: [], skipped: rows.length - open.length, isWhole: true };
    job.inFlight = open.map(({ position }) => position);
    await note();
    const sent: KeptRejection[] = [];
    for (const chunk of chunksOf(open)) {
      const prepared = await prepare(chunk, source, replaying.transformation, parts);
      outcome.isWhole = await sendAll(prepared, source, { replaying, parts, sent });
      if (!outcome.isWhole) break;
      outcome.refusals.push(...prepared.flatMap(({ reason }) => reason ?? []));
    }
    await settle(sent, job, parts);
    return outcome;
  } finally {
    parts.claims.release(claimed.map(({ messageKey }) => messageKey));
  }
}

async function tryPage(
  rows: readonly KeptRejection[],
  source: Source,
  { job, transformation, examples, signal }: Replaying,
  parts: ReplayRunParts,
): Promise<PageOutcome> {
  const refusals: Rejection[] = [];
  for (const chunk of chunksOf(rows)) {
    if (signal.aborted) return { refusals, skipped: 0, isWhole: false };
    for (const each of await prepare(chunk, source, transformation, parts)) {
      if (each.reason === null) job.accepted += 1;
      else refusals.push(each.reason);
      if (examples !== null) addExample(examples, each);
    }
  }
  return { refusals, skipped: 0, isWhole: true };
}

function chunksOf<Row>(rows: readonly Row[]): Row[][] {
  const chunks: Row[][] = [];
  for (let from = 0; from < rows.length; from += chunkCalls) chunks.push(rows.slice(from, from + chunkCalls));
  return chunks;
}

/** False: it was stopped before all were sent. Adds to `sent` what was. */
async function sendAll(
  prepared: readonly Prepared[],
  source: Source,
  { replaying, parts, sent }: { replaying: Replaying; parts: ReplayRunParts; sent: KeptRejection[] },
): Promise<boolean> {
  for (const way of ["live", "import"] as const) {
    const good = prepared.filter((each) => each.way === way && each.reason === null);
    if (good.length === 0) continue;
    const calls = good.map(({ after }) => after).filter((call) => call !== null);
    if (!(await sendPatiently(() => parts.submit(source, calls, way), replaying, parts))) return false;
    sent.push(...good.map(({ row }) => row));
  }
  return !replaying.signal.aborted;
}

/** Waits while the platform takes nothing; false once it is stopped. */
async function sendPatiently(
  send: () => Promise<unknown>,
  { job, signal }: Replaying,
  { sleep }: ReplayRunParts,
): Promise<boolean> {
  while (!signal.aborted) {
    try {
      await send();
      job.problem = null;
      return true;
    } catch (error) {
      if (!(error instanceof Problem) || error.retryAfterSeconds === undefined) throw error;
      job.problem = { code: error.code, message: error.message, hint: "It goes on by itself." };
      await sleep(waitMs);
    }
  }
  return false;
}

/** What became of what was sent. */
async function settle(sent: readonly KeptRejection[], job: ReplayJob, parts: ReplayRunParts): Promise<void> {
  if (sent.length > 0) await parts.decided();
  const states = await parts.fates.statesAt(sent.map(({ position }) => position));
  for (const [index, row] of sent.entries()) {
    if (states[index] === "mended") {
      job.accepted += 1;
      continue;
    }
    const again = await parts.fates.openRejectionOf(row.messageKey);
    countRefusal(job, again?.reason ?? row.reason);
  }
  job.inFlight = [];
}
