import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { latencyHistogram } from "./latencyHistogram.ts";
import type { LoadJob } from "./loadJob.ts";
import { sendLoad } from "./sendLoad.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

interface Call {
  type: string;
  messageId: string;
}

/** A server that answers as told and keeps what it took. */
async function receiver(answer: (response: ServerResponse, request: IncomingMessage, ordinal: number) => void) {
  const batches: Call[][] = [];
  let requests = 0;
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    batches.push((JSON.parse(await text(request)) as { batch: Call[] }).batch);
    answer(response, request, requests++);
  };
  const server = createServer((request, response) => {
    void receive(request, response);
  });
  servers.push(server.listen(0, "127.0.0.1"));
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening");
  return { url: `http://127.0.0.1:${address.port}`, batches };
}

function job(url: string, more: Partial<LoadJob>): LoadJob {
  const some = { url, writeKey: "key", seed: 1, profiles: 100, kind: "events", firstOrdinal: 0 } as const;
  return { ...some, maxEvents: 250, maxSeconds: 60, batchEvents: 100, connections: 1, eventsPerSecond: null, ...more };
}

function ok(response: ServerResponse): void {
  response.writeHead(200).end("{}");
}

describe("the load", () => {
  it("sends every event once, with the write key, and counts what was acknowledged", async () => {
    const keys = new Set<string | undefined>();
    const { url, batches } = await receiver((response, request) => {
      keys.add(request.headers.authorization);
      ok(response);
    });
    const result = await sendLoad(job(url, { connections: 4 }));
    expect(result.acknowledged).toBe(250);
    expect(batches.map((batch) => batch.length).sort((a, b) => a - b)).toEqual([50, 100, 100]);
    expect(new Set(batches.flat().map(({ messageId }) => messageId)).size).toBe(250);
    expect([...keys]).toEqual([`Basic ${Buffer.from("key:").toString("base64")}`]);
  });

  it("goes on from its first ordinal without repeating any", async () => {
    const { url, batches } = await receiver(ok);
    await sendLoad(job(url, {}));
    await sendLoad(job(url, { firstOrdinal: 250 }));
    expect(new Set(batches.flat().map(({ messageId }) => messageId)).size).toBe(500);
  });

  it("signs customers up by index", async () => {
    const { url, batches } = await receiver(ok);
    await sendLoad(job(url, { kind: "signUps", maxEvents: 3 }));
    expect(batches.flat().map(({ type }) => type)).toEqual(["identify", "identify", "identify"]);
  });

  it("waits as long as it is told and sends the same batch again", async () => {
    const { url, batches } = await receiver((response, _request, ordinal) => {
      if (ordinal === 0) response.writeHead(429, { "retry-after": "1" }).end();
      else ok(response);
    });
    const startedAt = performance.now();
    const result = await sendLoad(job(url, { maxEvents: 10 }));
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(990);
    expect(result).toMatchObject({ acknowledged: 10, refusedBatches: 1, toldToWaitMs: 1_000 });
    expect(batches[1]).toEqual(batches[0]);
    const latencies = latencyHistogram();
    latencies.add(result.latency);
    expect(latencies.quantileMs(1)).toBeLessThan(900);
  });

  it("fails on an answer that is neither yes nor later", async () => {
    const { url } = await receiver((response) => response.writeHead(401).end("wrong key"));
    await expect(sendLoad(job(url, {}))).rejects.toThrow("401: wrong key");
  });

  it("on a timetable keeps to it, and counts the wait behind a slow answer", async () => {
    const { url } = await receiver((response, _request, ordinal) => {
      if (ordinal === 0) setTimeout(() => ok(response), 300);
      else ok(response);
    });
    const startedAt = performance.now();
    const result = await sendLoad(job(url, { maxEvents: 50, batchEvents: 10, eventsPerSecond: 100 }));
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(395);
    const latencies = latencyHistogram();
    latencies.add(result.latency);
    // Due at 100 and 200 ms, sent at 300 ms.
    expect(latencies.quantileMs(0.6)).toBeGreaterThanOrEqual(90);
    expect(latencies.quantileMs(0.2)).toBeLessThan(90);
  });

  it("stops after its time", async () => {
    const { url } = await receiver(ok);
    const result = await sendLoad(job(url, { maxEvents: 1e9, maxSeconds: 0.1, batchEvents: 1 }));
    expect(result.acknowledged).toBeGreaterThan(0);
    expect(result.lastAcknowledgedAt - result.firstSentAt).toBeLessThan(2_000);
  });
});
