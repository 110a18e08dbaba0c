import type { FragmentId } from "../model/fragment.ts";
import type { IdentifierKey } from "../model/identifier.ts";
import type { FragmentEvidence, IdentifierRow, IdentityAndProfiles, PersonNumber } from "./identityAndProfiles.ts";

/** `next`: what to ask the page after this one with; null on the last. */
export interface Page<Row> {
  rows: Row[];
  next: number | null;
}

/**
 * Everybody as decided at one moment, whatever is decided meanwhile: for those who ask what other rules would make of
 * them. Pages begin with `after` 0. To be closed: while it is open, the storage keeps what it saw.
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
  /** Numbers of evidence components, ascending. */
  componentNumbers(after: number, limit: number): Promise<number[]>;
  counts(): Promise<{ persons: number; combinations: number }>;
  close(): Promise<void>;
}

export interface Combination {
  id: FragmentId;
  person: PersonNumber;
  identifiers: readonly IdentifierKey[];
}
