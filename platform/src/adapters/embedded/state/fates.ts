import type { DatabaseSync } from "node:sqlite";
import type { Rejection } from "../../../model/event.ts";
import type { Fates } from "../../../storage/fates.ts";
import { int, json, type Row } from "./rows.ts";

export function fatesOver(database: DatabaseSync): Fates {
  const head = database.prepare("SELECT position FROM head");
  const rejection = database.prepare(
    "SELECT position, reason FROM rejected WHERE message = ? ORDER BY position DESC LIMIT 1",
  );
  const seenAgain = database.prepare("SELECT count, differs FROM seen_again WHERE first = ?");
  const batch = database.prepare("SELECT processed_at FROM batches WHERE until > ? ORDER BY until LIMIT 1");
  const counts = database.prepare(`SELECT (SELECT coalesce(sum(processed), 0) FROM batches) AS processed,
    (SELECT count(*) FROM rejected) AS rejected, (SELECT count(*) FROM duplicates) AS duplicates`);
  return {
    decidedUntil: async () => int(head.get() as Row, "position"),
    rejectionOf: async (messageKey) => {
      const row = rejection.get(messageKey);
      return row === undefined ? null : { position: int(row, "position"), reason: json(row, "reason") as Rejection };
    },
    duplicatesOf: async (first) => {
      const row = seenAgain.get(first);
      return row === undefined
        ? { count: 0, differs: false }
        : { count: int(row, "count"), differs: int(row, "differs") === 1 };
    },
    processedAt: async (position) => {
      const row = batch.get(position);
      return row === undefined ? null : int(row, "processed_at");
    },
    counts: async () => {
      const row = counts.get() as Row;
      return { processed: int(row, "processed"), rejected: int(row, "rejected"), duplicates: int(row, "duplicates") };
    },
  };
}
