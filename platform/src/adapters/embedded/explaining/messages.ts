import type { Explainer } from "../../../identity/index.ts";
import type { OwnerRequest } from "../ownerThread.ts";

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
export type ExplainingRequest = OwnerRequest<Question & { id: number }>;
