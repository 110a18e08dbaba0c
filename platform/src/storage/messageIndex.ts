import type { Position } from "../model/position.ts";

/**
 * Which message was accepted first, and where: what makes an event count once, for as long as its record is kept.
 * Keys are keyed hashes of (source, messageId), 16 base64url characters. It is derived from the log and the decided
 * state, so a crash costs nothing but re-reading the last segments.
 */
export interface MessageIndex {
  /** In the order of `keys`; null where the message was never processed. */
  firstPositions(keys: readonly string[]): Promise<(Position | null)[]>;
  /** After the decision that processed them. Positions ascend over calls. Repeating a call changes nothing. */
  remember(entries: readonly { key: string; position: Position }[]): Promise<void>;
  /**
   * Messages before this position are not known any more: no look-up finds them, and one that comes again is new.
   * Calling it again, or with an earlier position, changes nothing.
   */
  forget(before: Position): void;
  close(): Promise<void>;
}
