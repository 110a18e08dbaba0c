import type { DatabaseSync } from "node:sqlite";
import { int, type Row } from "./rows.ts";

export interface FeedLimits {
  /** Kept behind what the slowest follower has, in case it is restored from a copy of yesterday. */
  slackEntries: number;
  /** Kept at most (about 25 bytes each); a follower that is further behind copies everything instead. */
  maxEntries: number;
  /** Pruned at most with one commit, which so becomes a few milliseconds longer. */
  maxPrunedEntries: number;
}

export const defaultFeedLimits: FeedLimits = {
  slackEntries: 100_000,
  maxEntries: 20_000_000,
  maxPrunedEntries: 20_000,
};

export interface FeedRetention {
  release(version: number): void;
  /** Within the transaction of a commit. */
  prune(): void;
}

export function feedRetention(database: DatabaseSync, limits: FeedLimits): FeedRetention {
  const bounds = database.prepare(
    "SELECT (SELECT min(version) FROM feed) AS first, (SELECT max(version) FROM feed) AS last",
  );
  const remove = database.prepare("DELETE FROM feed WHERE version <= ?");
  let released = 0;
  return {
    release: (version) => {
      released = Math.max(released, version);
    },
    prune: () => {
      const row = bounds.get() as Row;
      if (row["first"] === null) return;
      const [first, last] = [int(row, "first"), int(row, "last")];
      const until = Math.max(Math.min(released, last) - limits.slackEntries, last - limits.maxEntries);
      if (until >= first) remove.run(Math.min(until, first + limits.maxPrunedEntries - 1));
    },
  };
}
