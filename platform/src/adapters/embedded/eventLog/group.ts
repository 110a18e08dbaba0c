import type { BufferRecord } from "../../../buffer/eventBuffer.ts";
import { maxRecordBytes } from "../../../model/event.ts";
import { maxRecordsPerSegment, position } from "../../../model/position.ts";
import type { Position } from "../../../model/position.ts";
import { Problem } from "../../../model/problem.ts";
import {
  encodeRecord,
  hashChars,
  indexEvery,
  kinds,
  recordHeaderBytes,
  segmentHeaderBytes,
} from "../../../buffer/segment/format.ts";
import type { SegmentHeader } from "../../../buffer/segment/format.ts";

/** What a group's buffer starts with, and the most that is kept of it for the next group. */
const firstBufferBytes = 262_144;
const keptBufferBytes = 8_388_608;
/** A segment that holds this many records is rolled; the rest of its ordinals is for the group that is under way. */
const rollAtRecords = maxRecordsPerSegment / 2;

/** Where the next record goes: moves with every record that is encoded, before it is written. */
export interface Tail {
  readonly header: SegmentHeader;
  offset: number;
  ordinal: number;
  readonly index: number[];
}

interface Call {
  readonly first: Position;
  readonly count: number;
  readonly resolve: (positions: Position[]) => void;
  readonly reject: (error: unknown) => void;
}

/** One group commit: the records of all calls that came while the one before was being written. */
export interface Group {
  readonly tail: Tail;
  /** Byte of the segment where `bytes` goes. */
  readonly start: number;
  bytes: Buffer;
  length: number;
  end: Position;
  readonly calls: Call[];
}

export function freshTail(header: SegmentHeader): Tail {
  return { header, offset: segmentHeaderBytes, ordinal: 0, index: [] };
}

/** Whether the next group belongs into a new segment. */
export function isFull(tail: Tail, segmentBytes: number): boolean {
  return tail.ordinal > 0 && (tail.offset >= segmentBytes || tail.ordinal >= rollAtRecords);
}

export function startGroup(tail: Tail, buffer: Buffer | undefined): Group {
  const bytes = buffer ?? roomFor(firstBufferBytes);
  return { tail, start: tail.offset, bytes, length: 0, end: position(tail.header.segment, tail.ordinal), calls: [] };
}

/** The buffer, if it is not too large to keep. */
export function reusableBuffer(group: Group): Buffer | undefined {
  return group.bytes.length <= keptBufferBytes ? group.bytes : undefined;
}

const hashPattern = /^[\w-]{16}$/;

/** Bytes that the records take on disk. Throws a 400 `Problem` for one that the log cannot hold. */
export function checkedBytes(records: readonly BufferRecord[]): number {
  let bytes = 0;
  for (const { fragment, message, payload } of records) {
    if (!hashPattern.test(fragment) || !hashPattern.test(message)) {
      throw new Problem(400, "log_bad_record", `A record's hashes must be ${hashChars} base64url characters.`);
    }
    if (payload.length < 1 || payload.length > maxRecordBytes) {
      throw new Problem(400, "log_bad_record", `A record's payload must have 1 to ${maxRecordBytes} bytes.`);
    }
    bytes += recordHeaderBytes + payload.length;
  }
  return bytes;
}

/** Encodes a call's records, checked to take `bytes`, into the group; they are copied. */
export function addCall(
  group: Group,
  records: readonly BufferRecord[],
  bytes: number,
  settle: Pick<Call, "resolve" | "reject">,
): void {
  makeRoom(group, bytes);
  const { tail } = group;
  const { segment, salt } = tail.header;
  const first = position(segment, tail.ordinal);
  for (const record of records) {
    if (tail.ordinal % indexEvery === 0) tail.index.push(group.start + group.length);
    const where = { salt, ordinal: tail.ordinal, startsGroup: group.length === 0, kind: kinds.event };
    group.length = encodeRecord(group.bytes, group.length, record, where);
    tail.ordinal += 1;
  }
  tail.offset = group.start + group.length;
  group.end = position(segment, tail.ordinal);
  group.calls.push({ first, count: records.length, resolve: settle.resolve, reject: settle.reject });
}

export function resolveCalls(group: Group): void {
  for (const { first, count, resolve } of group.calls) {
    const positions: Position[] = [];
    for (let n = 0; n < count; n += 1) positions.push(first + n);
    resolve(positions);
  }
}

/**
 * Another thread writes it to the disk, and of shared memory nobody makes a copy. What is too large to be kept is not
 * shared: the engine does not count shared memory, so that nothing would hurry to let it go.
 */
function roomFor(bytes: number): Buffer {
  return bytes <= keptBufferBytes ? Buffer.from(new SharedArrayBuffer(bytes)) : Buffer.allocUnsafeSlow(bytes);
}

function makeRoom(group: Group, bytes: number): void {
  const needed = group.length + bytes;
  if (needed <= group.bytes.length) return;
  const larger = roomFor(Math.max(needed, group.bytes.length * 2));
  group.bytes.copy(larger, 0, 0, group.length);
  group.bytes = larger;
}
