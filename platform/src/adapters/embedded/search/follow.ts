import type { ProfileId } from "../../../model/profile.ts";
import { searchEntryOf } from "../../../profiles/index.ts";
import { nextFeedStep } from "../../../storage/followFeed.ts";
import type { Change, Decided } from "../../../storage/followed.ts";
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

export interface Follower {
  /** Follows up to what is decided now; false when there was nothing. After a throw it goes on where it was. */
  pass(): Promise<boolean>;
  progress(): SearchProgress;
}

/**
 * Follows the feed, or copies everything where that is gone. Each slice is one transaction, a merge's survivor
 * together with whom it retires; the last one of a pass carries the progress. What a crash leaves half done is done
 * again, which changes nothing.
 */
export function followerOf(parts: {
  index: SearchIndex;
  decided: Decided;
  /** UTC ms. */
  now: () => number;
  /** Lets questions in between slices. */
  yieldTurn: () => Promise<void>;
}): Follower {
  const { index, decided, now, yieldTurn } = parts;
  let progress = index.progress();
  return {
    progress: () => progress,
    pass: async () => {
      const at = now();
      const head = decided.head();
      const step = nextFeedStep(decided, progress.followed, passLimits);
      if (step === null) {
        progress = { ...progress, asOf: Math.max(progress.asOf, at) };
        return false;
      }
      if (step.startsOver) index.startOver();
      const { changed, active } = named(step.changes);
      for (const slice of slicesOf(active, sliceTouches)) {
        const stale: ProfileId[] = [];
        index.write((writer) => stale.push(...touch(writer, slice, decided)));
        changed.push(...stale);
        await yieldTurn();
      }
      for (const slice of slicesOf(changed, changed.length > manyProfiles ? bulkSliceProfiles : sliceProfiles)) {
        index.write((writer) => writeProfiles(writer, slice, decided));
        await yieldTurn();
      }
      const followed = step.progress;
      const holdsAll = followed.copied === null && followed.version >= head.feedVersion;
      // Of what is being copied nothing can be said as of a time.
      const asOfBefore = step.startsOver ? 0 : progress.asOf;
      index.write(() => undefined, { followed, asOf: holdsAll ? at : asOfBefore });
      progress = index.progress();
      return true;
    },
  };
}

/** Distinct profiles, in the order in which the feed names them; who changed is not also merely active. */
function named(changes: readonly Change[]): { changed: ProfileId[]; active: ProfileId[] } {
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
