import { Problem } from "../model/problem.ts";

/** What comes, and how much of it. */
export interface Workload {
  /** Accepted calls, on average. */
  eventsPerDay: number;
  /** KB (1,024 bytes) of one event as JSON. */
  eventKb: number;
  /** People with a profile. */
  customers: number;
}

export const environments = ["dev", "prod"] as const;
export type Environment = (typeof environments)[number];

interface Setting {
  /** What a value of one means. */
  unit: string;
  dev: number;
  prod: number;
  least: number;
  most: number;
  /** Another value that somebody may want, to say what that changes. Null for what is assumed, not chosen. */
  other: number | null;
  is: string;
}

const chosen = {
  availabilityZones: { unit: "zones", dev: 1, prod: 3, least: 1, most: 6, other: 2, is: "zones of endpoints" },
  gatewayTasks: { unit: "tasks", dev: 1, prod: 2, least: 1, most: 1_000, other: 4, is: "gateways that always run" },
  gatewayCpu: { unit: "vCPU", dev: 0.25, prod: 1, least: 0.25, most: 16, other: 2, is: "of a gateway" },
  gatewayGb: { unit: "GB", dev: 0.5, prod: 2, least: 0.5, most: 120, other: 4, is: "memory of a gateway" },
  streamRetentionHours: { unit: "hours", dev: 24, prod: 24, least: 24, most: 168, other: 168, is: "kept in Kinesis" },
  ingestBatchSize: { unit: "events", dev: 500, prod: 500, least: 1, most: 10_000, other: 100, is: "most in a batch" },
  ingestWindowS: { unit: "seconds", dev: 1, prod: 1, least: 0.2, most: 300, other: 5, is: "a batch waits to fill" },
  lambdaGb: { unit: "GB", dev: 1, prod: 1, least: 0.125, most: 10, other: 2, is: "memory of a function" },
  pointInTimeRecovery: { unit: "on (1), off (0)", dev: 0, prod: 1, least: 0, most: 1, other: 0, is: "of DynamoDB" },
  timelineDays: { unit: "days", dev: 7, prod: 30, least: 1, most: 365, other: 90, is: "of events in DynamoDB" },
  lakeMonths: {
    unit: "months",
    dev: 3,
    prod: 24,
    least: 1,
    most: 120,
    other: 60,
    is: "kept in the lake and for dedup",
  },
  searchNodes: { unit: "nodes", dev: 1, prod: 3, least: 1, most: 100, other: 2, is: "of OpenSearch at least" },
  searchReplicas: { unit: "copies", dev: 0, prod: 1, least: 0, most: 3, other: 2, is: "of the search index" },
  metricsZones: { unit: "zones", dev: 1, prod: 2, least: 1, most: 2, other: 1, is: "with an InfluxDB" },
  trailDynamoDb: {
    unit: "on (1), off (0)",
    dev: 0,
    prod: 0,
    least: 0,
    most: 1,
    other: 1,
    is: "CloudTrail of each item",
  },
} as const satisfies Record<string, Setting>;

const assumed = {
  peakToMean: { unit: "times", dev: 3, prod: 3, least: 1, most: 100, other: null, is: "the busiest second" },
  eventsPerCall: { unit: "events", dev: 10, prod: 10, least: 1, most: 1_000, other: null, is: "in an HTTP request" },
  callsPerConnection: { unit: "calls", dev: 5, prod: 5, least: 1, most: 1_000, other: null, is: "on a connection" },
  shareBySns: { unit: "share", dev: 0.7, prod: 0.7, least: 0, most: 1, other: null, is: "of social, web and mobile" },
  eventsPerCpuSecond: {
    unit: "events",
    dev: 4_000,
    prod: 4_000,
    least: 1,
    most: 100_000,
    other: null,
    is: "a gateway takes",
  },
  msPerBatch: { unit: "ms", dev: 60, prod: 60, least: 1, most: 10_000, other: null, is: "of a batch's round trips" },
  msPerEvent: { unit: "ms", dev: 0.5, prod: 0.5, least: 0.001, most: 1_000, other: null, is: "of ingestion, at 1 GB" },
  writesPerEvent: {
    unit: "units of 1 KB",
    dev: 3,
    prod: 3,
    least: 0,
    most: 100,
    other: null,
    is: "besides the timeline",
  },
  readsPerEvent: { unit: "units of 4 KB", dev: 2, prod: 2, least: 0, most: 100, other: null, is: "of DynamoDB" },
  customerKb: { unit: "KB", dev: 8, prod: 8, least: 0.1, most: 400, other: null, is: "of a person in DynamoDB" },
  searchKb: { unit: "KB", dev: 2, prod: 2, least: 0.1, most: 100, other: null, is: "of a person in the index" },
  lakeShare: {
    unit: "share",
    dev: 0.3,
    prod: 0.3,
    least: 0.01,
    most: 1,
    other: null,
    is: "of an event, raw and processed",
  },
  glueHoursPerGb: {
    unit: "DPU-hours",
    dev: 0.05,
    prod: 0.05,
    least: 0,
    most: 10,
    other: null,
    is: "for a GB of events",
  },
  athenaGbPerDay: { unit: "GB", dev: 1, prod: 20, least: 0, most: 1_000_000, other: null, is: "scanned" },
  logBytesPerCall: { unit: "bytes", dev: 500, prod: 500, least: 0, most: 100_000, other: null, is: "of log" },
} as const satisfies Record<string, Setting>;

export const settingsTable: Readonly<Record<SettingName, Setting>> = { ...chosen, ...assumed };
export type SettingName = keyof typeof chosen | keyof typeof assumed;
export type Settings = Readonly<Record<SettingName, number>>;

export const settingNames = Object.keys(settingsTable).filter(isSetting);

/** The defaults of an environment with what the caller changes. Problem 400 `setting_invalid`, which names it. */
export function settingsOf(environment: Environment, changes: ReadonlyMap<string, number> = new Map()): Settings {
  for (const [name, value] of changes) check(name, value);
  const values = settingNames.map((name) => [name, changes.get(name) ?? settingsTable[name][environment]]);
  return Object.fromEntries(values) as Settings;
}

/** Of what there is no half. */
const whole: ReadonlySet<SettingName> = new Set([
  "availabilityZones",
  "gatewayTasks",
  "ingestBatchSize",
  "pointInTimeRecovery",
  "searchNodes",
  "searchReplicas",
  "metricsZones",
  "trailDynamoDb",
] as const);

function check(name: string, value: number): void {
  if (!isSetting(name)) {
    throw new Problem(400, "setting_invalid", `There is no setting ${name}.`, {
      field: name.slice(0, 80),
      hint: `One of: ${settingNames.join(", ")}.`,
    });
  }
  const { least, most, unit } = settingsTable[name];
  const mustBeWhole = whole.has(name);
  if (value >= least && value <= most && (!mustBeWhole || Number.isInteger(value))) return;
  throw new Problem(400, "setting_invalid", `${name} cannot be ${value}.`, {
    field: name,
    hint: `Give a ${mustBeWhole ? "whole " : ""}number from ${least} to ${most} (${unit}).`,
  });
}

function isSetting(name: string): name is SettingName {
  return Object.hasOwn(chosen, name) || Object.hasOwn(assumed, name);
}
