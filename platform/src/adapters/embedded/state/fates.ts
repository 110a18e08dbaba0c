import type { DatabaseSync, StatementSync } from "node:sqlite";
import { callTypes, type Rejection } from "../../../model/event.ts";
import {
  rejectionStates,
  type Fates,
  type KeptCause,
  type KeptRejection,
  type RejectionsAsked,
  type RejectionState,
} from "../../../storage/fates.ts";
import { refusalStates } from "./rejections.ts";
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
    rejections: async (wanted) => rejectionRowsOf(statements, wanted).map(keptRejection),
    ...causeReads(database),
    exceptionAt: async (position) => {
      const row = statements.rejectionAt.get(position);
      if (row !== undefined) return { fate: "rejected", reason: json(row, "reason") as Rejection };
      return statements.duplicateAt.get(position) === undefined ? null : { fate: "duplicate" };
    },
    duplicatesIn: async (from, until, limit) =>
      (statements.duplicatesIn.all(from, until, limit) as Row[]).map((row) => int(row, "position")),
    decidedUntil: async () => int(head.get() as Row, "position"),
    rejectionOf: async (messageKey) => {
      const row = rejection.get(messageKey);
      return row === undefined ? null : { position: int(row, "position"), reason: json(row, "reason") as Rejection };
    },
    openRejectionOf: async (messageKey) => {
      const row = statements.openOf.get(messageKey);
      return row === undefined ? null : keptRejection(row);
    },
    openIn: async ({ cause, from, until, limit }) =>
      (statements.openIn.all(cause, from, until, limit) as Row[]).map(keptRejection),
    statesAt: async (positions) =>
      positions.map((position) => {
        const row = statements.stateAt.get(position);
        return row === undefined ? null : stateOf(row);
      }),
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

const causeOfRow = "(SELECT id FROM causes WHERE number = cause) AS cause_id";

export function rejectionStatements(database: DatabaseSync) {
  const columns = `position, message, source, message_id, reason, state, ${causeOfRow}`;
  const of = (where: string): StatementSync =>
    database.prepare(`SELECT ${columns} FROM rejected WHERE ${where}position < ? ORDER BY position DESC LIMIT ?`);
  const open = `state = ${refusalStates.open}`;
  const ofCause = "cause = (SELECT number FROM causes WHERE id = ?)";
  return {
    newest: of(""),
    newestOfSource: of("source = ? AND "),
    newestOfCause: of(`${ofCause} AND `),
    newestOpen: of(`${open} AND `),
    newestOpenOfSource: of(`source = ? AND ${open} AND `),
    newestOpenOfCause: of(`${ofCause} AND ${open} AND `),
    openIn: database.prepare(`SELECT ${columns} FROM rejected
      WHERE ${ofCause} AND ${open} AND position >= ? AND position < ? ORDER BY position LIMIT ?`),
    openOf: database.prepare(`SELECT ${columns} FROM rejected WHERE message = ? AND ${open} LIMIT 1`),
    stateAt: database.prepare("SELECT state FROM rejected WHERE position = ?"),
    rejectionAt: database.prepare("SELECT reason FROM rejected WHERE position = ?"),
    duplicateAt: database.prepare("SELECT 1 FROM duplicates WHERE position = ?"),
    duplicatesIn: database.prepare(
      "SELECT position FROM duplicates WHERE position >= ? AND position < ? ORDER BY position LIMIT ?",
    ),
  };
}

function rejectionRowsOf(
  statements: ReturnType<typeof rejectionStatements>,
  { source, cause, onlyOpen, before, limit }: RejectionsAsked,
): Row[] {
  const until = before ?? Number.MAX_SAFE_INTEGER;
  if (cause !== null) {
    const ofCause = onlyOpen ? statements.newestOpenOfCause : statements.newestOfCause;
    const rows = ofCause.all(cause, until, limit) as Row[];
    return source === null ? rows : rows.filter((row) => row["source"] === source);
  }
  if (source !== null) {
    const ofSource = onlyOpen ? statements.newestOpenOfSource : statements.newestOfSource;
    return ofSource.all(source, until, limit);
  }
  return (onlyOpen ? statements.newestOpen : statements.newest).all(until, limit);
}

function stateOf(row: Row): RejectionState {
  const state = int(row, "state");
  return rejectionStates.find((name) => refusalStates[name] === state) ?? "open";
}

function keptRejection(row: Row): KeptRejection {
  return {
    position: int(row, "position"),
    messageKey: text(row, "message"),
    source: text(row, "source"),
    messageId: text(row, "message_id"),
    reason: json(row, "reason") as Rejection,
    cause: text(row, "cause_id"),
    state: stateOf(row),
  };
}

export function causeStatements(database: DatabaseSync) {
  const columns = `c.*, r.message_id AS sample_id, r.reason AS sample_reason`;
  const sampled = "causes c JOIN rejected r ON r.position = c.last_position";
  // Most to be mended first; of as many the one that was met first.
  const page = "(c.open, -c.number) < (?, ?) ORDER BY c.open DESC, c.number LIMIT ?";
  return {
    cause: database.prepare(`SELECT ${columns} FROM ${sampled} WHERE c.id = ?`),
    causes: database.prepare(`SELECT ${columns} FROM ${sampled} WHERE c.open >= ? AND ${page}`),
    causesOfSource: database.prepare(
      `SELECT ${columns} FROM ${sampled} WHERE c.source = ? AND c.open >= ? AND ${page}`,
    ),
    sums: database.prepare(
      "SELECT count(*) AS causes, coalesce(sum(open), 0) AS open FROM causes WHERE open > 0 AND source = coalesce(?, source)",
    ),
  };
}

function causeReads(database: DatabaseSync): Pick<Fates, "causes" | "cause" | "openCounts"> {
  const statements = causeStatements(database);
  return {
    causes: async ({ source, onlyOpen, after, limit }) => {
      const leastOpen = onlyOpen ? 1 : 0;
      const from = after === null ? [Number.MAX_SAFE_INTEGER, 0] : [after.open, -after.number];
      const rows =
        source === null
          ? statements.causes.all(leastOpen, ...from, limit)
          : statements.causesOfSource.all(source, leastOpen, ...from, limit);
      return (rows as Row[]).map(keptCause);
    },
    cause: async (id) => {
      const row = statements.cause.get(id);
      return row === undefined ? null : keptCause(row);
    },
    openCounts: async (source) => {
      const row = statements.sums.get(source) as Row;
      return { causes: int(row, "causes"), open: int(row, "open") };
    },
  };
}

function keptCause(row: Row): KeptCause {
  const textOrNull = (column: string): string | null => (row[column] === null ? null : text(row, column));
  const timeOrNull = (column: string): number | null => (row[column] === null ? null : int(row, column));
  return {
    id: text(row, "id"),
    number: int(row, "number"),
    source: text(row, "source"),
    code: text(row, "code"),
    field: textOrNull("field"),
    type: callTypes.find((type) => type === row["type"]) ?? null,
    event: textOrNull("event"),
    count: int(row, "count"),
    open: int(row, "open"),
    firstAt: timeOrNull("first_at"),
    lastAt: timeOrNull("last_at"),
    latest: { messageId: text(row, "sample_id"), reason: json(row, "sample_reason") as Rejection },
  };
}
