import { setTimeout as sleep } from "node:timers/promises";
import { openConnections } from "./connections.ts";
import { openShop } from "./events.ts";
import { latencyHistogram } from "./latencyHistogram.ts";
import { quantiles } from "./loadPhases.ts";
import type { Reads } from "./measurements.ts";
import type { Server } from "./server.ts";
import { drawsAt } from "./seededDraws.ts";

export const readConnections = 16;

/** Reads a second while their latency is measured: a fraction of what is reached, so that they hardly wait for each other. */
const pacedPerS = 500;

/**
 * Reads random customers' profiles, all equally likely (which no cache likes): half of the time as fast as they are
 * answered, the other half on a timetable.
 */
export async function readProfiles(
  target: { server: Server; seed: number; profiles: number },
  seconds: number,
): Promise<Reads> {
  const { server, seed, profiles } = target;
  const shop = openShop(seed, profiles);
  const draws = drawsAt(seed, Date.now());
  const connections = openConnections(server.url, server.authorization, readConnections);
  const read = async (): Promise<void> => {
    const { userId } = shop.customer(draws.below(profiles));
    const { status, body } = await connections.get(`/api/profiles/user_id/${userId}`);
    if (status !== 200) throw new Error(`a profile was answered ${status}: ${body.slice(0, 300)}`);
  };
  try {
    const fast = await readFor(read, seconds / 2, null);
    const paced = await readFor(read, seconds / 2, pacedPerS);
    return { connections: readConnections, perS: fast.perS, ms: fast.ms, pacedPerS, pacedMs: paced.ms };
  } finally {
    connections.close();
  }
}

/** So late a timer may wake by itself, which is none of the server's. */
const timerMs = 1;

/** `perS` null: each reader's next read as soon as one is answered. */
async function readFor(
  read: () => Promise<void>,
  seconds: number,
  perS: number | null,
): Promise<Pick<Reads, "perS" | "ms">> {
  const latencies = latencyHistogram();
  const startedAt = performance.now();
  let started = 0;
  const reader = async (): Promise<void> => {
    for (;;) {
      const dueAt = perS === null ? performance.now() : startedAt + (started++ * 1_000) / perS;
      if (dueAt - startedAt >= seconds * 1_000) return;
      const early = dueAt - performance.now();
      if (early > 0) await sleep(early);
      const from = early > 0 ? Math.min(performance.now(), dueAt + timerMs) : dueAt;
      await read();
      latencies.recordMs(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: readConnections }, reader));
  const ms = quantiles(latencies.pack());
  return { perS: (ms.count * 1_000) / (performance.now() - startedAt), ms };
}
