import type { Settings, Workload } from "./settings.ts";

export const hoursPerMonth = 730;
export const secondsPerMonth = hoursPerMonth * 3_600;
export const daysPerMonth = hoursPerMonth / 24;
export const kbPerGb = 1_024 * 1_024;
const million = 1_000_000;

/** What a workload makes in an average month of 730 hours. GB are of 1,024³ bytes. */
export interface Flow {
  events: number;
  eventsPerSecond: number;
  /** In the busiest second. */
  peakEventsPerSecond: number;
  /** HTTP requests to the gateway; each becomes one message. */
  calls: number;
  /** KB of an event, as Kinesis and DynamoDB count it: whole. */
  wholeKb: number;
  gb: number;
}

/** One thing that is paid for, in US dollars a month. */
export interface Line {
  service: string;
  what: string;
  usd: number;
}

export function flowOf(workload: Workload, settings: Settings): Flow {
  const events = workload.eventsPerDay * daysPerMonth;
  const eventsPerSecond = events / secondsPerMonth;
  return {
    events,
    eventsPerSecond,
    peakEventsPerSecond: eventsPerSecond * settings.peakToMean,
    calls: events / settings.eventsPerCall,
    wholeKb: Math.ceil(workload.eventKb),
    gb: (events * workload.eventKb) / kbPerGb,
  };
}

export function millions(count: number): number {
  return count / million;
}
