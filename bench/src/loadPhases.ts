import type { HalfLoad, FullLoad, Quantiles, SingleEvents } from "./measurements.ts";
import { latencyHistogram, type PackedHistogram } from "./latencyHistogram.ts";
import type { LoadJob, LoadResult } from "./loadJob.ts";
import { runLoad } from "./loadProcess.ts";
import { firstTime } from "./progress.ts";
import type { Server, ServerStatus } from "./server.ts";
import { cpuSince, type CpuByThread } from "./threadCpu.ts";
import { watchVisibility } from "./visibility.ts";

export const batchEvents = 100;
export const connections = 32;
const singleConnections = 64;
const watchEveryMs = 250;
const maxDrainMs = 30 * 60_000;
const maxFollowMs = 10 * 60_000;

export interface Target {
  server: Server;
  seed: number;
  profiles: number;
}

export type Portion = Pick<LoadJob, "kind" | "firstOrdinal" | "maxEvents" | "maxSeconds">;

/**
 * Sends as fast as the server acknowledges, then waits for it to finish, and for SQL unless `isFollowed` is false. Fails
 * when the counts do not add up.
 */
export async function fullLoad(target: Target, portion: Portion, isFollowed = true): Promise<FullLoad> {
  const { server } = target;
  const before = await server.status();
  const cpuBefore = server.cpu();
  const watch = watchBacklog(server);
  const sent = await runLoad(jobOf(target, portion, null));
  const drainedAt = await drained(server, before, sent.acknowledged);
  const cpuWhenDrained = server.cpu();
  const { maxPending, maxAnalyticsLagMs } = await watch.end();
  const followedAt = isFollowed
    ? await firstTime(server, (status) => status.analyticsAsOf >= drainedAt, maxFollowMs)
    : null;
  const perS = (until: number): number => (sent.acknowledged * 1_000) / (until - sent.firstSentAt);
  return {
    events: sent.acknowledged,
    acknowledgedPerS: perS(sent.lastAcknowledgedAt),
    processedPerS: perS(drainedAt),
    followedPerS: followedAt === null ? null : perS(followedAt),
    drainMs: drainedAt - sent.lastAcknowledgedAt,
    followMs: followedAt === null ? null : Math.max(0, followedAt - drainedAt),
    maxPending,
    maxAnalyticsLagMs,
    ackMs: quantiles(sent.latency),
    refusedBatches: sent.refusedBatches,
    bytesPerEvent: sent.bytes / sent.acknowledged,
    cpuUsUntilProcessed: perEvent(cpuSince(cpuBefore, cpuWhenDrained), sent.acknowledged),
    cpuUsPerEvent: perEvent(cpuSince(cpuBefore, server.cpu()), sent.acknowledged),
    loadCpuUsPerEvent: (sent.cpuMs * 1_000) / sent.acknowledged,
  };
}

/** Sends on a timetable and meanwhile watches single events arrive in profiles. */
export async function halfLoad(target: Target, portion: Portion, eventsPerS: number): Promise<HalfLoad> {
  const { server } = target;
  const before = await server.status();
  const watch = watchBacklog(server);
  const visibility = watchVisibility(target);
  // Behind its timetable the load goes on until everything is sent, within reason.
  const sent = await runLoad(jobOf(target, { ...portion, maxSeconds: portion.maxSeconds * 3 }, eventsPerS));
  const visible = await visibility.end();
  const { maxPending, maxAnalyticsLagMs } = await watch.end();
  await drained(server, before, sent.acknowledged + visible.probes);
  return {
    events: sent.acknowledged,
    eventsPerS,
    acknowledgedPerS: (sent.acknowledged * 1_000) / (sent.lastAcknowledgedAt - sent.firstSentAt),
    ackMs: quantiles(sent.latency),
    visibleMs: quantiles(visible.latency),
    maxPending,
    maxAnalyticsLagMs,
  };
}

