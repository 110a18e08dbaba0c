import type { IdentityRules } from "../../../identity/index.ts";
import type { Reviews } from "../../../storage/reviews.ts";
import type { OwnerRequest } from "../ownerThread.ts";

/** What the thread of the review queue is started with. */
export interface ReviewThreadSettings {
  indexFile: string;
  reviewFile: string;
  stateFile: string;
  /** Of the keyed hashes in the state file. */
  hashKey: Uint8Array;
  homeCurrency: string;
  /** Until others are published. */
  rules: IdentityRules;
  /** For what the engine that compares has no memory for. */
  spillDirectory: string;
  reviewFrom: number;
}

export type ReviewMethod = Exclude<keyof Reviews, "close">;

export type ReviewQuestion = { kind: "call"; id: number; method: ReviewMethod; given: readonly unknown[] };
export type ReviewRequest = OwnerRequest<ReviewQuestion>;

export interface ReviewAnswers {
  call: unknown;
  close: null;
}
