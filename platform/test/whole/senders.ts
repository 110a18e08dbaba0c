import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { callOf, kinds, messageIdOf, netMinorOf, refusableCallOf } from "./customersStory.ts";

const attemptTimeoutMs = 20_000;
const retryMs = 30;

/** Numbers in [0, 1) that a seed repeats: mulberry32. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One answer to a batch; null when there was none. */
export interface BatchAnswer {
  status: number;
  retryAfter: string | null;
}

export function keepAliveAgent(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 1 });
}

/** Posts a body to the gateway over a connection that stays open. */
export function postBody(url: string, body: string | Uint8Array, writeKey: string, agent: Agent) {
  return new Promise<BatchAnswer | null>((resolve) => {
    const sending = request(
      url,
      { method: "POST", agent, auth: `${writeKey}:`, headers: { "content-type": "application/json" } },
      (response) => {
        response.on("error", () => resolve(null));
        response.resume().on("end", () => {
          const isWhole = response.complete && response.statusCode !== undefined;
          resolve(
            isWhole ? { status: response.statusCode ?? 0, retryAfter: response.headers["retry-after"] ?? null } : null,
          );
        });
      },
    );
    sending.setTimeout(attemptTimeoutMs, () => sending.destroy());
    sending.on("error", () => resolve(null));
    sending.on("close", () => resolve(null));
    sending.end(body);
  });
}

/** What a customer's client knows on its own side: the only witness of what was acknowledged. */
export interface Sender {
  /** messageIds that got a 200. */
  readonly acknowledged: readonly string[];
  /** Those among them whose first attempt got no answer: they may have been taken, and were sent again. */
  readonly doubted: readonly string[];
  /** messageIds that got a 200 and cannot be processed: their fate is a rejection. */
  readonly refused: readonly string[];
  /** Sales less refunds among what was acknowledged. */
  netMinor(): number;
  people(): number;
  orders(): number;
  /** Resolves when the batch under way is acknowledged. */
  stop(): Promise<void>;
  /** Ends it though the batch under way is not acknowledged. */
  giveUp(): void;
}

export interface SenderOptions {
  /** Of the platform. */
  url: string;
  writeKey: string;
  /** Part of all ids. */
  name: string;
  batchEvents: number;
  pauseMs: number;
  /** Each batch has one call more, that can only be rejected. */
  sendsRefusable?: boolean;
}

/** Sends batches one after the other, each again and again with the same messageIds until it is acknowledged. */
export function startSender(options: SenderOptions): Sender {
  const { url, writeKey, name, batchEvents, pauseMs, sendsRefusable = false } = options;
  const acknowledged: string[] = [];
  const doubted: string[] = [];
  const refused: string[] = [];
  const agent = keepAliveAgent();
  const stopping = new AbortController();
  let hasGivenUp = false;
  let first = 0;

  const deliver = async (from: number, count: number): Promise<void> => {
    const numbers = Array.from({ length: count }, (_, n) => from + n);
    const calls = numbers.map((n) => callOf(name, n));
    const messageIds = numbers.map((n) => messageIdOf(name, n));
    // What was taken long ago comes once more, as a client's queue on disk may send it.
    const again = from > 0 ? [callOf(name, Math.floor(from / 2))] : [];
    const refusable = sendsRefusable ? [refusableCallOf(name, from)] : [];
    const body = JSON.stringify({ batch: [...calls, ...again, ...refusable], sentAt: new Date().toISOString() });
    for (let attempt = 1; ; attempt++) {
      if (hasGivenUp) throw new Error("given up");
      const answer = await postBody(`${url}/v1/batch`, body, writeKey, agent);
      if (answer?.status === 200) break;
      if (answer !== null && answer.status !== 503) throw new Error(`unexpected answer: ${answer.status}`);
      if (attempt === 1) doubted.push(...messageIds);
      await sleep(retryMs);
    }
    acknowledged.push(...messageIds);
    refused.push(...refusable.map(({ messageId }) => messageId));
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await deliver(first, batchEvents);
      first += batchEvents;
      await sleep(pauseMs);
    }
    agent.destroy();
  };
  const running = run();
  // Whoever stops it hears of it.
  running.catch(() => undefined);
  const counted = (kind: number): number =>
    Array.from({ length: first }, (_, n) => n).filter((n) => n % kinds === kind).length;
  return {
    acknowledged,
    doubted,
    refused,
    netMinor: () => Array.from({ length: first }, (_, n) => netMinorOf(n)).reduce((sum, net) => sum + net, 0),
    people: () => counted(0),
    orders: () => counted(2),
    stop: async () => {
      stopping.abort();
      await running;
    },
    giveUp: () => {
      stopping.abort();
      hasGivenUp = true;
    },
  };
}
