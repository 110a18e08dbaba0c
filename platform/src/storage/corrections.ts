import type { Verdict } from "../model/correction.ts";
import type { IdentifierKey } from "../model/identifier.ts";
import type { Position } from "../model/position.ts";
import type { StoredCorrection, StoredLink } from "./identityAndProfiles.ts";

export interface LatestCorrections {
  before: Position | null;
  limit: number;
  verdict: Verdict | null;
  by: string | null;
}

/** The record of what people said of who is who: decided corrections, none ever changed or taken away. */
export interface Corrections {
  /** Newest in the log first, before a position, of one verdict, by one token, where these are given; at most `limit`. */
  latest(wanted: LatestCorrections): Promise<StoredCorrection[]>;
  byId(id: string): Promise<StoredCorrection | null>;
  /** With either end among the keys. */
  of(keys: readonly IdentifierKey[]): Promise<StoredCorrection[]>;
}

/** What a linkage's run said, in figures. Times are UTC ms. */
export interface LinkedRun {
  run: string;
  links: number;
  firstAt: number;
  lastAt: number;
  leastProbability: number;
}

/** The record of what linkages said, kept in the same way. */
export interface Links {
  /** What a run linked, in the order of the log, after a position; at most `limit`. */
  ofRun(run: string, wanted: { after: Position; limit: number }): Promise<StoredLink[]>;
  byId(id: string): Promise<StoredLink | null>;
  /** With either end among the keys. */
  of(keys: readonly IdentifierKey[]): Promise<StoredLink[]>;
}
