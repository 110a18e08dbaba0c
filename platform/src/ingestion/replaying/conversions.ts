import type { JsonValue } from "../../model/event.ts";
import { isoTime } from "../../model/isoTime.ts";
import type { ReadTimeText } from "../../model/timeFormat.ts";
import type { ToUtc } from "../../model/zonedTime.ts";
import { Hindrance } from "./pointer.ts";

export const conversionTypes = ["string", "number", "integer", "boolean"] as const;

/** `decimal`: what stands before the fraction in texts; of `.` and `,` the other one parts thousands. */
export interface Conversion {
  to: (typeof conversionTypes)[number];
  decimal: "." | ",";
}

/** Null stays null. Throws {@link Hindrance}, whose message never quotes the value. */
export function converted(value: JsonValue, { to, decimal }: Conversion): JsonValue {
  if (value === null) return null;
  if (typeof value === "object") throw new Hindrance(`is ${Array.isArray(value) ? "a list" : "an object"}`);
  if (to === "string") return String(value);
  if (to === "boolean") return booleanOf(value);
  const number = typeof value === "number" ? value : numberIn(String(value), decimal);
  if (!Number.isFinite(number) || typeof value === "boolean") throw new Hindrance("is no number");
  if (to === "integer" && !Number.isSafeInteger(number)) throw new Hindrance("is no whole number");
  return number;
}

const plainNumber = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$/;
const maxNumberChars = 400;

function numberIn(text: string, decimal: "." | ","): number {
  if (text.length > maxNumberChars) return Number.NaN;
  const withoutThousands = text.trim().replaceAll(decimal === "," ? /[.\s'’]/g : /[,\s'’]/g, "");
  const plain = withoutThousands.replace(",", ".");
  return plainNumber.test(plain) ? Number(plain) : Number.NaN;
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["yes", true],
  ["1", true],
  ["false", false],
  ["no", false],
  ["0", false],
]);

function booleanOf(value: string | number | boolean): boolean {
  const known = booleans.get(String(value).trim().toLowerCase());
  if (known === undefined) throw new Hindrance("is neither true nor false");
  return known;
}

/** By its text; objects, lists and what is not among the values stay unless there is an `otherwise`. */
export function mapped(
  value: JsonValue,
  { values, otherwise }: { values: ReadonlyMap<string, JsonValue>; otherwise: JsonValue | undefined },
): JsonValue {
  const isPlain = typeof value !== "object" || value === null;
  const found = isPlain ? values.get(String(value)) : undefined;
  const to = found === undefined ? otherwise : found;
  return to === undefined ? value : structuredClone(to);
}

/** ISO 8601 in UTC. Null stays null. */
export function timeOf(value: JsonValue, { read, toUtc }: { read: ReadTimeText; toUtc: ToUtc }): JsonValue {
  if (value === null) return null;
  const time = typeof value === "string" || typeof value === "number" ? read(String(value).trim()) : null;
  if (time === null) throw new Hindrance("is no time of this format");
  return isoTime(time.isUtc ? time.ms : toUtc(time.ms));
}
