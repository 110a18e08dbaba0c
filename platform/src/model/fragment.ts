import type { IdentifierKey } from "./identifier.ts";
import type { JsonValue } from "./event.ts";

/** Keyed hash of a fragment's key, 16 base64url characters (96 bits); says nothing about a person. */
export type FragmentId = string;

/** What one source contributed to a fragment. Commutative: counts add, first is the least, last the greatest. */
export interface SourceSpan {
  count: number;
  /** UTC ms of the earliest event, ties by messageId; that event's id is the evidence shown for an edge. */
  firstAt: number;
  firstMessageId: string;
  lastAt: number;
}

/** A trait's value with where it came from. Last writer wins by (occurredAt, messageId, source). */
export interface TraitValue {
  value: JsonValue;
  source: string;
  messageId: string;
  occurredAt: number;
}

export interface ConsentValue {
  status: "granted" | "denied";
  source: string;
  messageId: string;
  occurredAt: number;
}

/**
 * What was learned under one combination of identifiers within one tenancy. A merge never moves or rewrites it.
 * `spans` is small and changes with every event; `traits` and `consents` are large and change seldom: they are
 * stored apart.
 */
export interface FragmentState {
  readonly id: FragmentId;
  /** Sorted, unique; empty for a source's guest fragment. */
  readonly identifiers: readonly IdentifierKey[];
  spans: Record<string, SourceSpan>;
  traits: Record<string, TraitValue>;
  consents: Record<string, ConsentValue>;
}

/** The tenancy of a fragment whose identifiers have no login, logout or recycling evidence: all of time. */
export const wholeTenancy = "0";

/** Canonical text that {@link FragmentId} is the keyed hash of. Guests are kept by source. */
export function fragmentKey(identifiers: readonly IdentifierKey[], source: string, tenancy = wholeTenancy): string {
  return identifiers.length === 0 ? `guest\n${source}\n${tenancy}` : `of\n${tenancy}\n${identifiers.join("\n")}`;
}
