import type { IdentifierKey } from "./identifier.ts";
import type { LinkVerdict, Verdict } from "./correction.ts";
import type { SourceKind } from "./source.ts";
import type { PlanMark } from "./trackingPlan.ts";

export const callTypes = ["track", "identify", "page", "screen", "group", "alias"] as const;
export type CallType = (typeof callTypes)[number];

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };
export type JsonObject = { [key: string]: JsonValue };

/**
 * An event as the log holds it: everything that depends on when and where it was received is computed once,
 * at acceptance, and stands beside the call's own body. Times are UTC milliseconds.
 */
export interface AcceptedEvent {
  readonly status: "accepted";
  readonly source: string;
  readonly sourceKind: SourceKind;
  /** As sent, or made by the server (then `flags` has `message_id_made`). At most 100 characters. */
  readonly messageId: string;
  readonly type: CallType;
  /** The event name of a track call, the name of a page or screen; null otherwise. */
  readonly event: string | null;
  readonly receivedAt: number;
  /** The client's time, corrected for skew (WIRE: `receivedAt − (sentAt − originalTimestamp)`). */
  readonly occurredAt: number;
  /** The client's own time, uncorrected; null when it sent none that could be read. */
  readonly originalTimestamp: number | null;
  /** Oddities that did not stop it: `time_out_of_range`, `message_id_made`, `identifiers_capped`. */
  readonly flags: readonly string[];
  /** Normalised, sorted, unique, at most `maxIdentifiersPerEvent`: the combination that keys its fragment. */
  readonly identifiers: readonly IdentifierKey[];
  /** For an alias call: the previous id (a user id or an anonymous id), normalised as both. */
  readonly aliasOf: readonly IdentifierKey[];
  /** Where it broke its source's tracking plan, and was taken all the same. */
  readonly plan?: PlanMark;
  /** The call as sent, the batch's context merged in: `traits`, `properties`, `context`, … Well-formed text, no NUL. */
  readonly body: JsonObject;
}

/** A call that was refused item by item, kept with its reason so that it can be corrected and sent again. */
export interface RejectedCall {
  readonly status: "rejected";
  readonly source: string;
  readonly sourceKind: SourceKind;
  readonly messageId: string;
  readonly receivedAt: number;
  readonly reason: Rejection;
  /** It came by a way that takes guests and large calls (imports): mended, it may be sent again that way. */
  readonly isImported?: true;
  /** What was sent, as JSON text (cut to `maxRejectedBodyChars`). */
  readonly body: string;
}

export interface Rejection {
  /** Machine-readable: `event_too_large`, `missing_user`, … */
  readonly code: string;
  /** What is wrong and how to mend it; never quotes the value. */
  readonly message: string;
  /** Path of the offending field, `properties.products[0].price`. */
  readonly field?: string;
}

/** A person's correction of who is who, as the log holds it (`Correction`). It is nobody's event. */
export interface CorrectionRecord {
  readonly status: "correction";
  /** `correctionSource`. */
  readonly source: string;
  readonly messageId: string;
  readonly receivedAt: number;
  readonly body: CorrectionBody;
}

/** `a` and `b`: normalised identifiers, sorted. */
export type CorrectionBody = { verdict: Verdict; a: IdentifierKey; b: IdentifierKey; by: string; reason: string };

/** What a linkage says of two identifiers, as the log holds it (`Link`). It is nobody's event. */
export interface LinkRecord {
  readonly status: "link";
  /** `linkSource`. */
  readonly source: string;
  readonly messageId: string;
  readonly receivedAt: number;
  readonly body: LinkBody;
}

/** `by`: the run's id, or of a withdrawal the API token's. `confidence`: the probability, of `probable` only. */
export type LinkBody = {
  verdict: LinkVerdict;
  a: IdentifierKey;
  b: IdentifierKey;
  by: string;
  reason: string;
  confidence?: number;
};

/** A version of the identity rules, as the log holds it (`RulesVersion`). It is nobody's event. */
export interface RulesRecord {
  readonly status: "rules";
  /** `rulesSource`. */
  readonly source: string;
  readonly messageId: string;
  readonly receivedAt: number;
  readonly body: { number: number; hash: string; by: string; reason: string; document: JsonObject };
}

/** Which records are kept no longer, as the log holds it. It is nobody's event. */
export interface RetentionRecord {
  readonly status: "retention";
  /** `retentionSource`. */
  readonly source: string;
  readonly messageId: string;
  readonly receivedAt: number;
  /** Positions, as of `KeptNoLonger`. */
  readonly body: { from: number; end: number; until: number };
}

/** What a source sent. */
export type CallRecord = AcceptedEvent | RejectedCall;

/** What people and linkages say. */
export type StatedRecord = CorrectionRecord | LinkRecord | RulesRecord;

export type LogRecord = CallRecord | StatedRecord | RetentionRecord;

/** False of what people, linkages and the platform say, which is nobody's event. */
export function isCall(record: LogRecord): record is CallRecord {
  return record.status === "accepted" || record.status === "rejected";
}

export const maxMessageIdLength = 100;
/** The log's own limit on one record's payload. */
export const maxRecordBytes = 1_048_576;
export const maxRejectedBodyChars = 524_288;
/** Nesting of a body, counted in brackets. */
export const maxDepth = 64;

/** Segment's e-commerce specification v2, the ones that change an order. */
export const orderEvents = {
  completed: "Order Completed",
  updated: "Order Updated",
  refunded: "Order Refunded",
  cancelled: "Order Cancelled",
} as const;
