import {
  maxMessageIdLength,
  maxRejectedBodyChars,
  type AcceptedEvent,
  type CallType,
  type JsonObject,
  type JsonValue,
  type CallRecord,
  type Rejection,
} from "../model/event.ts";
import { identifiersOfCall } from "../model/callIdentifiers.ts";
import { callTime } from "../model/callTime.ts";
import type { IdentifierKey } from "../model/identifier.ts";
import type { Source } from "../model/source.ts";
import type { CompiledPlan } from "./plans/judging.ts";
import { callTypeOf, isWellFormed, rejectionOf, type WellFormedCall } from "./callShape.ts";
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
  /** False where a look at the JSON text has ruled out what {@link unstorable} searches for, which costs a walk. */
  mayBeUnstorable: boolean;
  /** What the source has promised to send, where it has a tracking plan. */
  plan?: CompiledPlan;
}

/** A call with its verdict, and what the log needs beside it. */
export interface Judged {
  record: CallRecord;
  /** Whose it is, a refused call too: erasure must find both. */
  identifiers: readonly IdentifierKey[];
  /** `record.body` as JSON, or its UTF-8. */
  bodyJson: string | Uint8Array;
}

/**
 * Judges one call and stamps it with what depends on when and where it came in. Pure but for `newMessageId`. Never
 * throws: whatever is wrong with a call becomes a rejection that says what and where. `text` is the JSON that the call
 * was read from, on one line, where the caller has it: then it is kept as it is and not written again.
 */
export function acceptCall(
  call: unknown,
  source: Source,
  received: Received,
  options: AcceptOptions,
  text?: Uint8Array,
): Judged {
  const body = withBatch(call, received);
  const problem = (options.mayBeUnstorable ? unstorable(body) : null) ?? rejectionOf(body, options.allowGuests);
  if (problem !== null || !isWellFormed(body)) return rejected(body, source, received, options, problem ?? notAnObject);
  const isAsSent = text !== undefined && body === call && text.length <= options.maxEventBytes;
  const bodyJson = isAsSent ? text : JSON.stringify(body);
  if (typeof bodyJson === "string" && isLonger(bodyJson, options.maxEventBytes)) {
    const message = `the event has more than ${options.maxEventBytes} bytes`;
    return rejected(body, source, received, options, { code: "event_too_large", message });
  }
  const { identifiers, aliasOf, isCapped } = identifiersOfCall(body);
  const time = callTime({
    timestamp: said(body["timestamp"]) ?? body["originalTimestamp"],
    sentAt: said(body["sentAt"]) ?? received.sentAt,
    receivedAt: received.at,
  });
  const sent = messageIdIn(body);
  const flags: string[] = [];
  if (time.isOutOfRange) flags.push("time_out_of_range");
  if (sent === null) flags.push("message_id_made");
  if (isCapped) flags.push("identifiers_capped");
  const type = callTypeOf(body) ?? "track";
  const event = eventNameOf(type, body);
  const broken = options.plan?.judge({ type, event, body }) ?? null;
  if (broken?.refusal) return rejected(body, source, received, options, broken.refusal);
  const kept = broken?.body ?? body;
  const record: AcceptedEvent = {
    status: "accepted",
    source: source.id,
    sourceKind: source.kind,
    messageId: sent ?? options.newMessageId(),
    type,
    event,
    receivedAt: received.at,
    occurredAt: time.occurredAt,
    originalTimestamp: time.originalTimestamp,
    flags,
    identifiers,
    aliasOf,
    ...(broken === null ? {} : { plan: broken.mark }),
    body: kept,
  };
  return { record, identifiers, bodyJson: kept === body ? bodyJson : JSON.stringify(kept) };
}

const notAnObject: Rejection = { code: "not_an_object", message: "a call is a JSON object" };

function rejected(
  call: unknown,
  source: Source,
  received: Received,
  options: AcceptOptions,
  reason: Rejection,
): Judged {
  const body = textOf(call).slice(0, maxRejectedBodyChars).toWellFormed();
  const record: CallRecord = {
    status: "rejected",
    source: source.id,
    sourceKind: source.kind,
    messageId: messageIdIn(call) ?? options.newMessageId(),
    receivedAt: received.at,
    reason,
    ...(options.allowGuests ? { isImported: true } : {}),
    body,
  };
  const identifiers = isObject(call) ? identifiersOfCall(call).identifiers : [];
  return { record, identifiers, bodyJson: JSON.stringify(body) };
}

/** Nesting beyond the engine's own stack has no text. */
function textOf(call: unknown): string {
  try {
    return JSON.stringify(call) ?? "";
  } catch {
    return "";
  }
}

/** Bytes as UTF-8; a UTF-16 unit is at most three. */
function isLonger(text: string, maxBytes: number): boolean {
  if (text.length > maxBytes) return true;
  return text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes;
}

/** An empty text says as little as none. */
function said(value: JsonValue | undefined): JsonValue | undefined {
  return value === "" ? undefined : value;
}

/** In Unicode characters, as the check of its shape counts; a UTF-16 unit is at least half of one. */
function isShort(messageId: string): boolean {
  if (messageId.length <= maxMessageIdLength) return true;
  return messageId.length <= maxMessageIdLength * 2 && Array.from(messageId).length <= maxMessageIdLength;
}

function messageIdIn(call: unknown): string | null {
  if (!isObject(call) || !Object.hasOwn(call, "messageId")) return null;
  const { messageId } = call;
  const isUsable = typeof messageId === "string" && messageId.trim() !== "" && isShort(messageId);
  return isUsable && messageId.isWellFormed() && !messageId.includes("\0") ? messageId : null;
}

/** Spreading copies own keys only, so a call's `__proto__` stays a key like any other. */
function withBatch(call: unknown, received: Received): unknown {
  const { context, integrations } = received;
  if ((context === undefined && integrations === undefined) || !isObject(call)) return call;
  const body = { ...call };
  merge(body, "context", context);
  merge(body, "integrations", integrations);
  return body;
}

function merge(body: JsonObject, name: "context" | "integrations", shared: unknown): void {
  if (!isObject(shared)) return;
  const own = body[name] ?? {};
  if (isObject(own)) body[name] = { ...shared, ...own };
}

function eventNameOf(type: CallType, body: WellFormedCall): string | null {
  const name = type === "track" ? body["event"] : type === "page" || type === "screen" ? body["name"] : null;
  return typeof name === "string" ? name : null;
}

/** A call that came to an address of its own is of the type that the address says. */
export function typed(call: unknown, type: CallType): unknown {
  return isObject(call) && call["type"] !== type ? { ...call, type } : call;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
