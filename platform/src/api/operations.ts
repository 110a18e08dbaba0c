import type { BackupView } from "./backups.ts";

/** How bad it is: `trouble` loses something or stops something soon, `attention` should be looked at. */
export const severities = ["trouble", "attention"] as const;

/** One thing to do now, in plain words. */
export interface Advice {
  code: string;
  severity: (typeof severities)[number];
  message: string;
  hint: string;
}

export const consumerNames = ["ingestion", "sql", "search", "reviews"] as const;
export const consumerStates = ["following", "behind", "unknown"] as const;

/** One that works off what was accepted. */
export interface ConsumerView {
  name: (typeof consumerNames)[number];
  state: (typeof consumerStates)[number];
  /** ISO 8601: it holds everything up to then; null while that is not known. */
  asOf: string | null;
  lagSeconds: number | null;
  /** Of ingestion, records that are not decided; of the others, changes of profiles and orders that they do not hold. */
  waiting: number | null;
}

export const tierNames = ["log", "archive", "lake"] as const;

/** How events are kept, from the newest to the oldest: as they came, compressed, and as columns for SQL. */
export interface TierView {
  name: (typeof tierNames)[number];
  files: number;
  bytes: number;
  /** Of the log, those of sealed segments. */
  records: number;
  /** Null while there are few records. */
  bytesPerMillionRecords: number | null;
}

export interface DiskView {
  /** ISO 8601. */
  measuredAt: string;
  freeBytes: number;
  totalBytes: number;
  /** Of the data directory. */
  usedBytes: number;
  parts: { name: string; bytes: number }[];
  /** What is not known at the moment is left out. */
  tiers: TierView[];
  /** ISO 8601: the log begins then; null while that is not known. */
  keptSince: string | null;
  /** Null while there are few records. */
  bytesPerMillionRecords: number | null;
  /** At the rate of the last 24 hours; null where nothing came. */
  daysLeft: number | null;
}

/** Everything that an operator looks at first. Times ISO 8601. */
export interface OperationsView {
  now: string;
  version: string;
  startedAt: string;
  state: "well" | (typeof severities)[number];
  /** The worst first. */
  advice: Advice[];
  consumers: ConsumerView[];
  /** The last hour, oldest first. */
  minutes: { at: string; accepted: number; rejected: number }[];
  disk: DiskView | null;
  memory: { residentBytes: number };
  /** The latest of this process; null where none was made since the start. */
  backup: BackupView | null;
  /** The latest failures that are retried, newest first. */
  retries: { at: string; message: string }[];
}
