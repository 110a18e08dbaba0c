import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { followerTelling } from "./tellFollowers.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("followers hear at once, then at most every 25 ms, and of the last decision in any case", () => {
  const told: number[] = [];
  const followers = followerTelling(
    () => told.push(Date.now()),
    () => false,
  );
  const from = Date.now();
  followers.decided();
  for (let ms = 1; ms <= 100; ms++) {
    vi.advanceTimersByTime(1);
    followers.decided();
  }
  vi.advanceTimersByTime(1_000);
  expect(told.map((at) => at - from)).toEqual([0, 25, 50, 75, 100, 125]);
  expect(vi.getTimerCount()).toBe(0);
});

test("who was told to hold back hears when there is no more need, though nothing more is decided", () => {
  let isBusy = true;
  const told: boolean[] = [];
  const followers = followerTelling(
    (busy) => told.push(busy),
    () => isBusy,
  );
  followers.decided();
  vi.advanceTimersByTime(600);
  expect(new Set(told)).toEqual(new Set([true]));
  isBusy = false;
  vi.advanceTimersByTime(1_000);
  expect(told.at(-1)).toBe(false);
  expect(vi.getTimerCount()).toBe(0);
  isBusy = true;
  followers.decided();
  isBusy = false;
  followers.decided();
  expect(told.at(-1), "with the next decision").toBe(false);
  followers.close();
  expect(vi.getTimerCount()).toBe(0);
});
