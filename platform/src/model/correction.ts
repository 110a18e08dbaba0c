import type { CorrectionRecord } from "./event.ts";
import type { IdentifierKey } from "./identifier.ts";

/**
 * What a person says of two identifiers: that they are one person, that they are two, or that nothing said before
 * holds any more.
 */
export const verdicts = ["same", "different", "withdrawn"] as const;
export type Verdict = (typeof verdicts)[number];

/** Stands where events have their source. No source can have this id. */
export const correctionSource = "_corrections";

/** Sorted by code units: a pair has one name. */
export interface IdentifierPair {
  a: IdentifierKey;
  b: IdentifierKey;
}

/** A person's correction of who is who. Never changed and never removed: a later one of the pair overrules it. */
export interface Correction extends IdentifierPair {
  /** The messageId of its record. */
  id: string;
  verdict: Verdict;
  /** The id of the API token that it came with; says nothing about a customer. */
  by: string;
  /** In the person's words. */
  reason: string;
  /** UTC ms. */
  receivedAt: number;
}

/** As its record in the log says it. */
export function correctionOf({ messageId, receivedAt, body }: CorrectionRecord): Correction {
  const { verdict, a, b, by, reason } = body;
  return { id: messageId, verdict, a, b, by, reason, receivedAt };
}

export function recordOf({ id, receivedAt, verdict, a, b, by, reason }: Correction): CorrectionRecord {
  const body = { verdict, a, b, by, reason };
  return { status: "correction", source: correctionSource, messageId: id, receivedAt, body };
}

export function pairOf(one: IdentifierKey, other: IdentifierKey): IdentifierPair {
  return one < other ? { a: one, b: other } : { a: other, b: one };
}

export function pairName({ a, b }: IdentifierPair): string {
  return `${a}\n${b}`;
}

/** The order in which corrections of a pair were said; the last one holds. */
export function compareCorrections(
  one: Pick<Correction, "receivedAt" | "id">,
  other: Pick<Correction, "receivedAt" | "id">,
): number {
  return one.receivedAt - other.receivedAt || (one.id < other.id ? -1 : one.id > other.id ? 1 : 0);
}

/**
 * Of each pair the correction that was said last, by `pairName`. A function of the set: neither the order of the list
 * nor one that stands in it twice makes a difference.
 */
export function lastSaid<C extends Correction>(corrections: Iterable<C>): Map<string, C> {
  const last = new Map<string, C>();
  for (const correction of corrections) {
    const name = pairName(correction);
    const before = last.get(name);
    if (before === undefined || compareCorrections(before, correction) < 0) last.set(name, correction);
  }
  return last;
}
