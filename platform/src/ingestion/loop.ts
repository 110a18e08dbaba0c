import type { EventBufferReader, StoredRecord } from "../buffer/eventBuffer.ts";
import { isCall, maxMessageIdLength, type LogRecord, type RejectedCall } from "../model/event.ts";
import { decodeRecord, encodeRecord, isDecidedAlone } from "../model/logRecord.ts";
import { Problem } from "../model/problem.ts";
import type { Position } from "../model/position.ts";
import { decidedElsewhere, isDecidedElsewhere } from "../storage/decidedElsewhere.ts";
import { StateForbidden } from "../storage/stateForbidden.ts";
import type { IdentityAndProfiles } from "../storage/identityAndProfiles.ts";
import { batchSize } from "./batchSize.ts";
import { createPipeline, type BatchOutcome, type PipelineParts } from "./pipeline.ts";
import { TooMuchAtOnce } from "./tenancies/handOver.ts";
import { regroupingStopped } from "./regroup/regrouping.ts";

/** Bounds the memory of a batch. */
const maxBatchBytes = 48 << 20;
const firstRetryMs = 100;
const maxRetryMs = 10_000;

export interface LoopParts extends PipelineParts {
  log: EventBufferReader;
  store: IdentityAndProfiles;
  /** What may wait to be decided before senders are told to wait; none: any number. */
  maxPendingRecords?: number;
  onDecided: (position: Position, records: number, outcome: BatchOutcome) => void;
  /** A failure that is retried, such as a full disk. The message holds no event's content. */
  onTrouble: (error: unknown) => void;
  sleep: (ms: number) => Promise<void>;
}

export interface IngestionLoop {
  /**
   * Decides everything up to `end`, in order; resolves when it is done or stopped. One run at a time. Rejects with
   * Problem `decided_elsewhere` when another writer has the state, `record_newer` at a record of a newer program;
   * with {@link StateForbidden}.
   */
  run(end: Position): Promise<void>;
  /** Where it goes on: everything before is decided. */
  position(): Position;
  stop(): void;
}

/**
 * Drives the pipeline along the log. A batch that cannot be decided because of one record is halved until that record
 * stands alone, and that one is refused with a recorded reason; trouble with the store is retried for ever, because
 * the log still holds everything. A decision that stands is never made again, whatever came after it.
 */
export async function createIngestionLoop(parts: LoopParts): Promise<IngestionLoop> {
  let at = await parts.store.position();
  /** What the next decision builds on. */
  let decidedUntil = at;
  let stopped = false;
  const pipeline = createPipeline({ ...parts, isStopped: () => stopped });
  const size = batchSize(parts.maxPendingRecords);

  /** Null when it was stopped before the store could tell. Problem `decided_elsewhere` where another one has decided. */
  async function stands(next: Position): Promise<boolean | null> {
    const now = await positionOf(parts, () => stopped);
    if (now === null) return null;
    if (now === next) return true;
    if (now !== decidedUntil) throw decidedElsewhere();
    return false;
  }

  /** `isRefusal`: of a single record, which cannot be taken apart any more. */
  async function decide(records: readonly StoredRecord[], next: Position, isRefusal = false): Promise<void> {
    let isDecided: boolean | null = false;
    for (let retryMs = firstRetryMs; !stopped; retryMs = Math.min(retryMs * 2, maxRetryMs)) {
      try {
        const outcome = await (isDecided ? pipeline.follow() : pipeline.decide(records, next));
        decidedUntil = next;
        parts.onDecided(next, records.length, outcome);
        return;
      } catch (error) {
        if (stopped && error instanceof Problem && error.code === regroupingStopped) return;
        if (!(error instanceof TooMuchAtOnce)) parts.onTrouble(error);
        if (isFinal(error)) throw error;
        isDecided ||= await stands(next);
        if (isDecided === null) return;
        if (!isDecided && !isRefusal && !isStoreTrouble(error)) return decideApart(records, next);
        await parts.sleep(retryMs);
      }
    }
  }

  async function decideApart(records: readonly StoredRecord[], next: Position): Promise<void> {
    if (records.length <= 1) return decide(records.map(unprocessable), next, true);
    const half = records.length >> 1;
    await decide(records.slice(0, half), (records[half] as StoredRecord).position);
    await decide(records.slice(half), next);
  }

  return {
    run: async (end) => {
      while (!stopped && at < end) {
        const startedAt = parts.now();
        const { records, next } = await parts.log.read(at, end, size.most(), maxBatchBytes);
        if (next <= at) return;
        for (const part of partedAtThoseAlone(records, next)) {
          await decide(part.records, part.next);
          if (stopped) return;
          at = part.next;
        }
        size.decided(records.length, parts.now() - startedAt);
      }
    },
    position: () => at,
    stop: () => {
      stopped = true;
    },
  };
}

