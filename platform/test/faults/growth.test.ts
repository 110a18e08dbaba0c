import fc from "fast-check";
import { expect, test } from "vitest";
import { areLatenciesJudged, growthOf, swingOf, type Minute } from "./growth.ts";

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
    machineLeft: 1,
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

test("latencies of minutes in which others had the machine are not judged, memory and all other latencies are", () => {
  fc.assert(
    fc.property(count, fc.double({ min: 0, max: 0.7, noNaN: true }), (length, machineLeft) => {
      const late = (n: number): boolean => n >= length * 0.75;
      const taken = Array.from({ length }, (_, n) => minuteOf(late(n) ? { visibleP99Ms: 9_000, machineLeft } : {}));
      expect(growing(taken)).toEqual([]);
      expect(areLatenciesJudged(taken)).toBe(true);
      const ours = taken.map((minute) => ({ ...minute, machineLeft: 0.9 }));
      expect(growing(ours)).toEqual(["visible p99, ms"]);
      const leaking = taken.map((minute, n) => ({ ...minute, memoryMiB: late(n) ? 1_200 : 800 }));
      expect(growing(leaking)).toEqual(["memory, MiB"]);
      expect(areLatenciesJudged(taken.map((minute) => ({ ...minute, machineLeft })))).toBe(false);
    }),
  );
});

test("the slope is a minute's", () => {
  const minutes = Array.from({ length: 10 }, (_, n) => minuteOf({ memoryMiB: 800 + 2 * n }));
  expect(growthOf(minutes)[0]?.slope).toBeCloseTo(2);
  expect(swingOf(minutes, ({ memoryMiB }) => memoryMiB)).toBeLessThan(0.01);
});
