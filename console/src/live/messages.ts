import type { SseMessage } from "../api/sse.ts";

export interface Identifier {
  type: string;
  value: string;
}

export type RecordStatus = "accepted" | "processed" | "rejected" | "duplicate";

/** A call as it was taken, and again once it is decided. docs/stream.md tells this and the shapes below. */
export interface StreamRecord {
  status: RecordStatus;
  messageId: string;
  source: string;
  sourceKind: string;
  type: string | null;
  event: string | null;
  occurredAt: string;
  receivedAt: string;
  processedAt?: string;
  latencyMs?: number;
  identifier: Identifier | null;
  profileId: string | null;
  displayName?: string | null;
  reason?: string;
  code?: string;
}

/** People that a decision found to be one. */
export interface StreamJoin {
  profileId: string;
  retiredIds: string[];
  identifiers: Identifier[];
  messageId: string;
  source: string;
  /** Null where a person said it. */
  sourceKind: string | null;
  occurredAt: string;
  rule: string;
  displayName?: string | null;
}

/** What came in one second. */
export interface Rates {
  /** The second's end, ISO 8601. */
  at: string;
  accepted: number;
  processed: number;
  rejected: number;
  joined: number;
  pending: number;
  /** Matching records of which only some were shown; the history has none. */
  sampled?: { shown: number; of: number } | null;
}

/** Null: not known how many. */
export interface Skipped {
  records: number | null;
  joins: number | null;
}

export type LiveMessage =
  | { is: "record"; record: StreamRecord }
  | { is: "joined"; join: StreamJoin }
  | { is: "rates"; rates: Rates }
  | { is: "history"; items: Rates[] }
  | { is: "skipped"; skipped: Skipped };

/** Null for what this console does not know; the shapes are a promise of the platform's, held by tests in a browser. */
export function readMessage({ event, data }: SseMessage): LiveMessage | null {
  try {
    const told: unknown = JSON.parse(data);
    if (typeof told !== "object" || told === null) return null;
    if (event === "record") return { is: "record", record: told as StreamRecord };
    if (event === "joined") return { is: "joined", join: told as StreamJoin };
    if (event === "rates") return { is: "rates", rates: told as Rates };
    if (event === "history") return { is: "history", items: (told as { items: Rates[] }).items };
    return event === "skipped" ? { is: "skipped", skipped: told as Skipped } : null;
  } catch {
    return null;
  }
}
