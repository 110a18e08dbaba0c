import type { DuckDBConnection } from "@duckdb/node-api";
import type { EventBufferReader, StoredRecord } from "../../../buffer/eventBuffer.ts";
import type { Position } from "../../../model/position.ts";
import type { Decided } from "../../../storage/followed.ts";
import { transaction } from "./engine.ts";
import { type EventBatchSettings, insertEvents, mendedRecords } from "./eventBatch.ts";
import { replaceChanged } from "./feedBatch.ts";

const maxBatchRecords = 10_000;
const maxBatchBytes = 16 * 1_048_576;
/** Entries of one stretch of the feed; the distinct ids among them are replaced together. */
const maxFeedEntries = 20_000;
/**
 * While events wait, the feed is followed at most this often, so that a busy profile is written once for many events,
 * and it takes at most a quarter of the time: under a load that lasts, composing profiles gives way to deciding events.
 */
const feedCadenceMs = 500;
const feedRestFactor = 3;

export interface Progress {
  position: Position;
  feedVersion: number;
  /** UTC ms: what was received by then and decided is here. */
  asOf: number;
}

export interface FollowerParts {
  writer: DuckDBConnection;
  log: EventBufferReader;
  decided: Decided;
  events: EventBatchSettings;
  /** UTC ms. */
  now: () => number;
}

/** Follows the log and the feed in order; each step is one transaction with the progress it makes. */
export interface Follower {
  /** One batch of events, or of the feed; false when there was nothing to do. After a throw nothing has changed. */
  step(): Promise<boolean>;
  progress(): Progress;
  /** Records that could not be stored as rows, since the start. */
  unreadable(): number;
}

export async function openFollower(parts: FollowerParts): Promise<Follower> {
  const { writer, log, decided, now } = parts;
  let progress = await readProgress(writer);
  let unreadable = 0;
  let nextFeedAt = Number.NEGATIVE_INFINITY;
  /** What was decided at some moment: once followed, answers hold everything up to that moment. */
  let goal: Progress | null = null;

  async function followEvents(until: Position): Promise<boolean> {
    const { records, next } = await log.read(progress.position, until, maxBatchRecords, maxBatchBytes);
    if (next <= progress.position) return false;
    const skipped = decided.notProcessed(progress.position, next);
    const processed = records.filter((record) => !skipped.has(record.position));
    const advanced = { ...progress, position: next };
    try {
      unreadable += await commitRows(parts, processed, advanced);
    } catch (error) {
      const stored = await readProgress(writer).catch(() => progress);
      progress = { ...stored, asOf: progress.asOf };
      throw error;
    }
    progress = advanced;
    return true;
  }

  async function followFeed(knownVersion: number): Promise<boolean> {
    const entries = decided.feed(progress.feedVersion, maxFeedEntries);
    const last = entries.at(-1)?.version ?? progress.feedVersion;
    const feedVersion = entries.length < maxFeedEntries ? Math.max(last, knownVersion) : last;
    if (feedVersion === progress.feedVersion) return false;
    const advanced = { ...progress, feedVersion };
    await transaction(writer, async () => {
      await replaceChanged(writer, entries, decided, parts.events.stageDirectory);
      await writeProgress(writer, advanced);
    });
    progress = advanced;
    return true;
  }

  return {
    progress: () => progress,
    unreadable: () => unreadable,
    async step() {
      const at = now();
      const head = decided.head();
      goal ??= { ...head, asOf: at };
      if (progress.position >= goal.position && progress.feedVersion >= goal.feedVersion) {
        progress = { ...progress, asOf: Math.max(progress.asOf, goal.asOf) };
        goal = { ...head, asOf: at };
      }
      const [eventsWait, feedWaits] = [progress.position < head.position, progress.feedVersion < head.feedVersion];
      if (eventsWait && !(feedWaits && at >= nextFeedAt) && (await followEvents(head.position))) {
        return true;
      }
      if (feedWaits) {
        const followed = await followFeed(head.feedVersion);
        nextFeedAt = restUntil(at, now());
        if (followed) return true;
      }
      if (!eventsWait && !feedWaits) progress = { ...progress, asOf: Math.max(progress.asOf, at) };
      return false;
    },
  };
}

/** In one transaction with the progress; gives how many rows were left out because nobody can read them. */
async function commitRows(parts: FollowerParts, rows: readonly StoredRecord[], advanced: Progress): Promise<number> {
  const { writer } = parts;
  const commit = (some: readonly StoredRecord[]): Promise<void> =>
    transaction(writer, async () => {
      await insertEvents(writer, some, parts.events);
      await writeProgress(writer, advanced);
    });
  try {
    await commit(rows);
    return 0;
  } catch (error) {
    // The transaction may stand although its answer was lost: then these rows are there.
    const stored = await readProgress(writer).catch(() => null);
    if (stored !== null && stored.position >= advanced.position) return 0;
    const mended = mendedRecords(rows);
    // A batch fails for its content or for the disk; only content is mended by leaving out what cannot be read.
    await commit(mended).catch(() => Promise.reject(error));
    return rows.length - mended.length;
  }
}

function restUntil(startedAt: number, endedAt: number): number {
  return endedAt + Math.max(feedCadenceMs, feedRestFactor * (endedAt - startedAt));
}

async function readProgress(writer: DuckDBConnection): Promise<Progress> {
  const found = await writer.runAndReadAll("SELECT position, feed_version, as_of FROM store.progress");
  const [position, feedVersion, asOf] = found.getRows()[0] ?? [];
  return { position: Number(position), feedVersion: Number(feedVersion), asOf: Number(asOf) };
}

async function writeProgress(writer: DuckDBConnection, progress: Progress): Promise<void> {
  await writer.run(
    `UPDATE store.progress SET position = ${progress.position}, feed_version = ${progress.feedVersion},
      as_of = ${Math.floor(progress.asOf)}`,
  );
}
