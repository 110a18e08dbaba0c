import type { Draft } from "./draft.ts";
import { inCollection, inOrder } from "./place.ts";
import { feedPlace, type StateRow } from "./stateRows.ts";

export interface FeedLimits {
  /** Kept behind what the slowest follower has, in case it is restored from a copy of yesterday. */
  slackEntries: number;
  /** Kept at most; a follower that is further behind copies everything instead. */
  maxEntries: number;
  /** Rows looked at with one commit. */
  maxPrunedRows: number;
}

export const defaultFeedLimits: FeedLimits = { slackEntries: 100_000, maxEntries: 20_000_000, maxPrunedRows: 20 };

/** Whole rows only. Nothing is read as long as too little could go. */
export async function pruneFeed(
  draft: Draft,
  state: StateRow,
  { feed: limits, released }: { feed: FeedLimits; released: number },
): Promise<void> {
  const { head, prunedUntil } = state.feed;
  const until = Math.max(Math.min(released, head) - limits.slackEntries, head - limits.maxEntries);
  if (until - prunedUntil < limits.slackEntries / 100) return;
  const { pk } = feedPlace(0);
  const rows = await draft.range(feedPlace(0), { from: inOrder(prunedUntil + 1), limit: limits.maxPrunedRows });
  for (const { sk } of rows) {
    if (Number(sk) > until) return;
    draft.remove(inCollection(pk, sk));
    state.feed.prunedUntil = Number(sk);
  }
}
