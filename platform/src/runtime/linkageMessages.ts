import type { ProblemFields } from "../adapters/embedded/ownedThread.ts";
import type { FoundPair } from "../identity/index.ts";

/** What the thread of one linkage is started with. */
export interface LinkageThreadSettings {
  indexFile: string;
  spillDirectory: string;
  leastProbability: number;
  /** JSON; null: it learns one. */
  model: string | null;
  memoryLimitMb: number;
  threads: number;
}

export type LinkageRequest = { kind: "cancel" } | { kind: "taken"; wantsMore: boolean };

export type LinkageReply =
  | { kind: "progress"; stage: string; part: number }
  | { kind: "learned"; document: string; records: number; comparedPairs: number }
  | { kind: "found"; pairs: FoundPair[] }
  | { kind: "done" }
  | { kind: "problem"; problem: ProblemFields };
