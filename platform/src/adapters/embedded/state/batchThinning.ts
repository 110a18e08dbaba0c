import type { DatabaseSync } from "node:sqlite";
import { int, type Row } from "./rows.ts";

export interface ThinningLimits {
  /** Commits between two goes. */
  everyCommits: number;
  /** What was decided less long ago keeps its own times, ms. */
  keptMs: number;
  /** Rows looked at in one go, which takes a few milliseconds. */
  rowsAtOnce: number;
}

export const defaultThinningLimits: ThinningLimits = { everyCommits: 1_000, keptMs: 3_600_000, rowsAtOnce: 5_000 };

const secondMs = 1_000;

export interface BatchThinning {
  /** Within the transaction of a commit at `now`, UTC ms. */
  thin(now: number): void;
}

/**
 * When each batch was decided is one row a batch, which for a trickle of events is one row an event. Of batches decided
 * in one second long ago the last stands for all: the time of an old event's fate is then up to a second late, and
 * never early.
 */
export function batchThinning(database: DatabaseSync, limits: ThinningLimits = defaultThinningLimits): BatchThinning {
  const next = database.prepare(
    "SELECT until, processed_at, processed FROM batches WHERE until > ? ORDER BY until LIMIT ?",
  );
  const set = database.prepare("UPDATE batches SET processed = ? WHERE until = ?");
  const remove = database.prepare("DELETE FROM batches WHERE until = ?");
  let commits = 0;
  /** Up to here there is nothing to thin. */
  let thinnedUntil = -1;
  return {
    thin: (now) => {
      commits += 1;
      if (commits % limits.everyCommits !== 0) return;
      const rows = (next.all(thinnedUntil, limits.rowsAtOnce) as Row[]).map((row) => ({
        until: int(row, "until"),
        second: Math.floor(int(row, "processed_at") / secondMs),
        processed: int(row, "processed"),
      }));
      const oldest = Math.floor((now - limits.keptMs) / secondMs);
      for (const [index, row] of rows.entries()) {
        const following = rows[index + 1];
        // The last one may go on in the next go.
        if (following === undefined || row.second >= oldest) break;
        if (following.second === row.second) {
          following.processed += row.processed;
          set.run(following.processed, following.until);
          remove.run(row.until);
        }
        thinnedUntil = row.until;
      }
    },
  };
}
