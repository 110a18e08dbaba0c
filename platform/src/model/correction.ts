import type { CorrectionRecord, LinkRecord } from "./event.ts";
import type { IdentifierKey } from "./identifier.ts";

/**
 * What a person says of two identifiers: that they are one person, that they are two, or that nothing said before
 * holds any more.
 */
export const verdicts = ["same", "different", "withdrawn"] as const;
export type Verdict = (typeof verdicts)[number];

/**
 * What a linkage says of two identifiers: that they are one person by probability, or that it takes that back. It is
 * kept as what people say is, and weighs less than any evidence.
 */
export const linkVerdicts = ["probable", "unlinked"] as const;
export type LinkVerdict = (typeof linkVerdicts)[number];

/** Stands where events have their source. No source can have this id. */
export const correctionSource = "_corrections";
export const linkSource = "_linkage";

/** Sorted by code units: a pair has one name. */
export interface IdentifierPair {
  a: IdentifierKey;
  b: IdentifierKey;
}

/**
 * What was said of two identifiers, by a person or a linkage. Never changed and never removed: a later one of the pair
 * and of the same voice overrules it.
 */
export interface Statement extends IdentifierPair {
  /** The messageId of its record. */
  id: string;
  verdict: Verdict | LinkVerdict;
  /** The id of the API token that it came with, or of the linkage's run; says nothing about a customer. */
  by: string;
  /** In the person's words, or naming the model; at most `maxReasonChars`. */
  reason: string;
  /** UTC ms. */
  receivedAt: number;
  /** Of `probable`: the probability, 0 to 1. */
  confidence?: number;
}

/** A person's correction of who is who. */
export interface Correction extends Statement {
  verdict: Verdict;
}

/** A linkage's word. */
export interface Link extends Statement {
  verdict: LinkVerdict;
}

export function isCorrection<S extends Statement>(said: S): said is S & Correction {
  return said.verdict !== "probable" && said.verdict !== "unlinked";
}

/** As its record in the log says it. */
export function correctionOf({ messageId, receivedAt, body }: CorrectionRecord): Correction {
  const { verdict, a, b, by, reason } = body;
  return { id: messageId, verdict, a, b, by, reason, receivedAt };
}

export function linkOf({ messageId, receivedAt, body }: LinkRecord): Link {
  const { verdict, a, b, by, reason, confidence } = body;
  return { id: messageId, verdict, a, b, by, reason, receivedAt, ...(confidence === undefined ? {} : { confidence }) };
}

export function statementOf(record: CorrectionRecord | LinkRecord): Statement {
  return record.status === "link" ? linkOf(record) : correctionOf(record);
}

export function recordOf({ id, receivedAt, verdict, a, b, by, reason }: Correction): CorrectionRecord {
  const body = { verdict, a, b, by, reason };
  return { status: "correction", source: correctionSource, messageId: id, receivedAt, body };
}

export function linkRecordOf({ id, receivedAt, verdict, a, b, by, reason, confidence }: Link): LinkRecord {
  const body = { verdict, a, b, by, reason, ...(confidence === undefined ? {} : { confidence }) };
  return { status: "link", source: linkSource, messageId: id, receivedAt, body };
}

export function pairOf(one: IdentifierKey, other: IdentifierKey): IdentifierPair {
  return one < other ? { a: one, b: other } : { a: other, b: one };
}

export function pairName({ a, b }: IdentifierPair): string {
  return `${a}\n${b}`;
}

/** The order in which corrections of a pair were said; the last one holds. */
export function compareCorrections(
  one: Pick<Statement, "receivedAt" | "id">,
  other: Pick<Statement, "receivedAt" | "id">,
): number {
  return one.receivedAt - other.receivedAt || (one.id < other.id ? -1 : one.id > other.id ? 1 : 0);
}

/**
 * Of each pair the correction that was said last, by `pairName`. A function of the set: neither the order of the list
 * nor one that stands in it twice makes a difference.
 */
export function lastSaid<S extends Statement>(statements: Iterable<S>): Map<string, S & Correction> {
  const last = new Map<string, S & Correction>();
  for (const said of statements) if (isCorrection(said)) keepLater(last, said);
  return last;
}

/** The same of a linkage's words: what people say of a pair overrules none of them, nor the other way round. */
export function lastLinked<S extends Statement>(statements: Iterable<S>): Map<string, S & Link> {
  const last = new Map<string, S & Link>();
  for (const said of statements) if (isLink(said)) keepLater(last, said);
  return last;
}

function isLink<S extends Statement>(said: S): said is S & Link {
  return !isCorrection(said);
}

function keepLater<S extends Statement>(last: Map<string, S>, said: S): void {
  const name = pairName(said);
  const before = last.get(name);
  if (before === undefined || compareCorrections(before, said) < 0) last.set(name, said);
}
