import type { IncomingMessage } from "node:http";
import { gunzipSync } from "node:zlib";
import { Problem } from "../model/problem.ts";
import { maxBatchBytes, maxBufferedBytes, maxDrainBytes, maxDrainMs, maxRudderBytes } from "./limits.ts";

/** The sender went away before its request was whole: there is nobody to answer, and nothing was taken. */
export class SenderGone extends Error {}

/** Bytes of unfinished requests, all connections together. */
export interface BodyRoom {
  used: number;
  readonly max: number;
}

export function bodyRoom(max = maxBufferedBytes): BodyRoom {
  return { used: 0, max };
}

/**
 * A request's body, unpacked. Size is bounded while it is received and while it is unpacked. Problem 400
 * `request_too_large`, `encoding_unknown`, `gzip_invalid` (clients never retry a 400, and it would be no better),
 * 503 `too_busy`; {@link SenderGone}.
 */
export async function readBody(request: IncomingMessage, room: BodyRoom): Promise<Buffer> {
  const encoding = (request.headers["content-encoding"] ?? "").trim().toLowerCase();
  const isGzip = encoding === "gzip" || encoding === "x-gzip";
  if (!isGzip && encoding !== "" && encoding !== "identity") {
    throw new Problem(400, "encoding_unknown", "the body's Content-Encoding is not known here", {
      hint: "send it plain or with gzip",
    });
  }
  const maxBytes = isFromRudderStack(request, isGzip) ? maxRudderBytes : maxBatchBytes;
  const raw = await received(request, maxBytes, room);
  // No JSON begins like a gzip stream, so a missing header does no harm.
  const isPacked = isGzip || (raw[0] === 0x1f && raw[1] === 0x8b);
  return isPacked ? unpacked(raw, maxBytes) : raw;
}

/** Its browser library routes by an AnonymousId header; its Node library sends gzip under the type of a form. */
function isFromRudderStack({ headers }: IncomingMessage, isGzip: boolean): boolean {
  if (headers["anonymousid"] !== undefined) return true;
  return isGzip && (headers["content-type"] ?? "").startsWith("application/x-www-form-urlencoded");
}

function tooLarge(maxBytes: number): Problem {
  return new Problem(400, "request_too_large", `the request is larger than ${maxBytes} bytes`, {
    hint: "send smaller batches",
  });
}

function tooBusy(): Problem {
  return new Problem(503, "too_busy", "too many requests are being received at once", {
    hint: "send it again after the time that Retry-After names",
    retryAfterSeconds: 1,
  });
}

function unpacked(raw: Buffer, maxBytes: number): Buffer {
  try {
    return gunzipSync(raw, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(maxBytes);
    throw new Problem(400, "gzip_invalid", "the body says gzip and is not, or is cut off", {
      hint: "send the whole gzip stream, or no Content-Encoding",
    });
  }
}

const nothing: Buffer = Buffer.alloc(0);

function grown(bytes: Buffer, used: number, capacity: number): Buffer {
  const larger = Buffer.allocUnsafe(capacity);
  bytes.copy(larger, 0, 0, used);
  return larger;
}

/** Goes on reading past the limit, keeping nothing, so that the refusal can be heard. */
function received(request: IncomingMessage, maxBytes: number, room: BodyRoom): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // One growing buffer: a chunk may be a single byte, and a million of them as objects weigh a hundred times more.
    let kept: Buffer = nothing;
    let size = 0;
    let refusal: Problem | null = null;
    const hold = (bytes: Buffer): void => {
      room.used += bytes.length - kept.length;
      kept = bytes;
    };
    const take = (chunk: Buffer): void => {
      const before = size;
      size += chunk.length;
      const capacity = size <= kept.length ? kept.length : Math.min(maxBytes, Math.max(size, kept.length * 2));
      if (size > maxBytes) refusal = tooLarge(maxBytes);
      else if (room.used + capacity - kept.length > room.max) refusal ??= tooBusy();
      if (refusal !== null) {
        hold(nothing);
        if (size > maxDrainBytes) end();
      } else if (before === 0) hold(chunk);
      else {
        if (capacity > kept.length) hold(grown(kept, before, capacity));
        kept.set(chunk, before);
      }
    };
    const settle = (error: Error | null): void => {
      request.off("data", take).off("end", end).off("close", gone);
      const body = kept.subarray(0, size);
      hold(nothing);
      if (error !== null) reject(error);
      else resolve(body);
    };
    const end = (): void => settle(refusal);
    const gone = (): void => settle(new SenderGone());
    // After its listener is gone, an error of a cut connection must still find one.
    request.on("error", () => undefined);
    request.on("data", take).on("end", end).on("close", gone);
  });
}

/**
 * Reads to its end what is left of a refused request, within `maxDrainBytes` and `maxDrainMs`: a sender that is cut
 * off in mid-sentence does not hear the answer, and tries again. False when there was more.
 */
export function drained(request: IncomingMessage): Promise<boolean> {
  if (request.complete || request.destroyed) return Promise.resolve(request.complete);
  return new Promise((resolve) => {
    let size = 0;
    const settle = (): void => {
      clearTimeout(timer);
      request.off("data", count).off("close", settle).off("end", settle);
      resolve(request.complete);
    };
    const count = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > maxDrainBytes) settle();
    };
    const timer = setTimeout(settle, maxDrainMs);
    request.on("error", () => undefined);
    request.on("data", count).on("end", settle).on("close", settle);
  });
}
