import type { IncomingMessage } from "node:http";
import { gunzip, type ZlibOptions } from "node:zlib";
import { promisify } from "node:util";
import { Problem } from "../model/problem.ts";

/** Compressed or not, what a request may send. */
export const maxRequestBytes = 4_096_000;
/** Of JSON in brackets, before it is parsed: a batch adds two levels to an event's own. */
const maxBodyDepth = 80;

const unzip = promisify<Uint8Array, ZlibOptions, Buffer>(gunzip);

/**
 * A request's body as parsed JSON. Size is bounded while it is read and while it is unpacked, and depth before it is
 * parsed. Problem 400 for everything that is wrong with it: clients never retry a 400, and it would be no better.
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const raw = await readBytes(request, maxRequestBytes);
  const encoding = (request.headers["content-encoding"] ?? "").trim().toLowerCase();
  const bytes = await unpacked(raw, encoding, maxBytes);
  if (bytes.length > maxBytes) throw tooLarge(maxBytes);
  return parseJson(bytes);
}

function tooLarge(maxBytes: number): Problem {
  return new Problem(400, "request_too_large", `the request is larger than ${maxBytes} bytes`, {
    hint: "send smaller batches",
  });
}

/** Reads on past the limit (without keeping it), so that the client gets an answer and not a broken pipe. */
async function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
    else chunks.length = 0;
    if (size > maxBytes * 16) throw tooLarge(maxBytes);
  }
  if (size > maxBytes) throw tooLarge(maxBytes);
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

async function unpacked(raw: Buffer, encoding: string, maxBytes: number): Promise<Buffer> {
  const isGzip = encoding === "gzip" || encoding === "x-gzip";
  if (!isGzip) {
    if (encoding === "" || encoding === "identity") return raw;
    throw new Problem(400, "encoding_unknown", "the body's Content-Encoding is not known here", {
      hint: "send it plain or with gzip",
    });
  }
  try {
    return await unzip(raw, { maxOutputLength: maxBytes + 1 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(maxBytes);
    throw new Problem(400, "gzip_invalid", "the body says gzip and is not, or is cut off", {
      hint: "send the whole gzip stream, or no Content-Encoding",
    });
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true });

function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0)
    throw new Problem(400, "body_empty", "the request has no body", { hint: "send a JSON object" });
  if (isDeeper(bytes, maxBodyDepth)) {
    throw new Problem(400, "too_deep", `the body is nested deeper than ${maxBodyDepth} brackets`, {
      hint: "flatten it",
    });
  }
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw new Problem(400, "not_utf8", "the body is not UTF-8", { hint: "encode it as UTF-8" });
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Problem(400, "json_invalid", "the body is not JSON", { hint: "check it with a JSON validator" });
  }
}

const quote = 0x22;
const backslash = 0x5c;

/** Counts brackets outside strings, on the bytes: a parser that recurses never sees what would exhaust it. */
export function isDeeper(bytes: Uint8Array, maxDepth: number): boolean {
  let depth = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === quote) at = endOfString(bytes, at);
    else if (byte === 0x5b || byte === 0x7b) {
      depth += 1;
      if (depth > maxDepth) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth -= 1;
  }
  return false;
}

/** Strings are most of a body, so their end is looked for with the engine's own search. */
function endOfString(bytes: Uint8Array, start: number): number {
  let end = start;
  for (;;) {
    end = bytes.indexOf(quote, end + 1);
    if (end < 0) return bytes.length;
    let slashes = 0;
    while (bytes[end - 1 - slashes] === backslash) slashes += 1;
    if (slashes % 2 === 0) return end;
  }
}
