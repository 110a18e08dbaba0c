import type { IdentifierKey } from "../model/identifier.ts";
import type { Position } from "../model/position.ts";
import type { StoredCorrection } from "./identityAndProfiles.ts";

/** The record of what people said of who is who: decided corrections, none ever changed or taken away. */
export interface Corrections {
  /** Newest in the log first, before a position where one is given; at most `limit`. */
  latest(wanted: { before: Position | null; limit: number }): Promise<StoredCorrection[]>;
  byId(id: string): Promise<StoredCorrection | null>;
  /** With either end among the keys. */
  of(keys: readonly IdentifierKey[]): Promise<StoredCorrection[]>;
}
