import { parseOffset } from "./zonedTime.ts";

/** A clock's reading, as if it were UTC, in milliseconds; or with its own offset taken off, and then `isUtc`. */
export interface ReadTime {
  readonly ms: number;
  readonly isUtc: boolean;
}

/** Null when the text is no time of the format. */
export type ReadTimeText = (text: string) => ReadTime | null;

type Part = "year" | "shortYear" | "month" | "day" | "hour" | "hour12" | "minute" | "second" | "fraction" | "half";

const tokens: Readonly<Record<string, readonly [pattern: string, part: Part]>> = {
  yyyy: ["(\\d{4})", "year"],
  yy: ["(\\d{2})", "shortYear"],
  MM: ["(\\d{2})", "month"],
  M: ["(\\d{1,2})", "month"],
  dd: ["(\\d{2})", "day"],
  d: ["(\\d{1,2})", "day"],
  HH: ["(\\d{2})", "hour"],
  H: ["(\\d{1,2})", "hour"],
  hh: ["(\\d{2})", "hour12"],
  h: ["(\\d{1,2})", "hour12"],
  mm: ["(\\d{2})", "minute"],
  m: ["(\\d{1,2})", "minute"],
  ss: ["(\\d{2})", "second"],
  SSS: ["(\\d{1,9})", "fraction"],
  a: ["([AaPp])\\.?[Mm]\\.?", "half"],
};

const iso =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?: ?(Z|z|[+-]\d\d(?::?\d\d)?))?)?$/;

/**
 * `iso` (a date, or a date and a time with an optional fraction and offset), `unix` (seconds), `unix_ms`, or a pattern
 * of yyyy yy MM M dd d HH H hh h mm m ss SSS a, everything else standing for itself. Throws an Error whose message
 * completes "time.format …" on a pattern that names no whole date or an unknown letter.
 */
export function compileTimeFormat(format: string): ReadTimeText {
  if (format === "iso") return readIso;
  if (format === "unix") return (text) => readUnix(text, 1_000);
  if (format === "unix_ms") return (text) => readUnix(text, 1);
  return compilePattern(format);
}

function readIso(text: string): ReadTime | null {
  const found = iso.exec(text);
  if (found === null) return null;
  const ms = clockMs(
    Number(found[1]),
    Number(found[2]),
    Number(found[3]),
    Number(found[4] ?? 0),
    Number(found[5] ?? 0),
    Number(found[6] ?? 0),
    fractionMs(found[7]),
  );
  if (ms === null) return null;
  if (found[8] === undefined) return { ms, isUtc: false };
  try {
    return { ms: ms - parseOffset(found[8]), isUtc: true };
  } catch {
    return null;
  }
}

function readUnix(text: string, unitMs: number): ReadTime | null {
  if (!/^-?\d{1,15}(\.\d{1,9})?$/.test(text)) return null;
  return { ms: Math.floor(Number(text) * unitMs), isUtc: true };
}

function compilePattern(format: string): ReadTimeText {
  const parts: Part[] = [];
  const source = format.replaceAll(/([A-Za-z])\1*|[^A-Za-z]/g, (piece) => {
    if (piece === "T") return piece;
    if (!/[A-Za-z]/.test(piece)) return RegExp.escape(piece);
    const token = tokens[piece];
    if (token === undefined) throw new Error(`does not know ${piece}: use yyyy, MM, dd, HH, mm, ss and their like`);
    if (parts.includes(token[1])) throw new Error(`has ${piece} after another of its kind`);
    parts.push(token[1]);
    return token[0];
  });
  const has = (part: Part) => parts.includes(part);
  if (has("year") === has("shortYear") || !has("month") || !has("day"))
    throw new Error("must have one year, one month and one day, as yyyy-MM-dd");
  if (has("hour12") !== has("half")) throw new Error("must have h and a (am or pm) together");
  if (has("hour") && has("hour12")) throw new Error("has both H and h");
  const pattern = new RegExp(`^${source}$`);
  return (text) => {
    const found = pattern.exec(text);
    if (found === null) return null;
    const value = (part: Part) => (has(part) ? Number(found[parts.indexOf(part) + 1]) : 0);
    const hour = has("hour12") ? hourOf(value("hour12"), found[parts.indexOf("half") + 1] ?? "") : value("hour");
    // Two digits: 1969 to 2068, as POSIX strptime reads them.
    const year = has("year") ? value("year") : value("shortYear") + (value("shortYear") < 69 ? 2_000 : 1_900);
    const fraction = has("fraction") ? fractionMs(found[parts.indexOf("fraction") + 1]) : 0;
    const ms = clockMs(year, value("month"), value("day"), hour, value("minute"), value("second"), fraction);
    return ms === null ? null : { ms, isUtc: false };
  };
}

/** 12 am is 0, 12 pm is 12; NaN outside 1–12. */
function hourOf(hour12: number, half: string): number {
  if (hour12 < 1 || hour12 > 12) return Number.NaN;
  return (hour12 % 12) + (half.toLowerCase() === "p" ? 12 : 0);
}

function fractionMs(digits: string | undefined): number {
  return digits === undefined ? 0 : Number(digits.slice(0, 3).padEnd(3, "0"));
}

const daysInMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Null for a date or time of day that there is not; a leap second is the last one again. */
function clockMs(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  fraction: number,
): number | null {
  const isLeap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const lastDay = (daysInMonth[month - 1] ?? 0) + (isLeap ? 1 : 0);
  if (!(year >= 1_000 && day >= 1 && day <= lastDay)) return null;
  if (!(hour <= 23 && minute <= 59 && second <= 60)) return null;
  return Date.UTC(year, month - 1, day, hour, minute, Math.min(second, 59), fraction);
}
