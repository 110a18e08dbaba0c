import type { CpuByThread } from "./threadCpu.ts";

export interface Quantiles {
  p50: number;
  p99: number;
  max: number;
  count: number;
}

/** Sending at full speed, and everything that follows from it. Rates are events a second. */
export interface FullLoad {
  events: number;
  /** Acknowledged ÷ time from the first send to the last acknowledgement. */
  acknowledgedPerS: number;
  /** Processed ÷ time from the first send until nothing was pending: sustained, end to end. */
  processedPerS: number;
  /** The same until SQL and timelines held everything too; null when they did not in time. */
  followedPerS: number | null;
  drainMs: number;
  /** From nothing pending until SQL and timelines held everything. */
  followMs: number | null;
  /** The worst seen while events came in. */
  maxPending: number;
  maxAnalyticsLagMs: number;
  ackMs: Quantiles;
  refusedBatches: number;
  bytesPerEvent: number;
  /** CPU µs an event of the server by thread, from the first send until nothing was pending. */
  cpuUsUntilProcessed: CpuByThread;
  /** CPU µs an event, from the first send until followed: of the server by thread, and of the load generator. */
  cpuUsPerEvent: CpuByThread;
  loadCpuUsPerEvent: number;
}

/** Sending at half the reached rate, and watching single events become visible in their profiles. */
export interface HalfLoad {
  events: number;
  /** What was meant to be sent. */
  eventsPerS: number;
  acknowledgedPerS: number;
  ackMs: Quantiles;
  /** From sending an event until a read of its profile shows it, the read included. */
  visibleMs: Quantiles;
  maxPending: number;
  maxAnalyticsLagMs: number;
}

/** Requests of one event each, each connection's next as soon as one is acknowledged. */
export interface SingleEvents {
  events: number;
  connections: number;
  acknowledgedPerS: number;
  ackMs: Quantiles;
  /** Acknowledged ÷ time from the first send until SQL and timelines held everything too; null when not in time. */
  followedPerS: number | null;
  /** CPU µs an event, from the first send until nothing was pending: of the server by thread, and of the load generator. */
  cpuUsPerEvent: CpuByThread;
  loadCpuUsPerEvent: number;
}

export interface Reads {
  connections: number;
  /** As fast as they are answered. */
  perS: number;
  ms: Quantiles;
  /** On a timetable of `pacedPerS`; a read counts from when it was due, less the millisecond that a timer may be late. */
  pacedPerS: number;
  pacedMs: Quantiles;
}

/** Sending at a fixed rate, and watching how far search is behind. */
export interface SearchFollow {
  /** What was meant to be sent. */
  eventsPerS: number;
  acknowledgedPerS: number;
  /** From sending a new customer's event until a search finds them, the search included. */
  foundMs: Quantiles;
  /** CPU µs an event of the search thread; null where it cannot be measured. */
  cpuUsPerEvent: number | null;
}

export interface Round {
  profiles: number;
  /** Events processed before the round, sign-ups included. */
  eventsBefore: number;
  full?: FullLoad;
  half?: HalfLoad;
  single?: SingleEvents;
  reads?: Reads;
  follow?: SearchFollow;
  /** From starting the process anew, with all of it there, until it answers /readyz. */
  startMs?: number;
  memory: { idleAtStart: number | null; peak: number | null };
  /** Bytes on disk for one event sent so far, by part of the data directory. */
  diskBytesPerEvent: Readonly<Record<string, number>>;
}

/** Finding people in an index of that many, in process. */
export interface SearchFigures {
  buildPerS: number;
  bytesPerProfile: number;
  /** Of the questions, those that found anybody. */
  foundShare: number;
  /** By kind of question. */
  ms: Readonly<Record<string, Quantiles>>;
  /** To note that a profile was seen again. */
  touchUs: number;
}
