import type { FragmentId } from "../model/fragment.ts";
import type { IdentifierKey } from "../model/identifier.ts";
import type { FragmentEvidence, IdentifierRow, IdentityAndProfiles, PersonNumber } from "./identityAndProfiles.ts";

/** `next`: what to ask the page after this one with; null on the last. */
export interface Page<Row, Key = number> {
  rows: Row[];
  next: Key | null;
}

/**
 * Everybody as decided at one moment, whatever is decided meanwhile: for those who ask what other rules would make of
 * them. Pages begin with `after` 0, or null where it is no number. To be closed: while it is open, the storage keeps what it saw.
 */
export interface Everybody extends Pick<
  IdentityAndProfiles,
  "identifiers" | "edges" | "corrections" | "persons" | "components" | "nextNumber" | "rules"
> {
  /** Identifiers that are blocked, hubs or shared. */
  joiningNobody(after: number, limit: number): Promise<Page<IdentifierRow>>;
  /** Of every fragment, whose it is and its identifiers; guests' fragments without any are left out. */
  combinations(after: number, limit: number): Promise<Page<Combination>>;
  /** The same of those that belong to nobody. */
  nobodysCombinations(after: number, limit: number): Promise<Page<Combination>>;
  fragmentsOf(ids: readonly FragmentId[]): Promise<FragmentEvidence[]>;
  /** Persons that a fragment connects across evidence components: an identifier's, and the fragment's own; or did once. */
  crossings(after: PairKey | null, limit: number): Promise<Page<readonly [PersonNumber, PersonNumber], PairKey>>;
  /** Identifiers of which an alias, `same` or `probable` was ever said. */
  statedPairs(
    after: StatedKey | null,
    limit: number,
  ): Promise<Page<readonly [IdentifierKey, IdentifierKey], StatedKey>>;
  /** Numbers of evidence components, ascending. */
  componentNumbers(after: number, limit: number): Promise<number[]>;
  counts(): Promise<{ persons: number; combinations: number }>;
  close(): Promise<void>;
}

/** Where a page ended: two columns of its last row. */
export type PairKey = readonly [string, string];
/** The same of aliases, then of what people and linkages said. */
export type StatedKey = PairKey | number;

export interface Combination {
  id: FragmentId;
  person: PersonNumber;
  identifiers: readonly IdentifierKey[];
  /** As of a FragmentState. */
  tenant?: IdentifierKey;
  logouts?: number;
}
