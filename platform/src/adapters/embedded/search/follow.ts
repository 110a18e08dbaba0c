import type { ProfileId } from "../../../model/profile.ts";
import { searchEntryOf } from "../../../profiles/index.ts";
import {
  type Coverage,
  type FeedChange,
  feedCoverage,
  type FeedProgress,
  nextFeedStep,
} from "../../../storage/followFeed.ts";
import type { Decided } from "../../../storage/followed.ts";
import { knownAsOf } from "../asOf.ts";
import type { SearchIndex, SearchProgress } from "./searchIndex.ts";
import type { EntryWriter } from "./writeEntries.ts";

/**
 * Of one pass, well under a second: entries of the feed (a profile that they name many times is written once), or
 * profiles of a full copy.
 */
const passLimits = { entries: 10_000, copied: 5_000 };
/**
 * Profiles written before questions get their turn: about 10 ms; where many wait, more at a time, since a transaction
 * costs as much as many of them.
 */
const sliceProfiles = 64;
const manyProfiles = 1_000;
const bulkSliceProfiles = 400;
const sliceTouches = 512;

/** While many entries wait, what is mere activity gathers this long, so that busy people are written once for many. */
const patience = { fewEntries: 500, gatherActivityMs: 1_000 };
/** Changes get their turn this often while activity is written. */
const leadEveryMs = 100;

export interface Follower {
  /**
   * Follows up to what is decided now; false when there was nothing. Not `isAwaited`: activity may be left for a later
   * pass. After a throw it goes on where it was.
   */
  pass(isAwaited?: boolean): Promise<boolean>;
  progress(): SearchProgress;
  /** The progress, as of now where nothing waits: what an answer says that it holds. */
  current(): SearchProgress;
}

/** All that was decided by `at` is held. */
function upTo(progress: SearchProgress, at: number): SearchProgress {
  return { ...progress, asOf: Math.max(knownAsOf(progress.asOf, at), at) };
}

/**
 * Follows the feed, or copies everything where that is gone. Each slice is one transaction, a merge's survivor
 * together with whom it retires; the last one of a pass carries the progress. What a crash leaves half done is done
 * again, which changes nothing.
 *
 * Most of the feed says that somebody was seen again or bought something; that may be known a moment later. Who is there,
 * and under which words, is followed ahead of it: `ahead` is only remembered while the thread lives, the progress is of both.
 */
export function followerOf(parts: FollowerParts): Follower {
  const { index, decided, now, elapsed = monotonic, limits = passLimits } = parts;
  const { fewEntries, gatherActivityMs } = parts.patience ?? patience;
  let progress = index.progress();
  let steppedAt = 0;
  const coverage = feedCoverage();
  const leader = leaderOf(parts, coverage);
  /** Whether the feed still is the one that was followed can only change between two runs. */
  let isFeedKnown = false;
  const step = async (): Promise<boolean> => {
    steppedAt = elapsed();
    const at = now();
    const head = decided.head();
    const next = nextFeedStep(decided, progress.followed, limits);
    isFeedKnown = next?.startsOver !== true;
    if (next === null) {
      progress = upTo(progress, at);
      return false;
    }
    if (next.startsOver) {
      index.startOver();
      leader.forget();
    }
    const { feed } = next.progress;
    const changes = unwritten(coverage.left(next.changes, feed), leader.writtenOf(feed));
    const { changed, active } = named(changes);
    for (const slice of slicesOf(active, sliceTouches)) {
      const stale: ProfileId[] = [];
      index.write((writer) => stale.push(...touch(writer, slice, decided)));
      changed.push(...stale);
      await parts.yieldTurn();
      if (leader.isDue()) await leader.lead(progress.followed);
    }
    await writeWhole(changed, parts, async () => {
      if (leader.isDue()) await leader.lead(progress.followed);
    });
    const followed = next.progress;
    const holdsAll = followed.copied === null && followed.version >= head.feedVersion;
    // Of what is being copied nothing can be said as of a time.
    const asOfBefore = next.startsOver ? 0 : knownAsOf(progress.asOf, at);
    index.write(() => undefined, { followed, asOf: holdsAll ? at : asOfBefore });
    progress = index.progress();
    coverage.applied(changes, { feed, head: next.head });
    isFeedKnown = true;
    return true;
  };
  const current = (): SearchProgress => {
    const at = now();
    const { version, copied } = progress.followed;
    const isUpToDate = isFeedKnown && copied === null && version >= decided.head().feedVersion;
    progress = isUpToDate ? upTo(progress, at) : { ...progress, asOf: knownAsOf(progress.asOf, at) };
    return progress;
  };
  const mayWait = (): boolean => {
    const { feed, version, copied } = progress.followed;
    const isFollowing = feed !== "" && copied === null;
    const waiting = decided.head().feedVersion - version;
    // A whole step does not grow by waiting.
    return isFollowing && waiting > fewEntries && waiting < limits.entries && elapsed() - steppedAt < gatherActivityMs;
  };
  return {
    progress: () => progress,
    current,
    pass: async (isAwaited = true) => {
      const hasLed = await leader.lead(progress.followed);
      if (!isAwaited && mayWait()) return hasLed;
      return (await step()) || hasLed;
    },
  };
}

