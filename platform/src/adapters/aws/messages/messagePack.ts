import { crc32, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { BufferRecord } from "../../../buffer/eventBuffer.ts";
import { maxRecordBytes } from "../../../model/event.ts";
import { Problem } from "../../../model/problem.ts";

/**
 * Several records as the text of one message of SQS or SNS, which take text only: base64 of
 *
 * | bytes | what                                              |
 * | ----- | ------------------------------------------------- |
 * | 1     | format, 1                                         |
 * | 1     | 0: the entries as they are; 1: zstd               |
 * | 4     | CRC-32 of all that follows, little endian         |
 * | rest  | entries                                           |
 *
 * and an entry is
 *
 * | bytes | what                                              |
 * | ----- | ------------------------------------------------- |
 * | 12    | keyed hash of the fragment                        |
 * | 12    | keyed hash of (source, messageId)                 |
 * | 4     | bytes of the payload, little endian               |
 * | rest  | payload                                           |
 */
const format = 1;
const plainEntries = 0;
const zstdEntries = 1;
const headerBytes = 6;
const hashBytes = 12;
const entryHeaderBytes = 2 * hashBytes + 4;
const hashPattern = /^[\w-]{16}$/;
/** SQS and SNS bill 64 KiB as one: less has nothing to save. */
const leastCompressedBytes = 1_024;
/** Of entries in one message: what a reader unpacks at most. */
export const maxEntriesBytes = 4_194_304;

/** A record's entry, copied. Problem 400 `message_bad_record`. */
export function encodeEntry({ fragment, message, payload }: BufferRecord): Uint8Array {
  if (!hashPattern.test(fragment) || !hashPattern.test(message)) throw badRecord("hashes are 12 bytes in base64url");
  if (payload.length < 1 || payload.length > maxRecordBytes) {
    throw badRecord(`a payload has 1 to ${maxRecordBytes} bytes, not ${payload.length}`);
  }
  const entry = Buffer.allocUnsafeSlow(entryHeaderBytes + payload.length);
  entry.write(fragment, 0, "base64url");
  entry.write(message, hashBytes, "base64url");
  entry.writeUInt32LE(payload.length, 2 * hashBytes);
  entry.set(payload, entryHeaderBytes);
  return entry;
}

/** The text of a message with these entries, at most `maxEntriesBytes` of them. */
export function encodePack(entries: readonly Uint8Array[]): string {
  const plain = Buffer.concat(entries);
  const packed = plain.length > leastCompressedBytes ? zstdCompressSync(plain) : plain;
  const isSmaller = packed.length < plain.length;
  const body = isSmaller ? packed : plain;
  const bytes = Buffer.allocUnsafe(headerBytes + body.length);
  bytes[0] = format;
  bytes[1] = isSmaller ? zstdEntries : plainEntries;
  bytes.writeUInt32LE(crc32(body), 2);
  bytes.set(body, headerBytes);
  return bytes.toString("base64");
}

/** Characters of a message whose entries are `bytes` and do not compress. */
export function packCharsOf(bytes: number): number {
  return 4 * Math.ceil((headerBytes + bytes) / 3);
}

/** Problem 500 `message_damaged` for what `encodePack` did not make, `message_newer` for another format. */
export function decodePack(text: string): BufferRecord[] {
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") !== text) throw damaged("it is not base64");
  if (bytes.length <= headerBytes) throw damaged(`it has ${bytes.length} bytes`);
  if (bytes[0] !== format) {
    throw new Problem(500, "message_newer", `a message has format ${bytes[0]}`, {
      hint: `This program reads ${format}: run the version that wrote it, or a newer one.`,
    });
  }
  const body = bytes.subarray(headerBytes);
  if (crc32(body) !== bytes.readUInt32LE(2)) throw damaged("its checksum differs");
  return entriesOf(unpacked(bytes[1], body));
}

function unpacked(form: number | undefined, body: Buffer): Buffer {
  if (form === plainEntries && body.length <= maxEntriesBytes) return body;
  if (form !== zstdEntries) throw damaged("its entries are of no known form");
  try {
    return zstdDecompressSync(body, { maxOutputLength: maxEntriesBytes });
  } catch {
    throw damaged("its entries do not unpack");
  }
}

function entriesOf(bytes: Buffer): BufferRecord[] {
  const records: BufferRecord[] = [];
  for (let at = 0; at < bytes.length;) {
    const start = at + entryHeaderBytes;
    const length = start <= bytes.length ? bytes.readUInt32LE(start - 4) : 0;
    if (length < 1 || length > maxRecordBytes || start + length > bytes.length) throw damaged("an entry is cut short");
    records.push({
      fragment: bytes.toString("base64url", at, at + hashBytes),
      message: bytes.toString("base64url", at + hashBytes, start - 4),
      payload: bytes.subarray(start, start + length),
    });
    at = start + length;
  }
  return records;
}

function badRecord(why: string): Problem {
  return new Problem(400, "message_bad_record", `The record cannot be taken: ${why}.`, {
    hint: "This is an error in the caller.",
  });
}

function damaged(why: string): Problem {
  return new Problem(500, "message_damaged", `A message is none of ours: ${why}.`, {
    hint: "See what else sends to the queue or the topic; nothing but the platform should.",
  });
}
