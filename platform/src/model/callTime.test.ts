import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { callTime, readTime } from "./callTime.ts";

const receivedAt = Date.UTC(2026, 10, 24, 12, 0, 0, 500);
const iso = (ms: number): string => new Date(ms).toISOString();
const noon = Date.UTC(2026, 0, 2, 12);

describe("reading a time", () => {
  it.each<[unknown, number]>([
    ["2026-01-02T12:00:00.000Z", noon],
    ["2026-01-02T12:00:00Z", noon],
    ["2026-01-02t12:00:00z", noon],
    ["2026-01-02 12:00", noon],
    ["  2026-01-02T12:00:00Z ", noon],
    ["2026-01-02T12:00:00 UTC", noon],
    ["2026-01-02", Date.UTC(2026, 0, 2)],
    ["2026-01-02T14:00:00.123456+02:00", noon + 123],
    ["2026-01-02T06:30:00.123456-0530", noon + 123],
    ["2026-01-02T15:00:00+03", noon],
    ["2026-01-02T12:00:00.123456789Z", noon + 123],
    ["2026-01-02T12:00:00.1234567890123Z", noon + 123],
    ["2026-01-02T12:00:00,5Z", noon + 500],
    ["2026-01-02T12:00:00.1Z", noon + 100],
    ["2024-02-29T00:00:00Z", Date.UTC(2024, 1, 29)],
    ["2016-12-31T23:59:60Z", Date.UTC(2016, 11, 31, 23, 59, 59)],
    ["0000-01-01T00:00:00Z", -62_167_219_200_000],
    ["0099-01-01T00:00:00Z", -59_042_995_200_000],
    ["9999-12-31T23:59:59.999Z", 253_402_300_799_999],
    ["Fri, 02 Jan 2026 12:00:00 GMT", noon],
    ["Fri, 2 Jan 2026 14:00:00 +0200", noon],
    ["fri, 2 jan 2026 12:00 ut (noon)", noon],
    ["Fri, 02 Jan 2026 07:00:00 EST", noon],
    [noon, noon],
    [noon / 1_000, noon],
    [noon / 1_000 + 0.25, noon + 250],
    [noon * 1_000, noon],
    [String(noon), noon],
    [String(noon / 1_000), noon],
    [`${noon}000`, noon],
    [`${noon}000000`, noon],
    [0, 0],
  ])("takes %j", (value, ms) => {
    expect(readTime(value)).toBe(ms);
  });

  it.each([
    "",
    "yesterday",
    "2026",
    "2026-13-01",
    "2026-00-10",
    "2026-02-30",
    "2025-02-29T00:00:00Z",
    "2026-01-02T24:00:00Z",
    "2026-01-02T12:60:00Z",
    "2026-01-02T12:00:61Z",
    "2026-01-02T12:00:00+25:00",
    "2026-01-02T12:00:00+02:75",
    "2026-1-2",
    "02/01/2026",
    "Sat, 31 Feb 2026 12:00:00 GMT",
    "Fri, 02 Foo 2026 12:00:00 GMT",
    "Fri, 02 Jan 2026 24:00:00 GMT",
    "Fri, 02 Jan 2026 12:00:00 XYZ",
    "Fri, 02 Jan 2026 12:00:00 +2500",
    "99999999999999999999",
    "2026-01-02T12:00:00Z\u0000",
    "2".repeat(1_000_000),
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1e300,
    null,
    undefined,
    true,
    {},
    [2026],
  ])("does not guess at %j", (value) => {
    expect(readTime(value)).toBeNull();
  });

  it.each(["Fri, 02 Jan 2026 12:00:00", "2026-01-02T12:00:00"])("takes %j for UTC wherever it runs", (text) => {
    const { TZ } = process.env;
    try {
      process.env["TZ"] = "America/New_York";
      expect(new Date(2026, 0, 1).getTimezoneOffset()).toBe(300);
      expect(readTime(text)).toBe(noon);
    } finally {
      if (TZ === undefined) delete process.env["TZ"];
      else process.env["TZ"] = TZ;
    }
  });

  it("is exact for every millisecond, in every zone", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: Date.UTC(1971, 0), max: Date.UTC(9999, 0) }),
        fc.integer({ min: -14 * 60, max: 14 * 60 }),
        (ms, offset) => {
          const sign = offset < 0 ? "-" : "+";
          const hours = String(Math.trunc(Math.abs(offset) / 60)).padStart(2, "0");
          const minutes = String(Math.abs(offset) % 60).padStart(2, "0");
          const local = iso(ms + offset * 60_000).slice(0, -1);
          expect(readTime(`${local}${sign}${hours}:${minutes}`)).toBe(ms);
          expect(readTime(iso(ms))).toBe(ms);
        },
      ),
    );
  });

  it("never throws, and answers whole milliseconds", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.double(), fc.jsonValue()), (value) => {
        const read = readTime(value);
        expect(read === null || Number.isInteger(read)).toBe(true);
      }),
    );
  });
});

