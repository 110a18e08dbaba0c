import type { ProblemFields } from "../adapters/embedded/ownedThread.ts";
import type { DryRunAnswer, IdentityRules } from "../identity/index.ts";

export interface DryRunThreadData {
  stateFile: string;
  hashKey: Uint8Array;
  rules: IdentityRules;
}

export type FromDryRun =
  | { kind: "progress"; share: number }
  | { kind: "answer"; answer: DryRunAnswer }
  | { kind: "problem"; problem: ProblemFields };