/**
 * One event a request, as fast as they are acknowledged, and how long SQL takes to follow: it is held back meanwhile.
 * Fails when the counts do not add up.
 */
export async function singleEvents({ server, ...target }: Target, portion: Portion): Promise<SingleEvents> {
  const before = await server.status();
  const cpuBefore = server.cpu();
  const job = { ...jobOf({ server, ...target }, portion, null), batchEvents: 1, connections: singleConnections };
  const sent = await runLoad(job);
  const drainedAt = await drained(server, before, sent.acknowledged);
  const cpuWhenDrained = server.cpu();
  const followedAt = await firstTime(server, (status) => status.analyticsAsOf >= drainedAt, maxFollowMs);
  const perS = (until: number): number => (sent.acknowledged * 1_000) / (until - sent.firstSentAt);
  return {
    events: sent.acknowledged,
    connections: singleConnections,
    acknowledgedPerS: perS(sent.lastAcknowledgedAt),
    ackMs: quantiles(sent.latency),
    followedPerS: followedAt === null ? null : perS(followedAt),
    cpuUsPerEvent: perEvent(cpuSince(cpuBefore, cpuWhenDrained), sent.acknowledged),
    loadCpuUsPerEvent: (sent.cpuMs * 1_000) / sent.acknowledged,
  };
}

/** CPU µs an event. */
function perEvent(cpu: CpuByThread, events: number): CpuByThread {
  return Object.fromEntries(Object.entries(cpu).map(([role, ms]) => [role, (ms * 1_000) / events]));
}

export function quantiles(packed: PackedHistogram): Quantiles {
  const latencies = latencyHistogram();
  latencies.add(packed);
  const at = (quantile: number): number => latencies.quantileMs(quantile);
  return { p50: at(0.5), p99: at(0.99), max: at(1), count: latencies.count() };
}

function jobOf({ server, seed, profiles }: Target, portion: Portion, eventsPerSecond: number | null): LoadJob {
  const { url, writeKey } = server;
  return { ...portion, url, writeKey, seed, profiles, batchEvents, connections, eventsPerSecond };
}

/** UTC ms at which nothing was pending any more. What was acknowledged must then have been processed, once. */
async function drained(
  server: Server,
  before: ServerStatus,
  acknowledged: LoadResult["acknowledged"],
): Promise<number> {
  const drainedAt = await firstTime(server, (status) => status.pendingRecords === 0, maxDrainMs);
  const { processedRecords, pendingRecords } = await server.status();
  const processed = processedRecords - before.processedRecords;
  if (drainedAt === null)
    throw new Error(`still ${pendingRecords} records pending ${maxDrainMs / 60_000} minutes later`);
  if (processed !== acknowledged) throw new Error(`${acknowledged} events were acknowledged, ${processed} processed`);
  return drainedAt;
}

interface Backlog {
  maxPending: number;
  maxAnalyticsLagMs: number;
}

function watchBacklog(server: Server): { end(): Promise<Backlog> } {
  const worst: Backlog = { maxPending: 0, maxAnalyticsLagMs: 0 };
  const startedAt = Date.now();
  let isUnderWay = false;
  const look = async (): Promise<void> => {
    const askedAt = Date.now();
    const { pendingRecords, analyticsAsOf } = await server.status();
    worst.maxPending = Math.max(worst.maxPending, pendingRecords);
    worst.maxAnalyticsLagMs = Math.max(worst.maxAnalyticsLagMs, askedAt - Math.max(analyticsAsOf, startedAt));
  };
  let last: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    if (isUnderWay) return;
    isUnderWay = true;
    // An answer that fails is a sample less; a server that died is noticed by the load.
    last = look()
      .catch(() => undefined)
      .finally(() => {
        isUnderWay = false;
      });
  }, watchEveryMs);
  return {
    end: async () => {
      clearInterval(timer);
      await last;
      return worst;
    },
  };
}
