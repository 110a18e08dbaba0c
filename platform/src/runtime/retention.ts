import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { declareBase } from "../adapters/embedded/base/makeBase.ts";
import { firstSegmentOf, hasBase, readBase, type Base } from "../adapters/embedded/base/manifest.ts";
import type { EmbeddedArchiving } from "../adapters/embedded/archiving/client.ts";
import type { PastSegment } from "../adapters/embedded/eventLog/pastSegments.ts";
import { listSegments } from "../adapters/embedded/eventLog/segmentFiles.ts";
import type { BufferRecord } from "../buffer/eventBuffer.ts";
import { fragmentKey } from "../model/fragment.ts";
import { fragmentIdOf, messageKeyOf, type KeyedHash } from "../model/keyedHash.ts";
import { encodeRecord } from "../model/logRecord.ts";
import { position, segmentOf, type Position } from "../model/position.ts";
import { retentionRecordOf, retentionSource, type KeptNoLonger } from "../model/retention.ts";
import type { BaseThreadData, FromBase } from "./baseMessages.ts";

/** Said to be kept no longer at a time: deciding it takes some tenths of a second. */
const sliceRecords = 5_000;
/** Of the time, others have so much more; while much waits to be decided, a thirtieth is left. */
const restFactor = 4;
const busyRestFactor = 29;
const defaultPollMs = 600_000;
const retryDelayMs = 60_000;
/** Each deletion copies the state: there is one a day, and more often only where events are kept for less than ten. */
const longestPauseMs = 86_400_000;
const pausesPerAge = 10;
const copyBytesPerS = 16 << 20;

export interface RetentionParts {
  readonly paths: { log: string; state: string; base: string };
  readonly hashKey: Uint8Array;
  readonly hash: KeyedHash;
  /** Events received longer ago are deleted; null: none is. */
  readonly deleteAfterMs: number | null;
  /** So much is left free on the disk. */
  readonly minFreeBytes: number;
  readonly archiving: Pick<EmbeddedArchiving, "wholly" | "removeBefore">;
  readonly ingestion: { removeMessages(segment: number): Promise<void> };
  readonly append: (records: readonly BufferRecord[]) => Promise<Position[]>;
  /** Resolves when all that is durable by now is decided. */
  readonly decided: () => Promise<void>;
  readonly keptFrom: () => Position;
  readonly isBusy: () => boolean;
  /** Runs `work` while no backup is being made, and none begins. */
  readonly withoutBackup: <T>(work: () => Promise<T>) => Promise<T>;
  /** UTC ms. */
  readonly now: () => number;
  /** It is tried again. No personal data in it. */
  readonly onTrouble: (message: string) => void;
  readonly pollMs?: number;
}

export interface Retention {
  /** Breaks off what is under way; the next start goes on with it. */
  close(): Promise<void>;
}

/**
 * Deletes what was received too long ago, in an order of which every beginning is a whole state:
 *
 * 1. The log is told which records are kept no longer, some thousands at a time. From that decision on their fates are
 *    gone, and who copies the state needs none of them.
 * 2. A copy of the state is made the base: durable, examined, and named by one rename.
 * 3. What is known of their messages goes from the index, then the segments, the first one first.
 *
 * SQL and timelines follow the first by themselves. Ends before its time, it goes on where it was.
 */
export function startRetention(parts: RetentionParts): Retention {
  const closing = new AbortController();
  const { signal } = closing;
  const rest = (ms: number): Promise<void> => sleep(ms, undefined, { signal, ref: false });
  const ended = new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
  ended.catch(() => undefined);
  const steps: Steps = { parts, signal, rest, orEnded: (work) => Promise.race([work, ended]) };

  async function run(): Promise<void> {
    while (!signal.aborted) {
      let pauseMs = parts.pollMs ?? defaultPollMs;
      try {
        await mendBase(steps);
        await removeBeforeBase(steps);
        if (parts.deleteAfterMs === null) return;
        if (isDue(parts, parts.deleteAfterMs)) await deleteBefore(steps, parts.now() - parts.deleteAfterMs);
      } catch (error) {
        if (signal.aborted) return;
        parts.onTrouble(`deleting old events failed: ${messageOf(error)}; it is tried again`);
        pauseMs = Math.min(pauseMs, retryDelayMs);
      }
      await rest(pauseMs).catch(() => undefined);
    }
  }

  const done = run();
  return {
    close: async () => {
      closing.abort();
      await done;
    },
  };
}

interface Steps {
  parts: RetentionParts;
  signal: AbortSignal;
  rest: (ms: number) => Promise<void>;
  /** Of what may take long: rejects once all is to end. */
  orEnded: <T>(work: Promise<T>) => Promise<T>;
}

