import { lookAt, type Looked, type LookParts } from "./correcting/look.ts";
import { recordedCorrections, type RecordedCorrection, type RecordedPage } from "./correcting/record.ts";
import type { ReadWanted } from "./correcting/wanted.ts";
import { identityReads, type IdentityReads } from "./read.ts";
import type { Corrections } from "../storage/corrections.ts";
import type { People } from "../storage/people.ts";

/**
 * What is worked out from evidence when somebody asks: who hangs together and why, what a correction would do, whether
 * the ones that were said hold. Of people with thousands of identifiers it takes a while.
 */
export interface Explainer extends IdentityReads {
  look(wanted: ReadWanted): Promise<Looked>;
  list(wanted: RecordedPage): Promise<{ items: RecordedCorrection[]; next: number | null }>;
}

export function explainerOver(parts: LookParts & { people: People; corrections: Corrections }): Explainer {
  return {
    ...identityReads(parts),
    look: (wanted) => lookAt(wanted, parts),
    list: (wanted) => recordedCorrections(wanted, parts),
  };
}
