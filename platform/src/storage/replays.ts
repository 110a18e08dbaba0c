import type { JsonObject, Rejection } from "../model/event.ts";
import type { Position } from "../model/position.ts";

export const replayStatuses = ["running", "stopped", "done", "failed"] as const;

/** That one replay may name. */
export const maxReplayMessages = 1_000;

/** What a replay is of: all that is open of a cause, or some messages of a source. */
export type ReplayOf = { cause: string; source: string } | { messageIds: readonly string[]; source: string };

/** Why calls were refused again, with how many. */
export interface RefusedAgain extends Rejection {
  count: number;
}

/** A replay that was asked for, as it is kept: enough to go on with it after a crash. */
export interface ReplayJob {
  id: string;
  of: ReplayOf;
  /** The document; null: as they were. */
  transformation: JsonObject | null;
  status: (typeof replayStatuses)[number];
  /** The id of an API token. */
  by: string;
  /** UTC ms. */
  startedAt: number;
  endedAt: number | null;
  total: number;
  accepted: number;
  refused: number;
  /** Mended by somebody else meanwhile, or being so. */
  skipped: number;
  refusals: RefusedAgain[];
  /** How far it is: of a cause the position to go on from, of messages how many are behind. */
  cursor: number;
  /** What is refused later is not of it. */
  until: Position;
  /** Refusals whose calls were sent and of which it is not noted yet what became. */
  inFlight: Position[];
  problem: { code: string; message: string; hint: string | null } | null;
}

/** Keeps replays, so that each goes on where it was, whatever is killed. */
export interface Replays {
  /** Durable when it resolves. */
  put(job: ReplayJob): Promise<void>;
  /** Newest first; of those that ended at most {@link maxKeptReplays}. */
  all(): Promise<ReplayJob[]>;
}

export const maxKeptReplays = 100;
