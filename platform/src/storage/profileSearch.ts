import type { Money, ProfileId } from "../model/profile.ts";

/** What is known of a profile in lists: what it is found by, and what its line shows. Times are UTC ms. */
export interface SearchEntry {
  id: ProfileId;
  displayName: string;
  /** Every name that it goes by, best first. */
  names: readonly string[];
  city: string | null;
  identifiers: readonly { type: string; value: string }[];
  /** E-mail addresses and phone numbers that are traits only (a blocked or shared one joins nobody, and is still theirs). */
  contacts: readonly { type: string; value: string }[];
  /** Source ids. */
  sources: readonly string[];
  /** Fragments. */
  recordCount: number;
  orderCount: number;
  revenue: Money;
  consents: Readonly<Record<string, "granted" | "denied">>;
  firstSeenAt: number;
  lastSeenAt: number;
}

export const matchKinds = ["exact", "prefix", "typo"] as const;
export type MatchKind = (typeof matchKinds)[number];

/** Why a profile is in an answer. `field` is `name`, `city` or an identifier's type. */
export interface SearchMatch {
  field: string;
  value: string;
  kind: MatchKind;
}

/** All of them hold together. */
export interface SearchFilters {
  /** Source ids: seen by at least one of them. */
  sources?: readonly string[];
  /** Minor units of the home currency. */
  minRevenue?: number;
  consent?: { name: string; status: "granted" | "denied" };
  /** UTC ms: last seen then or later. */
  seenSince?: number;
}

export interface SearchQuery extends SearchFilters {
  /** Words in any order; none at all lists everybody, most recently seen first. */
  q?: string;
  /** 1 to 1,000. */
  limit: number;
  /** Cursor from an earlier answer's `next`, for the same question. */
  after?: string;
}

export interface SearchAnswer {
  /** Best first: exact identifier, exact name, exact elsewhere, beginnings, misspellings; then the most recently seen. */
  items: { entry: SearchEntry; matched: SearchMatch[] }[];
  next: string | null;
  /** Not exact where counting stopped at a bound: there are at least so many. */
  total: { value: number; exact: boolean };
  /** Known spellings near to what was asked, where nothing matched. */
  suggestions: string[];
  /** UTC ms: the answer holds everything decided by then. */
  asOf: number;
}

/** Most characters of a question: Problem 400 `query_too_long` beyond. */
export const maxQueryChars = 256;
/** Most words of a question: Problem 400 `query_too_many_words` beyond. */
export const maxQueryWords = 12;
/** Most profiles that one question with words weighs against each other; `total` then says it is not exact. */
export const maxRankedProfiles = 2_000;
/** Filters count so far. */
export const maxCountedProfiles = 50_000;
/** Beginning with the identifier seen earliest; a profile with more is found by these. */
export const maxSearchedIdentifiers = 1_000;

/** Edits (a letter more, less or other, two neighbours exchanged) that a word of that many letters may be off. */
export function allowedEdits(letters: number): number {
  if (letters < 4) return 0;
  return letters < 8 ? 1 : 2;
}

/**
 * Finds profiles by what people have at hand: a name, an e-mail address, a phone number, a city, any identifier, with
 * beginnings and misspellings. Follows decisions: a merge's survivor changes in the transaction in which the retired
 * profile goes. Nothing here decides anything; all of it can be rebuilt.
 *
 * Every word of a question must match. Case, diacritics and punctuation do not count. Problem 400 `cursor_invalid`,
 * `query_too_long`, `query_too_many_words`; 503 `search_busy`.
 */
export interface ProfileSearch {
  search(query: SearchQuery): Promise<SearchAnswer>;
  /** Resolves when everything decided before the call is found. */
  caughtUp(): Promise<void>;
  /** `asOf`: UTC ms. */
  status(): Promise<{ profiles: number; feedVersion: number; asOf: number }>;
  close(): Promise<void>;
}
