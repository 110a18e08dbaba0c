import type { LakeFigures } from "./lake.ts";
import type { OwnerRequest } from "../ownerThread.ts";
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

export type Question =
  | { kind: "timeline"; id: number; query: TimelineQuery }
  | { kind: "query"; id: number; sql: string; limit: number }
  | { kind: "caughtUp"; id: number }
  | { kind: "lake"; id: number }
  | { kind: "status"; id: number };
export type Request = OwnerRequest<Question>;

export interface Answers {
  timeline: { items: TimelineEvent[]; next: string | null; asOf: number };
  query: SqlAnswer;
  caughtUp: null;
  lake: LakeFigures;
  status: { position: number; feedVersion: number; asOf: number };
  close: null;
}
