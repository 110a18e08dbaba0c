import type { IdentityRules } from "../../../identity/index.ts";
import { Problem } from "../../../model/problem.ts";
import type { Reviews } from "../../../storage/reviews.ts";
import { problemFields } from "../analytics/messages.ts";
import type { ProblemFields } from "../ownedThread.ts";

/** What the thread of the review queue is started with. */
export interface ReviewThreadSettings {
  indexFile: string;
  reviewFile: string;
  stateFile: string;
  /** Of the keyed hashes in the state file. */
  hashKey: Uint8Array;
  homeCurrency: string;
  rules: IdentityRules;
  reviewFrom: number;
}

export type ReviewMethod = Exclude<keyof Reviews, "close">;

export type ReviewRequest =
  | { kind: "call"; id: number; method: ReviewMethod; given: readonly unknown[] }
  | { kind: "close"; id: number }
  | { kind: "advance"; isBusy: boolean };

export interface ReviewAnswers {
  call: unknown;
  close: null;
}

export type ReviewReply =
  | { kind: "ready" }
  | { kind: "trouble"; message: string }
  | { kind: "followed"; version: number }
  | { kind: "answer"; id: number; value: unknown }
  | { kind: "problem"; id: number | null; problem: ProblemFields };

/** Any other error than a Problem becomes a 500 without its details, which could name somebody. */
export function reviewProblem(error: unknown): ProblemFields {
  const isProblem = error instanceof Problem;
  return problemFields(
    isProblem ? error : new Problem(500, "reviews_failed", "the review queue failed on this request"),
  );
}
