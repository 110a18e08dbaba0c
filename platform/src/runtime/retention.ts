import { setTimeout as sleep } from "node:timers/promises";
import { declareBase } from "../adapters/embedded/base/makeBase.ts";
import { firstSegmentOf, hasBase, readBase } from "../adapters/embedded/base/manifest.ts";
import { baseFault } from "../adapters/embedded/base/takeBase.ts";
import type { EmbeddedArchiving } from "../adapters/embedded/archiving/client.ts";
import { paceOf } from "../adapters/embedded/backup/copyFile.ts";
import type { Deciding } from "../adapters/embedded/pace.ts";
import type { PastSegment } from "../adapters/embedded/eventLog/pastSegments.ts";
import { listSegments } from "../adapters/embedded/eventLog/segmentFiles.ts";
import type { BufferRecord } from "../buffer/eventBuffer.ts";
import { fragmentKey } from "../model/fragment.ts";
import { fragmentIdOf, messageKeyOf, type KeyedHash } from "../model/keyedHash.ts";
import { encodeRecord } from "../model/logRecord.ts";
import { position, segmentOf, type Position } from "../model/position.ts";
import { retentionRecordOf, retentionSource, type KeptNoLonger } from "../model/retention.ts";
import type { BaseThreadData } from "./baseMessages.ts";
import { copiedState, CopyRefused, mustHaveRoom } from "./copiedState.ts";

/** Said to be kept no longer at a time: deciding it takes some tenths of a second. */
const sliceRecords = 5_000;
/** Of the time, others have so much more; while much waits to be decided, a thirtieth is left. */
const restFactor = 4;
const busyRestFactor = 29;
const defaultPollMs = 600_000;
const retryDelayMs = 60_000;
/** Each try reads all of the state. */
const refusedCopyDelayMs = 3_600_000;
/** A step that waited for a machine that slept, or for a disk, is not made up for by as many times of it. */
const longestRestMs = 60_000;
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
  readonly deciding: () => Deciding;
  /** Runs `work` while no backup is being made, and none begins. */
  readonly withoutBackup: <T>(work: () => Promise<T>) => Promise<T>;
  /** UTC ms, as the machine says: how often is looked. */
  readonly now: () => number;
  /** UTC ms, not ahead of the time that is, whatever the machine says: what is too old. See `trustedClock`. */
  readonly trustedNow: () => number;
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
        if (isDue(parts, parts.deleteAfterMs)) await deleteBefore(steps, parts.trustedNow() - parts.deleteAfterMs);
      } catch (error) {
        if (signal.aborted) return;
        parts.onTrouble(`deleting old events failed: ${messageOf(error)}; it is tried again`);
        pauseMs = error instanceof CopyRefused ? refusedCopyDelayMs : Math.min(pauseMs, retryDelayMs);
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
  if (base === null) return true;
  const madeAt = Date.parse(base.madeAt);
  // Made under a clock that was ahead, it would hold up every deletion until then.
  return madeAt <= now() - pauseMs || madeAt > now();
}

async function deleteBefore(steps: Steps, before: number): Promise<void> {
  const { parts, signal, orEnded } = steps;
  const past = await orEnded(parts.archiving.wholly(before));
  const [first = 0] = await listSegments(parts.paths.log);
  // Before the first word of it: what is said to be kept no longer cannot be taken back.
  if (past.length > 0 || segmentOf(parts.keptFrom()) > first) mustHaveRoom(copyOf(parts));
  for (const segment of past) await keepNoLonger(steps, segment);
  if (segmentOf(parts.keptFrom()) <= first) return;
  const base = await copiedState(copyOf(parts), signal);
  await removeMessages(steps, firstSegmentOf(base));
  const give = async (): Promise<void> => {
    signal.throwIfAborted();
    await declareBase(parts.paths.base, base);
    await parts.archiving.removeBefore(firstSegmentOf(base));
  };
  await orEnded(parts.withoutBackup(give));
}

/** The live state has all that a base had that is lost, damaged or of an earlier beginning: it is made again of that. */
async function mendBase(steps: Steps): Promise<void> {
  const { paths } = steps.parts;
  const [first = 0] = await listSegments(paths.log);
  if (first > 0 && (!hasBase(paths.base) || first > firstSegmentOf(readBase(paths.base)))) await makeBaseAnew(steps);
}

async function makeBaseAnew({ parts, signal, orEnded }: Steps): Promise<void> {
  const base = await copiedState(copyOf(parts), signal);
  await orEnded(parts.withoutBackup(() => declareBase(parts.paths.base, base)));
}

/** What a run that ended early had left to do. Whatever happened to the base since, it has to stand for what goes. */
async function removeBeforeBase(steps: Steps): Promise<void> {
  const { parts, signal, orEnded } = steps;
  const base = readBase(parts.paths.base);
  const [first = 0] = await listSegments(parts.paths.log);
  if (base === null || first >= firstSegmentOf(base)) return;
  const fault = await orEnded(baseFault(parts.paths.base, base, paceOf(copyBytesPerS)));
  if (fault !== null) await makeBaseAnew(steps);
  const wanted = firstSegmentOf(readBase(parts.paths.base));
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
    const restMs = (performance.now() - startedAt) * (parts.deciding() !== "idle" ? busyRestFactor : restFactor);
    await rest(Math.min(restMs, longestRestMs));
  }
}

/** `from` lies in the segment. */
function nextSlice(from: Position, segment: number, records: number): KeptNoLonger {
  const last = position(segment, 0) + records;
  const end = Math.min(from + sliceRecords, last);
  return { from, end, until: end === last ? position(segment + 1, 0) : end };
}

async function say({ append, decided, hash, trustedNow }: RetentionParts, what: KeptNoLonger): Promise<void> {
  const record = retentionRecordOf(what, trustedNow());
  await append([
    {
      fragment: fragmentIdOf(hash, fragmentKey([], retentionSource)),
      message: messageKeyOf(hash, retentionSource, record.messageId),
      payload: encodeRecord(record),
    },
  ]);
  await decided();
}

function copyOf({ paths, hashKey, minFreeBytes }: RetentionParts): BaseThreadData {
  return { stateFile: paths.state, directory: paths.base, hashKey, bytesPerS: copyBytesPerS, minFreeBytes };
}

/** Files' errors name paths and codes; whatever else it is, only its kind is told. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  if (error instanceof CopyRefused || error.name === "Problem") return error.message;
  return "code" in error ? String(error.code) : error.name;
}