interface FollowerParts {
  index: SearchIndex;
  decided: Decided;
  /** UTC ms. */
  now: () => number;
  /** Milliseconds since whenever; never goes back. */
  elapsed?: () => number;
  /** Lets questions in between slices. */
  yieldTurn: () => Promise<void>;
  patience?: { fewEntries: number; gatherActivityMs: number };
  /** Of one pass. */
  limits?: { entries: number; copied: number };
}

const monotonic = (): number => performance.now();

/** Writes what changed, ahead of the rest. */
interface Leader {
  /** False when there was nothing. */
  lead(followed: FeedProgress): Promise<boolean>;
  isDue(): boolean;
  /** Changes up to this version of that feed are written. */
  writtenOf(feed: string): number;
  forget(): void;
}

function leaderOf(parts: FollowerParts, coverage: Coverage): Leader {
  let ahead = { feed: "", version: 0 };
  let ledAt = 0;
  const { elapsed = monotonic, limits = passLimits } = parts;
  return {
    isDue: () => elapsed() - ledAt >= leadEveryMs,
    writtenOf: (feed) => (ahead.feed === feed ? ahead.version : 0),
    forget: () => {
      ahead = { feed: "", version: 0 };
    },
    lead: async ({ feed, version, copied }) => {
      ledAt = elapsed();
      if (feed === "" || copied !== null) return false;
      if (ahead.feed !== feed || ahead.version < version) ahead = { feed, version };
      const stretch = parts.decided.feed(ahead.version, limits.entries, "changes");
      const isGone = stretch.feed !== feed || ahead.version < stretch.prunedUntil || ahead.version > stretch.head;
      if (isGone || ahead.version === stretch.head) return false;
      const changes = coverage.left(stretch.entries, feed);
      await writeWhole(named(changes).changed, parts);
      coverage.applied(changes, { feed, head: stretch.head });
      const isWhole = stretch.entries.length < limits.entries;
      ahead = { feed, version: isWhole ? stretch.head : (stretch.entries.at(-1)?.version ?? stretch.head) };
      return stretch.entries.length > 0;
    },
  };
}

async function writeWhole(
  ids: readonly ProfileId[],
  { index, decided, yieldTurn }: FollowerParts,
  between?: () => Promise<void>,
): Promise<void> {
  for (const slice of slicesOf(ids, ids.length > manyProfiles ? bulkSliceProfiles : sliceProfiles)) {
    index.write((writer) => writeProfiles(writer, slice, decided));
    await yieldTurn();
    await between?.();
  }
}

/** Without those that anything may have changed of, up to `written`. */
function unwritten(changes: readonly FeedChange[], written: number): FeedChange[] {
  return changes.filter(({ cause, version }) => cause !== undefined || version === undefined || version > written);
}

/** Distinct profiles, in the order in which the feed names them; who changed is not also merely active. */
function named(changes: readonly FeedChange[]): { changed: ProfileId[]; active: ProfileId[] } {
  const changed = new Set<ProfileId>();
  const active = new Set<ProfileId>();
  for (const { kind, id, cause } of changes) {
    if (kind !== "profile" || id === "") continue;
    if (cause === "activity") active.add(id);
    else changed.add(id);
  }
  return { changed: [...changed], active: [...active].filter((id) => !changed.has(id)) };
}

/** Replaces what search knows of these profiles by what is decided now. */
export function writeProfiles(writer: EntryWriter, ids: readonly ProfileId[], decided: Decided): void {
  const read = decided.profiles(ids);
  const gone = [...read].filter(([, found]) => found === null).map(([id]) => id);
  // Where a profile went is written together with its going, whichever the feed names first.
  const heirs = [...decided.activity(gone).values()].flatMap((found) => (found === null ? [] : [found.id]));
  const unread = [...new Set(heirs)].filter((id) => !read.has(id));
  for (const id of gone) writer.remove(id);
  for (const [, found] of [...read, ...decided.profiles(unread)]) {
    if (found === null) continue;
    for (const retired of found.profile.retiredIds) writer.remove(retired);
    writer.put(searchEntryOf(found.profile, found.fragments.length));
  }
}

/** Those that have to be written whole. */
function touch(writer: EntryWriter, ids: readonly ProfileId[], decided: Decided): ProfileId[] {
  return [...decided.activity(ids)].flatMap(([id, found]) =>
    found !== null && found.id === id && writer.touch(id, found) ? [] : [id],
  );
}

function slicesOf<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size));
}
