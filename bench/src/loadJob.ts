import type { PackedHistogram } from "./latencyHistogram.ts";

/** What the load process is asked to send. */
export interface LoadJob {
  url: string;
  writeKey: string;
  seed: number;
  profiles: number;
  /** Sign-ups of customers, by index, or the shop's mixed events, by ordinal. */
  kind: "signUps" | "events";
  firstOrdinal: number;
  /** Whichever comes first ends it. */
  maxEvents: number;
  maxSeconds: number;
  batchEvents: number;
  connections: number;
  /** Batches leave on a timetable of this many events a second; null: the next as soon as one is acknowledged. */
  eventsPerSecond: number | null;
}

export interface LoadResult {
  /** Events in batches that were answered with 200. */
  acknowledged: number;
  /** Answers that said: come back later. */
  refusedBatches: number;
  /** The time that all connections together waited because they were told to. */
  toldToWaitMs: number;
  bytes: number;
  /** UTC ms. */
  firstSentAt: number;
  lastAcknowledgedAt: number;
  /**
   * From sending a batch to its 200. On a timetable from when it was due, if all connections were busy then: what a
   * slow answer does to those behind it counts too.
   */
  latency: PackedHistogram;
  /** CPU of the load process, which it takes from the server when cores are few. */
  cpuMs: number;
}
