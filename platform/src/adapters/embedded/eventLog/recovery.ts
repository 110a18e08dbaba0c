import { closeSync } from "node:fs";
import { load } from "./chunk.ts";
import type { ChunkedFile } from "./chunk.ts";
import type { LogDisk } from "./disk.ts";
import {
  checksumHolds,
  damaged,
  encodeFooter,
  indexEvery,
  peekRecord,
  recordHeaderBytes,
  segmentHeaderBytes,
} from "../../../buffer/segment/format.ts";
import type { SegmentFooter, SegmentHeader } from "../../../buffer/segment/format.ts";
import { closeSegment, loadRecord, missing, openSegment, recordInChunk } from "./segment.ts";
import type { Segment } from "./segment.ts";
import { segmentPath } from "./segmentFiles.ts";

/** What lies in a file system's block that was given to a file and never written is zeros. */
const blockBytes = 4_096;
/** A record's checksum: fewer zeros may be what a record begins with. */
const leastZeros = 4;

/** The valid records at a segment's start. */
export interface Scan {
  recordsEnd: number;
  recordCount: number;
  readonly index: number[];
  /** Where the last group commit begins. */
  lastGroup: number;
}

/** The log's last segment, ready to be gone on with: everything that it states is durable. */
export interface Recovered {
  readonly header: SegmentHeader;
  readonly scan: Scan;
  readonly sealed: boolean;
}

/** Opens a segment that the directory lists. */
export async function openListed(directory: string, segment: number): Promise<Segment> {
  const opened = await openSegment(directory, segment);
  if (opened === missing) throw damaged(segment, 0, "the segment's file is missing");
  return opened;
}

/** A segment that has successors must be whole: header and footer are checked here, records when they are read. */
export async function checkSealed(directory: string, number: number): Promise<void> {
  const segment = await openListed(directory, number);
  closeSegment(segment);
  wholeFooter(segment);
}

/** Of a segment that must have one: it has a successor, or is archived. */
export function wholeFooter({ header, footer, isArchived }: Segment): SegmentFooter {
  if (footer) return footer;
  throw damaged(header.segment, 0, `it ${isArchived ? "is archived" : "has a successor"}, but no whole footer`);
}

/** Passes over the valid records from the start to the first byte that is none. */
export async function scanRecords(segment: Segment): Promise<Scan> {
  const { salt } = segment.header;
  const file = segment.sequential;
  const scan: Scan = { recordsEnd: segmentHeaderBytes, recordCount: 0, index: [], lastGroup: segmentHeaderBytes };
  for (;;) {
    const { recordsEnd: offset, recordCount: ordinal } = scan;
    const view = recordInChunk(file, offset, ordinal, salt) ?? (await loadRecord(file, offset, ordinal, salt));
    if (!view) return scan;
    if (ordinal % indexEvery === 0) scan.index.push(offset);
    if (view.startsGroup) scan.lastGroup = offset;
    scan.recordsEnd += view.totalBytes;
    scan.recordCount += 1;
  }
}

/**
 * Makes the last segment good after whatever stopped the writer. Truncates a torn tail and nothing else; throws
 * `log_damaged` where records that had been acknowledged may be hurt.
 *
 * Then writes the last group once more and syncs: after a failed sync the system may take pages for clean that the
 * disk has never seen, and another sync alone would prove nothing (Rebello et al., "Can Applications Recover from fsync
 * Failures?", USENIX ATC 2020). Groups before the last had been synced when it was written.
 *
 * An archived one, last since a restore cut off what followed, was whole and durable before it got its name.
 */
export async function recoverLast(disk: LogDisk, directory: string, number: number): Promise<Recovered> {
  const path = segmentPath(directory, number);
  const segment = await openListed(directory, number);
  try {
    const { header, footer } = segment;
    if (segment.isArchived) return { header, scan: scanOfFooter(wholeFooter(segment)), sealed: true };
    if (footer) {
      const footed = encodeFooter(footer, header.salt);
      await rewrite(disk, path, async (write) => write(footed, footer.recordsEnd));
      return { header, scan: scanOfFooter(footer), sealed: true };
    }
    const scan = await scanRecords(segment);
    if (scan.recordsEnd < segment.source.size()) {
      await assertTorn(segment, scan.recordsEnd);
      await disk.truncate(path, scan.recordsEnd);
    }
    await rewrite(disk, path, (write) => copyAgain(segment.sequential, scan.lastGroup, scan.recordsEnd, write));
    return { header, scan, sealed: false };
  } finally {
    closeSync(segment.fd);
  }
}

