import type { IncomingMessage, ServerResponse } from "node:http";
import type { BatchOutcome } from "../../ingestion/index.ts";
import type { Position } from "../../model/position.ts";
import type { MeterReading } from "../meterReadings.ts";
import type { TelemetrySettings } from "./settings.ts";

/** Counts, names from our own lists, ids that say nothing: no customer's or source's data, no text of anybody. */
export type Told = Record<string, string | number | boolean>;

export type WorkName = "sql query" | "backup" | "replay" | "rebuild" | "linkage";

/** Something under way, which is one span. */
export interface Work {
  /** `error`: a code, null where it went well. */
  end(ended: { told?: Told; error: string | null }): void;
}

/** When a batch was decided: UTC ms, with fractions. */
export interface Span {
  startedAt: number;
  endedAt: number;
}

export type FollowerName = "analytics" | "search" | "reviews";

/**
 * Traces and metrics for an OpenTelemetry collector. Nothing of it is loaded unless it is wanted: who has none, has null.
 * No call of it throws, waits for the collector, or holds more than a bounded number of things for it.
 */
export interface Spans {
  /** Runs `handle` in the span of the request, which ends with its response. `route`: null where it is told later. */
  handling(request: IncomingMessage, response: ServerResponse, route: string | null, handle: () => void): void;
  /** What has become known of a request under way. `route`: its pattern, never the address. */
  routed(request: IncomingMessage, route: string, requestId: string): void;
  /** Runs an append of so many records in a span. */
  appending(records: number, append: () => Promise<Position[]>): Promise<Position[]>;
  /** A group commit begins, of the appends that wait. */
  committing(bytes: number): Work;
  /** Everything before `position` is decided; `feedVersion`: up to where the changes of it are in the feed. */
  decided(
    batch: Span & { position: Position; records: number; outcome: BatchOutcome; feedVersion: () => number },
  ): void;
  /** The follower durably has the feed up to `version`. */
  followed(follower: FollowerName, version: number): void;
  /** Work that ends some time after whoever began it has been answered. */
  begin(name: WorkName, told?: Told): Work;
}

export interface Telemetry extends Spans {
  /** Where the figures of metrics come from, from now on. */
  measure(read: () => Promise<MeterReading[]>): void;
  /** Takes them for the last time: what they are read from is about to close. */
  lastFigures(): Promise<void>;
  /** Sends what there is, for at most {@link maxFlushMs}. */
  close(): Promise<void>;
}

/** A collector that does not take what is left by then does not get it. */
export const maxFlushMs = 700;

export interface TelemetryParts {
  settings: TelemetrySettings;
  /** For the operator's log. No personal data, no addresses and keys in it. */
  onTrouble: (told: { signal: "traces" | "metrics"; reason: string; lost: number }) => void;
}

/** Null where neither traces nor metrics are wanted. */
export async function startTelemetry(parts: TelemetryParts): Promise<Telemetry | null> {
  const { traces, metrics } = parts.settings;
  if (traces === null && metrics === null) return null;
  return (await import("./sdk.ts")).openTelemetry(parts);
}

/** Runs `work` as one piece of work; with no telemetry, just runs it. `told`: what is told of how it came out. */
export async function asWork<T>(
  telemetry: Telemetry | null,
  name: WorkName,
  work: () => Promise<T>,
  { begun = {}, ended }: { begun?: Told; ended?: (result: T) => Told } = {},
): Promise<T> {
  if (telemetry === null) return work();
  const span = telemetry.begin(name, begun);
  try {
    const result = await work();
    span.end({ told: ended?.(result) ?? {}, error: null });
    return result;
  } catch (error) {
    span.end({ error: errorCode(error) });
    throw error;
  }
}

/** A Problem's code, or the kind of any other error: messages could quote somebody. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
