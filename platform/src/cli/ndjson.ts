import { createHash } from "node:crypto";
import { parseJsonBody } from "../api/jsonBody.ts";
import type { JsonObject } from "../model/event.ts";
import { Problem } from "../model/problem.ts";

/** A line of a file, counted from 1: a call, or why it is none. `bytes` counts what was read, line end included. */
export type CallLine = { line: number; bytes: number } & ({ call: JsonObject; size: number } | { problem: Problem });

const newline = 0x0a;

/**
 * Segment-shaped calls from NDJSON, one a line, empty lines skipped. A line longer than `maxLineBytes` is a problem of
 * its own and is not held in memory. A call without a messageId gets one made of the line's place and text, so that
 * sending the same file again changes nothing.
 */
export async function* readCalls(chunks: AsyncIterable<Uint8Array>, maxLineBytes: number): AsyncGenerator<CallLine> {
  let line = 0;
  for await (const { bytes, text } of splitLines(chunks, maxLineBytes)) {
    line++;
    if (text === null) {
      yield { line, bytes, problem: tooLong(maxLineBytes) };
    } else if (!isBlank(text)) {
      yield { line, bytes, ...readCall(text, line) };
    }
  }
}

function tooLong(maxLineBytes: number): Problem {
  return new Problem(413, "event_too_large", `is larger than ${maxLineBytes.toLocaleString("en")} bytes`, {
    hint: "The tracking API takes 32 KiB an event; with --source ID instead of a write key it is 1 MiB.",
  });
}

function isBlank(text: Uint8Array): boolean {
  return text.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

function readCall(text: Uint8Array, line: number): { call: JsonObject; size: number } | { problem: Problem } {
  try {
    const parsed = parseJsonBody(text);
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
      return { problem: new Problem(400, "not_an_object", "is not a JSON object") };
    }
    const call = parsed as JsonObject;
    if (call["messageId"] === undefined || call["messageId"] === null || call["messageId"] === "") {
      const digest = createHash("sha256").update(`${line}\n`).update(text).digest("base64url");
      call["messageId"] = `line-${digest.slice(0, 32)}`;
    }
    return { call, size: text.length };
  } catch (error) {
    if (error instanceof Problem) return { problem: error };
    throw error;
  }
}

/** `text` is null for a line that is too long. The last line needs no end. */
async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  maxLineBytes: number,
): AsyncGenerator<{ bytes: number; text: Uint8Array | null }> {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  const take = (part: Uint8Array): void => {
    bytes += part.length;
    // Past the limit only the count goes on.
    if (bytes <= maxLineBytes + 1) parts.push(part);
    else parts = [];
  };
  const finish = (ended: number): { bytes: number; text: Uint8Array | null } => {
    const finished = { bytes: bytes + ended, text: bytes > maxLineBytes ? null : Buffer.concat(parts) };
    parts = [];
    bytes = 0;
    return finished;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
      take(chunk.subarray(from, end));
      yield finish(1);
      from = end + 1;
    }
    if (from < chunk.length) take(chunk.subarray(from));
  }
  if (bytes > 0) yield finish(0);
}
