import type { Rejection } from "../model/event.ts";
import type { Position } from "../model/position.ts";
import type { RejectionCause } from "../model/rejectionCause.ts";

/**
 * `open`: it can be mended and replayed. `replaced`: a call of its messageId was refused again since, and that one is
 * open in its place. `mended`: one was taken.
 */
export const rejectionStates = ["open", "replaced", "mended"] as const;
export type RejectionState = (typeof rejectionStates)[number];

/** A refusal as it is kept. The call itself stands in the log, at `position`. */
export interface KeptRejection {
  position: Position;
  messageKey: string;
  source: string;
  messageId: string;
  reason: Rejection;
  /** Id of its cause. */
  cause: string;
  state: RejectionState;
}

/** What refusals have in common, with how many there are. */
export interface KeptCause extends RejectionCause {
  id: string;
  /** In the order in which causes were first met. */
  number: number;
  count: number;
  /** Of them, still to be mended. */
  open: number;
  /** UTC ms of receipt; null while none of them could be read. */
  firstAt: number | null;
  lastAt: number | null;
  /** The newest refusal. */
  latest: { messageId: string; reason: Rejection };
}

export interface RejectionsAsked {
  source: string | null;
  /** Id of a cause. */
  cause: string | null;
  onlyOpen: boolean;
  before: Position | null;
  limit: number;
}

/** What was decided of single records, for whoever asks. */
export interface Fates {
  /** Every record before it is decided. */
  decidedUntil(): Promise<Position>;
  /** The latest refusal of a message; null where it was never refused. */
  rejectionOf(messageKey: string): Promise<{ position: Position; reason: Rejection } | null>;
  /** Newest first, before a position where one is given; of one source or cause where one is named. */
  rejections(wanted: RejectionsAsked): Promise<KeptRejection[]>;
  /** The refusal of a message that is open; null where none is. */
  openRejectionOf(messageKey: string): Promise<KeptRejection | null>;
  /** Open refusals of a cause in [from, until), oldest first, at most `limit`. */
  openIn(wanted: { cause: string; from: Position; until: Position; limit: number }): Promise<KeptRejection[]>;
  /** Of refusals by their positions; null where none is. */
  statesAt(positions: readonly Position[]): Promise<(RejectionState | null)[]>;
  /** Those with most open refusals first, after one of them where it is given. */
  causes(wanted: {
    source: string | null;
    onlyOpen: boolean;
    after: Pick<KeptCause, "open" | "number"> | null;
    limit: number;
  }): Promise<KeptCause[]>;
  cause(id: string): Promise<KeptCause | null>;
  /** Causes that have open refusals, and how many those are; of one source where one is named. */
  openCounts(source: string | null): Promise<{ causes: number; open: number }>;
  /** What stands in a decided record's way of being processed; null when it was processed. */
  exceptionAt(position: Position): Promise<{ fate: "rejected"; reason: Rejection } | { fate: "duplicate" } | null>;
  /** Positions of later deliveries in [from, until), ascending, at most `limit`. */
  duplicatesIn(from: Position, until: Position, limit: number): Promise<Position[]>;
  duplicatesOf(first: Position): Promise<{ count: number; differs: boolean }>;
  /** UTC ms; null when the record is not decided. */
  processedAt(position: Position): Promise<number | null>;
  counts(): Promise<{ processed: number; rejected: number; duplicates: number }>;
}
