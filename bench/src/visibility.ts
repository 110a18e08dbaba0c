import { setTimeout as sleep } from "node:timers/promises";
import { basic, openConnections, type Connections } from "./connections.ts";
import { openShop } from "./events.ts";
import { latencyHistogram, type PackedHistogram } from "./latencyHistogram.ts";
import type { Server } from "./server.ts";
import { drawsAt } from "./seededDraws.ts";

/** Between two reads of a profile: figures are at most this, and a read's time, too high. */
export const pollEveryMs = 2;
/** Probes start at no fixed beat, or they could march in step with the server's batches. */
const maxGapMs = 20;
const maxInvisibleMs = 60_000;
const probeTrait = "benchProbe";

export interface Visibility {
  probes: number;
  latency: PackedHistogram;
}

/**
 * One after the other, gives random customers a trait of its own number and reads their profiles until they show it.
 * The time counts from sending the event to the end of the read that showed it.
 */
export function watchVisibility(target: { server: Server; seed: number; profiles: number }): {
  end(): Promise<Visibility>;
} {
  const { server, seed, profiles } = target;
  const shop = openShop(seed, profiles);
  const writing = openConnections(server.url, basic(server.writeKey), 1);
  const reading = openConnections(server.url, server.authorization, 1);
  const latencies = latencyHistogram();
  const startedAt = Date.now();
  let probes = 0;
  let isOver = false;

  const probe = async (): Promise<void> => {
    const draws = drawsAt(seed, startedAt + probes);
    const { userId } = shop.customer(draws.below(profiles));
    await sleep(draws.fraction() * maxGapMs);
    const value = `${startedAt}-${probes++}`;
    const sentAt = performance.now();
    await send(writing, { userId, messageId: `probe-${value}`, traits: { [probeTrait]: value } });
    while (!(await shows(reading, userId, value))) {
      if (performance.now() - sentAt > maxInvisibleMs)
        throw new Error(`an event was invisible for ${maxInvisibleMs} ms`);
      await sleep(pollEveryMs);
    }
    latencies.recordMs(performance.now() - sentAt);
  };

  const run = async (): Promise<void> => {
    while (!isOver) await probe();
  };
  const running = run();
  // It is awaited at the end; until then a failure must not end the process.
  running.catch(() => undefined);
  return {
    end: async () => {
      isOver = true;
      try {
        await running;
      } finally {
        writing.close();
        reading.close();
      }
      return { probes, latency: latencies.pack() };
    },
  };
}

async function send(writing: Connections, call: Readonly<Record<string, unknown>>): Promise<void> {
  const { status, body } = await writing.post("/v1/identify", Buffer.from(JSON.stringify(call)));
  if (status !== 200) throw new Error(`a probe was answered ${status}: ${body.slice(0, 300)}`);
}

async function shows(reading: Connections, userId: string, value: string): Promise<boolean> {
  const { status, body } = await reading.get(`/api/profiles/user_id/${userId}`);
  if (status !== 200 && status !== 404) throw new Error(`a profile was answered ${status}: ${body.slice(0, 300)}`);
  // The value is found nowhere else, so that reading JSON would only cost time.
  return body.includes(`"${value}"`);
}
