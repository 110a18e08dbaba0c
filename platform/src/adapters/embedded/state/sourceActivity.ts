import type { DatabaseSync } from "node:sqlite";
import type { SourceMinute } from "../../../storage/identityAndProfiles.ts";
import { keptMinutes, type SourceActivities } from "../../../storage/sourceActivity.ts";
import { int, text, type Row } from "./rows.ts";

const minuteMs = 60_000;
const recentMinutes = 5;
const dayMinutes = 1_440;

export function sourceActivityOver(database: DatabaseSync): SourceActivities {
  const totals = database.prepare("SELECT * FROM source_totals ORDER BY source");
  const minutes = database.prepare(`SELECT source,
    sum(accepted) AS day_accepted, sum(rejected) AS day_rejected,
    sum(accepted * (minute > ?)) AS recent_accepted, sum(rejected * (minute > ?)) AS recent_rejected
    FROM source_minutes WHERE minute > ? AND minute <= ? GROUP BY source`);
  const everySource = database.prepare(`SELECT minute, sum(accepted) AS accepted, sum(rejected) AS rejected
    FROM source_minutes WHERE minute > ? AND minute <= ? GROUP BY minute`);
  return {
    all: async (now) => {
      const last = Math.floor(now / minuteMs);
      const recent = last - recentMinutes;
      const rows = minutes.all(recent, recent, last - dayMinutes, last) as Row[];
      const bySource = new Map(rows.map((row) => [text(row, "source"), row]));
      return (totals.all() as Row[]).map((row) => {
        const source = text(row, "source");
        return {
          source,
          total: { accepted: int(row, "accepted"), rejected: int(row, "rejected") },
          recent: countsIn(bySource.get(source), "recent"),
          lastDay: countsIn(bySource.get(source), "day"),
          lastAcceptedAt: timeIn(row, "last_accepted_at"),
          lastRejectedAt: timeIn(row, "last_rejected_at"),
        };
      });
    },
    minutes: async (now, count) => {
      const last = Math.floor(now / minuteMs);
      const rows = everySource.all(last - count, last) as Row[];
      const known = new Map(rows.map((row) => [int(row, "minute"), row]));
      return Array.from({ length: count }, (_, index) => {
        const minute = last - count + 1 + index;
        const row = known.get(minute);
        const counts = row === undefined ? [0, 0] : [int(row, "accepted"), int(row, "rejected")];
        return { at: minute * minuteMs, accepted: counts[0] as number, rejected: counts[1] as number };
      });
    },
  };
}

function countsIn(row: Row | undefined, span: "recent" | "day"): { accepted: number; rejected: number } {
  if (row === undefined) return { accepted: 0, rejected: 0 };
  return { accepted: int(row, `${span}_accepted`), rejected: int(row, `${span}_rejected`) };
}

function timeIn(row: Row, column: string): number | null {
  return row[column] === null ? null : int(row, column);
}

/**
 * Adds a batch's counts, inside the caller's transaction. Only the latest {@link keptMinutes} minutes that had traffic
 * stay: which ones those are depends on the minutes that ever came, not on their order or batches, so that a rebuild
 * keeps the same; and a clock that once ran ahead costs a row and not the rest.
 */
export function sourceActivityWriter(database: DatabaseSync): (received: readonly SourceMinute[]) => void {
  const newMinute = database.prepare("INSERT OR IGNORE INTO source_minutes VALUES (?, ?, 0, 0)");
  const addMinute = database.prepare(
    "UPDATE source_minutes SET accepted = accepted + ?, rejected = rejected + ? WHERE minute = ? AND source = ?",
  );
  const addTotal = database.prepare(`INSERT INTO source_totals VALUES (?, ?, ?, ?, ?) ON CONFLICT (source) DO UPDATE SET
    accepted = accepted + excluded.accepted, rejected = rejected + excluded.rejected,
    last_accepted_at = max(coalesce(last_accepted_at, excluded.last_accepted_at),
      coalesce(excluded.last_accepted_at, last_accepted_at)),
    last_rejected_at = max(coalesce(last_rejected_at, excluded.last_rejected_at),
      coalesce(excluded.last_rejected_at, last_rejected_at))`);
  const forget = database.prepare(`DELETE FROM source_minutes WHERE minute <
    (SELECT DISTINCT minute FROM source_minutes ORDER BY minute DESC LIMIT 1 OFFSET ?)`);
  return (received) => {
    let isNew = false;
    for (const { source, minute, accepted, rejected, lastAcceptedAt, lastRejectedAt } of received) {
      if (newMinute.run(minute, source).changes === 1) isNew = true;
      addMinute.run(accepted, rejected, minute, source);
      addTotal.run(source, accepted, rejected, lastAcceptedAt, lastRejectedAt);
    }
    if (isNew) forget.run(keptMinutes - 1);
  };
}
