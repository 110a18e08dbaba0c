import type { RetentionRecord } from "./event.ts";
import type { Position } from "./position.ts";

/** Stands where events have their source. No source can have this id. */
export const retentionSource = "_retention";

/** The next records that are kept no longer. Said of some thousands at a time, so that deciding it takes a moment. */
export interface KeptNoLonger {
  /** Up to here nothing is kept already. */
  from: Position;
  /** After the last of them. In the segment of `from`. */
  end: Position;
  /** From here on records are kept: `end`, or the beginning of the next segment where it is the last of its own. */
  until: Position;
}

/** Its messageId says what it says: said twice, it counts once. */
export function retentionRecordOf({ from, end, until }: KeptNoLonger, receivedAt: number): RetentionRecord {
  const messageId = `k_${from}-${until}`;
  return { status: "retention", source: retentionSource, messageId, receivedAt, body: { from, end, until } };
}
