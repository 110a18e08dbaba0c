import type { Rejection } from "../model/event.ts";
import type { Position } from "../model/position.ts";

/** What was decided of single records, for whoever asks. */
export interface Fates {
  /** Every record before it is decided. */
  decidedUntil(): Promise<Position>;
  /** The latest refusal of a message; null where it was never refused. */
  rejectionOf(messageKey: string): Promise<{ position: Position; reason: Rejection } | null>;
  duplicatesOf(first: Position): Promise<{ count: number; differs: boolean }>;
  /** UTC ms; null when the record is not decided. */
  processedAt(position: Position): Promise<number | null>;
  counts(): Promise<{ processed: number; rejected: number; duplicates: number }>;
}
