import { join } from "node:path";
import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import type { JsonObject } from "../../../model/event.ts";
import { parseIdentifierKey } from "../../../model/identifier.ts";
import { Problem } from "../../../model/problem.ts";
import type { TimelineEvent, TimelineQuery } from "../../../storage/timeline.ts";
import { transaction } from "./engine.ts";
import { quoted } from "./sqlText.ts";
import { bucketOf, fragmentNumber } from "./tables.ts";

export const maxTimelineLimit = 1_000;

/** Where a page ended: newest first, this is the last event that was given. */
interface Cursor {
  occurredAt: number;
  messageId: string;
  position: number;
}

type Found = Cursor & { event: TimelineEvent };

/**
 * One customer's events, newest first by (occurredAt, messageId, position): hot rows, then the lake's files from those of
 * the newest months down, only the buckets of these fragments, only as far down as the page needs. One snapshot a call.
 * Problem 400 `cursor_invalid`, `limit_invalid`.
 */
export async function readTimeline(
  connection: DuckDBConnection,
  lakeDirectory: string,
  query: TimelineQuery,
): Promise<{ items: TimelineEvent[]; next: string | null }> {
  if (!Number.isInteger(query.limit) || query.limit < 1 || query.limit > maxTimelineLimit) {
    throw new Problem(400, "limit_invalid", `limit must be a whole number from 1 to ${maxTimelineLimit}`, {
      field: "limit",
    });
  }
  const after = query.after === undefined ? null : parseCursor(query.after);
  const fragments = [...new Set(query.fragments)].filter((fragment) => /^[A-Za-z0-9_-]{16}$/.test(fragment));
  if (fragments.length === 0) return { items: [], next: null };
  const wanted = query.limit + 1;
  const found = await transaction(connection, () =>
    newest(connection, lakeDirectory, { query, fragments, after, wanted }),
  );
  const page = found.slice(0, query.limit);
  const last = page.at(-1);
  return {
    items: page.map(({ event }) => event),
    next: found.length > query.limit && last !== undefined ? formatCursor(last) : null,
  };
}

interface Search {
  query: TimelineQuery;
  fragments: readonly string[];
  after: Cursor | null;
  wanted: number;
}

async function newest(connection: DuckDBConnection, lakeDirectory: string, search: Search): Promise<Found[]> {
  let found = await read(connection, hotSql(search), search);
  const months = await lakeMonths(connection, search);
  for (let from = 0, span = 1; from < months.length; from += span, span *= 2) {
    const edge = found[search.wanted - 1];
    // Everything in the files to come is older than the end of the newest of their months.
    if (edge !== undefined && edge.occurredAt >= endOf(months[from]?.month ?? "")) break;
    const files = months.slice(from, from + span).flatMap((month) => month.files);
    const older = await read(connection, lakeSql(search, lakeDirectory, files), search);
    found = [...found, ...older].sort(newestFirst).slice(0, search.wanted);
  }
  return found;
}

interface MonthFile {
  path: string;
  bucket: number;
}

/** Files by the newest month that they may have events of, the newest first. */
async function lakeMonths(
  connection: DuckDBConnection,
  search: Search,
): Promise<{ month: string; files: MonthFile[] }[]> {
  const buckets = [...new Set(search.fragments.map(bucketOf))].join(",");
  const until = search.after === null ? "" : ` AND month <= ${quoted(monthOf(search.after.occurredAt))}`;
  const listed = await connection.runAndReadAll(
    `SELECT coalesce(until_month, month) AS newest, path, bucket FROM store.lake_files
      WHERE bucket IN (${buckets})${until} ORDER BY newest DESC, path`,
  );
  const months: { month: string; files: MonthFile[] }[] = [];
  for (const [month, path, bucket] of listed.getRows()) {
    if (months.at(-1)?.month !== month) months.push({ month: String(month), files: [] });
    months.at(-1)?.files.push({ path: String(path), bucket: Number(bucket) });
  }
  return months;
}

const newestFirstSql = "ORDER BY occurred_at DESC, message_id DESC, position DESC";

/**
 * A list in WHERE is tested only after every column is read, so the rows are found by their number alone and by the
 * narrow column first, then the newest of them by the columns of the order, then read whole.
 */
function hotSql({ fragments, wanted }: Search): string {
  const keys = fragments.map(fragmentNumber).join(",");
  return `SELECT * FROM store.hot WHERE rowid IN (
    SELECT rowid FROM store.hot WHERE rowid IN (SELECT rowid FROM store.hot WHERE fragment_key IN (${keys}))
    AND fragment IN (${fragments.map(quoted).join(",")}) AND {conditions} ${newestFirstSql} LIMIT ${wanted})`;
}

