/** When an event happened, by its client's clock corrected for skew. UTC ms. */
export interface CallTime {
  occurredAt: number;
  originalTimestamp: number | null;
  /** `time_out_of_range` when the corrected time could not be believed. */
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
    const isMissing = given.timestamp === undefined || given.timestamp === null;
    return { occurredAt: receivedAt, originalTimestamp: null, isOutOfRange: !isMissing };
  }
  const sentAt = readTime(given.sentAt);
  const corrected = sentAt === null ? originalTimestamp : receivedAt - (sentAt - originalTimestamp);
  const isOutOfRange = corrected < earliest || corrected > receivedAt + maxAheadMs;
  return { occurredAt: isOutOfRange ? receivedAt : corrected, originalTimestamp, isOutOfRange };
}

const isoPattern =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;
/** Seconds are below it until the year 5138; milliseconds are above it since 1973. */
const mostSeconds = 100_000_000_000;

/**
 * ISO 8601 with up to nanoseconds and any offset (none means UTC), RFC 2822, or epoch seconds or milliseconds; null
 * for anything else and for dates that do not exist. Fractions of a millisecond are cut.
 */
export function readTime(value: unknown): number | null {
  if (typeof value === "number") return fromEpoch(value);
  if (typeof value !== "string" || value.length > 64) return null;
  const text = value.trim();
  if (/^\d{9,16}(\.\d+)?$/.test(text)) return fromEpoch(Number(text));
  const iso = isoPattern.exec(text);
  if (iso !== null) return fromIso(iso);
  if (!/^[A-Za-z]{3}, \d{1,2} [A-Za-z]{3} \d{4} /.test(text)) return null;
  const read = Date.parse(text);
  return Number.isNaN(read) ? null : read;
}

function fromEpoch(value: number): number | null {
  if (!Number.isFinite(value)) return null;
  const ms = Math.trunc(Math.abs(value) < mostSeconds ? value * 1_000 : value);
  return Math.abs(ms) <= 8_640_000_000_000_000 ? ms : null;
}

function fromIso(match: RegExpExecArray): number | null {
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", zone = "Z"] = match;
  const ms = Number(fraction.padEnd(3, "0").slice(0, 3));
  const [y, mo, d, h, mi, s] = [year, month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (h > 23 || mi > 59 || s > 60) return null;
  // Date.UTC reads the years 0 to 99 as 1900 to 1999.
  const date = new Date(0);
  date.setUTCFullYear(y, mo - 1, d);
  if (date.getUTCMonth() !== mo - 1 || date.getUTCDate() !== d) return null;
  return date.getTime() + ((h * 60 + mi) * 60 + Math.min(s, 59)) * 1_000 + ms - offsetMs(zone);
}

function offsetMs(zone: string): number {
  if (zone.toUpperCase() === "Z") return 0;
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return (zone.startsWith("-") ? -minutes : minutes) * 60_000;
}
