import { crc32 } from "node:zlib";
import type { BufferRecord, StoredRecord } from "../../../buffer/eventBuffer.ts";
import {
  type ArchivedBlock,
  compressedBlock,
  defaultBlockBytes,
  encodeTable,
  openArchivedBytes,
} from "../../../buffer/segment/archivedBytes.ts";
import {
  archivedVersion,
  checksumHolds,
  damaged,
  decodeFooter,
  decodeSegmentHeader,
  encodeFooter,
  encodeRecord,
  encodeSegmentHeader,
  footerBytes,
  indexEvery,
  kinds,
  peekRecord,
  peekTrailer,
  recordContent,
  recordHeaderBytes,
  type SegmentHeader,
  segmentHeaderBytes,
  trailerBytes,
} from "../../../buffer/segment/format.ts";
import { position } from "../../../model/position.ts";

/**
 * A segment of the raw lake as an object: an archived segment of the event log, as docs/formats/event-log.md lays it
 * down, whole from the first. Copied into a directory under its name it is the embedded edition's.
 */
export async function encodeSegment(header: SegmentHeader, records: readonly BufferRecord[]): Promise<Uint8Array> {
  return archived(header, plainSegment(header, records, kinds.event));
}

/** A number that nobody wrote: a segment of one stub, which holds no record for any reader. */
export async function encodeHole(header: SegmentHeader): Promise<Uint8Array> {
  const nobody = "A".repeat(16);
  const stub = { fragment: nobody, message: nobody, payload: new Uint8Array(0) };
  return archived(header, plainSegment(header, [stub], kinds.stub));
}

/** Of a segment's records before they are compressed; a larger one has a single record. */
export const maxSegmentBytes = 8_388_608;

/** A segment that was read and checked: its places, each with its record, or null for a stub. */
export interface ReadSegment {
  readonly records: readonly (StoredRecord | null)[];
  /** What it holds in memory. */
  readonly bytes: number;
}

/** Problem 500 `log_damaged` where any byte is not as it was written, `log_format_newer`. */
export async function decodeSegment(object: Uint8Array, segment: number): Promise<ReadSegment> {
  const stored = Buffer.from(object.buffer, object.byteOffset, object.byteLength);
  const { version, ...header } = decodeSegmentHeader(stored, segment);
  if (version !== archivedVersion) throw damaged(segment, 8, "an object of the raw lake is an archived segment");
  const read = async (into: Buffer, at: number): Promise<number> => (into.length === 0 ? 0 : stored.copy(into, 0, at));
  const archive = await openArchivedBytes({ size: stored.length, read }, header);
  const bytes = await archive.read(0, archive.size());
  return { records: recordsIn(bytes.subarray(0, archive.size()), header), bytes: bytes.length };
}

/** Bytes that a record takes in a segment as it is before it is compressed. */
export function plainBytesOf({ payload }: BufferRecord): number {
  return recordHeaderBytes + payload.length;
}

function plainSegment(
  header: SegmentHeader,
  records: readonly BufferRecord[],
  kind: (typeof kinds)[keyof typeof kinds],
): Buffer {
  const recordsEnd = records.reduce((sum, record) => sum + plainBytesOf(record), segmentHeaderBytes);
  const bytes = Buffer.alloc(recordsEnd + footerBytes(records.length));
  encodeSegmentHeader(header).copy(bytes);
  const index: number[] = [];
  let offset = segmentHeaderBytes;
  for (const [ordinal, record] of records.entries()) {
    if (ordinal % indexEvery === 0) index.push(offset);
    const where = { salt: header.salt, ordinal, startsGroup: ordinal === 0, kind };
    offset = encodeRecord(bytes, offset, record, where);
  }
  encodeFooter({ recordsEnd, recordCount: records.length, index }, header.salt).copy(bytes, recordsEnd);
  return bytes;
}

async function archived(header: SegmentHeader, plain: Buffer): Promise<Uint8Array> {
  const blocks: ArchivedBlock[] = [];
  const parts: Buffer[] = [encodeSegmentHeader(header, archivedVersion)];
  for (let at = 0; at < plain.length; at += defaultBlockBytes) {
    const block = compressedBlock(plain.subarray(at, at + defaultBlockBytes));
    blocks.push({ bytes: block.length, checksum: crc32(block, header.salt) });
    parts.push(block);
  }
  const table = encodeTable({ plainBytes: plain.length, blockBytes: defaultBlockBytes, blocks }, header.salt);
  return Buffer.concat([...parts, table]);
}

function recordsIn(bytes: Buffer, { segment, salt }: SegmentHeader): (StoredRecord | null)[] {
  const trailer = peekTrailer(bytes.subarray(-trailerBytes), bytes.length);
  const footer = trailer === null ? null : decodeFooter(bytes.subarray(trailer.recordsEnd), salt);
  if (footer === null) throw damaged(segment, bytes.length, "it has no whole footer");
  const records: (StoredRecord | null)[] = [];
  let offset = segmentHeaderBytes;
  for (let ordinal = 0; ordinal < footer.recordCount; ordinal += 1) {
    const view = peekRecord(bytes, offset, footer.recordsEnd);
    const isWhole = view !== null && offset + view.totalBytes <= footer.recordsEnd && view.ordinal === ordinal;
    if (!isWhole || !checksumHolds(bytes, offset, view, salt)) {
      throw damaged(segment, offset, `record ${ordinal} cannot be read`);
    }
    const isEvent = view.kind === kinds.event;
    records.push(isEvent ? { ...recordContent(bytes, offset, view), position: position(segment, ordinal) } : null);
    offset += view.totalBytes;
  }
  if (offset !== footer.recordsEnd) throw damaged(segment, offset, "its records do not fill it");
  return records;
}
