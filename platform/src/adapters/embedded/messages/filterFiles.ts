import { open, readFile, rename, type FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { Problem } from "../../../model/problem.ts";
import { keyFilter, type KeyFilter } from "./keyFilter.ts";

/** The bytes of docs/formats/state.md, "The message index". Integers are little endian. */
const filterMagic = Buffer.from("C360FIL\n", "latin1");
const journalMagic = Buffer.from("C360KEY\n", "latin1");
const fileVersion = 1;
const headerBytes = 32;
const chunkBytes = 4 << 20;

/** A filter's file that is not there, not whole or not of this version. The tree has every key, so it can be made again. */
export class FilterDamage extends Error {}

/** Problem 409 `message_index_newer`. */
export function newerIndex(version: number, known: number): Problem {
  return new Problem(
    409,
    "message_index_newer",
    `the message index has format ${version}, this program reads ${known}`,
    {
      hint: "run the version that wrote it, or a newer one; to stay with this one, remove the folder messages: it is made again from the log",
    },
  );
}

/**
 * Writes a filter under a temporary name, syncs and renames it; what an early end leaves is removed at the next start. Keys may be added meanwhile: `count` is what it held
 * when the writing began, and what is written holds those keys at least. False when `isStopped` ended it early.
 */
export async function writeFilter(
  file: string,
  { words, count }: { words: Uint32Array; count: number },
  isStopped: () => boolean,
): Promise<boolean> {
  const temporary = `${file}.tmp`;
  const handle = await open(temporary, "w", 0o600);
  try {
    const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
    let checksum = 0;
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      if (isStopped()) return false;
      // A copy: the checksum must be of what is written, and bits are set while the system writes.
      const chunk = Buffer.from(bytes.subarray(at, at + chunkBytes));
      checksum = crc32(chunk, checksum);
      await writeFully(handle, chunk, headerBytes + at);
    }
    await writeFully(handle, header(filterMagic, count, words.byteLength, checksum), 0);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  return true;
}

/** Throws {@link FilterDamage}, or Problem `message_index_newer`. */
export async function readFilter(file: string, wordCount: number): Promise<KeyFilter> {
  const handle = await openWhole(file);
  try {
    const { count, length, checksum } = await readHeader(handle, filterMagic, file);
    const words = new Uint32Array(wordCount);
    if (length !== words.byteLength) throw new FilterDamage(`${file} has another size`);
    const bytes = new Uint8Array(words.buffer);
    let found = 0;
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      const chunk = bytes.subarray(at, at + chunkBytes);
      await readFully(handle, chunk, headerBytes + at, file);
      found = crc32(chunk, found);
    }
    if (found !== checksum) throw new FilterDamage(`${file} does not have its checksum`);
    return keyFilter(words, count);
  } finally {
    await handle.close();
  }
}

/** The keys of the segments up to `until`, from where the file before it ends. Synced and renamed, as the filters. */
export async function writeJournal(file: string, until: number, keys: Uint8Array): Promise<void> {
  const handle = await open(`${file}.tmp`, "w", 0o600);
  try {
    await writeFully(handle, header(journalMagic, until, keys.length, crc32(keys)), 0);
    await writeFully(handle, keys, headerBytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.tmp`, file);
}

/** Throws {@link FilterDamage}, or Problem `message_index_newer`. */
export async function readJournal(file: string): Promise<{ until: number; keys: Uint8Array }> {
  const bytes = await readFile(file).catch((error: unknown) => Promise.reject(missing(error, file)));
  const { count, length, checksum } = parseHeader(bytes.subarray(0, headerBytes), journalMagic, file);
  const keys = bytes.subarray(headerBytes);
  if (keys.length !== length || crc32(keys) !== checksum) throw new FilterDamage(`${file} is not whole`);
  return { until: count, keys };
}

export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function header(magic: Uint8Array, count: number, length: number, checksum: number): Buffer {
  const bytes = Buffer.alloc(headerBytes);
  bytes.set(magic, 0);
  bytes.writeUInt32LE(fileVersion, 8);
  bytes.writeUInt32LE(checksum, 12);
  bytes.writeDoubleLE(count, 16);
  bytes.writeDoubleLE(length, 24);
  return bytes;
}

function parseHeader(
  bytes: Buffer,
  magic: Uint8Array,
  file: string,
): { count: number; length: number; checksum: number } {
  const isKnown = bytes.length === headerBytes && bytes.subarray(0, 8).equals(magic);
  const version = isKnown ? bytes.readUInt32LE(8) : 0;
  if (version > fileVersion) throw newerIndex(version, fileVersion);
  if (version !== fileVersion) throw new FilterDamage(`${file} has no known header`);
  return { checksum: bytes.readUInt32LE(12), count: bytes.readDoubleLE(16), length: bytes.readDoubleLE(24) };
}

async function readHeader(
  handle: FileHandle,
  magic: Uint8Array,
  file: string,
): Promise<{ count: number; length: number; checksum: number }> {
  const bytes = Buffer.alloc(headerBytes);
  await readFully(handle, bytes, 0, file);
  return parseHeader(bytes, magic, file);
}

async function openWhole(file: string): Promise<FileHandle> {
  return open(file, "r").catch((error: unknown) => Promise.reject(missing(error, file)));
}

function missing(error: unknown, file: string): unknown {
  return (error as NodeJS.ErrnoException).code === "ENOENT" ? new FilterDamage(`${file} is missing`) : error;
}

async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

async function readFully(handle: FileHandle, bytes: Uint8Array, position: number, file: string): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) throw new FilterDamage(`${file} is cut short`);
    done += bytesRead;
  }
}

/**
 * Reads a filter's or a journal's file whole. `fault` is null when it has its checksum, else what is wrong; `count` is
 * what its header says, which no checksum covers. Problem `message_index_newer`.
 */
export async function examineFile(file: string): Promise<{ fault: string | null; count: number }> {
  const magic = file.endsWith(".keys") ? journalMagic : filterMagic;
  try {
    const handle = await openWhole(file);
    try {
      const { count, length, checksum } = await readHeader(handle, magic, file);
      if ((await handle.stat()).size !== headerBytes + length) {
        return { fault: "it has another size than it says", count };
      }
      const isWhole = (await checksumOfContent(handle, length, file)) === checksum;
      return { fault: isWhole ? null : "it does not have its checksum", count };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof FilterDamage) return { fault: "it is missing, cut short or has no known header", count: 0 };
    throw error;
  }
}

async function checksumOfContent(handle: FileHandle, length: number, file: string): Promise<number> {
  const chunk = Buffer.alloc(Math.min(chunkBytes, length));
  let checksum = 0;
  for (let at = 0; at < length; at += chunk.length) {
    const part = chunk.subarray(0, Math.min(chunk.length, length - at));
    await readFully(handle, part, headerBytes + at, file);
    checksum = crc32(part, checksum);
  }
  return checksum;
}
