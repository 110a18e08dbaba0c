import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PaceEnded, paceOf } from "./pace.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** One piece of work of that many milliseconds and the turn after it; how long it rested. */
async function rested(pace: ReturnType<typeof paceOf>, workMs: number, during?: (atMs: number) => void) {
  await vi.advanceTimersByTimeAsync(workMs);
  const from = performance.now();
  let endedAt: number | null = null;
  void pace.turn().then(() => (endedAt = performance.now()));
  for (let ms = 0; ms < 100_000 && endedAt === null; ms += 10) {
    await new Promise((resolve) => setImmediate(resolve));
    if (endedAt !== null) break;
    during?.(ms);
    await new Promise((resolve) => setImmediate(resolve));
    if (endedAt === null) await vi.advanceTimersByTimeAsync(10);
  }
  return (endedAt ?? Number.NaN) - from;
}

describe("the pace of what follows", () => {
  it("takes a twentieth of the time while deciding is busy, or a piece every five seconds, and never rests otherwise", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ workMs: fc.integer({ min: 10, max: 3_000 }), isBusy: fc.boolean() }), { maxLength: 8 }),
        async (pieces) => {
          const pace = paceOf();
          let worked = 0;
          for (const { workMs, isBusy } of pieces) {
            pace.tell(isBusy);
            pace.begin();
            const restMs = await rested(pace, workMs);
            worked += workMs;
            const least = Math.min(5_000, 19 * workMs);
            expect(restMs).toBeGreaterThanOrEqual(isBusy ? least : 0);
            expect(restMs).toBeLessThanOrEqual(isBusy ? least + 10 : 0);
            expect(pace.workedMs()).toBe(worked);
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it("rests no longer than what somebody waits for soon may", async () => {
    const pace = paceOf(150);
    pace.tell(true);
    expect(await rested(pace, 100)).toBe(150);
    expect(await rested(pace, 10)).toBe(150);
  });

  it.each<[string, (pace: ReturnType<typeof paceOf>) => void]>([
    ["deciding is busy no more", (pace) => pace.tell(false)],
    ["somebody waits", (pace) => pace.urge(true)],
  ])("rests no longer once %s", async (_what, end) => {
    const pace = paceOf();
    pace.tell(true);
    const restMs = await rested(pace, 100, (atMs) => {
      if (atMs === 500) end(pace);
    });
    expect(restMs).toBe(500);
    expect(await rested(pace, 100)).toBe(0);
  });

  it("gives up between two pieces of work once it ends, in a rest too", async () => {
    const pace = paceOf();
    pace.tell(true);
    let pieces = 0;
    const work = (async () => {
      for (;;) {
        pieces += 1;
        await pace.turn();
      }
    })();
    await new Promise((resolve) => setImmediate(resolve));
    pace.end();
    await expect(work).rejects.toBeInstanceOf(PaceEnded);
    expect(pieces).toBeLessThan(4);
  });

  it("counts as work only what came after its beginning", async () => {
    const pace = paceOf();
    await vi.advanceTimersByTimeAsync(5_000);
    pace.begin();
    await rested(pace, 30);
    expect(pace.workedMs()).toBe(30);
  });
});
