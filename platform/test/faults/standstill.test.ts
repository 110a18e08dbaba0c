import { afterEach, expect, test, vi } from "vitest";
import { watchStandstill } from "./standstill.ts";

afterEach(() => void vi.restoreAllMocks());

test("each who looks at its own part of the time sees the whole gap in it, whoever asked before", () => {
  let now = 1_000;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const stoodStill = watchStandstill();
  const early = stoodStill();
  now += 400;
  expect(stoodStill() - early).toBe(0);
  now += 60_000;
  expect(stoodStill() - early).toBe(59_500);
  expect(stoodStill() - early).toBe(59_500);
  const late = stoodStill();
  now += 7_000;
  expect(stoodStill() - late).toBe(0);
  expect(stoodStill() - early).toBe(59_500);
});
