import { cpus } from "node:os";
import { describe, expect, test } from "vitest";
import { inFlight, inStretches, neededShare, type ProcessorTimes } from "./processor.ts";

const none: ProcessorTimes = { user: 0, nice: 0, sys: 0, idle: 0, irq: 0 };

describe("the share of the processor that is needed", () => {
  test("is of the last quarter of a second, of all processors, without what gives way", () => {
    let [at, one, two] = [0, { ...none }, { ...none }];
    const share = neededShare(
      () => at,
      () => [one, two],
    );
    expect(share()).toBe(0);
    [at, one, two] = [250, { ...none, user: 150, sys: 40, irq: 10, idle: 50 }, { ...none, nice: 200, user: 50 }];
    expect(share()).toBeCloseTo(0.5);
    [at, one] = [400, { ...one, idle: 5_000 }];
    expect(share()).toBeCloseTo(0.5);
    at = 500;
    expect(share()).toBe(0);
    [at, one] = [9_000, { ...one, user: 99_999 }];
    expect(share(), "of so long ago").toBe(0);
  });

  test("of a machine whose times stand still is none", () => {
    let at = 0;
    const share = neededShare(
      () => (at += 300),
      () => [none],
    );
    expect([share(), share()]).toEqual([0, 0]);
  });

  test("can be read here", () => {
    let at = 0;
    const share = neededShare(
      () => (at += 300),
      () => cpus().map((cpu) => cpu.times),
    );
    share();
    expect(share()).toBeGreaterThanOrEqual(0);
    expect(share()).toBeLessThanOrEqual(1);
  });
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

test("what follows is held back for half of a shortage that lasts, and from its beginning", () => {
  let [at, isShort] = [0, true];
  const isHeldBack = inStretches(
    () => isShort,
    () => at,
  );
  let held = 0;
  let stretch = 0;
  let longest = 0;
  for (; at < 600_000; at += 250) {
    if (isHeldBack()) {
      held += 250;
      longest = Math.max(longest, (stretch += 250));
    } else stretch = 0;
  }
  expect(held / 600_000).toBeCloseTo(0.5, 1);
  expect(longest).toBeLessThanOrEqual(30_000);
  isShort = false;
  expect(isHeldBack()).toBe(false);
  at += 60_000;
  isShort = true;
  expect(isHeldBack()).toBe(true);
});