describe("a call's time", () => {
  const time = (timestamp: unknown, sentAt?: unknown) => callTime({ timestamp, sentAt, receivedAt });

  it("is corrected by how long ago it was sent", () => {
    expect(time(iso(noon), iso(noon + 3_000))).toEqual({
      occurredAt: receivedAt - 3_000,
      originalTimestamp: noon,
      isOutOfRange: false,
    });
  });

  it("stands where it is not said when it was sent", () => {
    for (const sentAt of [undefined, null, "", "yesterday", {}]) {
      expect(time(iso(noon), sentAt)).toEqual({ occurredAt: noon, originalTimestamp: noon, isOutOfRange: false });
    }
  });

  it("is that of its receipt where none is said", () => {
    for (const timestamp of [undefined, null, ""]) {
      const expected = { occurredAt: receivedAt, originalTimestamp: null, isOutOfRange: false };
      expect(time(timestamp, iso(noon))).toEqual(expected);
    }
    expect(time("yesterday").isOutOfRange).toBe(true);
  });

  it("is believed from 1971 until a day ahead", () => {
    const first = Date.UTC(1971, 0);
    const last = receivedAt + 86_400_000;
    for (const ms of [first, last]) expect(time(iso(ms))).toMatchObject({ occurredAt: ms, isOutOfRange: false });
    for (const ms of [first - 1, last + 1]) {
      expect(time(iso(ms))).toEqual({ occurredAt: receivedAt, originalTimestamp: ms, isOutOfRange: true });
    }
    for (const year of ["0000", "1970", "9999"]) {
      const text = `${year}-06-01T00:00:00Z`;
      expect(time(text)).toMatchObject({ occurredAt: receivedAt, isOutOfRange: true });
    }
  });

  it("does not depend on how wrong the client's clock is", () => {
    const ms = fc.integer({ min: 0, max: 300_000 });
    const clock = fc.integer({ min: -10 * 365 * 86_400_000, max: 10 * 365 * 86_400_000 });
    fc.assert(
      fc.property(ms, clock, (waited, wrongBy) => {
        const sentAt = receivedAt + wrongBy;
        const { occurredAt, isOutOfRange } = time(iso(sentAt - waited), iso(sentAt));
        expect({ occurredAt, isOutOfRange }).toEqual({ occurredAt: receivedAt - waited, isOutOfRange: false });
      }),
    );
  });

  it("keeps the order and the distances of one client's events", () => {
    const moment = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2026, 0) });
    fc.assert(
      fc.property(moment, moment, moment, (one, other, sentAt) => {
        const first = time(iso(one), iso(sentAt));
        const second = time(iso(other), iso(sentAt));
        fc.pre(!first.isOutOfRange && !second.isOutOfRange);
        expect(first.occurredAt - second.occurredAt).toBe(one - other);
      }),
    );
  });

  it("is always within its range, whatever is sent", () => {
    const any = fc.oneof(
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.double(),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(any, any, (timestamp, sentAt) => {
        const { occurredAt } = time(timestamp, sentAt);
        expect(Number.isInteger(occurredAt)).toBe(true);
        expect(occurredAt).toBeGreaterThanOrEqual(Date.UTC(1971, 0));
        expect(occurredAt).toBeLessThanOrEqual(receivedAt + 86_400_000);
      }),
    );
  });
});
