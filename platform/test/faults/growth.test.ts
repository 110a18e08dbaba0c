import fc from "fast-check";
import { expect, test } from "vitest";
import { growthOf, swingOf, type Minute } from "./growth.ts";

function minuteOf(part: Partial<Minute> = {}): Minute {
  return {
    memoryMiB: 800,
    handles: 60,
    acknowledgedPerS: 3_000,
    acknowledgedP50Ms: 8,
    acknowledgedP99Ms: 40,
    visibleP50Ms: 30,
    visibleP99Ms: 200,
    pending: 0,
    refusedBatches: 0,
    ...part,
  };
}

const growing = (minutes: readonly Minute[]): string[] =>
  growthOf(minutes).flatMap(({ what, isGrowing }) => (isGrowing ? [what] : []));
const count = fc.integer({ min: 6, max: 90 });

test("what swings within its limits, or grows while it warms up, is no growth", () => {
  const noise = fc.array(fc.double({ min: 0.96, max: 1.04, noNaN: true }), { minLength: 6, maxLength: 90 });
  fc.assert(
    fc.property(noise, (factors) => {
      const cold = Math.floor(factors.length * 0.2);
      const memory = factors.map((factor, n) => (n < cold ? 100 : 800) * factor);
      expect(growing(memory.map((memoryMiB) => minuteOf({ memoryMiB })))).toEqual([]);
    }),
  );
});

test("a leak of memory or handles, and answers that get slower, are found whatever the length", () => {
  fc.assert(
    fc.property(count, (length) => {
      const rising = (from: number, to: number) =>
        Array.from({ length }, (_, n) => from + ((to - from) * n) / (length - 1));
      expect(growing(rising(800, 1_100).map((memoryMiB) => minuteOf({ memoryMiB })))).toEqual(["memory, MiB"]);
      expect(growing(rising(60, 90).map((handles) => minuteOf({ handles })))).toEqual(["open handles"]);
      const slow = rising(200, 1_500).map((visibleP99Ms) => minuteOf({ visibleP99Ms }));
      expect(growing(slow)).toEqual(["visible p99, ms"]);
    }),
  );
});

test("the slope is a minute's", () => {
  const minutes = Array.from({ length: 10 }, (_, n) => minuteOf({ memoryMiB: 800 + 2 * n }));
  expect(growthOf(minutes)[0]?.slope).toBeCloseTo(2);
  expect(swingOf(minutes, ({ memoryMiB }) => memoryMiB)).toBeLessThan(0.01);
});
