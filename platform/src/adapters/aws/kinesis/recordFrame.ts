import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { BufferRecord } from "../../../buffer/eventBuffer.ts";
import { maxRecordBytes } from "../../../model/event.ts";
import { Problem } from "../../../model/problem.ts";

/**
 * A record as the data of a Kinesis record:
 *
 * | bytes | what                                         |
 * | ----- | -------------------------------------------- |
 * | 1     | format, 1                                    |
 * | 1     | 0: the payload as it is; 1: zstd             |
 * | 12    | keyed hash of the fragment                   |
 * | 12    | keyed hash of (source, messageId)            |
 * | rest  | payload                                      |
 */
const format = 1;
const plainPayload = 0;
const zstdPayload = 1;
const hashBytes = 12;
const headerBytes = 2 + 2 * hashBytes;
const hashPattern = /^[\w-]{16}$/;
/** Kinesis counts whole KB: below one there is nothing to save. */
const leastCompressedBytes = 1_024;

/** Problem 400 `stream_bad_record`. The payload is copied. */
export function encodeFrame({ fragment, message, payload }: BufferRecord): Uint8Array {
  if (!hashPattern.test(fragment) || !hashPattern.test(message)) {
    throw badRecord("hashes are 12 bytes in base64url");
  }
  if (payload.length < 1 || payload.length > maxRecordBytes) {
    throw badRecord(`a payload has 1 to ${maxRecordBytes} bytes, not ${payload.length}`);
  }
  const packed = payload.length > leastCompressedBytes ? zstdCompressSync(payload) : payload;
  const isSmaller = packed.length < payload.length;
  const body = isSmaller ? packed : payload;
  const data = Buffer.alloc(headerBytes + body.length);
  data[0] = format;
  data[1] = isSmaller ? zstdPayload : plainPayload;
  data.write(fragment, 2, "base64url");
  data.write(message, 2 + hashBytes, "base64url");
  data.set(body, headerBytes);
  return data;
}

/** Problem 500 `stream_record_damaged` for what `encodeFrame` did not make, `stream_record_newer` for another format. */
export function decodeFrame(data: Uint8Array): BufferRecord {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (bytes.length <= headerBytes) throw damaged(`it has ${bytes.length} bytes`);
  if (bytes[0] !== format) {
    throw new Problem(500, "stream_record_newer", `a record of the stream has format ${bytes[0]}`, {
      hint: `This program reads ${format}: run the version that wrote it, or a newer one.`,
    });
  }
  return {
    fragment: bytes.toString("base64url", 2, 2 + hashBytes),
    message: bytes.toString("base64url", 2 + hashBytes, headerBytes),
    payload: payloadOf(bytes[1], bytes.subarray(headerBytes)),
  };
}

function payloadOf(form: number | undefined, body: Buffer): Uint8Array {
  if (form === plainPayload && body.length <= maxRecordBytes) return body;
  if (form !== zstdPayload) throw damaged("its payload is of no known form");
  try {
    return zstdDecompressSync(body, { maxOutputLength: maxRecordBytes });
  } catch {
    throw damaged("its payload does not unpack");
  }
}

function badRecord(why: string): Problem {
  return new Problem(400, "stream_bad_record", `The record cannot be taken: ${why}.`, {
    hint: "This is an error in the caller.",
  });
}

function damaged(why: string): Problem {
  return new Problem(500, "stream_record_damaged", `A record of the stream is none of ours: ${why}.`, {
    hint: "See what else writes to the stream; nothing but the platform should.",
  });
}
