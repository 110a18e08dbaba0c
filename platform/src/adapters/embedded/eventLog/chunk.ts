import { fstatSync, read } from "node:fs";

/** One read from disk, of one who reads on. */
export const sequentialChunkBytes = 1_048_576;
/** One read from disk, of one who looks a record up. */
export const lookupChunkBytes = 65_536;

/**
 * A file read through one chunk at a time. A chunk is never written to again once it is full, so views of it stay
 * good for as long as they are held.
 */
export interface ChunkedFile {
  readonly fd: number;
  /** What one read takes at least, if the file has it. */
  readonly chunkBytes: number;
  /** The bytes held: `bytes[i]` is the file's byte `start + i`, `end` the offset after the last. */
  bytes: Buffer;
  start: number;
  end: number;
}

export function chunkedFile(fd: number, chunkBytes: number): ChunkedFile {
  return { fd, chunkBytes, bytes: Buffer.alloc(0), start: 0, end: 0 };
}

/**
 * Reads a chunk from `offset`: at least `length` bytes, or as many as the file has, and no more than it has, so that
 * following a growing tail reads little. Always goes to the disk: an older chunk may lack what was written since.
 */
export async function load(file: ChunkedFile, offset: number, length: number): Promise<void> {
  const available = Math.max(0, fstatSync(file.fd).size - offset);
  const bytes = Buffer.allocUnsafeSlow(Math.min(available, Math.max(length, file.chunkBytes)));
  const filled = await readAll(file.fd, bytes, offset);
  file.bytes = bytes;
  file.start = offset;
  file.end = offset + filled;
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
