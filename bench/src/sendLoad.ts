import { setTimeout as sleep } from "node:timers/promises";
import { basic, openConnections, type Connections } from "./connections.ts";
import { openShop, type Shop } from "./events.ts";
import { latencyHistogram, type LatencyHistogram } from "./latencyHistogram.ts";
import type { LoadJob, LoadResult } from "./loadJob.ts";

const defaultRetrySeconds = 1;

interface Run {
  job: LoadJob;
  shop: Shop;
  connections: Connections;
  latencies: LatencyHistogram;
  counts: Omit<LoadResult, "latency" | "cpuMs" | "firstSentAt">;
  startedAt: number;
  nextBatch: number;
}

/** Sends the job's events and waits for all answers. Rejects at the first answer that is neither 200 nor "later". */
export async function sendLoad(job: LoadJob): Promise<LoadResult> {
  const run: Run = {
    job,
    shop: openShop(job.seed, job.profiles),
    connections: openConnections(job.url, basic(job.writeKey), job.connections),
    latencies: latencyHistogram(),
    counts: { acknowledged: 0, refusedBatches: 0, toldToWaitMs: 0, bytes: 0, lastAcknowledgedAt: 0 },
    startedAt: performance.now(),
    nextBatch: 0,
  };
  const firstSentAt = Date.now();
  const cpu = process.cpuUsage();
  try {
    await Promise.all(Array.from({ length: job.connections }, () => senderOf(run)));
  } finally {
    run.connections.close();
  }
  const { user, system } = process.cpuUsage(cpu);
  return { ...run.counts, firstSentAt, latency: run.latencies.pack(), cpuMs: (user + system) / 1_000 };
}

async function senderOf(run: Run): Promise<void> {
  const { job } = run;
  const batches = Math.ceil(job.maxEvents / job.batchEvents);
  while (run.nextBatch < batches && performance.now() - run.startedAt < job.maxSeconds * 1_000) {
    const batch = run.nextBatch++;
    const events = Math.min(job.batchEvents, job.maxEvents - batch * job.batchEvents);
    const countsFrom = await turnOf(run, batch);
    await deliver(run, bodyOf(run, batch * job.batchEvents, events), events, countsFrom);
  }
}

/** Waits until the batch is due; since when its latency counts, null for when it is sent. */
async function turnOf({ job, startedAt }: Run, batch: number): Promise<number | null> {
  if (job.eventsPerSecond === null) return null;
  const dueAt = startedAt + (batch * job.batchEvents * 1_000) / job.eventsPerSecond;
  const early = dueAt - performance.now();
  if (early <= 0) return dueAt;
  await sleep(early);
  return null;
}

function bodyOf({ job, shop }: Run, offset: number, events: number): Buffer {
  const at = Date.now();
  const make = job.kind === "signUps" ? shop.signUp : shop.event;
  const first = job.firstOrdinal + offset;
  let body = '{"batch":[';
  for (let event = 0; event < events; event++) body += (event === 0 ? "" : ",") + make(first + event, at);
  return Buffer.from(`${body}],"sentAt":"${new Date(at).toISOString()}"}`);
}

async function deliver(run: Run, body: Buffer, events: number, countsFrom: number | null): Promise<void> {
  const { counts } = run;
  for (let from = countsFrom; ; from = null) {
    const sentAt = from ?? performance.now();
    const { status, retryAfterSeconds, body: said } = await run.connections.post("/v1/batch", body);
    if (status === 200) {
      run.latencies.recordMs(performance.now() - sentAt);
      counts.acknowledged += events;
      counts.bytes += body.length;
      counts.lastAcknowledgedAt = Date.now();
      return;
    }
    if (status !== 429 && status !== 503) throw new Error(`the server answered ${status}: ${said.slice(0, 300)}`);
    const waitMs = (retryAfterSeconds ?? defaultRetrySeconds) * 1_000;
    counts.refusedBatches++;
    counts.toldToWaitMs += waitMs;
    await sleep(waitMs);
  }
}
