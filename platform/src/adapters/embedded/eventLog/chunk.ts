import { fstatSync, read } from "node:fs";
import type { SegmentBytes, StoredBytes } from "../../../buffer/segment/archivedBytes.ts";

/** One read from disk, of one who reads on. */
export const sequentialChunkBytes = 1_048_576;
/** One read from disk, of one who looks a record up. */
export const lookupChunkBytes = 65_536;

/** Of a segment that lies there as it was written. */
export function plainBytes(fd: number): SegmentBytes {
  const size = (): number => fstatSync(fd).size;
  return {
    size,
    read: async (offset, least) => {
      const bytes = Buffer.allocUnsafeSlow(Math.min(Math.max(0, size() - offset), least));
      return bytes.subarray(0, await readAll(fd, bytes, offset));
    },
  };
}

/**
 * A segment read through one chunk at a time. A chunk is never written to again once it is full, so views of it stay
 * good for as long as they are held.
 */
export interface ChunkedFile {
  readonly source: SegmentBytes;
  /** What one read takes at least, if the segment has it. */
  readonly chunkBytes: number;
  /** The bytes held: `bytes[i]` is the segment's byte `start + i`, `end` the offset after the last. */
  bytes: Buffer;
  start: number;
  end: number;
}

export function chunkedFile(source: SegmentBytes, chunkBytes: number): ChunkedFile {
  return { source, chunkBytes, bytes: Buffer.alloc(0), start: 0, end: 0 };
}

/**
 * Reads a chunk from `offset`: at least `length` bytes, or as many as the segment has, so that following a growing tail
 * reads little. Always asks the source: an older chunk may lack what was written since.
 */
export async function load(file: ChunkedFile, offset: number, length: number): Promise<void> {
  const bytes = await file.source.read(offset, Math.max(length, file.chunkBytes));
  file.bytes = bytes;
  file.start = offset;
  file.end = offset + bytes.length;
}

/** A file that has all its bytes. */
export function storedBytes(fd: number): StoredBytes {
  return { size: fstatSync(fd).size, read: (into, at) => readAll(fd, into, at) };
}

/** Reads until `bytes` is full or the file ends; gives how many bytes that were. */
export async function readAll(fd: number, bytes: Buffer, offset: number): Promise<number> {
  let filled = 0;
  while (filled < bytes.length) {
    const got = await readSome(fd, bytes, filled, offset + filled);
    if (got === 0) break;
    filled += got;
  }
  return filled;
}

function readSome(fd: number, bytes: Buffer, from: number, offset: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, bytes, from, bytes.length - from, offset, (error, got) => (error ? reject(error) : resolve(got)));
  });
}
