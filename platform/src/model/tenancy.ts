import type { IdentifierKey } from "./identifier.ts";

/** A span of event time in which a device is one person's, or nobody's. */
export interface Tenancy {
  /** UTC ms, inclusive; null: since ever. */
  readonly from: number | null;
  /** The login whose person has it; null: the device's own person. */
  readonly tenant: IdentifierKey | null;
}
