import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileTimeFormat } from "./timeFormat.ts";
import { zoneOffsets } from "./zonedTime.ts";

const localMs = (text: string) => Date.parse(`${text}Z`);
const utc = (zone: string, text: string) => new Date(zoneOffsets(zone)(localMs(text))).toISOString().slice(0, 19);

/** What the clock of a zone shows, by Intl: the reading as if it were UTC. */
function clockOf(zone: string, utcMs: number): number {
  const text = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" }).format(
    utcMs,
  );
  return Date.parse(`${text.replace(" ", "T")}Z`);
}

describe("a zone's clock", () => {
  it.each([
    ["UTC", "2011-07-01T12:00:00", "2011-07-01T12:00:00"],
    ["+01:00", "2011-07-01T12:00:00", "2011-07-01T11:00:00"],
    ["-0530", "2011-07-01T12:00:00", "2011-07-01T17:30:00"],
    ["Europe/London", "2011-01-15T12:00:00", "2011-01-15T12:00:00"],
    ["Europe/London", "2011-07-15T12:00:00", "2011-07-15T11:00:00"],
    // Spring: the last moment before, the hour that was skipped (read with winter's offset), the first after.
    ["Europe/London", "2011-03-27T00:59:59", "2011-03-27T00:59:59"],
    ["Europe/London", "2011-03-27T01:00:00", "2011-03-27T01:00:00"],
    ["Europe/London", "2011-03-27T01:30:00", "2011-03-27T01:30:00"],
    ["Europe/London", "2011-03-27T02:00:00", "2011-03-27T01:00:00"],
    // Autumn: the hour that came twice is the first of the two.
    ["Europe/London", "2011-10-30T00:59:59", "2011-10-29T23:59:59"],
    ["Europe/London", "2011-10-30T01:30:00", "2011-10-30T00:30:00"],
    ["Europe/London", "2011-10-30T01:59:59", "2011-10-30T00:59:59"],
    ["Europe/London", "2011-10-30T02:00:00", "2011-10-30T02:00:00"],
    ["America/New_York", "2024-03-10T02:30:00", "2024-03-10T07:30:00"],
    ["America/New_York", "2024-11-03T01:30:00", "2024-11-03T05:30:00"],
    ["America/New_York", "2024-11-03T02:00:00", "2024-11-03T07:00:00"],
    // Half an hour, and quarters.
    ["Australia/Lord_Howe", "2024-10-06T02:15:00", "2024-10-05T15:45:00"],
    ["Australia/Lord_Howe", "2024-04-07T01:45:00", "2024-04-06T14:45:00"],
    ["Asia/Kathmandu", "2024-01-01T00:00:00", "2023-12-31T18:15:00"],
    // A whole day that was not there: 30 December 2011 in Samoa.
    ["Pacific/Apia", "2011-12-29T23:59:59", "2011-12-30T09:59:59"],
    ["Pacific/Apia", "2011-12-31T00:00:00", "2011-12-30T10:00:00"],
  ])("of %s at %s is %s UTC", (zone, local, expected) => {
    expect(utc(zone, local)).toBe(expected);
  });

  it("gives back the moment whose clock it is, or an earlier one that showed the same", () => {
    const zones = ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Tehran", "Africa/Casablanca"];
    const converters = new Map(zones.map((zone) => [zone, zoneOffsets(zone)]));
    // Where the clock changes, often; anywhere, else.
    const changes = [localMs("2011-03-27T01:00:00"), localMs("2024-11-03T06:00:00"), localMs("2024-04-06T15:00:00")];
    const moment = fc.oneof(
      fc.integer({ min: Date.UTC(1975, 0) / 1_000, max: Date.UTC(2035, 0) / 1_000 }).map((s) => s * 1_000),
      fc.tuple(fc.constantFrom(...changes), fc.integer({ min: -9_000, max: 9_000 })).map(([at, s]) => at + s * 1_000),
    );
    fc.assert(
      fc.property(fc.constantFrom(...zones), moment, (zone, at) => {
        const clock = clockOf(zone, at);
        const found = converters.get(zone)?.(clock) ?? Number.NaN;
        expect(found).toBeLessThanOrEqual(at);
        expect(clockOf(zone, found)).toBe(clock);
      }),
      { numRuns: 400 },
    );
  });

  it.each(["Mars/Olympus", "", "+19:00", "+1", "01:00"])("%j is none", (zone) => {
    expect(() => zoneOffsets(zone)).toThrow(RangeError);
  });
});

