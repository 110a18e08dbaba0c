import { crc32 } from "node:zlib";
import { maxRecordBytes } from "../../model/event.ts";
import { maxRecordsPerSegment } from "../../model/position.ts";
import { Problem } from "../../model/problem.ts";

/**
 * The bytes of a segment, as docs/formats/event-log.md lays them down. Integers are little endian.
 * A segment is a header, records, and, once sealed, a footer: sparse index and trailer.
 */
export const plainVersion = 1;
/** The same segment, compressed: {@link openArchivedBytes}. */
export const archivedVersion = 2;
const newestVersion = archivedVersion;
export const segmentHeaderBytes = 32;
export const recordHeaderBytes = 36;
export const trailerBytes = 20;
/** Every n-th ordinal's offset stands in the index. */
export const indexEvery = 256;
export const hashChars = 16;

const headerMagic = Buffer.from("C360LOG\n", "latin1");
const trailerMagic = Buffer.from("C360END\n", "latin1");

/** What a record is; its header's first flag byte, less `startsGroup`. */
export const kinds = { event: 1, stub: 2 } as const;
export type RecordKind = (typeof kinds)[keyof typeof kinds];
/** Set on the first record of each group commit: whatever lies before it had been synced when it was written. */
const startsGroup = 0x80;

const at = { crc: 0, length: 4, flags: 8, ordinal: 9, fragment: 12, message: 24 } as const;

export interface SegmentHeader {
  readonly segment: number;
  /** UTC milliseconds. */
  readonly createdAt: number;
  /** Seeds every checksum of the segment, so that no payload can be made to look like a record. */
  readonly salt: number;
}

export interface SegmentFooter {
  /** Where the records end and the footer starts. */
  readonly recordsEnd: number;
  readonly recordCount: number;
  /** Offset of ordinal `n * indexEvery`. */
  readonly index: number[];
}

export interface RecordView {
  readonly kind: RecordKind;
  readonly startsGroup: boolean;
  readonly ordinal: number;
  readonly payloadBytes: number;
  /** Header and payload. */
  readonly totalBytes: number;
}

/** Damage is told, never skipped: it names segment and byte offset, and no content. */
export function damaged(segment: number, offset: number, what: string): Problem {
  return new Problem(500, "log_damaged", `The event log is damaged: segment ${segment} at byte ${offset}: ${what}.`, {
    hint: "Restore the segment's file from a copy. Nothing was changed or skipped.",
  });
}

export function encodeSegmentHeader(header: SegmentHeader, version = plainVersion): Buffer {
  const bytes = Buffer.alloc(segmentHeaderBytes);
  headerMagic.copy(bytes, 0);
  bytes.writeUInt32LE(version, 8);
  bytes.writeUInt32LE(header.segment, 12);
  bytes.writeBigUInt64LE(BigInt(header.createdAt), 16);
  bytes.writeUInt32LE(header.salt, 24);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 28)), 28);
  return bytes;
}

/** The header of segment `segment`, or a Problem: `log_format_newer` or `log_damaged`. */
export function decodeSegmentHeader(bytes: Buffer, segment: number): SegmentHeader & { readonly version: number } {
  if (bytes.length < segmentHeaderBytes) throw damaged(segment, bytes.length, "the file is shorter than its header");
  if (!bytes.subarray(0, 8).equals(headerMagic)) throw damaged(segment, 0, "this is not an event log segment");
  const version = bytes.readUInt32LE(8);
  if (version > newestVersion) {
    throw new Problem(
      500,
      "log_format_newer",
      `Segment ${segment} is in event log format ${version}; this program reads formats up to ${newestVersion}.`,
      { hint: "Run the newer version of the program that wrote it." },
    );
  }
  if (crc32(bytes.subarray(0, 28)) !== bytes.readUInt32LE(28))
    throw damaged(segment, 0, "the header's checksum differs");
  if (bytes.readUInt32LE(12) !== segment) throw damaged(segment, 12, "the header names another segment");
  return { version, segment, createdAt: Number(bytes.readBigUInt64LE(16)), salt: bytes.readUInt32LE(24) };
}

