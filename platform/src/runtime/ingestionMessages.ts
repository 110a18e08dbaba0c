import type { BatchOutcome } from "../ingestion/index.ts";
import type { Position } from "../model/position.ts";

export interface IngestionThreadData {
  logDirectory: string;
  stateFile: string;
  messagesDirectory: string;
  hashKey: Uint8Array;
  homeCurrency: string;
  maxPendingRecords: number;
}

export type ToIngestion =
  /** `isShort`: of the processor, so that small batches cost more than they hurry. */
  | { kind: "durable"; end: Position; isShort: boolean }
  /** Every follower durably has the feed up to `version`. */
  | { kind: "followed"; version: number }
  /** Messages of a segment whose records are kept no longer. */
  | { kind: "removeMessages"; call: number; segment: number }
  | { kind: "find"; call: number; keys: readonly string[] }
  | { kind: "close" };

export type FromIngestion =
  | { kind: "ready"; position: Position }
  /** `startedAt`, `endedAt`: UTC ms, with fractions. */
  | {
      kind: "decided";
      position: Position;
      records: number;
      outcome: BatchOutcome;
      startedAt: number;
      endedAt: number;
    }
  /** Null: they could not be looked up. */
  | { kind: "positions"; call: number; positions: (Position | null)[] | null }
  /** Null: they are gone. */
  | { kind: "messagesRemoved"; call: number; failure: string | null }
  | { kind: "trouble"; message: string }
  | { kind: "closed" };
