import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import type { TierView } from "../api/operations.ts";
import type { BatchOutcome } from "../ingestion/index.ts";

export interface Meters {
  accepted(records: number): void;
  decided(outcome: BatchOutcome): void;
  trouble(): void;
  processedSinceStart(): number;
  acceptedSinceStart(): number;
  /** Prometheus text format. */
  text(): Promise<string>;
}

/** What `/metrics` tells. Names and labels hold no customer's or source's data. */
export function platformMeters(read: {
  pendingRecords: () => number;
  ingestionLagSeconds: () => number;
  followerLagSeconds: () => Promise<number>;
  stream: () => { subscribers: number; shown: number; sampledOut: number; skipped: number };
  searchLagSeconds: () => Promise<number>;
  reviews: () => Promise<{ lagSeconds: number; waiting: number }>;
  tiers: () => Promise<readonly Pick<TierView, "name" | "bytes" | "records">[]>;
}): Meters {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const acceptedTotal = counter(registry, "c360_accepted_records_total", "Records made durable since the start");
  const processed = counter(registry, "c360_processed_events_total", "Events that changed state since the start");
  const duplicates = counter(registry, "c360_duplicate_events_total", "Later deliveries of an accepted message");
  const rejected = counter(registry, "c360_rejected_calls_total", "Calls refused with a recorded reason");
  const troubles = counter(registry, "c360_ingestion_retries_total", "Batches that had to be tried again");
  gauge(registry, "c360_pending_records", "Records that are durable and not yet decided", read.pendingRecords);
  gauge(registry, "c360_ingestion_lag_seconds", "Age of the oldest undecided record", read.ingestionLagSeconds);
  gauge(registry, "c360_analytics_lag_seconds", "Age of what timelines and SQL answer from", read.followerLagSeconds);
  gauge(registry, "c360_stream_subscribers", "Live streams that are open", () => read.stream().subscribers);
  streamCounter(registry, read.stream);
  gauge(registry, "c360_search_lag_seconds", "Age of what search answers from", read.searchLagSeconds);
  gauge(registry, "c360_reviews_lag_seconds", "Age of what pairs are offered from", async () => {
    const { lagSeconds } = await read.reviews();
    return lagSeconds;
  });
  gauge(registry, "c360_reviews_waiting", "Pairs that wait for review", async () => (await read.reviews()).waiting);
  tierGauge(registry, { name: "c360_stored_bytes", help: "On disk, by how events are kept" }, async () =>
    (await read.tiers()).map(({ name, bytes }) => [name, bytes]),
  );
  tierGauge(registry, { name: "c360_stored_records", help: "Records, by how they are kept" }, async () =>
    (await read.tiers()).map(({ name, records }) => [name, records]),
  );
  const counts = { accepted: 0, processed: 0 };
  return {
    accepted: (records) => {
      counts.accepted += records;
      acceptedTotal.inc(records);
    },
    decided: (outcome) => {
      counts.processed += outcome.processed;
      processed.inc(outcome.processed);
      duplicates.inc(outcome.duplicates);
      rejected.inc(outcome.rejected);
    },
    trouble: () => troubles.inc(),
    processedSinceStart: () => counts.processed,
    acceptedSinceStart: () => counts.accepted,
    text: async () => registry.metrics(),
  };
}

function counter(registry: Registry, name: string, help: string): Counter {
  return new Counter({ name, help, registers: [registry] });
}
function gauge(registry: Registry, name: string, help: string, value: () => number | Promise<number>): void {
  const made: Gauge = new Gauge({
    name,
    help,
    registers: [registry],
    collect: async () => {
      made.set(await value());
    },
  });
}

function tierGauge(
  registry: Registry,
  { name, help }: { name: string; help: string },
  values: () => Promise<[tier: string, value: number][]>,
): void {
  const made: Gauge = new Gauge({
    name,
    help,
    labelNames: ["tier"],
    registers: [registry],
    collect: async () => {
      made.reset();
      for (const [tier, value] of await values()) made.set({ tier }, value);
    },
  });
}

function streamCounter(registry: Registry, read: Parameters<typeof platformMeters>[0]["stream"]): void {
  const outcomes = ["shown", "sampledOut", "skipped"] as const;
  const labels = { shown: "shown", sampledOut: "sampled_out", skipped: "skipped" };
  const made: Counter = new Counter({
    name: "c360_stream_records_total",
    help: "Records that matched a live stream: shown, left out by sampling, or skipped for a slow reader",
    labelNames: ["outcome"],
    registers: [registry],
    collect: () => {
      const counts = read();
      made.reset();
      for (const outcome of outcomes) made.inc({ outcome: labels[outcome] }, counts[outcome]);
    },
  });
}
