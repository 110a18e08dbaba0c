import { lookAt, type Looked } from "./correcting/look.ts";
import { recordedCorrections, type RecordedCorrection, type RecordedPage } from "./correcting/record.ts";
import type { ReadWanted } from "./correcting/wanted.ts";
import { identityReads, type IdentityReads } from "./read.ts";
import { linkFates, type LinkFate } from "./reviewing/linkFates.ts";
import { pairReads, type PairParts, type PairReads } from "./reviewing/pairs.ts";
import type { Corrections, Links } from "../storage/corrections.ts";
import type { StoredLink } from "../storage/identityAndProfiles.ts";

/**
 * What is worked out from evidence when somebody asks: who hangs together and why, what a correction would do, whether
 * the ones that were said hold, how pairs for review stand. Of people with thousands of identifiers it takes a while.
 */
export interface Explainer extends IdentityReads, PairReads {
  look(wanted: ReadWanted): Promise<Looked>;
  list(wanted: RecordedPage): Promise<{ items: RecordedCorrection[]; next: number | null }>;
  /** What became of each. */
  linkFates(links: readonly StoredLink[]): Promise<LinkFate[]>;
}

export function explainerOver(parts: PairParts & { corrections: Corrections; links: Links }): Explainer {
  return {
    ...identityReads(parts),
    ...pairReads(parts),
    look: (wanted) => lookAt(wanted, parts),
    list: (wanted) => recordedCorrections(wanted, parts),
    linkFates: (links) => linkFates(links, parts),
  };
}
