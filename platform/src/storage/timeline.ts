import type { JsonObject } from "../model/event.ts";
import type { FragmentId } from "../model/fragment.ts";
import { Problem } from "../model/problem.ts";

/** One event on somebody's timeline. Times are UTC ms. */
export interface TimelineEvent {
  messageId: string;
  source: string;
  sourceKind: string;
  type: string;
  event: string | null;
  occurredAt: number;
  receivedAt: number;
  /** The highest-ranked identifier that the event carried; null for a guest. */
  identifier: { type: string; value: string } | null;
  properties: JsonObject;
  context: JsonObject;
}

/** Of a combination's events those of some spans of event time: the others were somebody else's. */
export interface FragmentPart {
  /** As the events carry it, whoever had the device. */
  fragment: FragmentId;
  /** UTC ms, in order and apart: `from` inclusive, `until` exclusive; null: for ever. */
  spans: { from: number | null; until: number | null }[];
}

export interface TimelineQuery {
  /** Ids: all of the fragment's events. */
  fragments: readonly (FragmentId | FragmentPart)[];
  /** 1 to 1,000. */
  limit: number;
  /** Cursor from an earlier answer's `next`. */
  after?: string;
  type?: string;
  source?: string;
}

/** The caller went away, or wants no answer any more. 499 is what proxies log for it: nobody is there to read it. */
export function queryCancelled(): Problem {
  return new Problem(499, "query_cancelled", "the query was cancelled");
}

/** Most rows of one answer; larger results want an export. */
export const maxQueryRows = 10_000;

export interface SqlAnswer {
  columns: { name: string; type: string }[];
  rows: (string | number | boolean | null)[][];
  truncated: boolean;
  elapsedMs: number;
  /** UTC ms: the answer holds everything received by then. */
  asOf: number;
}

/**
 * What follows decisions: one customer's events, the last minutes of all, and SQL over the views of API.md.
 * Answers say as of when; nothing here decides anything, and all of it can be rebuilt from the log and the feed.
 */
export interface Analytics {
  /** Newest first by (occurredAt, messageId). */
  timeline(query: TimelineQuery): Promise<{ items: TimelineEvent[]; next: string | null; asOf: number }>;
  /**
   * One SELECT over the named views; a Problem 422 `query_refused` says what is refused and why. When `signal` aborts,
   * the work stops, the place that it had is free, and the answer is Problem 499 `query_cancelled`.
   */
  query(sql: string, limit: number, signal?: AbortSignal): Promise<SqlAnswer>;
  /** Resolves when everything decided before the call has been followed (tests, the CLI, a clean stop). */
  caughtUp(): Promise<void>;
  status(): Promise<{ position: number; feedVersion: number; asOf: number }>;
  close(): Promise<void>;
}
