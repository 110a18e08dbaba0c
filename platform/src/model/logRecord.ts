import type { LogRecord } from "./event.ts";
import { Problem } from "./problem.ts";

/** Of the payloads that {@link encodeRecord} writes. */
export const recordVersion = 1;
const closingBrace = 0x7d;

/**
 * The payload of a log record: one line of JSON (UTF-8), the format's version first, the body last. A caller that has
 * the body's JSON already, as text or as UTF-8 without line breaks, hands it over, so that the largest part is not
 * written twice.
 */
export function encodeRecord(
  record: LogRecord,
  bodyJson: string | Uint8Array = JSON.stringify(record.body),
): Uint8Array {
  const { body: _, ...head } = record;
  const text = JSON.stringify({ v: recordVersion, ...head });
  const start = `${text.slice(0, -1)},"body":`;
  if (typeof bodyJson === "string") return Buffer.from(`${start}${bodyJson}}`);
  const headBytes = Buffer.byteLength(start);
  const payload = Buffer.allocUnsafe(headBytes + bodyJson.length + 1);
  payload.write(start);
  payload.set(bodyJson, headBytes);
  payload[payload.length - 1] = closingBrace;
  return payload;
}

/**
 * Reads what {@link encodeRecord} wrote (the checksum has vouched for the bytes). Problem 500 `record_newer` for a
 * version that this program does not know, `record_unreadable` for what is no record.
 */
export function decodeRecord(payload: Uint8Array): LogRecord {
  const { v, ...record } = parse(payload);
  if (v === recordVersion && (record.status === "accepted" || record.status === "rejected")) return record as LogRecord;
  if (typeof v === "number" && v > recordVersion) {
    throw new Problem(500, "record_newer", `the record has format ${v}, this program reads ${recordVersion}`, {
      hint: "run the version that wrote it, or a newer one",
    });
  }
  throw new Problem(500, "record_unreadable", "the stored record is not one of this program's");
}

function parse(payload: Uint8Array): Partial<LogRecord> & { v?: unknown } {
  try {
    const buffer = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    const read: unknown = JSON.parse(buffer.toString("utf8"));
    return typeof read === "object" && read !== null ? read : {};
  } catch {
    return {};
  }
}