function isDue({ paths, now }: RetentionParts, deleteAfterMs: number): boolean {
  const base = readBase(paths.base);
  const pauseMs = Math.min(longestPauseMs, deleteAfterMs / pausesPerAge);
  return base === null || Date.parse(base.madeAt) <= now() - pauseMs;
}

async function deleteBefore(steps: Steps, before: number): Promise<void> {
  const { parts, signal, orEnded } = steps;
  const past = await orEnded(parts.archiving.wholly(before));
  for (const segment of past) await keepNoLonger(steps, segment);
  const [first = 0] = await listSegments(parts.paths.log);
  if (segmentOf(parts.keptFrom()) <= first) return;
  const base = await copiedState(parts, signal);
  await removeMessages(steps, firstSegmentOf(base));
  const give = async (): Promise<void> => {
    signal.throwIfAborted();
    await declareBase(parts.paths.base, base);
    await parts.archiving.removeBefore(firstSegmentOf(base));
  };
  await orEnded(parts.withoutBackup(give));
}

/** The live state has all that a base that is damaged had: it is made again of that. */
async function mendBase({ parts, signal, orEnded }: Steps): Promise<void> {
  const [first = 0] = await listSegments(parts.paths.log);
  if (first === 0 || hasBase(parts.paths.base)) return;
  const base = await copiedState(parts, signal);
  await orEnded(parts.withoutBackup(() => declareBase(parts.paths.base, base)));
}

/** What a run that ended early had left to do. */
async function removeBeforeBase(steps: Steps): Promise<void> {
  const { parts, signal, orEnded } = steps;
  const wanted = firstSegmentOf(readBase(parts.paths.base));
  const [first = wanted] = await listSegments(parts.paths.log);
  if (first >= wanted) return;
  await removeMessages(steps, wanted);
  const remove = async (): Promise<void> => {
    signal.throwIfAborted();
    await parts.archiving.removeBefore(wanted);
  };
  await orEnded(parts.withoutBackup(remove));
}

async function removeMessages({ parts, signal, orEnded }: Steps, before: number): Promise<void> {
  for (const segment of await listSegments(parts.paths.log)) {
    if (segment >= before) return;
    signal.throwIfAborted();
    await orEnded(parts.ingestion.removeMessages(segment));
  }
}

async function keepNoLonger({ parts, signal, rest, orEnded }: Steps, { segment, records }: PastSegment): Promise<void> {
  for (let from = parts.keptFrom(); segmentOf(from) <= segment;) {
    signal.throwIfAborted();
    if (segmentOf(from) < segment) throw new Error("a segment in between is missing");
    const startedAt = performance.now();
    await orEnded(say(parts, nextSlice(from, segment, records)));
    const next = parts.keptFrom();
    if (next <= from) throw new Error("what was said of the log's beginning was not decided");
    from = next;
    await rest((performance.now() - startedAt) * (parts.isBusy() ? busyRestFactor : restFactor));
  }
}

/** `from` lies in the segment. */
function nextSlice(from: Position, segment: number, records: number): KeptNoLonger {
  const last = position(segment, 0) + records;
  const end = Math.min(from + sliceRecords, last);
  return { from, end, until: end === last ? position(segment + 1, 0) : end };
}

async function say({ append, decided, hash, now }: RetentionParts, what: KeptNoLonger): Promise<void> {
  const record = retentionRecordOf(what, now());
  await append([
    {
      fragment: fragmentIdOf(hash, fragmentKey([], retentionSource)),
      message: messageKeyOf(hash, retentionSource, record.messageId),
      payload: encodeRecord(record),
    },
  ]);
  await decided();
}

/** In a thread of its own. */
async function copiedState({ paths, hashKey, minFreeBytes }: RetentionParts, signal: AbortSignal): Promise<Base> {
  const data: BaseThreadData = {
    stateFile: paths.state,
    directory: paths.base,
    hashKey,
    bytesPerS: copyBytesPerS,
    minFreeBytes,
  };
  const worker = new Worker(new URL("./baseThread.ts", import.meta.url), { workerData: data, name: "base" });
  const made = Promise.withResolvers<Base>();
  const stop = (): void => void worker.terminate();
  signal.addEventListener("abort", stop);
  worker.on("message", (message: FromBase) => {
    if (message.kind === "done") made.resolve(message.base);
    else made.reject(new RetentionFailure(message.message));
  });
  worker.on("error", () => made.reject(new RetentionFailure("a copy of the state could not be made")));
  worker.on("exit", () => made.reject(new RetentionFailure("the copy of the state was broken off")));
  try {
    return await made.promise;
  } finally {
    signal.removeEventListener("abort", stop);
    await worker.terminate();
  }
}

class RetentionFailure extends Error {}

/** Files' errors name paths and codes; whatever else it is, only its kind is told. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  if (error instanceof RetentionFailure || error.name === "Problem") return error.message;
  return "code" in error ? String(error.code) : error.name;
}
