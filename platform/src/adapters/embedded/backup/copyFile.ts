import { createHash } from "node:crypto";
import { closeSync, fdatasyncSync, fstatSync, fsyncSync, openSync, readSync, renameSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";

/** Read, hashed and written at once: a fraction of a millisecond. */
const chunkBytes = 262_144;
/** Synced after so much, so that what a copy leaves to the disk never makes another's sync wait for long. */
const syncEveryBytes = 1 << 20;
/** A copy that fell behind its rate does not catch up more than this. */
const longestBurstMs = 100;

/** Called with each chunk's bytes; resolves when the next may be read. */
export type Pace = (bytes: number) => Promise<void>;

/** At most `bytesPerS`; null for as fast as it goes, other work of the process still getting its turn. */
export function paceOf(bytesPerS: number | null, now: () => number = () => performance.now()): Pace {
  let dueAt = now();
  return async (bytes) => {
    if (bytesPerS === null) {
      await setImmediate();
      return;
    }
    dueAt = Math.max(dueAt, now() - longestBurstMs) + (bytes / bytesPerS) * 1_000;
    const waitMs = dueAt - now();
    if (waitMs >= 1) await sleep(waitMs);
    else await setImmediate();
  };
}

export interface CopyOptions {
  readonly pace: Pace;
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

export interface Content {
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Copies the first `bytes` of the open file `from` (all that it has now, if null) into the new file `to`, mode 0600,
 * synced. Plain synchronous calls: threads that serve have the pool of asynchronous ones to themselves.
 */
export async function copyContent(
  from: number,
  to: string,
  bytes: number | null,
  options: CopyOptions,
): Promise<Content> {
  const length = bytes ?? fstatSync(from).size;
  const target = openSync(to, "w", 0o600);
  let unsynced = 0;
  try {
    const content = await eachChunk(from, length, options, (chunk) => {
      for (let at = 0; at < chunk.length;) at += writeSync(target, chunk, at);
      unsynced += chunk.length;
      if (unsynced < syncEveryBytes) return;
      fdatasyncSync(target);
      unsynced = 0;
    });
    fdatasyncSync(target);
    return content;
  } finally {
    closeSync(target);
  }
}

/** The content of a whole file. */
export async function contentOf(file: string, options: CopyOptions): Promise<Content> {
  const fd = openSync(file, "r");
  try {
    return await eachChunk(fd, fstatSync(fd).size, options, () => undefined);
  } finally {
    closeSync(fd);
  }
}

async function eachChunk(
  fd: number,
  length: number,
  { pace, onBytes }: CopyOptions,
  use: (chunk: Uint8Array) => void,
): Promise<Content> {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(chunkBytes);
  let done = 0;
  while (done < length) {
    const got = readSync(fd, buffer, 0, Math.min(chunkBytes, length - done), done);
    if (got === 0) break;
    const chunk = buffer.subarray(0, got);
    hash.update(chunk);
    use(chunk);
    done += got;
    onBytes?.(got);
    await pace(got);
  }
  return { bytes: done, sha256: hash.digest("hex") };
}

/** Text under its name in one step: a reader, and a start after a crash, sees the old one or the new one. */
export async function replaceText(file: string, text: string): Promise<void> {
  const temporary = `${file}.tmp`;
  const fd = openSync(temporary, "w", 0o600);
  try {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
    fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, file);
  await syncDirectory(dirname(file));
}

export function syncFile(file: string): void {
  const fd = openSync(file, "r+");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
