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
  changes: readonly (Change & { version?: number })[];
  progress: FeedProgress;
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
    return { startsOver, changes, progress: { feed, version: startsOver ? head : at.version, copied: next } };
  }
  if (at.version === head) return null;
  const version = entries.length < limits.entries ? head : (entries.at(-1)?.version ?? head);
  return { startsOver, changes: entries, progress: { feed, version, copied: null } };
}