function scanOfFooter(footer: SegmentFooter): Scan {
  return { ...footer, lastGroup: footer.recordsEnd };
}

type Write = (bytes: Uint8Array, at: number) => Promise<void>;

async function rewrite(disk: LogDisk, path: string, work: (write: Write) => Promise<void>): Promise<void> {
  const fd = await disk.open(path, false);
  try {
    await work((bytes, at) => disk.write(fd, bytes, at));
    await disk.sync(fd);
  } finally {
    await disk.close(fd);
  }
}

async function copyAgain(file: ChunkedFile, from: number, to: number, write: Write): Promise<void> {
  for (let offset = from; offset < to;) {
    await load(file, offset, 1);
    const end = Math.min(to, file.end);
    await write(file.bytes.subarray(0, end - offset), offset);
    offset = end;
  }
}

/**
 * Throws unless what lies from `offset` on is the trace of a write that was never acknowledged. It is when no valid
 * record follows. It also is when those that follow belong to the same group commit and a block before them is zeros, or
 * all of it from `offset` on: a power cut may leave a group's later blocks on disk and an earlier one unwritten.
 *
 * Why nothing goes that was acknowledged: a group is written when the one before it is durable, and acknowledged when it
 * is durable itself. So a group of which a block was never written was not acknowledged, and those before it lie whole
 * before `offset`; a record that begins a group behind the gap shows that the gap's had been durable, which makes it
 * damage. The block in which a group begins has the durable end of the one before: unwritten, it is zeros from exactly
 * there on. Zeros that begin inside a record, or end before the block does, no power cut leaves: damage too, as is a
 * record that holds anything but zeros.
 *
 * A group that begins in the last three bytes of a block and loses that block is told as damage all the same.
 *
 * What no content can tell: a disk that turns a block of the very last group into zeros after it was durable. What of it
 * had been decided is missed by the message index, which reads it at each start (`log_damaged`).
 */
export async function assertTorn(segment: Segment, offset: number): Promise<void> {
  const { salt, segment: number } = segment.header;
  const file = segment.sequential;
  const first = await findRecord(file, offset + 1, salt);
  if (!first) return;
  const hurt = damaged(number, offset, `a record cannot be read, and valid records follow it at byte ${first.offset}`);
  if (!(await hasUnwrittenBlock(file, offset, first.offset))) throw hurt;
  for (let found: Found | null = first; found; found = await findRecord(file, found.end, salt)) {
    if (found.startsGroup) throw hurt;
  }
}

interface Found {
  readonly offset: number;
  readonly end: number;
  readonly startsGroup: boolean;
}

/** The first valid record that starts at `from` or after it, at any byte; null when there is none. */
async function findRecord(file: ChunkedFile, from: number, salt: number): Promise<Found | null> {
  const fileEnd = file.source.size();
  let offset = from;
  while (offset + recordHeaderBytes <= fileEnd) {
    if (offset < file.start || offset + recordHeaderBytes > file.end) await load(file, offset, recordHeaderBytes);
    const candidate = nextCandidate(file, offset, fileEnd);
    if (candidate === null) {
      offset = file.end - recordHeaderBytes + 1;
      continue;
    }
    const { totalBytes, startsGroup } = candidate.view;
    if (candidate.offset + totalBytes > file.end) await load(file, candidate.offset, totalBytes);
    if (checksumHolds(file.bytes, candidate.offset - file.start, candidate.view, salt)) {
      return { offset: candidate.offset, end: candidate.offset + totalBytes, startsGroup };
    }
    offset = candidate.offset + 1;
  }
  return null;
}

/** The next byte of the chunk where a record's header may stand, its record fitting the file. */
function nextCandidate(file: ChunkedFile, from: number, fileEnd: number) {
  for (let offset = from; offset + recordHeaderBytes <= file.end; offset += 1) {
    const view = peekRecord(file.bytes, offset - file.start, file.end - file.start);
    if (view && offset + view.totalBytes <= fileEnd) return { offset, view };
  }
  return null;
}

/** The first block may hold the end of an earlier group, which is on disk: of that, what follows it is zeros. */
async function hasUnwrittenBlock(file: ChunkedFile, from: number, to: number): Promise<boolean> {
  for (let start = from; ;) {
    const end = (Math.floor(start / blockBytes) + 1) * blockBytes;
    if (end > to) return false;
    if (start < file.start || end > file.end) await load(file, start, end - start);
    const part = file.bytes.subarray(start - file.start, end - file.start);
    if (part.length >= leastZeros && part.every((byte) => byte === 0)) return true;
    start = end;
  }
}
