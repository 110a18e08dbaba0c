import { StringDecoder } from "node:string_decoder";
import { Problem } from "../model/problem.ts";
import type { Encoding } from "./mappingSchema.ts";

/**
 * A file's bytes as UTF-8. What cannot be text in the declared encoding becomes a NUL, which no line may have, so that
 * its line is refused and named; UTF-8 itself passes unchanged. Throws Problem 422 `encoding_wrong` when the file's
 * byte order mark contradicts the encoding.
 */
export async function* utf8Bytes(chunks: AsyncIterable<Uint8Array>, encoding: Encoding): AsyncGenerator<Buffer> {
  const recode = recoder(encoding);
  let isFirst = true;
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (isFirst) checkMark(bytes, encoding);
    isFirst = false;
    yield recode.push(bytes);
  }
  yield recode.end();
}

function checkMark(bytes: Buffer, encoding: Encoding): void {
  const marks: [Encoding, number[]][] = [
    ["utf-8", [0xef, 0xbb, 0xbf]],
    ["utf-16le", [0xff, 0xfe]],
    ["utf-16be", [0xfe, 0xff]],
  ];
  const marked = marks.find(([, mark]) => bytes.subarray(0, mark.length).equals(Buffer.from(mark)))?.[0];
  if (marked === undefined || marked === encoding) return;
  throw new Problem(422, "encoding_wrong", `the file begins with the mark of ${marked}, and is read as ${encoding}`, {
    hint: `set "encoding": "${marked}" in the mapping's format`,
    field: "format.encoding",
  });
}

interface Recoder {
  push(bytes: Buffer): Buffer;
  end(): Buffer;
}

function recoder(encoding: Encoding): Recoder {
  const none = Buffer.alloc(0);
  switch (encoding) {
    case "utf-8":
      return { push: (bytes) => bytes, end: () => none };
    case "latin1":
    case "windows-1252": {
      // What calls itself Latin-1 is windows-1252 nearly always (and on the web by definition): it has the euro sign.
      const decoder = new TextDecoder("windows-1252");
      return { push: (bytes) => Buffer.from(decoder.decode(bytes)), end: () => none };
    }
    case "utf-16le":
    case "utf-16be":
      return wideRecoder(encoding === "utf-16be");
  }
}

function wideRecoder(isBigEndian: boolean): Recoder {
  // Keeps halves of surrogate pairs for the next chunk.
  const decoder = new StringDecoder("utf16le");
  let odd = Buffer.alloc(0);
  return {
    push(bytes) {
      const all = odd.length === 0 ? bytes : Buffer.concat([odd, bytes]);
      const whole = all.length - (all.length % 2);
      odd = Buffer.from(all.subarray(whole));
      const pairs = Buffer.from(all.subarray(0, whole));
      return textBytes(decoder.write(isBigEndian ? pairs.swap16() : pairs));
    },
    end: () => textBytes(decoder.end() + (odd.length === 0 ? "" : "\0")),
  };
}

/** Half a surrogate pair is no character. */
function textBytes(text: string): Buffer {
  return Buffer.from(text.isWellFormed() ? text : text.replaceAll(/\p{Surrogate}/gu, "\0"));
}
