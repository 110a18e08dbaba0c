import type { Rejection } from "../model/event.ts";
import type { Position } from "../model/position.ts";

/** A refusal as it is kept. The call itself stands in the log, at `position`. */
export interface KeptRejection {
  position: Position;
  messageKey: string;
  source: string;
  messageId: string;
  reason: Rejection;
}

/** What was decided of single records, for whoever asks. */
export interface Fates {
  /** Every record before it is decided. */
  decidedUntil(): Promise<Position>;
  /** The latest refusal of a message; null where it was never refused. */
  rejectionOf(messageKey: string): Promise<{ position: Position; reason: Rejection } | null>;
  /** Newest first, before a position where one is given; of one source where one is named. */
  rejections(wanted: { source: string | null; before: Position | null; limit: number }): Promise<KeptRejection[]>;
  /** What stands in a decided record's way of being processed; null when it was processed. */
  exceptionAt(position: Position): { fate: "rejected"; reason: Rejection } | { fate: "duplicate" } | null;
  /** Positions of later deliveries in [from, until), ascending, at most `limit`. */
  duplicatesIn(from: Position, until: Position, limit: number): Position[];
  duplicatesOf(first: Position): Promise<{ count: number; differs: boolean }>;
  /** UTC ms; null when the record is not decided. */
  processedAt(position: Position): Promise<number | null>;
  counts(): Promise<{ processed: number; rejected: number; duplicates: number }>;
}
