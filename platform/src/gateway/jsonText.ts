import { isUtf8 } from "node:buffer";
import { Problem } from "../model/problem.ts";
import { maxBatchEvents, maxBodyDepth } from "./limits.ts";

export interface ParsedJson {
  value: unknown;
  /** False when nothing in the text can make a value that no store can keep (see storable.ts). */
  isSuspect: boolean;
  /** The bytes of a batch's items, each on one line and fit to be stored as they are; null where that is not sure. */
  items: Buffer[] | null;
}

/** What one look over the bytes of a JSON text tells. */
export interface JsonScan {
  /** Brackets in brackets, outside of strings. */
  depth: number;
  /** It escapes NUL or half a surrogate pair, or has a number that may be beyond a double. */
  isSuspect: boolean;
  /**
   * Where the elements that are objects begin and end, by turns, of the one array that stands directly in the outermost
   * object; null when there is none, or several.
   */
  items: number[] | null;
}

/**
 * Parses JSON that came from outside. UTF-8 only (a byte order mark is passed over); depth is bounded before the parser
 * runs. Problem 400 `body_empty`, `too_deep`, `not_utf8`, `json_invalid`.
 */
export function parseJson(bytes: Buffer, maxDepth: number): ParsedJson {
  if (bytes.length === 0) {
    throw new Problem(400, "body_empty", "the request has no body", { hint: "send a JSON object" });
  }
  const scan = scanJson(bytes, maxBodyDepth);
  if (scan.depth > maxBodyDepth) {
    throw new Problem(400, "too_deep", `the body is nested deeper than ${maxBodyDepth} brackets`, {
      hint: "flatten it",
    });
  }
  if (!isUtf8(bytes)) throw new Problem(400, "not_utf8", "the body is not UTF-8", { hint: "encode it as UTF-8" });
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8", hasMark ? 3 : 0));
    const isSuspect = scan.isSuspect || scan.depth > maxDepth;
    return { value, isSuspect, items: isSuspect ? null : itemsIn(bytes, scan.items) };
  } catch {
    throw new Problem(400, "json_invalid", "the body is not JSON", { hint: "check it with a JSON validator" });
  }
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

function itemsIn(bytes: Buffer, bounds: readonly number[] | null): Buffer[] | null {
  // JSON has line breaks between its tokens only.
  if (bounds === null || bytes.includes(lineFeed) || bytes.includes(carriageReturn)) return null;
  const items: Buffer[] = [];
  for (let index = 0; index + 1 < bounds.length; index += 2) {
    items.push(bytes.subarray(bounds[index], bounds[index + 1]));
  }
  return items;
}

const quote = 0x22;
const backslash = 0x5c;
const letterU = 0x75;
const digit0 = 0x30;
const digit9 = 0x39;
/** Two for each item of the longest batch that is taken, and more for none. */
const maxBounds = 2 * (maxBatchEvents + 1);
/** The largest double has 309 digits before its point. */
const maxPlainDigits = 300;

/**
 * One pass over the bytes, strings and escapes respected; stops once `stopDepth` is passed, so that what would exhaust
 * a parser costs nothing. Takes any bytes: on what is no JSON it may be wrong, and the parser refuses it anyway.
 */
export function scanJson(bytes: Uint8Array, stopDepth: number): JsonScan {
  let depth = 0;
  let deepest = 0;
  let digits = 0;
  let isSuspect = false;
  let arrays = 0;
  let isInArray = false;
  const items: number[] = [];
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    if (byte === quote) {
      for (at += 1; at < bytes.length && bytes[at] !== quote; at += 1) {
        if (bytes[at] !== backslash) continue;
        at += 1;
        if (!isSuspect && bytes[at] === letterU) isSuspect = isUnfitEscape(bytes, at + 1);
      }
    } else if (byte >= digit0 && byte <= digit9) {
      digits += 1;
      if (digits > maxPlainDigits) isSuspect = true;
      continue;
      // An exponent follows a digit; the e of true and false does not.
    } else if ((byte | 0x20) === 0x65 && digits > 0) isSuspect = true;
    else if (byte === 0x5b || byte === 0x7b) {
      if (depth === 1) {
        isInArray = byte === 0x5b;
        if (isInArray) arrays += 1;
      } else if (depth === 2 && isInArray && byte === 0x7b && items.length < maxBounds) items.push(at);
      depth += 1;
      if (depth > deepest) deepest = depth;
      if (depth > stopDepth) break;
    } else if (byte === 0x5d || byte === 0x7d) {
      depth -= 1;
      if (depth === 2 && isInArray && byte === 0x7d && items.length < maxBounds) items.push(at + 1);
    }
    digits = 0;
  }
  return { depth: deepest, isSuspect, items: arrays === 1 && items.length < maxBounds ? items : null };
}

/** `0000`, or `d8` to `df`: NUL, or a surrogate, which the parsed text will tell whether it is half or whole. */
function isUnfitEscape(bytes: Uint8Array, at: number): boolean {
  const first = (bytes[at] ?? 0) | 0x20;
  if (first === 0x64) return true;
  return first === digit0 && bytes[at + 1] === digit0 && bytes[at + 2] === digit0 && bytes[at + 3] === digit0;
}
