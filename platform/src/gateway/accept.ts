import {
  callTypes,
  maxMessageIdLength,
  maxRejectedBodyChars,
  type AcceptedEvent,
  type CallType,
  type JsonObject,
  type LogRecord,
  type Rejection,
} from "../model/event.ts";
import { identifiersOfCall } from "../model/callIdentifiers.ts";
import { callTime } from "../model/callTime.ts";
import type { Source } from "../model/source.ts";
import { isCall, rejectionOf } from "./callShape.ts";
import { unstorable } from "./storable.ts";

export interface Received {
  /** UTC ms. */
  at: number;
  /** A batch's own `sentAt`, for items that have none. */
  sentAt?: unknown;
  /** A batch's own `context` and `integrations`, merged into its items; what an item says itself goes before. */
  context?: unknown;
  integrations?: unknown;
}

export interface AcceptOptions {
  /** UTF-8 bytes of one call as JSON. */
  maxEventBytes: number;
  /** Whether a call may carry no identifier at all (imports: a till without a loyalty card). */
  allowGuests: boolean;
  newMessageId: () => string;
}

/**
 * Judges one call and stamps it with what depends on when and where it came in. Pure but for `newMessageId`. Never
 * throws: whatever is wrong with a call becomes a rejection that says what and where.
 */
export function acceptCall(call: unknown, source: Source, received: Received, options: AcceptOptions): LogRecord {
  const problem = unstorable(call) ?? rejectionOf(call, options.allowGuests);
  if (problem !== null || !isCall(call)) return rejected(call, source, received, options, problem ?? notAnObject);
  const body = withBatch(call, received);
  const size = Buffer.byteLength(JSON.stringify(body));
  if (size > options.maxEventBytes) {
    const message = `the event has ${size} bytes; the most is ${options.maxEventBytes}`;
    return rejected(call, source, received, options, { code: "event_too_large", message });
  }
  const { identifiers, aliasOf, isCapped } = identifiersOfCall(body);
  const timestamp = body["originalTimestamp"] ?? body["timestamp"];
  const time = callTime({ timestamp, sentAt: body["sentAt"] ?? received.sentAt, receivedAt: received.at });
  const sent = messageIdIn(call);
  const flags: string[] = [];
  if (time.isOutOfRange) flags.push("time_out_of_range");
  if (sent === null) flags.push("message_id_made");
  if (isCapped) flags.push("identifiers_capped");
  const type = (body["type"] as string).toLowerCase() as CallType;
  return {
    status: "accepted",
    source: source.id,
    sourceKind: source.kind,
    messageId: sent ?? options.newMessageId(),
    type,
    event: eventNameOf(type, body),
    receivedAt: received.at,
    occurredAt: time.occurredAt,
    originalTimestamp: time.originalTimestamp,
    flags,
    identifiers,
    aliasOf,
    body,
  } satisfies AcceptedEvent;
}

const notAnObject: Rejection = { code: "not_an_object", message: "a call is a JSON object" };

function rejected(
  call: unknown,
  source: Source,
  received: Received,
  options: AcceptOptions,
  reason: Rejection,
): LogRecord {
  return {
    status: "rejected",
    source: source.id,
    sourceKind: source.kind,
    messageId: messageIdIn(call) ?? options.newMessageId(),
    receivedAt: received.at,
    reason,
    body: textOf(call).slice(0, maxRejectedBodyChars).toWellFormed(),
  };
}

/** JSON.parse made the call, but a caller of `submit` may hand over anything. */
function textOf(call: unknown): string {
  try {
    return JSON.stringify(call) ?? "";
  } catch {
    return "";
  }
}

function messageIdIn(call: unknown): string | null {
  if (typeof call !== "object" || call === null || !Object.hasOwn(call, "messageId")) return null;
  const { messageId } = call as { messageId: unknown };
  const isUsable = typeof messageId === "string" && messageId.trim() !== "" && messageId.length <= maxMessageIdLength;
  return isUsable && messageId.isWellFormed() && !messageId.includes("\0") ? messageId : null;
}

/** Spreading copies own keys only, so a call's `__proto__` stays a key like any other. */
function withBatch(call: JsonObject, received: Received): JsonObject {
  if (received.context === undefined && received.integrations === undefined) return call;
  const body = { ...call };
  for (const name of ["context", "integrations"] as const) {
    const shared = received[name];
    if (typeof shared !== "object" || shared === null || Array.isArray(shared)) continue;
    const own = body[name];
    const hasOwn = typeof own === "object" && own !== null && !Array.isArray(own);
    if (own === undefined || own === null || hasOwn) body[name] = { ...(shared as JsonObject), ...(hasOwn ? own : {}) };
  }
  return body;
}

function eventNameOf(type: CallType, body: JsonObject): string | null {
  const name = type === "track" ? body["event"] : type === "page" || type === "screen" ? body["name"] : null;
  return typeof name === "string" ? name : null;
}

/** The type of a call that came to an address of its own, where the address says it. */
export function typed(call: unknown, type: CallType): unknown {
  const isObject = typeof call === "object" && call !== null && !Array.isArray(call);
  return isObject ? { ...call, type } : call;
}

export function isCallType(name: string): name is CallType {
  return (callTypes as readonly string[]).includes(name);
}
