import type { EventBufferReader, StoredRecord } from "../buffer/eventBuffer.ts";
import { Problem } from "../model/problem.ts";
import type { Position } from "../model/position.ts";
import type { IdentityAndProfiles } from "../storage/identityAndProfiles.ts";
import { createPipeline, type BatchOutcome, type PipelineParts } from "./pipeline.ts";

/** Larger batches share look-ups and commits; these bound the memory of one, and how long readers see it coming. */
const maxBatchRecords = 5_000;
const maxBatchBytes = 16 << 20;
const firstRetryMs = 100;
const maxRetryMs = 10_000;

export interface LoopParts extends PipelineParts {
  log: EventBufferReader;
  store: IdentityAndProfiles;
  onDecided: (position: Position, records: number, outcome: BatchOutcome) => void;
  /** A failure that is retried, such as a full disk. The message holds no event's content. */
  onTrouble: (error: unknown) => void;
  sleep: (ms: number) => Promise<void>;
}

export interface IngestionLoop {
  /** Decides everything up to `end`, in order; resolves when it is done or stopped. One run at a time. */
  run(end: Position): Promise<void>;
  stop(): void;
}

/**
 * Drives the pipeline along the log. A batch that cannot be decided because of one record is halved until that record
 * stands alone, and that one is refused with a recorded reason; trouble with the store is retried for ever, because
 * the log still holds everything.
 */
export async function createIngestionLoop(parts: LoopParts): Promise<IngestionLoop> {
  const decideRecords = createPipeline(parts);
  let at = await parts.store.position();
  let stopped = false;

  async function decide(records: readonly StoredRecord[], next: Position): Promise<void> {
    for (let retryMs = firstRetryMs; !stopped; retryMs = Math.min(retryMs * 2, maxRetryMs)) {
      try {
        const outcome = await decideRecords(records, next);
        parts.onDecided(next, records.length, outcome);
        return;
      } catch (error) {
        // The decision may stand although what came after it failed: then it must not be made again.
        if ((await positionOrNull(parts.store)) === next) {
          parts.onDecided(next, records.length, { processed: 0, rejected: 0, duplicates: 0, joined: 0, joins: [] });
          return;
        }
        parts.onTrouble(error);
        if (!isStoreTrouble(error)) return decideApart(records, next);
        await parts.sleep(retryMs);
      }
    }
  }

  async function decideApart(records: readonly StoredRecord[], next: Position): Promise<void> {
    if (records.length <= 1) return decide(records.map(unprocessable), next);
    const half = records.length >> 1;
    await decide(records.slice(0, half), (records[half] as StoredRecord).position);
    await decide(records.slice(half), next);
  }

  return {
    run: async (end) => {
      while (!stopped && at < end) {
        const { records, next } = await parts.log.read(at, end, maxBatchRecords, maxBatchBytes);
        if (next <= at) return;
        await decide(records, next);
        at = next;
      }
    },
    stop: () => {
      stopped = true;
    },
  };
}

/** An empty payload cannot be read, so `validate` refuses it: the event itself stays in the log as it was. */
function unprocessable(record: StoredRecord): StoredRecord {
  return { ...record, payload: new Uint8Array(0) };
}

async function positionOrNull(store: IdentityAndProfiles): Promise<Position | null> {
  try {
    return await store.position();
  } catch {
    return null;
  }
}

/** Errors of SQLite, LevelDB and the file system carry a code; what an event's content provokes is a plain error. */
function isStoreTrouble(error: unknown): boolean {
  if (error instanceof Problem) return false;
  return error instanceof Error && "code" in error && typeof error.code === "string" && !(error instanceof TypeError);
}
