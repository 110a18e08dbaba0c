/** When an event happened, by its client's clock corrected for skew. UTC ms. */
export interface CallTime {
  occurredAt: number;
  originalTimestamp: number | null;
  /** `time_out_of_range` when the corrected time could not be believed, or the client's could not be read. */
  isOutOfRange: boolean;
}

const earliest = Date.UTC(1971, 0, 1);
const maxAheadMs = 86_400_000;

/**
 * Segment's rule: `receivedAt − (sentAt − originalTimestamp)`; without `sentAt` the client's time stands, without any
 * time it is `receivedAt`. A result outside [1971, receivedAt + 1 day] becomes `receivedAt`.
 * https://segment.com/docs/connections/spec/common/#timestamps
 */
export function callTime(given: { timestamp: unknown; sentAt: unknown; receivedAt: number }): CallTime {
  const { receivedAt } = given;
  const originalTimestamp = readTime(given.timestamp);
  if (originalTimestamp === null) {
    const isMissing = given.timestamp === undefined || given.timestamp === null || given.timestamp === "";
    return { occurredAt: receivedAt, originalTimestamp: null, isOutOfRange: !isMissing };
  }
  const sentAt = readTime(given.sentAt);
  const corrected = sentAt === null ? originalTimestamp : receivedAt - (sentAt - originalTimestamp);
  const isOutOfRange = corrected < earliest || corrected > receivedAt + maxAheadMs;
  return { occurredAt: isOutOfRange ? receivedAt : corrected, originalTimestamp, isOutOfRange };
}

const isoPattern =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9})\d*)?)?\s*(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?$/i;
const epochPattern = /^\d{9,19}(\.\d+)?$/;
/** RFC 2822, section 3.3; a comment may follow the zone. */
const rfc2822Pattern =
  /^[a-z]{3}, (\d{1,2}) ([a-z]{3}) (\d{4}) (\d\d):(\d\d)(?::(\d\d))?(?: ([a-z]{1,3}|[+-]\d{4}))?(?: \([^()]*\))?$/i;
const maxTimeChars = 64;

/**
 * ISO 8601 with any fraction and offset, RFC 2822 (in both, no zone means UTC, wherever this runs), or a number since
 * 1970 as text or number; null for anything else and for dates that do not exist. Fractions of a millisecond are cut.
 */
export function readTime(value: unknown): number | null {
  if (typeof value === "number") return fromEpoch(value);
  if (typeof value !== "string" || value.length > maxTimeChars) return null;
  const text = value.trim();
  const iso = isoPattern.exec(text);
  if (iso !== null) return fromIso(iso);
  if (epochPattern.test(text)) return fromEpoch(Number(text));
  const rfc2822 = rfc2822Pattern.exec(text);
  return rfc2822 === null ? null : fromRfc2822(rfc2822);
}

/** Magnitudes part the units: seconds are below the first until the year 5138, ms above it since 1973, and so on. */
const mostSeconds = 1e11;
const mostMs = 1e14;
const mostMicroseconds = 1e17;
/** The reach of a Date. */
const maxMs = 8.64e15;

function fromEpoch(value: number): number | null {
  if (!Number.isFinite(value)) return null;
  const size = Math.abs(value);
  const perMs = size < mostSeconds ? 1e-3 : size < mostMs ? 1 : size < mostMicroseconds ? 1e3 : 1e6;
  const ms = Math.trunc(perMs < 1 ? value * 1e3 : value / perMs);
  return Math.abs(ms) <= maxMs ? ms + 0 : null;
}

function fromIso(match: RegExpExecArray): number | null {
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", zone = "Z"] = match;
  const midnight = midnightOf(Number(year), Number(month), Number(day));
  return moment(midnight, { hour, minute, second, fraction }, offsetMs(zone));
}

const monthNames = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
/** RFC 2822, section 4.3. */
const zoneOffsets: ReadonlyMap<string, string> = new Map([
  ...["UT", "UTC", "GMT", "Z"].map((name) => [name, "Z"] as const),
  ...["EDT -04", "EST -05", "CDT -05", "CST -06", "MDT -06", "MST -07", "PDT -07", "PST -08"].map(
    (zone) => [zone.slice(0, 3), zone.slice(4)] as const,
  ),
]);

function fromRfc2822(match: RegExpExecArray): number | null {
  const [, day, month = "", year, hour = "0", minute = "0", second = "0", zone = "Z"] = match;
  const offset = /^[+-]/.test(zone) ? zone : zoneOffsets.get(zone.toUpperCase());
  const midnight = midnightOf(Number(year), monthNames.indexOf(month.toLowerCase()) + 1, Number(day));
  return offset === undefined ? null : moment(midnight, { hour, minute, second, fraction: "" }, offsetMs(offset));
}

type Clock = Record<"hour" | "minute" | "second" | "fraction", string>;

/** Null when the day, the clock's reading or the offset is none. */
function moment(midnight: number | null, { hour, minute, second, fraction }: Clock, offset: number | null) {
  const ms = Number(fraction.padEnd(3, "0").slice(0, 3));
  const h = Number(hour);
  const mi = Number(minute);
  const s = Number(second);
  if (midnight === null || h > 23 || mi > 59 || s > 60 || offset === null) return null;
  // A leap second is the last one of its minute, which no clock here can tell apart.
  return midnight + ((h * 60 + mi) * 60 + Math.min(s, 59)) * 1_000 + ms - offset;
}

/** Until which the calendar repeats itself. */
const cycleYears = 400;
const cycleMs = 146_097 * 86_400_000;
const daysOfMonths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function midnightOf(year: number, month: number, day: number): number | null {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 && isLeap ? 29 : (daysOfMonths[month - 1] ?? 0);
  if (day < 1 || day > days) return null;
  // A cycle later, because Date.UTC reads the years 0 to 99 as 1900 to 1999.
  return Date.UTC(year + cycleYears, month - 1, day) - cycleMs;
}

const maxOffsetHours = 18;

function offsetMs(zone: string): number | null {
  const sign = zone.startsWith("-") ? -1 : zone.startsWith("+") ? 1 : 0;
  if (sign === 0) return 0;
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  const hours = Number(digits.slice(0, 2));
  const minutes = Number(digits.slice(2));
  return hours > maxOffsetHours || minutes > 59 ? null : sign * (hours * 60 + minutes) * 60_000 + 0;
}
