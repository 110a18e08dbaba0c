import type { Position } from "../model/position.ts";

/** A record as the buffer sees it: bytes with two keyed hashes (12 bytes each, base64url) in the header. */
export interface BufferRecord {
  /** Keyed hash of the fragment, so that erasure finds records without reading them. */
  readonly fragment: string;
  /** Keyed hash of (source, messageId); survives in the stub of an erased record. */
  readonly message: string;
  /** 1 to `maxRecordBytes` bytes. */
  readonly payload: Uint8Array;
}

export interface StoredRecord extends BufferRecord {
  readonly position: Position;
}

/**
 * The way in, which every edition has: durable and bounded, no more. What an embedded log and a managed stream both keep
 * (held by sinkContract.ts):
 *
 * - `append` resolves only after every record of the call is durable; each is delivered at least once, exactly as it was
 *   appended. It rejects with a 503 Problem when any may not be: then each of the call's records may be there or not,
 *   and a caller that sends them again may have them delivered twice.
 * - In no particular order: neither between calls nor within one.
 * - A call that can never be taken is refused whole: 400 for a record that is none, 413 for too much. What waits is
 *   bounded in bytes: beyond, 503 with `retryAfterSeconds`, and nothing of the call is taken.
 * - A caller's bytes may be used again as soon as `append` has returned its promise.
 * - `close` lets what was asked finish, and refuses what comes after with 503.
 */
export interface EventSink {
  append(records: readonly BufferRecord[]): Promise<unknown>;
  close(): Promise<void>;
}

/**
 * The durable, bounded, replayable log between the gateway and ingestion.
 *
 * Promises beyond those of `EventSink`, which a managed stream does not keep (each held by contract.ts):
 * - `append` resolves only after every record of the call is durable, and gives their positions in order; it rejects
 *   when any may not be, and then none of the call's records may ever have been promised. After a failed write or
 *   sync the buffer stops acknowledging (every append rejects with a 503 Problem) until it is reopened.
 * - Records of one `append` are contiguous and in order, but other calls' records may lie between calls.
 * - `read` gives records from `from` (inclusive) in position order, durable ones only, each exactly as appended.
 *   After a crash everything that was promised is there; a torn tail is gone; a torn middle is an error that names
 *   the segment and offset, never skipped.
 * - Callers keep `Position`s opaque but for comparing.
 */
export interface EventBuffer extends EventSink {
  append(records: readonly BufferRecord[]): Promise<Position[]>;
  /** Position after the last durable record. */
  end(): Position;
}

/** A reader has its own file handles, and may live in another thread than the writer. */
export interface EventBufferReader {
  /**
   * At most `maxRecords` records or about `maxBytes` bytes from `from`, up to but without `until` (a durable end that
   * the writer announced). `next` is where to go on: the first position of the next segment once one is read out.
   */
  read(
    from: Position,
    until: Position,
    maxRecords: number,
    maxBytes: number,
  ): Promise<{ records: StoredRecord[]; next: Position }>;
  /** One record, or null where the position holds none (or a stub). */
  at(position: Position): Promise<StoredRecord | null>;
  close(): Promise<void>;
}
