import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bodyRoom, readBody } from "./body.ts";
import { maxBatchBytes } from "./limits.ts";

/** A request whose body comes as it is pushed. */
function emptyRequest(headers: Record<string, string> = {}): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  request.headers = headers;
  return request;
}

function requestOf(chunks: readonly Uint8Array[], headers: Record<string, string> = {}): IncomingMessage {
  const request = emptyRequest(headers);
  for (const chunk of chunks) request.push(chunk);
  request.push(null);
  return request;
}

/** Cuts `bytes` at the given places, whatever they are. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set([0, ...places.map((place) => place % (bytes.length + 1)), bytes.length])].sort(
    (one, other) => one - other,
  );
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function heapBytes(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

describe("a request's body", () => {
  it("is the same however it is cut on its way, plain or packed, and leaves the room empty", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 5_000 }),
        fc.array(fc.nat(), { maxLength: 40 }),
        fc.boolean(),
        async (bytes, places, isPacked) => {
          const room = bodyRoom();
          const body = Buffer.concat([Buffer.from("{"), bytes]);
          const sent = isPacked ? gzipSync(body) : body;
          const headers: Record<string, string> = isPacked ? { "content-encoding": "gzip" } : {};
          const read = await readBody(requestOf(cut(sent, places), headers), room);
          expect(read.equals(body)).toBe(true);
          expect(room.used).toBe(0);
        },
      ),
    );
  });

  it("may come byte by byte, and takes no more memory for it", async () => {
    const room = bodyRoom();
    const body = Buffer.alloc(300_000, "x");
    const request = emptyRequest();
    const reading = readBody(request, room);
    const before = heapBytes();
    for (let at = 0; at < body.length; at += 1) {
      request.push(body.subarray(at, at + 1));
      if (at % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(heapBytes() - before).toBeLessThan(8_000_000);
    expect(room.used, "what is held is counted").toBeGreaterThanOrEqual(body.length);
    expect(room.used, "no more than twice what came").toBeLessThanOrEqual(2 * body.length);
    request.push(null);
    expect((await reading).equals(body)).toBe(true);
    expect(room.used).toBe(0);
  });

  it("is taken up to its limit to the byte, and refused beyond it, in whatever pieces", async () => {
    for (const places of [[], [1], [65_536, 131_072, 300_000]]) {
      const room = bodyRoom();
      const fits = Buffer.alloc(maxBatchBytes, " ");
      expect(await readBody(requestOf(cut(fits, places)), room)).toHaveLength(maxBatchBytes);
      const larger = Buffer.alloc(maxBatchBytes + 1, " ");
      await expect(readBody(requestOf(cut(larger, places)), room)).rejects.toMatchObject({
        status: 400,
        code: "request_too_large",
      });
      expect(room.used).toBe(0);
    }
  });

  it("of many senders at once is bounded together, by what is held for them", async () => {
    const room = bodyRoom(100_000);
    const piece = Buffer.alloc(60_000, " ");
    const open = emptyRequest();
    const first = readBody(open, room);
    open.push(piece);
    await new Promise((resolve) => setImmediate(resolve));
    expect(room.used).toBe(60_000);
    await expect(readBody(requestOf([piece]), room)).rejects.toMatchObject({ status: 503, code: "too_busy" });
    open.push(null);
    expect(await first).toHaveLength(60_000);
    expect(await readBody(requestOf([piece]), room)).toHaveLength(60_000);
    expect(room.used).toBe(0);
  });
});
