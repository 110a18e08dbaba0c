import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { trustedClock } from "./trustedClock.ts";

const newestAt = Date.UTC(2026, 0, 1);
const maxMs = 4 * 365 * 86_400_000;

describe("the clock that deletions trust", () => {
  it("is never ahead of the machine's, nor of the log's newest record and the time since the start", () => {
    const step = fc.record({ wall: fc.integer({ min: -maxMs, max: maxMs }), passes: fc.nat(maxMs) });
    fc.assert(
      fc.property(fc.float({ min: 0, max: 1e6, noNaN: true }), fc.array(step), (startedAt, steps) => {
        let [wall, uptime, passed] = [newestAt, startedAt, 0];
        const now = trustedClock(newestAt, { wall: () => wall, uptimeMs: () => uptime });
        for (const each of steps) {
          passed += each.passes;
          uptime = startedAt + passed;
          wall = newestAt + each.wall;
          expect(now()).toBeLessThanOrEqual(Math.min(wall, newestAt + passed));
          expect(now()).toBeGreaterThan(Math.min(wall, newestAt + passed) - 2);
        }
      }),
    );
  });
});
