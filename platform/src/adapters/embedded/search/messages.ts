import { Problem } from "../../../model/problem.ts";
import type { SearchAnswer, SearchQuery } from "../../../storage/profileSearch.ts";
import { problemFields } from "../analytics/messages.ts";
import type { ProblemFields } from "../ownedThread.ts";

/** What the search thread is started with. */
export interface SearchThreadSettings {
  file: string;
  stateFile: string;
  /** Of the keyed hashes in the state file. */
  hashKey: Uint8Array;
  homeCurrency: string;
}

export type SearchRequest =
  | { kind: "search"; id: number; query: SearchQuery }
  | { kind: "caughtUp"; id: number }
  | { kind: "status"; id: number }
  | { kind: "close"; id: number }
  | { kind: "advance"; isBusy: boolean };

export interface SearchAnswers {
  search: SearchAnswer;
  caughtUp: null;
  status: { profiles: number; feedVersion: number; asOf: number };
  close: null;
}

export type SearchReply =
  | { kind: "ready" }
  | { kind: "trouble"; message: string }
  | { kind: "followed"; version: number }
  | { kind: "answer"; id: number; value: SearchAnswers[keyof SearchAnswers] }
  | { kind: "problem"; id: number | null; problem: ProblemFields };

/** Any other error than a Problem becomes a 500 without its details, which could quote the question. */
export function searchProblem(error: unknown): ProblemFields {
  const isProblem = error instanceof Problem;
  return problemFields(isProblem ? error : new Problem(500, "search_failed", "search failed on this request"));
}