/** Of one bucket: looked for one by one up to so many (each reads one or two row groups), in one pass beyond. */
const maxLookups = 8;

function lakeSql({ fragments, wanted }: Search, lakeDirectory: string, files: readonly MonthFile[]): string {
  const branches: string[] = [];
  for (const [bucket, group] of Map.groupBy(files, (file) => file.bucket)) {
    const list = group.map(({ path }) => quoted(join(lakeDirectory, path))).join(",");
    const here = fragments.filter((fragment) => bucketOf(fragment) === bucket).map(quoted);
    const tests =
      here.length <= maxLookups ? here.map((one) => `fragment = ${one}`) : [`fragment IN (${here.join(",")})`];
    for (const test of tests) {
      branches.push(`(SELECT * FROM read_parquet([${list}], hive_partitioning = false) WHERE ${test} AND {conditions}
        ${newestFirstSql} LIMIT ${wanted})`);
    }
  }
  return branches.join(" UNION ALL BY NAME ");
}

async function read(connection: DuckDBConnection, relation: string, search: Search): Promise<Found[]> {
  const { conditions, values } = filters(search);
  const rows = await connection.runAndReadAll(
    `SELECT epoch_ms(occurred_at)::DOUBLE, message_id, position::DOUBLE, source, source_kind, type, event,
       epoch_ms(received_at)::DOUBLE, identifier, properties, context
     FROM (${relation.replaceAll("{conditions}", () => conditions)}) ${newestFirstSql} LIMIT ${search.wanted}`,
    values,
  );
  return rows.getRows().map(rowToFound);
}

function filters({ query, after }: Search): { conditions: string; values: DuckDBValue[] } {
  const values: DuckDBValue[] = [];
  const parameter = (value: DuckDBValue) => `$${values.push(value)}::VARCHAR`;
  const conditions = ["true"];
  if (query.type !== undefined) conditions.push(`type = ${parameter(query.type)}`);
  if (query.source !== undefined) conditions.push(`source = ${parameter(query.source)}`);
  if (after !== null) {
    const at = `epoch_ms(${after.occurredAt}::BIGINT)`;
    const id = parameter(after.messageId);
    conditions.push(`occurred_at <= ${at} AND (occurred_at < ${at} OR message_id < ${id}
      OR (message_id = ${id} AND position < ${after.position}))`);
  }
  return { conditions: conditions.join(" AND "), values };
}

function rowToFound(row: DuckDBValue[]): Found {
  const [
    occurredAt,
    messageId,
    position,
    source,
    sourceKind,
    type,
    event,
    receivedAt,
    identifier,
    properties,
    context,
  ] = row;
  const key = {
    occurredAt: Number(occurredAt),
    messageId: String(messageId),
    position: Number(position),
  };
  return {
    ...key,
    event: {
      messageId: key.messageId,
      source: String(source),
      sourceKind: String(sourceKind),
      type: String(type),
      event: typeof event === "string" ? event : null,
      occurredAt: key.occurredAt,
      receivedAt: Number(receivedAt),
      identifier: typeof identifier === "string" ? parseIdentifierKey(identifier) : null,
      properties: jsonObject(properties),
      context: jsonObject(context),
    },
  };
}

function jsonObject(text: DuckDBValue | undefined): JsonObject {
  if (typeof text !== "string") return {};
  const value: unknown = JSON.parse(text);
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

/** The order of the database: bytes of UTF-8, which is the order of code points. */
function newestFirst(a: Cursor, b: Cursor): number {
  return (
    b.occurredAt - a.occurredAt ||
    Buffer.compare(Buffer.from(b.messageId), Buffer.from(a.messageId)) ||
    b.position - a.position
  );
}

function monthOf(time: number): string {
  return new Date(time).toISOString().slice(0, 7);
}

/** First millisecond after a month, `YYYY-MM`. */
function endOf(month: string): number {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return Date.UTC(year, number, 1);
}

function formatCursor({ occurredAt, messageId, position }: Cursor): string {
  return Buffer.from(JSON.stringify([occurredAt, messageId, position])).toString("base64url");
}

function parseCursor(text: string): Cursor {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    if (Array.isArray(parts)) {
      const [occurredAt, messageId, position]: unknown[] = parts;
      if (isTime(occurredAt) && typeof messageId === "string" && Number.isSafeInteger(position)) {
        return { occurredAt, messageId, position: Number(position) };
      }
    }
  } catch {
    // Answered below like any other wrong cursor.
  }
  throw new Problem(400, "cursor_invalid", "`after` is not a cursor of this list", {
    field: "after",
    hint: "pass on `next` of the page before, unchanged",
  });
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && Math.abs(value) <= 253_402_300_799_999;
}
