import * as fc from "fast-check";
import { expect, it } from "vitest";
import { isoTime } from "./isoTime.ts";

it("writes every time as Date does", () => {
  const anyTime = fc.integer({ min: -8.64e15, max: 8.64e15 });
  const plainTime = fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 });
  const lately = fc.integer({ min: 0, max: 4_102_444_800_000 });
  fc.assert(
    fc.property(fc.oneof(anyTime, plainTime, lately), (ms) => {
      expect(isoTime(ms)).toBe(new Date(ms).toISOString());
    }),
    { numRuns: 1_000 },
  );
});

it("keeps to the calendar at its seams", () => {
  for (const day of [
    "0000-01-01",
    "0001-03-01",
    "1900-02-28",
    "1969-12-31",
    "2000-02-29",
    "2100-03-01",
    "9999-12-31",
  ]) {
    for (const time of [`${day}T00:00:00.000Z`, `${day}T23:59:59.999Z`]) expect(isoTime(Date.parse(time))).toBe(time);
  }
});

it("refuses what is no time", () => {
  for (const ms of [NaN, Infinity, 8.64e15 + 1]) expect(() => isoTime(ms)).toThrow(RangeError);
});
