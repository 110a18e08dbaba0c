import type { Explainer } from "../../../identity/index.ts";
import { Problem } from "../../../model/problem.ts";
import { problemFields } from "../analytics/messages.ts";
import type { ProblemFields } from "../ownedThread.ts";

/** What the explaining thread is started with. */
export interface ExplainingThreadSettings {
  stateFile: string;
  /** Of the keyed hashes in the state file. */
  hashKey: Uint8Array;
  homeCurrency: string;
}

export type ExplainingAnswers = {
  [Verb in keyof Explainer]: Awaited<ReturnType<Explainer[Verb]>>;
} & { close: null };

export type Question = {
  [Verb in keyof Explainer]: { kind: Verb; asked: Parameters<Explainer[Verb]> };
}[keyof Explainer];
export type ExplainingRequest = (Question | { kind: "close" }) & { id: number };

export type ExplainingReply =
  | { kind: "ready" }
  | { kind: "answer"; id: number; value: ExplainingAnswers[keyof ExplainingAnswers] }
  | { kind: "problem"; id: number | null; problem: ProblemFields };

/** Any other error than a Problem becomes a 500 without its details, which could quote people. */
export function explainingProblem(error: unknown): ProblemFields {
  const isProblem = error instanceof Problem;
  return problemFields(isProblem ? error : new Problem(500, "explaining_failed", "explaining failed on this request"));
}
