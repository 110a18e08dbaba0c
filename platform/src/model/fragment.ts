import type { IdentifierKey } from "./identifier.ts";
import type { JsonValue } from "./event.ts";
import type { Position } from "./position.ts";

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
  /** Who had the shared device that the events came from, where somebody was signed in: a login's identifier. */
  readonly tenant?: IdentifierKey;
  /** Kinds of logout among its events: bit n − 1 for the n-th of `logoutNames`. */
  logouts?: number;
  spans: Record<string, SourceSpan>;
  traits: Record<string, TraitValue>;
  consents: Record<string, ConsentValue>;
}

/** The tenancy of a fragment that no login on a shared device gives to anybody. */
export const wholeTenancy = "0";

/** Canonical text that {@link FragmentId} is the keyed hash of. Guests are kept by source. */
export function fragmentKey(identifiers: readonly IdentifierKey[], source: string, tenancy = wholeTenancy): string {
  return identifiers.length === 0 ? `guest\n${source}\n${tenancy}` : `of\n${tenancy}\n${identifiers.join("\n")}`;
}

/** That one event of a combination with a device was seen: what a change of hands is told from, and found again by. */
export interface Sighting {
  /** Event time, UTC ms. */
  readonly at: number;
  readonly position: Position;
  /** Which of `logoutNames` it is, from 1; 0 for every other event. */
  readonly logout: number;
}

const deviceTypes = ["device_id", "advertising_id", "idfa", "gaid", "idfv", "anonymous_id", "cookie"];
const devices = new Set(deviceTypes);

/** Of a type whose sightings are kept, whatever rules hold: only such a device changes hands. */
export function isDevice(key: IdentifierKey): boolean {
  return devices.has(key.slice(0, key.indexOf(":")));
}
