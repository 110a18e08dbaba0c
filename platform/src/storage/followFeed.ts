import type { Change, Decided } from "./followed.ts";

/** How far a follower is. It stores this in the transaction that applies the step which leads there. */
export interface FeedProgress {
  /** "": it has nothing yet. */
  feed: string;
  /** It holds every change up to here; while it copies, once the copy is done. The feed is kept from here on. */
  version: number;
  /** Where the full copy is; null when there is none under way. */
  copied: string | null;
}

export const nothingFollowed: FeedProgress = { feed: "", version: 0, copied: null };

export interface FeedStep {
  /** First remove every profile and order that the follower has. */
  startsOver: boolean;
  /**
   * Then write each of these as `profiles` and `orders` give it now, or remove it where they give null. With their
   * versions where they come from the feed.
   */
  changes: readonly FeedChange[];
  progress: FeedProgress;
  /** Of the feed's latest entry when the step was made: what is read from then on is as decided up to it, or later. */
  head: number;
}

export type FeedChange = Change & { version?: number };

/** Until which entry of the feed a follower has each profile and order, as far as it remembers. */
export interface Coverage {
  /** Of the changes, those that it has not got already. */
  left(changes: readonly FeedChange[], feed: string): FeedChange[];
  /** Everything of these was read after `head` was the latest entry, and is kept durably. */
  applied(changes: readonly FeedChange[], at: { feed: string; head: number }): void;
}

/** Some 70 MB, of a follower that is far behind; one that is not remembers nobody. */
const maxCovered = 500_000;
const leastBehind = 1_000;

/**
 * Who acts often stands in the feed often. A follower that is behind reads each as it is now; what the feed says of it
 * up to then need not be followed again. Profiles only, which take long to read. Two generations: what is forgotten is
 * followed once more.
 */
export function feedCoverage({ most = maxCovered, behind = leastBehind } = {}): Coverage {
  let of = "";
  let young = new Map<string, { whole: number; activity: number }>();
  let old = young;
  const known = ({ kind, id }: FeedChange) => (kind === "profile" ? (young.get(id) ?? old.get(id)) : undefined);
  const forgetOthers = (feed: string): void => {
    if (feed === of) return;
    of = feed;
    young = new Map();
    old = young;
  };
  return {
    left: (changes, feed) => {
      forgetOthers(feed);
      return changes.filter((change) => {
        const { version, cause } = change;
        const mark = version === undefined ? undefined : known(change);
        if (version === undefined || mark === undefined) return true;
        return version > (cause === "activity" ? Math.max(mark.whole, mark.activity) : mark.whole);
      });
    },
    applied: (changes, { feed, head }) => {
      forgetOthers(feed);
      for (const change of changes) {
        const { kind, id, version, cause } = change;
        if (kind !== "profile" || version === undefined || head - version < behind) continue;
        const before = known(change) ?? { whole: 0, activity: 0 };
        young.set(id, cause === "activity" ? { ...before, activity: head } : { ...before, whole: head });
        if (young.size < most / 2) continue;
        old = young;
        young = new Map();
      }
    },
  };
}

/**
 * What a follower has to do next; null when it is up to date. It follows the feed; a new one, one whose next entries
 * are pruned, and one that followed another feed copy everything first, a page a step, and then go on with the feed
 * from where it was when they began: what changes during the copy comes again. Applying a step is idempotent, so a
 * crash before its commit costs only the repetition.
 */
export function nextFeedStep(
  decided: Pick<Decided, "feed" | "everything">,
  at: FeedProgress,
  limits: { entries: number; copied: number },
): FeedStep | null {
  const isCopying = at.copied !== null;
  const { feed, prunedUntil, head, entries } = decided.feed(at.version, isCopying ? 0 : limits.entries);
  const startsOver = at.feed !== feed || at.version < prunedUntil || at.version > head;
  if (startsOver || at.copied !== null) {
    const { changes, next } = decided.everything(startsOver ? "" : (at.copied ?? ""), limits.copied);
    return { startsOver, changes, progress: { feed, version: startsOver ? head : at.version, copied: next }, head };
  }
  if (at.version === head) return null;
  const version = entries.length < limits.entries ? head : (entries.at(-1)?.version ?? head);
  return { startsOver, changes: entries, progress: { feed, version, copied: null }, head };
}
