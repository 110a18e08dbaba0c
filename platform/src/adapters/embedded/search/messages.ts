import type { SearchAnswer, SearchQuery } from "../../../storage/profileSearch.ts";
import type { OwnerRequest } from "../ownerThread.ts";

/** What the search thread is started with. */
export interface SearchThreadSettings {
  file: string;
  stateFile: string;
  /** Of the keyed hashes in the state file. */
  hashKey: Uint8Array;
  homeCurrency: string;
}

export type SearchQuestion =
  | { kind: "search"; id: number; query: SearchQuery }
  | { kind: "caughtUp"; id: number }
  | { kind: "status"; id: number };
export type SearchRequest = OwnerRequest<SearchQuestion>;

export interface SearchAnswers {
  search: SearchAnswer;
  caughtUp: null;
  status: { profiles: number; feedVersion: number; asOf: number };
  close: null;
}
