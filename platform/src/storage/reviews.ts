import type { IdentifierKey } from "../model/identifier.ts";
import type { ProfileId } from "../model/profile.ts";

/** What one column added to a pair's weight, in bits: positive speaks for one person. */
export interface ReviewStep {
  comparison: string;
  /** In which way the two values are alike. */
  level: string;
  weight: number;
}

/** One of the two profiles, with its surest identifier: what is said of it is said of that. */
export interface ReviewSide {
  profileId: ProfileId;
  anchor: IdentifierKey;
}

/** Two profiles that may be one person's. */
export interface OfferedPair {
  /** The lesser id of the two by code units. */
  a: ReviewSide;
  b: ReviewSide;
  /** 0 to 1. */
  probability: number;
  /** In bits: `priorWeight` and the steps' weights add up to `weight`. */
  weight: number;
  priorWeight: number;
  steps: ReviewStep[];
  /** Version of the model; 0: what is usual, before anything was learned. */
  model: number;
  origin: "run" | "live";
}

/** `open` and `skipped` wait for an answer. */
export type ReviewState = "open" | "skipped" | "same" | "different";

export interface Review extends OfferedPair {
  /** The two profile ids, a tilde between them. */
  id: string;
  state: ReviewState;
  /** UTC ms. */
  offeredAt: number;
  /** Null while nobody has said anything. `by`: the id of an API token. `corrections`: what was said for it. */
  answer: { by: string; at: number; corrections: string[] } | null;
}

export interface ReviewAnswer {
  state: Exclude<ReviewState, "open">;
  by: string;
  /** UTC ms. */
  at: number;
}

/** Of answered pairs whose probability lay in [from, to): how many people said to be one. */
export interface AnswerBand {
  from: number;
  to: number;
  answered: number;
  same: number;
}

export interface ReviewSummary {
  /** Pairs that wait. */
  open: number;
  skipped: number;
  bands: AnswerBand[];
  /** The same of one person alone. */
  own: AnswerBand[];
}

/** A linkage of all profiles, as it went. Times are UTC ms. */
export interface LinkageRun {
  id: string;
  state: "running" | "done" | "failed" | "cancelled";
  startedAt: number;
  endedAt: number | null;
  /** The id of an API token. */
  by: string;
  /** Pairs at least so probable are joined; null: none is. */
  automaticFrom: number | null;
  /** Pairs at least so probable are offered. */
  reviewFrom: number;
  stage: string;
  /** Of the stage, 0 to 1. */
  part: number;
  records: number;
  comparedPairs: number;
  offered: number;
  linked: number;
  /** Of the model that it learned; null until then. */
  model: number | null;
  /** Why it failed, in words. */
  error: string | null;
}

export interface KeptModel {
  version: number;
  /** The run that learned it. */
  run: string;
  madeAt: number;
  /** JSON: a linkage model. */
  document: string;
}

/** Most pairs that wait: past it the least probable go. */
export const maxWaitingPairs = 100_000;

/**
 * The queue of pairs that people are asked about, with what was answered, the runs and the models that they learned.
 * It follows decided profiles: a pair one of whose profiles is gone does not wait any more, one whose profiles changed
 * is scored anew, and what is new is compared with its like. Waiting pairs can be found again; answers, models and runs
 * are kept. Problem 503 `reviews_busy`.
 */
export interface Reviews {
  /** Most probable first, skipped ones at the end. `after`: `next` of the page before. Problem 400 `cursor_invalid`. */
  waiting(wanted: { after: string | null; limit: number }): Promise<{ items: Review[]; next: string | null }>;
  byId(id: string): Promise<Review | null>;
  /** Of a pair that waits; null where none of this id waits. */
  answer(id: string, answer: ReviewAnswer): Promise<Review | null>;
  /** What was said for an answer, once it is: until then a stop of the process takes the answer back. */
  said(id: string, corrections: readonly string[]): Promise<Review | null>;
  /** Takes the answer back: the pair waits again. Null where there is none of this id. */
  reopen(id: string): Promise<Review | null>;
  /** Waiting pairs that are no question any more. */
  drop(ids: readonly string[]): Promise<void>;
  /** Pairs that wait already are updated, answered ones left alone. Answers how many of them wait now. */
  offer(pairs: readonly OfferedPair[], at: number): Promise<number>;
  /** Drops waiting pairs that were offered before `at` and not since. */
  dropOlder(at: number): Promise<number>;
  summary(by: string): Promise<ReviewSummary>;
  /** Answers its version. */
  keepModel(model: Omit<KeptModel, "version">): Promise<number>;
  /** Null: the latest. */
  model(version: number | null): Promise<KeptModel | null>;
  putRun(run: LinkageRun): Promise<void>;
  run(id: string): Promise<LinkageRun | null>;
  /** Newest first; `before`: a start. */
  runs(wanted: { before: number | null; limit: number }): Promise<LinkageRun[]>;
  /** Of the profiles with these ids what is known to the index of records; others are left out. */
  sides(ids: readonly ProfileId[]): Promise<(ReviewSide & { isUnique: boolean })[]>;
  /** Resolves when everything decided before the call is compared. */
  caughtUp(): Promise<void>;
  /** `records`: profiles that can be compared. `asOf`: UTC ms. */
  status(): Promise<{ records: number; waiting: number; feedVersion: number; asOf: number }>;
  close(): Promise<void>;
}

export function reviewIdOf(a: ProfileId, b: ProfileId): string {
  return `${a}~${b}`;
}
