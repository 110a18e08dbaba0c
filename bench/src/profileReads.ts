import { openConnections } from "./connections.ts";
import { openShop } from "./events.ts";
import { latencyHistogram } from "./latencyHistogram.ts";
import { quantiles } from "./loadPhases.ts";
import type { Reads } from "./measurements.ts";
import type { Server } from "./server.ts";
import { drawsAt } from "./seededDraws.ts";

export const readConnections = 16;

/** Reads random customers' profiles, all equally likely (which no cache likes), as fast as they are answered. */
export async function readProfiles(
  target: { server: Server; seed: number; profiles: number },
  seconds: number,
): Promise<Reads> {
  const { server, seed, profiles } = target;
  const shop = openShop(seed, profiles);
  const draws = drawsAt(seed, Date.now());
  const connections = openConnections(server.url, server.authorization, readConnections);
  const latencies = latencyHistogram();
  const startedAt = performance.now();
  const reader = async (): Promise<void> => {
    while (performance.now() - startedAt < seconds * 1_000) {
      const { userId } = shop.customer(draws.below(profiles));
      const askedAt = performance.now();
      const { status, body } = await connections.get(`/api/profiles/user_id/${userId}`);
      if (status !== 200) throw new Error(`a profile was answered ${status}: ${body.slice(0, 300)}`);
      latencies.recordMs(performance.now() - askedAt);
    }
  };
  try {
    await Promise.all(Array.from({ length: readConnections }, reader));
  } finally {
    connections.close();
  }
  const perS = (latencies.count() * 1_000) / (performance.now() - startedAt);
  return { connections: readConnections, perS, ms: quantiles(latencies.pack()) };
}