/** Writes a record's header and payload at `offset`, and gives the offset after it. Hashes are valid base64url. */
export function encodeRecord(
  bytes: Buffer,
  offset: number,
  record: { readonly fragment: string; readonly message: string; readonly payload: Uint8Array },
  where: { readonly salt: number; readonly ordinal: number; readonly startsGroup: boolean; readonly kind: RecordKind },
): number {
  const length = record.payload.length;
  const end = offset + recordHeaderBytes + length;
  bytes.writeUInt32LE(length, offset + at.length);
  bytes[offset + at.flags] = where.kind | (where.startsGroup ? startsGroup : 0);
  bytes.writeUIntLE(where.ordinal, offset + at.ordinal, 3);
  bytes.write(record.fragment, offset + at.fragment, 12, "base64url");
  bytes.write(record.message, offset + at.message, 12, "base64url");
  bytes.set(record.payload, offset + recordHeaderBytes);
  bytes.writeUInt32LE(crc32(bytes.subarray(offset + at.length, end), where.salt), offset + at.crc);
  return end;
}

/**
 * The record header at `offset`, or null when no record can start there: too few bytes for a header, or fields that
 * no record has. The checksum is not looked at.
 */
export function peekRecord(bytes: Buffer, offset: number, end: number): RecordView | null {
  if (offset + recordHeaderBytes > end) return null;
  const flags = bytes[offset + at.flags]!;
  const kind = flags & ~startsGroup;
  if (kind !== kinds.event && kind !== kinds.stub) return null;
  const payloadBytes = bytes.readUInt32LE(offset + at.length);
  if (kind === kinds.stub ? payloadBytes !== 0 : payloadBytes < 1 || payloadBytes > maxRecordBytes) return null;
  const ordinal = bytes.readUIntLE(offset + at.ordinal, 3);
  if (ordinal >= maxRecordsPerSegment) return null;
  return {
    kind,
    startsGroup: (flags & startsGroup) !== 0,
    ordinal,
    payloadBytes,
    totalBytes: recordHeaderBytes + payloadBytes,
  };
}

/** Whether the whole record at `offset` has the checksum that its header states. */
export function checksumHolds(bytes: Buffer, offset: number, view: RecordView, salt: number): boolean {
  const body = bytes.subarray(offset + at.length, offset + view.totalBytes);
  return crc32(body, salt) === bytes.readUInt32LE(offset + at.crc);
}

/** Fragment and message hash, and the payload as a view of `bytes`. */
export function recordContent(
  bytes: Buffer,
  offset: number,
  view: RecordView,
): { fragment: string; message: string; payload: Uint8Array } {
  return {
    fragment: bytes.toString("base64url", offset + at.fragment, offset + at.message),
    message: bytes.toString("base64url", offset + at.message, offset + recordHeaderBytes),
    payload: bytes.subarray(offset + recordHeaderBytes, offset + view.totalBytes),
  };
}

export function indexEntries(recordCount: number): number {
  return Math.ceil(recordCount / indexEvery);
}

export function footerBytes(recordCount: number): number {
  return indexEntries(recordCount) * 4 + trailerBytes;
}

export function encodeFooter(footer: SegmentFooter, salt: number): Buffer {
  const indexBytes = footer.index.length * 4;
  const bytes = Buffer.alloc(indexBytes + trailerBytes);
  footer.index.forEach((offset, entry) => bytes.writeUInt32LE(offset, entry * 4));
  bytes.writeUInt32LE(footer.recordsEnd, indexBytes);
  bytes.writeUInt32LE(footer.recordCount, indexBytes + 4);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, indexBytes + 8), salt), indexBytes + 8);
  trailerMagic.copy(bytes, indexBytes + 12);
  return bytes;
}

/**
 * From a segment's last `trailerBytes` bytes, how many records it claims to have; null when these bytes are no trailer
 * that fits a file of `fileBytes`.
 */
export function peekTrailer(trailer: Buffer, fileBytes: number): { recordCount: number; recordsEnd: number } | null {
  if (trailer.length !== trailerBytes || !trailer.subarray(12).equals(trailerMagic)) return null;
  const recordsEnd = trailer.readUInt32LE(0);
  const recordCount = trailer.readUInt32LE(4);
  if (recordCount < 1 || recordCount > maxRecordsPerSegment) return null;
  if (recordsEnd < segmentHeaderBytes || recordsEnd + footerBytes(recordCount) !== fileBytes) return null;
  return { recordCount, recordsEnd };
}

/** A whole footer, or null when its checksum differs. `bytes` starts where `peekTrailer` says the records end. */
export function decodeFooter(bytes: Buffer, salt: number): SegmentFooter | null {
  const indexBytes = bytes.length - trailerBytes;
  if (crc32(bytes.subarray(0, indexBytes + 8), salt) !== bytes.readUInt32LE(indexBytes + 8)) return null;
  const index: number[] = [];
  for (let entry = 0; entry < indexBytes; entry += 4) index.push(bytes.readUInt32LE(entry));
  return { recordsEnd: bytes.readUInt32LE(indexBytes), recordCount: bytes.readUInt32LE(indexBytes + 4), index };
}
