const dayMs = 86_400_000;
const minuteMs = 60_000;
/** Days whose offset is remembered, about 55 years. */
const maxCachedDays = 20_000;

/** Turns local times into UTC. Both in milliseconds; a local time is the clock's reading as if it were UTC. */
export type ToUtc = (localMs: number) => number;

/**
 * The clock of a zone: `UTC`, a fixed offset (`+01:00`, `-0530`) or an IANA name (`Europe/London`). Throws a RangeError
 * on any other.
 *
 * A local time that the clock showed twice (autumn) is the earlier of the two; one that it skipped (spring) is read
 * with the offset from before the change, so 01:30 becomes 02:30: as java.time, and RFC 5545 section 3.3.5, do.
 */
export function zoneOffsets(zone: string): ToUtc {
  const fixed = fixedOffset(zone);
  if (fixed !== null) return (localMs) => localMs - fixed;
  const offsetAt = zoneOffsetAt(zone);
  /** Local day → the offset that holds all day and the day before and after, or NaN where it changes. */
  const steady = new Map<number, number>();
  return (localMs) => {
    const day = Math.floor(localMs / dayMs);
    let offset = steady.get(day);
    if (offset === undefined) {
      if (steady.size >= maxCachedDays) steady.clear();
      const before = offsetAt((day - 1) * dayMs);
      offset = before === offsetAt((day + 2) * dayMs) ? before : Number.NaN;
      steady.set(day, offset);
    }
    return Number.isNaN(offset) ? nearChange(localMs, offsetAt) : localMs - offset;
  };
}

/** Offsets are less than a day, so the change, if any, lies between a day before and a day after. */
function nearChange(localMs: number, offsetAt: (utcMs: number) => number): number {
  const before = offsetAt(localMs - dayMs);
  const after = offsetAt(localMs + dayMs);
  const early = localMs - before;
  const late = localMs - after;
  const isEarly = offsetAt(early) === before;
  const isLate = offsetAt(late) === after;
  if (isEarly && isLate) return Math.min(early, late);
  return isLate ? late : early;
}

/** Milliseconds east of Greenwich, or null when the zone is no fixed offset. */
function fixedOffset(zone: string): number | null {
  if (zone === "UTC" || zone === "Z") return 0;
  return /^[+-]/.test(zone) ? parseOffset(zone) : null;
}

/** `+01:00`, `-0530`, `+01` or `Z` as milliseconds east of Greenwich. Throws a RangeError past 18 hours. */
export function parseOffset(text: string): number {
  if (text === "Z" || text === "z") return 0;
  const [, sign, hours, minutes = "0"] = /^([+-])(\d\d)(?::?(\d\d))?$/.exec(text) ?? [];
  const size = Number(hours) * 60 + Number(minutes);
  if (sign === undefined || size > 18 * 60 || Number(minutes) > 59) throw new RangeError("is no offset");
  return (sign === "-" ? -size : size) * minuteMs;
}

function zoneOffsetAt(zone: string): (utcMs: number) => number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    era: "short",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  return (utcMs) => {
    const part: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
    for (const { type, value } of format.formatToParts(utcMs)) part[type] = value;
    const clock = Date.UTC(
      Number(part.year),
      Number(part.month) - 1,
      Number(part.day),
      Number(part.hour),
      Number(part.minute),
      Number(part.second),
    );
    return clock - Math.floor(utcMs / 1_000) * 1_000;
  };
}
