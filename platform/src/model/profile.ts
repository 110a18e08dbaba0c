import type { JsonValue } from "./event.ts";

/** Integer minor units (pence, cents, yen) of an ISO 4217 currency. */
export interface Money {
  amount: number;
  currency: string;
}

/** `p_` + keyed hash of an identifier. */
export type ProfileId = string;

/** Times are ISO 8601 UTC with milliseconds: this is the shape the outside sees (API.md, Profiles). */
export interface Profile {
  id: ProfileId;
  identifiers: { type: string; value: string; firstSeenAt: string; lastSeenAt: string; sources: string[] }[];
  traits: Record<string, { value: JsonValue; source: string; messageId: string; occurredAt: string }>;
  computed: ComputedTraits;
  consents: Record<string, { status: "granted" | "denied"; source: string; occurredAt: string }>;
  firstSeenAt: string;
  lastSeenAt: string;
  sources: string[];
  /** Ids of its other identifiers: each still answers with this profile. Sorted. */
  retiredIds: ProfileId[];
}

/** What each source says of one trait, each source's latest value, the profile's own first. */
export interface TraitHistory {
  name: string;
  /** At least one. Null as the first hides the trait. */
  values: Profile["traits"][string][];
}

export interface ComputedTraits {
  eventCount: number;
  orderCount: number;
  refundCount: number;
  /** In the home currency; nothing is converted. */
  revenue: Money;
  /** Net of refunds, minor units by ISO 4217 code, keys sorted. */
  revenueByCurrency: Record<string, number>;
  /** Net revenue over orders, by currency, rounded half up to the minor unit. */
  averageOrderValue: Record<string, number>;
  firstOrderAt: string | null;
  lastOrderAt: string | null;
  /** Mean days between successive orders (two decimals); null under two orders. */
  daysBetweenOrders: number | null;
  favouriteCategory: string | null;
  favouriteChannel: string | null;
  /** What RFM scores are computed from; recency is left to the reader, who knows the date. */
  rfm: { lastOrderAt: string | null; frequency: number; monetary: Money };
}
