import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { StoredRecord } from "../../../buffer/eventBuffer.ts";
import type { AcceptedEvent } from "../../../model/event.ts";
import { statedOrderAmount } from "../../../profiles/index.ts";
import { quoted } from "./sqlText.ts";
import { eventColumnNames, fragmentNumber } from "./tables.ts";

export interface EventBatchSettings {
  stageDirectory: string;
  /** Which of an event's identifiers its row names: types, highest first; `*` stands for every type not named. */
  identifierOrder: readonly string[];
  /** Of order events that name no currency. */
  homeCurrency: string;
}

/** The head of a record comes before what was sent, so that the first of these is its event's name. */
const eventName = Buffer.from('"event":"');
const quote = 0x22;
/** `read_json` keeps two buffers of this size; twice the log's own limit on one record leaves room for the frame. */
const maxLineBytes = 4 * 1_048_576;

/**
 * Inserts records into the hot table, inside the caller's transaction. The payloads are not parsed here: they go to
 * DuckDB as a file of JSON lines, framed with position and fragment (measured: 6 µs an event against 12 for parsing
 * in JavaScript and appending columns). Only order events are parsed, for their exact money.
 */
export async function insertEvents(
  writer: DuckDBConnection,
  records: readonly StoredRecord[],
  settings: EventBatchSettings,
): Promise<void> {
  if (records.length === 0) return;
  const file = join(settings.stageDirectory, "events.ndjson");
  const insert = insertSql(file, settings.identifierOrder);
  try {
    writeFileSync(file, frame(records, settings.homeCurrency));
    await writer.run(insert);
  } finally {
    rmSync(file, { force: true });
  }
}

/**
 * Lines that every JSON reader takes, for a batch that {@link insertEvents} could not insert. What cannot be read is
 * left out and counted; what is no event, but can be read, is only left out.
 */
export function mendedRecords(records: readonly StoredRecord[]): { mended: StoredRecord[]; unreadable: number } {
  const mended: StoredRecord[] = [];
  let unreadable = 0;
  for (const record of records) {
    const event = parsedEvent(record.payload);
    if (event !== null) mended.push({ ...record, payload: Buffer.from(wellFormedJson(JSON.stringify(event))) });
    else if (!isOtherRecord(record.payload)) unreadable++;
  }
  return { mended, unreadable };
}

/** A rejection, a correction: what has a status, and is no event. */
function isOtherRecord(payload: Uint8Array): boolean {
  try {
    const value: unknown = JSON.parse(Buffer.from(payload).toString("utf8"));
    if (typeof value !== "object" || value === null || !("status" in value)) return false;
    return typeof value.status === "string" && value.status !== "accepted";
  } catch {
    return false;
  }
}

/** JSON.stringify escapes surrogates only where they are alone; those and NUL become U+FFFD. */
function wellFormedJson(json: string): string {
  return json.replaceAll(/\\(?:u(d[89a-f][0-9a-f]{2}|0000)|[\s\S])/g, (escape, code: string | undefined) =>
    code === undefined ? escape : "\uFFFD",
  );
}

function parsedEvent(payload: Uint8Array): AcceptedEvent | null {
  try {
    const value = JSON.parse(Buffer.from(payload).toString("utf8")) as AcceptedEvent;
    return value !== null && value.status === "accepted" && typeof value.messageId === "string" ? value : null;
  } catch {
    return null;
  }
}

/** Grown to the largest batch so far and used again: filling a fresh one costs three times as much. */
let lines = Buffer.alloc(0);

function frame(records: readonly StoredRecord[], homeCurrency: string): Buffer {
  const most = records.reduce((sum, { payload }) => sum + payload.length + maxHeadBytes, 0);
  if (lines.length < most) lines = Buffer.allocUnsafe(most);
  let at = 0;
  for (const { position, fragment, payload } of records) {
    const amount = money(payload, homeCurrency);
    at += lines.write(`{"p":${position},"k":${fragmentNumber(fragment)},"f":"${fragment}"${amount},"r":`, at, "latin1");
    lines.set(payload, at);
    at += payload.length;
    at += lines.write("}\n", at, "latin1");
  }
  return lines.subarray(0, at);
}

/** Of a line without its payload: two 16-digit numbers, the fragment, an amount and the names. */
const maxHeadBytes = 160;

/** `,"m":123,"c":"GBP"` for an order event that names its amount. */
function money(payload: Uint8Array, homeCurrency: string): string {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const name = bytes.indexOf(eventName) + eventName.length;
  if (name < eventName.length) return "";
  // A look at the name spares most events the parsing.
  if (!/order/i.test(bytes.toString("latin1", name, bytes.indexOf(quote, name)))) return "";
  const event = parsedEvent(payload);
  const stated = event === null ? null : statedOrderAmount(event, homeCurrency);
  return stated === null ? "" : `,"m":${stated.amount},"c":"${stated.currency}"`;
}

/** SQL that picks the highest-ranked of `r.identifiers`: least by (rank, key). */
function highestRanked(order: readonly string[]): string {
  const cases = order
    .map((type, rank) => ({ type, rank: rankText(rank) }))
    .filter(({ type }) => type !== "*")
    .map(({ type, rank }) => `WHEN ${quoted(type)} THEN '${rank}'`);
  const star = order.indexOf("*");
  const others = rankText(star === -1 ? order.length : star);
  const ranked = `(CASE split_part(i, ':', 1) ${cases.join(" ")} ELSE '${others}' END) || i`;
  return `substr(list_min(list_transform(r.identifiers, lambda i: ${ranked})), ${rankDigits + 1})`;
}

/** Ranks are compared as text. */
const rankDigits = 4;
function rankText(rank: number): string {
  return String(rank).padStart(rankDigits, "0");
}

function insertSql(file: string, identifierOrder: readonly string[]): string {
  const record = `STRUCT(status VARCHAR, messageId VARCHAR, source VARCHAR, sourceKind VARCHAR, type VARCHAR,
    event VARCHAR, occurredAt BIGINT, receivedAt BIGINT, originalTimestamp BIGINT, identifiers VARCHAR[],
    body STRUCT(properties JSON, traits JSON, context JSON))`;
  return `INSERT INTO store.hot (fragment_key, ${eventColumnNames})
    SELECT k, p, f, r.messageId, r.source, r.sourceKind, r.type, r.event, epoch_ms(r.occurredAt),
      epoch_ms(r.receivedAt), epoch_ms(r.originalTimestamp), ${highestRanked(identifierOrder)},
      coalesce(nullif(r.body.properties, 'null'), nullif(r.body.traits, 'null'), '{}')::JSON,
      coalesce(nullif(r.body.context, 'null'), '{}')::JSON, m, c
    FROM read_json(${quoted(file)}, format = 'newline_delimited', maximum_object_size = ${maxLineBytes},
      columns = {p: 'BIGINT', k: 'BIGINT', f: 'VARCHAR', m: 'BIGINT', c: 'VARCHAR', r: ${quoted(record)}})
    WHERE r.status = 'accepted'`;
}
