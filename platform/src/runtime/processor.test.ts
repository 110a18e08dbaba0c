import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { halfOfTheTime, inFlight, neededShare, shortage, timesOfLinux, type ProcessorTimes } from "./processor.ts";

describe("the share of the processor that is needed", () => {
  test("is of the last quarter of a second", () => {
    let at = 0;
    let times: ProcessorTimes | null = { needed: 700, left: 100 };
    const share = neededShare(
      () => at,
      () => times,
    );
    expect(share()).toBe(0);
    [at, times] = [250, { needed: 950, left: 350 }];
    expect(share()).toBeCloseTo(0.5);
    [at, times] = [400, { needed: 950, left: 9_000 }];
    expect(share()).toBeCloseTo(0.5);
    at = 500;
    expect(share()).toBe(0);
    [at, times] = [9_000, { needed: 99_999, left: 9_000 }];
    expect(share(), "of so long ago").toBe(0);
    at = 9_250;
    expect(share(), "of a machine whose times stand still").toBe(0);
    [at, times] = [9_500, null];
    expect(share(), "where nobody tells").toBe(0);
  });

  test("counts what waits for the disk as left, as what gives way", () => {
    const text = "cpu  100 20 30 400 5000 1 2 3 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\nintr 5\n";
    expect(timesOfLinux(() => text)).toEqual({ needed: 136, left: 5_420 });
    expect(timesOfLinux(() => "something else")).toBeNull();
    const missing = (): string => {
      throw new Error("ENOENT");
    };
    expect(timesOfLinux(missing)).toBeNull();
  });

  test.runIf(process.platform === "linux")("is told by this machine", () => {
    const before = timesOfLinux() ?? { needed: 0, left: 0 };
    expect(before.needed).toBeGreaterThan(0);
    for (const until = performance.now() + 60; performance.now() < until;);
    const after = timesOfLinux() ?? before;
    expect(after.needed).toBeGreaterThan(before.needed);
  });
});

test("senders wait for the processor where many wait and it is needed", () => {
  const told = (average: number, share: number): boolean => shortage({ average: () => average }, () => share)();
  expect(told(64, 0.7)).toBe(true);
  expect(told(64, 0.2), "they wait for something else").toBe(false);
  expect(told(2, 0.9), "nobody waits").toBe(false);
});

test("what is under way is averaged over time", () => {
  let at = 0;
  const appends = inFlight(() => at);
  appends.began();
  appends.began();
  at = 100;
  appends.ended();
  at = 200;
  expect(appends.average(), "too soon to tell").toBe(0);
  at = 300;
  // Two for 100 ms, then one for 200.
  expect(appends.average()).toBeCloseTo(400 / 300);
  appends.ended();
  at = 600;
  expect(appends.average()).toBe(0);
});

test("what follows is held back for half of any shortage that lasts, however it flickers, and from its beginning", () => {
  const spells = fc.array(fc.record({ isShort: fc.boolean(), ms: fc.integer({ min: 250, max: 40_000 }) }), {
    minLength: 1,
    maxLength: 60,
  });
  fc.assert(
    fc.property(spells, (told) => {
      let [at, isShort] = [0, true];
      const isHeldBack = halfOfTheTime(
        () => isShort,
        () => at,
      );
      expect(isHeldBack()).toBe(true);
      let held = 0;
      for (const spell of told) {
        isShort = spell.isShort;
        for (const until = at + spell.ms; at < until; at += 250) {
          if (!isHeldBack()) continue;
          expect(isShort).toBe(true);
          held += 250;
        }
      }
      expect(held).toBeLessThanOrEqual(at / 2 + 31_000);
    }),
  );
});

test("a shortage of half a minute is all held back", () => {
  let at = 0;
  const isHeldBack = halfOfTheTime(
    () => true,
    () => at,
  );
  for (; at < 29_000; at += 250) expect(isHeldBack()).toBe(true);
  let held = 0;
  for (const from = at; at < from + 600_000; at += 250) held += isHeldBack() ? 250 : 0;
  expect(held / 600_000).toBeCloseTo(0.5, 1);
});
