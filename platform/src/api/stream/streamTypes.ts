import type { CallRecord } from "../../model/event.ts";
import type { FragmentId } from "../../model/fragment.ts";
import type { Identifier, IdentifierKey } from "../../model/identifier.ts";
import type { Join } from "../../model/join.ts";
import type { Position } from "../../model/position.ts";
import type { ProfileId } from "../../model/profile.ts";
import type { SourceKind } from "../../model/source.ts";

export const streamStatuses = ["accepted", "processed", "rejected", "duplicate", "joined"] as const;
export type StreamStatus = (typeof streamStatuses)[number];

/** Data of `event: record`: a call as it was taken, and again once it is decided (the same messageId). */
export interface StreamRecord {
  status: Exclude<StreamStatus, "joined">;
  messageId: string;
  source: string;
  sourceKind: SourceKind;
  /** Null where a refused call did not say. */
  type: string | null;
  event: string | null;
  occurredAt: string;
  receivedAt: string;
  processedAt?: string;
  /** From receipt to decision. */
  latencyMs?: number;
  identifier: Identifier | null;
  /** Known once it is decided. */
  profileId: ProfileId | null;
  displayName?: string | null;
  /** Of a refused call: what to mend, in words, with the code beside it. */
  reason?: string;
  code?: string;
}

/** Data of `event: joined`: people that a decision found to be one. */
export interface StreamJoin {
  profileId: ProfileId;
  retiredIds: ProfileId[];
  identifiers: Identifier[];
  messageId: string;
  source: string;
  /** Null where a person said it. */
  sourceKind: SourceKind | null;
  occurredAt: string;
  rule: string;
  displayName?: string | null;
}

/** Data of `event: rates`, once a second: what came in that second. */
export interface StreamRates {
  /** The second's end. */
  at: string;
  accepted: number;
  processed: number;
  rejected: number;
  duplicates: number;
  joined: number;
  /** Durable and not yet decided. */
  pending: number;
  bySource: Record<string, { kind: SourceKind; accepted: number; rejected: number }>;
}

/** A record that became durable. */
export interface Taken {
  position: Position;
  fragment: FragmentId;
  identifiers: readonly IdentifierKey[];
  record: CallRecord;
}

/** What one batch decided. */
export interface StreamOutcome {
  processed: number;
  duplicates: number;
  joined: number;
  joins: readonly Join[];
}
