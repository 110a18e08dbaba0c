import type { DatabaseSync } from "node:sqlite";
import type { Rejection } from "../../../model/event.ts";
import type { Fates, KeptRejection } from "../../../storage/fates.ts";
import { int, json, text, type Row } from "./rows.ts";

export function fatesOver(database: DatabaseSync): Fates {
  const head = database.prepare("SELECT position FROM head");
  const rejection = database.prepare(
    "SELECT position, reason FROM rejected WHERE message = ? ORDER BY position DESC LIMIT 1",
  );
  const seenAgain = database.prepare("SELECT count, differs FROM seen_again WHERE first = ?");
  const batch = database.prepare("SELECT processed_at FROM batches WHERE until > ? ORDER BY until LIMIT 1");
  const counts = database.prepare(`SELECT (SELECT coalesce(sum(processed), 0) FROM batches) AS processed,
    (SELECT count(*) FROM rejected) AS rejected, (SELECT count(*) FROM duplicates) AS duplicates`);
  const statements = rejectionStatements(database);
  return {
    rejections: async ({ source, before, limit }) => {
      const until = before ?? Number.MAX_SAFE_INTEGER;
      const rows =
        source === null ? statements.newest.all(until, limit) : statements.newestOfSource.all(source, until, limit);
      return (rows as Row[]).map(keptRejection);
    },
    exceptionAt: (position) => {
      const row = statements.rejectionAt.get(position);
      if (row !== undefined) return { fate: "rejected", reason: json(row, "reason") as Rejection };
      return statements.duplicateAt.get(position) === undefined ? null : { fate: "duplicate" };
    },
    duplicatesIn: (from, until, limit) =>
      (statements.duplicatesIn.all(from, until, limit) as Row[]).map((row) => int(row, "position")),
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

export function rejectionStatements(database: DatabaseSync) {
  const columns = "position, message, source, message_id, reason";
  return {
    newest: database.prepare(`SELECT ${columns} FROM rejected WHERE position < ? ORDER BY position DESC LIMIT ?`),
    newestOfSource: database.prepare(
      `SELECT ${columns} FROM rejected WHERE source = ? AND position < ? ORDER BY position DESC LIMIT ?`,
    ),
    rejectionAt: database.prepare("SELECT reason FROM rejected WHERE position = ?"),
    duplicateAt: database.prepare("SELECT 1 FROM duplicates WHERE position = ?"),
    duplicatesIn: database.prepare(
      "SELECT position FROM duplicates WHERE position >= ? AND position < ? ORDER BY position LIMIT ?",
    ),
  };
}

function keptRejection(row: Row): KeptRejection {
  return {
    position: int(row, "position"),
    messageKey: text(row, "message"),
    source: text(row, "source"),
    messageId: text(row, "message_id"),
    reason: json(row, "reason") as Rejection,
  };
}
