import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Deciding } from "../adapters/embedded/pace.ts";
import { followerTelling } from "./tellFollowers.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("followers hear at once, then at most every 25 ms, and of the last decision in any case", () => {
  const told: number[] = [];
  const followers = followerTelling(
    () => told.push(Date.now()),
    () => "idle",
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
  let deciding: Deciding = "behind";
  const told: Deciding[] = [];
  const followers = followerTelling(
    (now) => told.push(now),
    () => deciding,
  );
  followers.decided();
  vi.advanceTimersByTime(600);
  expect(new Set(told)).toEqual(new Set(["behind"]));
  deciding = "busy";
  vi.advanceTimersByTime(600);
  expect(told.at(-1)).toBe("busy");
  deciding = "idle";
  vi.advanceTimersByTime(1_000);
  expect(told.at(-1)).toBe("idle");
  expect(vi.getTimerCount()).toBe(0);
  deciding = "busy";
  followers.decided();
  deciding = "idle";
  followers.decided();
  expect(told.at(-1), "with the next decision").toBe("idle");
  followers.close();
  expect(vi.getTimerCount()).toBe(0);
});
