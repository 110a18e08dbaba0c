import { Problem } from "../../../model/problem.ts";
import type { ProblemFields } from "../ownedThread.ts";
import type { SqlAnswer, TimelineEvent, TimelineQuery } from "../../../storage/timeline.ts";

/** What the analytics thread is started with. */
export interface ThreadSettings {
  directory: string;
  logDirectory: string;
  stateFile: string;
  /** Of the keyed hashes in the state file. */
  hashKey: Uint8Array;
  memoryLimitMb?: number;
  /** Identifier types, highest first; `*` for all others. */
  identifierOrder: readonly string[];
  homeCurrency: string;
}

export type Request =
  | { kind: "timeline"; id: number; query: TimelineQuery }
  | { kind: "query"; id: number; sql: string; limit: number }
  /** The query of this id is not wanted any more. */
  | { kind: "cancel"; id: number }
  | { kind: "caughtUp"; id: number }
  | { kind: "status"; id: number }
  | { kind: "close"; id: number }
  | { kind: "advance"; isBusy: boolean };

export interface Answers {
  timeline: { items: TimelineEvent[]; next: string | null; asOf: number };
  query: SqlAnswer;
  caughtUp: null;
  status: { position: number; feedVersion: number; asOf: number };
  close: null;
}

export type Reply =
  | { kind: "ready" }
  | { kind: "trouble"; message: string }
  | { kind: "followed"; version: number }
  | { kind: "answer"; id: number; value: Answers[keyof Answers] }
  | { kind: "problem"; id: number | null; problem: ProblemFields };

/** Any other error than a Problem becomes a 500 without its details. */
export function problemFields(error: unknown): ProblemFields {
  if (!(error instanceof Problem)) {
    return { status: 500, code: "analytics_failed", message: "analytics failed on this request" };
  }
  const { status, code, message, hint, field, retryAfterSeconds } = error;
  return {
    status,
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(field === undefined ? {} : { field }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}
