import type { AcceptedEvent, JsonObject, LogRecord } from "./event.ts";
import { Problem } from "./problem.ts";
import type { PlanMark } from "./trackingPlan.ts";

/** Of the payloads that {@link encodeRecord} writes: of what a source sent. */
export const recordVersion = 1;
/** Of corrections: a program that does not know them must not take them for damage. */
export const correctionVersion = 2;
/** Of what a linkage says. */
export const linkVersion = 3;
/** Of versions of the identity rules. */
export const rulesRecordVersion = 4;
/** Of events that broke a tracking plan: a program that does not know the mark would count none. */
export const markedVersion = 5;
/** Of what says that records are kept no longer: who passed over it would count what came before. */
export const retentionVersion = 6;
/** The version that a record of each status is written with. */
const versions: Readonly<Record<LogRecord["status"], number>> = {
  accepted: recordVersion,
  rejected: recordVersion,
  correction: correctionVersion,
  link: linkVersion,
  rules: rulesRecordVersion,
  retention: retentionVersion,
};
/** Of all that this program reads. */
export const newestVersion = Math.max(markedVersion, ...Object.values(versions));
const closingBrace = 0x7d;
const bodyKey = Buffer.from(',"body":');

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
  const text = JSON.stringify({ v: versionOf(record), ...head });
  const start = `${text.slice(0, -1)},"body":`;
  if (typeof bodyJson === "string") return Buffer.from(`${start}${bodyJson}}`);
  const headBytes = Buffer.byteLength(start);
  const payload = Buffer.allocUnsafe(headBytes + bodyJson.length + 1);
  payload.write(start);
  payload.set(bodyJson, headBytes);
  payload[payload.length - 1] = closingBrace;
  return payload;
}

function versionOf(record: Partial<LogRecord>): number | null {
  const { status } = record;
  if (status === undefined || !Object.hasOwn(versions, status)) return null;
  const isMarked = status === "accepted" && "plan" in record && record.plan !== undefined;
  return isMarked ? markedVersion : versions[status];
}

/**
 * Reads what {@link encodeRecord} wrote (the checksum has vouched for the bytes). Problem 500 `record_newer` for a
 * version that this program does not know, `record_unreadable` for what is no record.
 */
export function decodeRecord(payload: Uint8Array): LogRecord {
  return known(parse(asBuffer(payload)));
}

/**
 * The same, but an accepted event's body is parsed when it is first asked for: of most events ingestion needs only the
 * head, which is a fourth of the work. The payload has to stay as it is. Asking for a body that is no JSON throws a
 * SyntaxError.
 */
export function decodeHead(payload: Uint8Array): LogRecord {
  const buffer = asBuffer(payload);
  // Quotes within strings are escaped, and no object before the body has a key of this name: the first one is the key.
  const end = buffer.indexOf(bodyKey);
  const isWhole = buffer[buffer.length - 1] === closingBrace;
  if (end === -1 || !isWhole) return decodeRecord(payload);
  const { v, ...head } = parse(buffer.subarray(0, end), "}");
  if (head.status !== "accepted" || v !== versionOf(head)) return decodeRecord(payload);
  return new EventOfHead(head as Head, buffer.subarray(end + bodyKey.length, -1));
}

const rulesStart = Buffer.from(`{"v":${rulesRecordVersion},"status":"rules",`);
const retentionStart = Buffer.from(`{"v":${retentionVersion},"status":"retention",`);

/** Told from the first bytes: whoever reads runs of records stops at one, because what comes after it is decided by it. */
export function isDecidedAlone(payload: Uint8Array): boolean {
  const start = payload[5] === rulesStart[5] ? rulesStart : retentionStart;
  return payload[5] === start[5] && start.equals(payload.subarray(0, start.length));
}

type Head = Omit<AcceptedEvent, "body">;

class EventOfHead implements AcceptedEvent {
  readonly status = "accepted";
  readonly source: Head["source"];
  readonly sourceKind: Head["sourceKind"];
  readonly messageId: Head["messageId"];
  readonly type: Head["type"];
  readonly event: Head["event"];
  readonly receivedAt: Head["receivedAt"];
  readonly occurredAt: Head["occurredAt"];
  readonly originalTimestamp: Head["originalTimestamp"];
  readonly flags: Head["flags"];
  readonly identifiers: Head["identifiers"];
  readonly aliasOf: Head["aliasOf"];
  declare readonly plan?: PlanMark;
  #body: Buffer | JsonObject;

  constructor(head: Head, body: Buffer) {
    this.source = head.source;
    this.sourceKind = head.sourceKind;
    this.messageId = head.messageId;
    this.type = head.type;
    this.event = head.event;
    this.receivedAt = head.receivedAt;
    this.occurredAt = head.occurredAt;
    this.originalTimestamp = head.originalTimestamp;
    this.flags = head.flags;
    this.identifiers = head.identifiers;
    this.aliasOf = head.aliasOf;
    if (head.plan !== undefined) this.plan = head.plan;
    this.#body = body;
  }

  get body(): JsonObject {
    if (Buffer.isBuffer(this.#body)) this.#body = JSON.parse(this.#body.toString("utf8")) as JsonObject;
    return this.#body;
  }
}

function known({ v, ...record }: Parsed): LogRecord {
  if (v !== undefined && v === versionOf(record)) return record as LogRecord;
  if (typeof v === "number" && v > newestVersion) {
    throw new Problem(500, "record_newer", `the record has format ${v}, this program reads ${newestVersion}`, {
      hint: "run the version that wrote it, or a newer one",
    });
  }
  throw new Problem(500, "record_unreadable", "the stored record is not one of this program's");
}

type Parsed = Partial<LogRecord> & { v?: unknown };

function asBuffer(payload: Uint8Array): Buffer {
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
}

function parse(json: Buffer, after = ""): Parsed {
  try {
    const read: unknown = JSON.parse(json.toString("utf8") + after);
    return typeof read === "object" && read !== null ? read : {};
  } catch {
    return {};
  }
}
