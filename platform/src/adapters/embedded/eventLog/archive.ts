import { crc32 } from "node:zlib";
import {
  type ArchivedBlock,
  compressedBlock,
  defaultBlockBytes,
  encodeTable,
  openArchivedBytes,
  type SegmentBytes,
} from "../../../buffer/segment/archivedBytes.ts";
import { storedBytes } from "./chunk.ts";
import type { LogDisk } from "./disk.ts";
import { archivedVersion, damaged, encodeSegmentHeader, segmentHeaderBytes } from "../../../buffer/segment/format.ts";
import { openListed, wholeFooter } from "./recovery.ts";
import { closeSegment, type Segment } from "./segment.ts";
import { segmentPath } from "./segmentFiles.ts";

/** Synced after so much, so that what this leaves to the disk never makes the log's own sync wait for long. */
const syncEveryBytes = 1_048_576;

export interface ArchiveOptions {
  readonly disk: LogDisk;
  /** Called between two blocks, with how many bytes of the segment were worked on; a rejection breaks it off. */
  readonly pace: (bytes: number) => Promise<void>;
  readonly blockBytes?: number;
}

/**
 * Compresses a sealed segment in its place: readers get the same bytes for the same positions before and after, and one
 * that has the old file open goes on with it. The new file is synced, read back and compared before it takes the name in
 * one rename, so that whatever ends this early leaves the old one. One that is archived stays as it is.
 * Problem `log_damaged` where it has no whole footer, or the disk gave back other bytes than were written.
 */
export async function archiveSegment(directory: string, number: number, options: ArchiveOptions): Promise<void> {
  const segment = await openListed(directory, number);
  try {
    wholeFooter(segment);
    if (segment.isArchived) return;
    await replace(options.disk, directory, number, (fd) => writeArchive(fd, segment, options));
  } finally {
    closeSegment(segment);
  }
}

/** Makes an archived segment what it was before; as safely. */
export async function expandSegment(disk: LogDisk, directory: string, number: number): Promise<void> {
  const segment = await openListed(directory, number);
  try {
    if (!segment.isArchived) return;
    await replace(disk, directory, number, async (fd) => {
      await eachBlock(segment.source, defaultBlockBytes, (bytes, at) => disk.write(fd, bytes, at));
      await disk.sync(fd);
    });
  } finally {
    closeSegment(segment);
  }
}

/** `write` fills and syncs a new file, which then has the segment's name. */
async function replace(
  disk: LogDisk,
  directory: string,
  number: number,
  write: (fd: number) => Promise<void>,
): Promise<void> {
  const path = segmentPath(directory, number);
  const made = `${path}.new`;
  try {
    const fd = await disk.open(made, true);
    try {
      await write(fd);
    } finally {
      await disk.close(fd);
    }
    await disk.rename(made, path);
    await disk.syncDirectory(directory);
  } catch (error) {
    // Whatever cannot be removed now is removed when the log is opened.
    await disk.remove(made).catch(() => undefined);
    throw error;
  }
}

async function writeArchive(fd: number, { header, source }: Segment, options: ArchiveOptions): Promise<void> {
  const { disk, pace, blockBytes = defaultBlockBytes } = options;
  const blocks: ArchivedBlock[] = [];
  await disk.write(fd, encodeSegmentHeader(header, archivedVersion), 0);
  let end = segmentHeaderBytes;
  let unsynced = 0;
  await eachBlock(source, blockBytes, async (plain) => {
    // On this thread, which gives way: those of the pool write the log.
    const block = compressedBlock(plain);
    blocks.push({ bytes: block.length, checksum: crc32(block, header.salt) });
    await disk.write(fd, block, end);
    end += block.length;
    unsynced += block.length;
    if (unsynced >= syncEveryBytes) {
      await disk.sync(fd);
      unsynced = 0;
    }
    await pace(plain.length);
  });
  await disk.write(fd, encodeTable({ plainBytes: source.size(), blockBytes, blocks }, header.salt), end);
  await disk.sync(fd);
  const written = await openArchivedBytes(storedBytes(fd), header);
  await eachBlock(source, blockBytes, async (plain, at) => {
    const read = await written.read(at, plain.length);
    if (!read.equals(plain)) throw damaged(header.segment, at, "its archive does not give back what was put in");
    await pace(plain.length);
  });
}

async function eachBlock(
  source: SegmentBytes,
  blockBytes: number,
  use: (bytes: Buffer, at: number) => Promise<void>,
): Promise<void> {
  const size = source.size();
  for (let at = 0; at < size; at += blockBytes) {
    const length = Math.min(blockBytes, size - at);
    await use((await source.read(at, length)).subarray(0, length), at);
  }
}
