import { callTypes, type CallType, type JsonObject, type Rejection } from "./event.ts";
import type { KeyedHash } from "./keyedHash.ts";

/** What refused calls have in common that are mended in the same way. */
export interface RejectionCause {
  readonly source: string;
  /** Of the reason. */
  readonly code: string;
  /** Path of the offending field, any place in a list as `[*]`; null where the reason names none. */
  readonly field: string | null;
  /** Null where it is none. */
  readonly type: CallType | null;
  /** The name of the event, page or screen, cut to {@link maxCauseNameChars}; null where there is none. */
  readonly event: string | null;
}

export const maxCauseNameChars = 200;
/** Names and paths come from senders, who can make up any number: past it, a source's causes are told by code and type alone. */
export const maxCausesOfSource = 1_000;

/** `body`: what was sent, as JSON text (it may be cut) or read already. */
export function causeOf(source: string, { code, field }: Rejection, body: string | JsonObject): RejectionCause {
  const call = typeof body === "string" ? objectIn(body) : body;
  const type = typeIn(call);
  return { source, code, field: field === undefined ? null : anyPlace(field), type, event: nameIn(call, type) };
}

/** The same without what senders can make up. */
export function withoutNames({ source, code, type }: RejectionCause): RejectionCause {
  return { source, code, field: null, type, event: null };
}

/** Says nothing of the names in it. */
export function causeIdOf(hash: KeyedHash, { source, code, field, type, event }: RejectionCause): string {
  return `rc_${hash(`rejection cause\n${JSON.stringify([source, code, field, type, event])}`)}`;
}

/** `products[3].price` and `products[4].price` are one thing to mend. */
function anyPlace(field: string): string {
  return cut(field.replaceAll(/\[\d+\]/g, "[*]"));
}

function objectIn(text: string): JsonObject {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return parsed as JsonObject;
  } catch {
    // Cut, or never JSON.
  }
  return {};
}

function typeIn(call: JsonObject): CallType | null {
  const given = Object.hasOwn(call, "type") ? call["type"] : null;
  if (typeof given !== "string") return null;
  return callTypes.find((type) => type === given.toLowerCase()) ?? null;
}

function nameIn(call: JsonObject, type: CallType | null): string | null {
  const key = type === "page" || type === "screen" ? "name" : "event";
  const name = Object.hasOwn(call, key) ? call[key] : null;
  return typeof name === "string" && name !== "" ? cut(name) : null;
}

/** Fit to be stored and hashed as UTF-8, whatever was sent. */
function cut(text: string): string {
  return text.slice(0, maxCauseNameChars).toWellFormed().replaceAll("\0", "\uFFFD");
}