/** Asks until the store can tell; null when it was stopped before. Rejects where asking again would not help. */
async function positionOf(
  { store, onTrouble, sleep }: Pick<LoopParts, "store" | "onTrouble" | "sleep">,
  isStopped: () => boolean,
): Promise<Position | null> {
  for (let retryMs = firstRetryMs; !isStopped(); retryMs = Math.min(retryMs * 2, maxRetryMs)) {
    try {
      return await store.position();
    } catch (error) {
      onTrouble(error);
      if (isFinal(error)) throw error;
      await sleep(retryMs);
    }
  }
  return null;
}

/** What comes before a change of rules, or of what is kept, is decided by the old ones, what comes after it by the new ones. */
function partedAtThoseAlone(
  records: readonly StoredRecord[],
  next: Position,
): { records: StoredRecord[]; next: Position }[] {
  const parts: StoredRecord[][] = [];
  let wasAlone = true;
  for (const record of records) {
    const isAlone = isDecidedAlone(record.payload);
    if (isAlone || wasAlone) parts.push([record]);
    else parts.at(-1)?.push(record);
    wasAlone = isAlone;
  }
  if (parts.length === 0) parts.push([]);
  return parts.map((part, index) => ({ records: part, next: parts[index + 1]?.[0]?.position ?? next }));
}

/**
 * In its place for the pipeline only: the event itself stays in the log as it was. Nothing of it that could be what is
 * wrong is taken over.
 */
function unprocessable(record: StoredRecord): StoredRecord {
  let read: LogRecord;
  try {
    read = decodeRecord(record.payload);
  } catch {
    return record;
  }
  const refusal: RejectedCall = {
    status: "rejected",
    source: nameOr(read.source),
    // No source sent what people and linkages say; a refusal of it is read only beside the record itself.
    sourceKind: isCall(read) ? read.sourceKind : "crm",
    messageId: nameOr(read.messageId),
    receivedAt: read.receivedAt,
    reason: { code: "record_unprocessable", message: "this event was accepted, but it cannot be processed" },
    body: "",
  };
  return { ...record, payload: encodeRecord(refusal) };
}

/** Empty for what is no name: a record of another program may hold anything. */
function nameOr(given: unknown): string {
  return typeof given === "string" && given.length <= maxMessageIdLength ? given : "";
}

/**
 * Errors of stores and of the file system carry a code as text; what an event's content provokes is a plain error, or
 * a Problem where a store refuses it.
 */
function isStoreTrouble(error: unknown): boolean {
  if (error instanceof Problem || error instanceof TypeError || error instanceof RangeError) return false;
  return error instanceof Error && "code" in error && typeof error.code === "string";
}

/**
 * Another writer has the state, a newer program has written to the log, or the state may not be used: trying again would
 * not help.
 */
function isFinal(error: unknown): boolean {
  if (error instanceof StateForbidden) return true;
  return isDecidedElsewhere(error) || (error instanceof Problem && error.code === "record_newer");
}
