import type { DuckDBConnection } from "@duckdb/node-api";
import type { EventBufferReader, StoredRecord } from "../../../buffer/eventBuffer.ts";
import { defaultIdentityRules, identifierOrder, rulesInForce } from "../../../identity/index.ts";
import type { Position } from "../../../model/position.ts";
import type { StoredRules } from "../../../storage/identityAndProfiles.ts";
import type { Decided } from "../../../storage/followed.ts";
import { knownAsOf } from "../asOf.ts";
import { transaction } from "./engine.ts";
import { quoted } from "./sqlText.ts";
import { type EventBatchSettings, insertEvents, mendedRecords } from "./eventBatch.ts";
import {
  type Coverage,
  feedCoverage,
  type FeedProgress,
  type FeedStep,
  nextFeedStep,
  nothingFollowed,
} from "../../../storage/followFeed.ts";
import { removeAll, replaceChanged } from "./feedBatch.ts";

const maxBatchRecords = 10_000;
const maxBatchBytes = 16 * 1_048_576;
/**
 * Entries of one stretch of the feed, and of a page of a full copy; the distinct ids among them are replaced together.
 */
const feedLimits = { entries: 20_000, copied: 5_000 };
/**
 * While events wait, the feed is followed at most this often, so that a busy profile is written once for many events,
 * and it takes at most a quarter of the time: under a load that lasts, composing profiles gives way to deciding events.
 */
const feedCadenceMs = 500;
const feedRestFactor = 3;

export interface Progress {
  position: Position;
  /** Everything that the feed says up to here is here; 0 while everything is being copied. */
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
  /** The progress, as of now where nothing waits: what an answer says that it holds. */
  current(): Progress;
  /** Whether as much waits as one step takes: a later one would not be larger. */
  hasWholeStep(): boolean;
  /** Of the feed, durably; null before the first step. What comes after its version is still needed. */
  followed(): FeedProgress | null;
  /** Records that could not be stored as rows, since the start. */
  unreadable(): number;
}

export async function openFollower(parts: FollowerParts): Promise<Follower> {
  const { writer, decided, now } = parts;
  const stored = await readProgress(writer);
  let progress = progressOf(stored);
  let followed = stored.feed;
  /** Whether the feed still is the one that was followed can only change between two runs. */
  let isFeedKnown = false;
  const coverage = feedCoverage();
  let [unreadable, nextFeedAt] = [0, Number.NEGATIVE_INFINITY];
  /** What was decided at some moment: once followed, answers hold everything up to that moment. */
  let goal: Progress | null = null;

  async function followEvents(until: Position): Promise<boolean> {
    // What is kept no longer may be gone from the log, too.
    const batch = await eventsAfter(Math.max(progress.position, decided.keptFrom()), until, parts);
    if (batch === null) return false;
    const advanced = { ...progress, position: batch.next };
    try {
      unreadable += await commitRows(batch.parts, batch.processed, advanced, followed);
    } catch (error) {
      const stored = await readProgress(writer).catch(() => null);
      if (stored !== null) progress = { ...progressOf(stored), asOf: progress.asOf };
      throw error;
    }
    progress = advanced;
    return true;
  }

  async function followFeed(): Promise<boolean> {
    const next = nextFeedStep(decided, followed, feedLimits);
    isFeedKnown = next?.startsOver !== true;
    if (next === null) return false;
    // Of what is being copied nothing can be said as of a time; `goal` is what it will hold in the end.
    const asOf = next.startsOver ? 0 : progress.asOf;
    progress = await applyFeedStep(parts, next, { coverage, reached: { ...progress, asOf, feed: next.progress } });
    followed = next.progress;
    isFeedKnown = true;
    return true;
  }

  const towards = (aim: Progress): Progress =>
    reaching(believed(progress, now()), isFeedKnown && followed.copied === null ? aim : null);

  return {
    progress: () => progress,
    current: () => (progress = towards({ asOf: now(), ...decided.head() })),
    hasWholeStep: () => isWholeStep(decided.head(), progress),
    followed: () => (followed.feed === "" ? null : followed),
    unreadable: () => unreadable,
    async step() {
      const [at, head] = [now(), decided.head()];
      const aim = { ...head, asOf: at };
      const reached = towards((goal ??= aim));
      if (reached !== progress) goal = aim;
      progress = reached;
      const eventsWait = progress.position < head.position;
      const feedWaits = !isFeedKnown || followed.copied !== null || progress.feedVersion < head.feedVersion;
      if (eventsWait && !(feedWaits && at >= nextFeedAt) && (await followEvents(head.position))) {
        return true;
      }
      if (feedWaits) {
        const didFollow = await followFeed();
        nextFeedAt = restUntil(at, now());
        if (didFollow) return true;
      }
      if (!eventsWait && !feedWaits) progress = { ...progress, asOf: Math.max(progress.asOf, at) };
      return false;
    },
  };
}

