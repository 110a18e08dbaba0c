import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import type { TierView } from "../api/operations.ts";
import type { BatchOutcome } from "../ingestion/index.ts";
import { readingsOf, type MeterReading, type NamesThere } from "./meterReadings.ts";

export interface Meters {
  accepted(records: number): void;
  decided(outcome: BatchOutcome): void;
  trouble(): void;
  processedSinceStart(): number;
  acceptedSinceStart(): number;
  /** Prometheus text format. */
  text(): Promise<string>;
  /** The same, for OpenTelemetry. */
  readings(): Promise<MeterReading[]>;
}

interface Meter {
  /** In Prometheus. */
  name: string;
  /** In OpenTelemetry, with its unit there (UCUM). */
  as: readonly [name: string, unit: string];
  help: string;
}

/** What is measured, by its two names. */
interface Book {
  registry: Registry;
  names: Map<string, NamesThere>;
}

const defined = {
  acceptedRecordsTotal: {
    name: "c360_accepted_records_total",
    as: ["c360.accepted.records", "{record}"],
    help: "Records made durable since the start",
  },
  processedEventsTotal: {
    name: "c360_processed_events_total",
    as: ["c360.processed.events", "{event}"],
    help: "Events that changed state since the start",
  },
  duplicateEventsTotal: {
    name: "c360_duplicate_events_total",
    as: ["c360.duplicate.events", "{event}"],
    help: "Later deliveries of an accepted message",
  },
  rejectedCallsTotal: {
    name: "c360_rejected_calls_total",
    as: ["c360.rejected.calls", "{call}"],
    help: "Calls refused with a recorded reason",
  },
  ingestionRetriesTotal: {
    name: "c360_ingestion_retries_total",
    as: ["c360.ingestion.retries", "{retry}"],
    help: "Batches that had to be tried again",
  },
  pendingRecords: {
    name: "c360_pending_records",
    as: ["c360.pending.records", "{record}"],
    help: "Records that are durable and not yet decided",
  },
  ingestionLagSeconds: {
    name: "c360_ingestion_lag_seconds",
    as: ["c360.ingestion.lag", "s"],
    help: "Age of the oldest undecided record",
  },
  analyticsLagSeconds: {
    name: "c360_analytics_lag_seconds",
    as: ["c360.analytics.lag", "s"],
    help: "Age of what timelines and SQL answer from",
  },
  streamSubscribers: {
    name: "c360_stream_subscribers",
    as: ["c360.stream.subscribers", "{subscriber}"],
    help: "Live streams that are open",
  },
  searchLagSeconds: {
    name: "c360_search_lag_seconds",
    as: ["c360.search.lag", "s"],
    help: "Age of what search answers from",
  },
  reviewsLagSeconds: {
    name: "c360_reviews_lag_seconds",
    as: ["c360.reviews.lag", "s"],
    help: "Age of what pairs are offered from",
  },
  reviewsWaiting: {
    name: "c360_reviews_waiting",
    as: ["c360.reviews.waiting", "{pair}"],
    help: "Pairs that wait for review",
  },
  storedBytes: { name: "c360_stored_bytes", as: ["c360.stored.size", "By"], help: "On disk, by how events are kept" },
  storedRecords: {
    name: "c360_stored_records",
    as: ["c360.stored.records", "{record}"],
    help: "Records, by how they are kept",
  },
} as const satisfies Record<string, Meter>;

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
  const book: Book = { registry: new Registry(), names: new Map() };
  const { registry } = book;
  collectDefaultMetrics({ register: registry });
  const acceptedTotal = counter(book, defined.acceptedRecordsTotal);
  const processed = counter(book, defined.processedEventsTotal);
  const duplicates = counter(book, defined.duplicateEventsTotal);
  const rejected = counter(book, defined.rejectedCallsTotal);
  const troubles = counter(book, defined.ingestionRetriesTotal);
  gauge(book, defined.pendingRecords, read.pendingRecords);
  gauge(book, defined.ingestionLagSeconds, read.ingestionLagSeconds);
  gauge(book, defined.analyticsLagSeconds, read.followerLagSeconds);
  gauge(book, defined.streamSubscribers, () => read.stream().subscribers);
  streamCounter(book, read.stream);
  gauge(book, defined.searchLagSeconds, read.searchLagSeconds);
  gauge(book, defined.reviewsLagSeconds, async () => {
    const { lagSeconds } = await read.reviews();
    return lagSeconds;
  });
  gauge(book, defined.reviewsWaiting, async () => (await read.reviews()).waiting);
  tierGauge(book, defined.storedBytes, async () => (await read.tiers()).map(({ name, bytes }) => [name, bytes]));
  tierGauge(book, defined.storedRecords, async () => (await read.tiers()).map(({ name, records }) => [name, records]));
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
    readings: async () => readingsOf(await registry.getMetricsAsJSON(), book.names),
  };
}

function told({ registry, names }: Book, { name, as: [there, unit], help }: Meter) {
  names.set(name, { name: there, unit });
  return { name, help, registers: [registry] };
}

function counter(book: Book, meter: Meter): Counter {
  return new Counter(told(book, meter));
}

function gauge(book: Book, meter: Meter, value: () => number | Promise<number>): void {
  const made: Gauge = new Gauge({
    ...told(book, meter),
    collect: async () => {
      made.set(await value());
    },
  });
}

function tierGauge(book: Book, meter: Meter, values: () => Promise<[tier: string, value: number][]>): void {
  const made: Gauge = new Gauge({
    ...told(book, meter),
    labelNames: ["tier"],
    collect: async () => {
      made.reset();
      for (const [tier, value] of await values()) made.set({ tier }, value);
    },
  });
}

function streamCounter(book: Book, read: Parameters<typeof platformMeters>[0]["stream"]): void {
  const outcomes = ["shown", "sampledOut", "skipped"] as const;
  const labels = { shown: "shown", sampledOut: "sampled_out", skipped: "skipped" };
  const made: Counter = new Counter({
    ...told(book, {
      name: "c360_stream_records_total",
      as: ["c360.stream.records", "{record}"],
      help: "Records that matched a live stream: shown, left out by sampling, or skipped for a slow reader",
    }),
    labelNames: ["outcome"],
    collect: () => {
      const counts = read();
      made.reset();
      for (const outcome of outcomes) made.inc({ outcome: labels[outcome] }, counts[outcome]);
    },
  });
}