describe("a time's format", () => {
  const read = (format: string, text: string): string | null => {
    const found = compileTimeFormat(format)(text);
    return found === null ? null : `${new Date(found.ms).toISOString()}${found.isUtc ? " UTC" : ""}`;
  };

  it.each([
    ["iso", "2010-12-01 08:26:00", "2010-12-01T08:26:00.000Z"],
    ["iso", "2010-12-01", "2010-12-01T00:00:00.000Z"],
    ["iso", "2010-12-01T08:26", "2010-12-01T08:26:00.000Z"],
    ["iso", "2010-12-01T08:26:00.123456789", "2010-12-01T08:26:00.123Z"],
    ["iso", "2010-12-01T08:26:00,5", "2010-12-01T08:26:00.500Z"],
    ["iso", "2010-12-01T08:26:00+02:00", "2010-12-01T06:26:00.000Z UTC"],
    ["iso", "2010-12-01 08:26:00+00", "2010-12-01T08:26:00.000Z UTC"],
    ["iso", "2010-12-01T08:26:00Z", "2010-12-01T08:26:00.000Z UTC"],
    ["iso", "2012-02-29", "2012-02-29T00:00:00.000Z"],
    ["iso", "2016-12-31T23:59:60", "2016-12-31T23:59:59.000Z"],
    ["iso", "2011-02-29", null],
    ["iso", "1900-02-29", null],
    ["iso", "2011-13-01", null],
    ["iso", "2011-00-10", null],
    ["iso", "2011-04-31", null],
    ["iso", "2011-04-30 24:00:00", null],
    ["iso", "2011-04-30T10:60", null],
    ["iso", "2011-04-30T10:00:00+99:00", null],
    ["iso", "0000-01-01", null],
    ["iso", "1.12.2010", null],
    ["iso", "2010-12-01\n", null],
    ["dd/MM/yyyy HH:mm", "01/12/2010 08:26", "2010-12-01T08:26:00.000Z"],
    ["dd/MM/yyyy HH:mm", "1/12/2010 08:26", null],
    ["d.M.yyyy", "1.2.2010", "2010-02-01T00:00:00.000Z"],
    ["M/d/yy H:mm", "12/1/10 8:26", "2010-12-01T08:26:00.000Z"],
    ["M/d/yy H:mm", "12/1/69 8:26", "1969-12-01T08:26:00.000Z"],
    ["M/d/yyyy h:mm:ss a", "12/1/2010 12:05:09 AM", "2010-12-01T00:05:09.000Z"],
    ["M/d/yyyy h:mm:ss a", "12/1/2010 12:05:09 pm", "2010-12-01T12:05:09.000Z"],
    ["M/d/yyyy h:mm:ss a", "12/1/2010 13:05:09 pm", null],
    ["yyyyMMddTHHmmss.SSS", "20101201T082600.25", "2010-12-01T08:26:00.250Z"],
    ["(yyyy)[MM]dd", "(2010)[12]01", "2010-12-01T00:00:00.000Z"],
    ["unix", "1291191960", "2010-12-01T08:26:00.000Z UTC"],
    ["unix", "1291191960.5", "2010-12-01T08:26:00.500Z UTC"],
    ["unix_ms", "1291191960123", "2010-12-01T08:26:00.123Z UTC"],
    ["unix", "1e9", null],
  ])("%s reads %j as %s", (format, text, expected) => {
    expect(read(format, text)).toBe(expected);
  });

  it.each(["", "yyyy-MM", "yyyy-MM-dd DD", "yyyy yy MM dd", "yyyy-MM-dd hh:mm", "yyyy-MM-dd HH:mm a", "yyyy-MM-dd dd"])(
    "%j is none",
    (format) => {
      expect(() => compileTimeFormat(format)).toThrow(/must have|does not know|has /);
    },
  );

  it("reads what it writes, for every day and minute", () => {
    const minute = fc.integer({ min: 0, max: Date.UTC(2100, 0) / 60_000 }).map((minutes) => minutes * 60_000);
    fc.assert(
      fc.property(minute, (at) => {
        const text = new Date(at).toISOString();
        const [, year, month, day, time] = /^(\d+)-(\d+)-(\d+)T(\d+:\d+)/.exec(text) ?? [];
        expect(compileTimeFormat("dd.MM.yyyy HH:mm")(`${day}.${month}.${year} ${time}`)?.ms).toBe(at);
        expect(compileTimeFormat("iso")(text)?.ms).toBe(at);
      }),
    );
  });
});