/** The same object where its time can be believed. */
function believed(progress: Progress, now: number): Progress {
  const asOf = knownAsOf(progress.asOf, now);
  return asOf === progress.asOf ? progress : { ...progress, asOf };
}

/** The progress, as of the aim's time once all of it is here; the same object before, and where there is no aim. */
function reaching(progress: Progress, aim: Progress | null): Progress {
  if (aim === null) return progress;
  const isReached = progress.position >= aim.position && progress.feedVersion >= aim.feedVersion;
  return isReached ? { ...progress, asOf: Math.max(progress.asOf, aim.asOf) } : progress;
}

/** The next batch of the log, of a stretch in which the same rules hold; null when there is none. */
async function eventsAfter(
  from: Position,
  until: Position,
  parts: FollowerParts,
): Promise<{ processed: StoredRecord[]; next: Position; parts: FollowerParts } | null> {
  const { log, decided } = parts;
  const held = decided.rulesAt(from);
  const { records, next } = await log.read(from, Math.min(until, held.until ?? until), maxBatchRecords, maxBatchBytes);
  if (next <= from) return null;
  const skipped = decided.notProcessed(from, next);
  const processed = records.filter((record) => !skipped.has(record.position));
  return { processed, next, parts: byRules(parts, held.rules) };
}

/** An event's row names the identifier that was surest when it was decided, whenever it is written. */
function byRules(parts: FollowerParts, published: StoredRules | null): FollowerParts {
  if (published === null) return parts;
  const order = identifierOrder(rulesInForce(published, defaultIdentityRules));
  return { ...parts, events: { ...parts.events, identifierOrder: order } };
}

function isWholeStep(head: ReturnType<Decided["head"]>, { position, feedVersion }: Progress): boolean {
  return head.position - position >= maxBatchRecords || head.feedVersion - feedVersion >= feedLimits.entries;
}

/** In one transaction with the progress; gives how many rows were left out because nobody can read them. */
async function commitRows(
  parts: FollowerParts,
  rows: readonly StoredRecord[],
  advanced: Progress,
  followed: FeedProgress,
): Promise<number> {
  const { writer } = parts;
  const commit = (some: readonly StoredRecord[]): Promise<void> =>
    transaction(writer, async () => {
      await insertEvents(writer, some, parts.events);
      await writeProgress(writer, advanced, followed);
    });
  try {
    await commit(rows);
    return 0;
  } catch (error) {
    // The transaction may stand although its answer was lost: then these rows are there.
    const stored = await readProgress(writer).catch(() => null);
    if (stored !== null && stored.position >= advanced.position) return 0;
    const { mended, unreadable } = mendedRecords(rows);
    // A batch fails for its content or for the disk; only content is mended by leaving out what cannot be read.
    await commit(mended).catch(() => Promise.reject(error));
    return unreadable;
  }
}

/** Of the changes, only those that are not covered by what was read later. */
async function applyFeedStep(
  { writer, decided, events }: FollowerParts,
  step: FeedStep,
  { coverage, reached }: { coverage: Coverage; reached: StoredProgress },
): Promise<Progress> {
  const advanced = progressOf(reached);
  const { feed } = step.progress;
  const changes = coverage.left(step.changes, feed);
  await transaction(writer, async () => {
    if (step.startsOver) await removeAll(writer);
    await replaceChanged(writer, changes, decided, events.stageDirectory);
    await writeProgress(writer, advanced, step.progress);
  });
  coverage.applied(changes, { feed, head: step.head });
  return advanced;
}

function restUntil(startedAt: number, endedAt: number): number {
  return endedAt + Math.max(feedCadenceMs, feedRestFactor * (endedAt - startedAt));
}

interface StoredProgress {
  position: Position;
  asOf: number;
  feed: FeedProgress;
}

function progressOf({ position, asOf, feed }: StoredProgress): Progress {
  return { position, feedVersion: feed.copied === null ? feed.version : 0, asOf };
}

async function readProgress(writer: DuckDBConnection): Promise<StoredProgress> {
  const found = await writer.runAndReadAll("SELECT position, as_of, feed, feed_version, copied FROM store.progress");
  const [position, asOf, feed, version, copied] = found.getRows()[0] ?? [];
  const isKnown = typeof feed === "string";
  return {
    position: Number(position),
    asOf: Number(asOf),
    feed: isKnown
      ? { feed, version: Number(version), copied: typeof copied === "string" ? copied : null }
      : nothingFollowed,
  };
}

async function writeProgress(writer: DuckDBConnection, progress: Progress, followed: FeedProgress): Promise<void> {
  const { feed, version, copied } = followed;
  await writer.run(
    `UPDATE store.progress SET position = ${progress.position}, as_of = ${Math.floor(progress.asOf)},
      feed = ${feed === "" ? "NULL" : quoted(feed)}, feed_version = ${version},
      copied = ${copied === null ? "NULL" : quoted(copied)}`,
  );
}
