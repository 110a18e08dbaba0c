import { closeSync, fstatSync, openSync } from "node:fs";
import { openArchivedBytes, type SegmentBytes } from "../../../buffer/segment/archivedBytes.ts";
import {
  chunkedFile,
  load,
  lookupChunkBytes,
  plainBytes,
  readAll,
  sequentialChunkBytes,
  storedBytes,
} from "./chunk.ts";
import type { ChunkedFile } from "./chunk.ts";
import {
  archivedVersion,
  checksumHolds,
  damaged,
  decodeFooter,
  decodeSegmentHeader,
  footerBytes,
  indexEvery,
  peekRecord,
  peekTrailer,
  recordHeaderBytes,
  segmentHeaderBytes,
  trailerBytes,
} from "../../../buffer/segment/format.ts";
import type { RecordView, SegmentFooter, SegmentHeader } from "../../../buffer/segment/format.ts";
import { segmentPath } from "./segmentFiles.ts";

/** A segment opened for reading, sealed or still growing. */
export interface Segment {
  readonly header: SegmentHeader;
  readonly fd: number;
  /** Of the segment as it was written: an archived one gives the same. */
  readonly source: SegmentBytes;
  readonly isArchived: boolean;
  /** Chunks of whoever reads on, and of whoever looks records up: they do not disturb each other. */
  readonly sequential: ChunkedFile;
  readonly lookup: ChunkedFile;
  /** Null until it is sealed and that has been noticed. */
  footer: SegmentFooter | null;
  /** The footer's index, or what has been passed of a growing segment: offset of ordinal `n * indexEvery`. */
  index: number[];
  /** Where a reader left off, so that going on needs no search. */
  resume: { ordinal: number; offset: number };
}

/** The file is not there: its number is past the end, or before the first that is kept. */
export const missing = Symbol("missing");

/** Opens for reading and checks the header; the footer too when there is a whole one. */
export async function openSegment(directory: string, segment: number): Promise<Segment | typeof missing> {
  const fd = openOrMissing(segmentPath(directory, segment));
  if (fd === missing) return missing;
  try {
    const bytes = Buffer.alloc(segmentHeaderBytes);
    const { version, ...header } = decodeSegmentHeader(bytes.subarray(0, await readAll(fd, bytes, 0)), segment);
    const isArchived = version === archivedVersion;
    const source = isArchived ? await openArchivedBytes(storedBytes(fd), header) : plainBytes(fd);
    const opened: Segment = {
      header,
      fd,
      source,
      isArchived,
      sequential: chunkedFile(source, sequentialChunkBytes),
      lookup: chunkedFile(source, lookupChunkBytes),
      footer: null,
      index: [segmentHeaderBytes],
      resume: { ordinal: 0, offset: segmentHeaderBytes },
    };
    await noticeSeal(opened);
    return opened;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

export function closeSegment(segment: Segment): void {
  closeSync(segment.fd);
}

/** True when another file has taken this segment's name: it was rewritten, and what is held of it is out of date. */
export function wasReplaced(segment: Segment): boolean {
  return fstatSync(segment.fd).nlink === 0;
}

/** Looks whether the segment has been sealed by now; gives its footer, or null. */
export async function noticeSeal(segment: Segment): Promise<SegmentFooter | null> {
  segment.footer ??= await readFooter(segment.source, segment.header.salt);
  if (segment.footer) segment.index = segment.footer.index;
  return segment.footer;
}

/** The footer of a sealed segment; null when it does not end in a whole one. */
async function readFooter(source: SegmentBytes, salt: number): Promise<SegmentFooter | null> {
  const bytes = source.size();
  if (bytes < segmentHeaderBytes + trailerBytes) return null;
  const trailer = peekTrailer(await readExactly(source, bytes - trailerBytes, trailerBytes), bytes);
  if (!trailer) return null;
  return decodeFooter(await readExactly(source, trailer.recordsEnd, footerBytes(trailer.recordCount)), salt);
}

async function readExactly(source: SegmentBytes, offset: number, length: number): Promise<Buffer> {
  return (await source.read(offset, length)).subarray(0, length);
}

/** The whole, checked record at `offset` if the chunk has it; null otherwise, for whatever reason. */
export function recordInChunk(file: ChunkedFile, offset: number, ordinal: number, salt: number): RecordView | null {
  if (offset < file.start) return null;
  const from = offset - file.start;
  const end = file.end - file.start;
  const view = peekRecord(file.bytes, from, end);
  if (!view || view.ordinal !== ordinal || from + view.totalBytes > end) return null;
  return checksumHolds(file.bytes, from, view, salt) ? view : null;
}

/** Reads the record at `offset` from the disk; null when no whole one with the right checksum is there. */
export async function loadRecord(
  file: ChunkedFile,
  offset: number,
  ordinal: number,
  salt: number,
): Promise<RecordView | null> {
  await load(file, offset, recordHeaderBytes);
  const view = peekRecord(file.bytes, 0, file.end - file.start);
  if (view && view.totalBytes > file.end - file.start) await load(file, offset, view.totalBytes);
  return recordInChunk(file, offset, ordinal, salt);
}

/**
 * Where ordinal `ordinal` starts; null when the segment does not have it (yet). Goes from the nearest index entry, by
 * the lengths in the headers: the record itself is checked when it is read.
 */
export async function offsetOf(segment: Segment, ordinal: number): Promise<number | null> {
  if (segment.footer && ordinal >= segment.footer.recordCount) return null;
  const entry = Math.min(Math.floor(ordinal / indexEvery), segment.index.length - 1);
  let offset = segment.index[entry]!;
  for (let passed = entry * indexEvery; passed < ordinal; passed += 1) {
    noteIndex(segment, passed, offset);
    const bytes = await headerLength(segment, offset, passed);
    if (bytes === null) return null;
    offset += bytes;
  }
  noteIndex(segment, ordinal, offset);
  return offset;
}

/** Lets a growing segment's index learn that `ordinal` starts at `offset`. */
export function noteIndex(segment: Segment, ordinal: number, offset: number): void {
  if (segment.index.length * indexEvery === ordinal && !segment.footer) segment.index.push(offset);
}

/** Total bytes of the record at `offset`, from its header; null where a growing segment ends. */
async function headerLength(segment: Segment, offset: number, ordinal: number): Promise<number | null> {
  const file = segment.lookup;
  const held = offset >= file.start ? peekRecord(file.bytes, offset - file.start, file.end - file.start) : null;
  if (held?.ordinal === ordinal) return held.totalBytes;
  await load(file, offset, recordHeaderBytes);
  const read = peekRecord(file.bytes, 0, file.end - file.start);
  if (read?.ordinal === ordinal) return read.totalBytes;
  if (segment.footer) throw damaged(segment.header.segment, offset, `record ${ordinal} cannot be read`);
  return absentFromGrowing(segment, offset, ordinal);
}

/** What a growing segment has no record at `offset` for: it ends there (null), or it is damaged (throws). */
export async function absentFromGrowing(segment: Segment, offset: number, ordinal: number): Promise<null> {
  const footer = await noticeSeal(segment);
  if (footer && ordinal >= footer.recordCount) return null;
  const rest = segment.source.size() - offset;
  if (!footer && rest < recordHeaderBytes) return null;
  throw damaged(segment.header.segment, offset, `record ${ordinal} cannot be read`);
}

function openOrMissing(path: string): number | typeof missing {
  try {
    return openSync(path, "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return missing;
    throw error;
  }
}
