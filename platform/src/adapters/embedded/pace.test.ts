import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Deciding, PaceEnded, paceOf } from "./pace.ts";

const levels: readonly Deciding[] = ["idle", "busy", "behind"];

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
        fc.array(fc.record({ workMs: fc.integer({ min: 10, max: 3_000 }), deciding: fc.constantFrom(...levels) }), {
          maxLength: 8,
        }),
        async (pieces) => {
          const pace = paceOf();
          let worked = 0;
          for (const { workMs, deciding } of pieces) {
            pace.tell(deciding);
            pace.begin();
            const restMs = await rested(pace, workMs);
            worked += workMs;
            const least = deciding === "idle" ? 0 : Math.min(5_000, 19 * workMs);
            expect(restMs).toBeGreaterThanOrEqual(least);
            expect(restMs).toBeLessThanOrEqual(least === 0 ? 0 : least + 10);
            expect(pace.workedMs()).toBe(worked);
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it("rests no longer than what somebody waits for soon may, unless deciding is behind", async () => {
    const pace = paceOf(150);
    pace.tell("busy");
    expect(await rested(pace, 100)).toBe(150);
    expect(await rested(pace, 10)).toBe(150);
    pace.tell("behind");
    expect(await rested(pace, 100)).toBe(1_900);
    expect(await rested(pace, 1_000)).toBe(5_000);
    expect(await rested(pace, 1_000, (atMs) => atMs === 500 && pace.tell("busy"))).toBe(500);
  });

  it.each<[string, (pace: ReturnType<typeof paceOf>) => void]>([
    ["deciding is busy no more", (pace) => pace.tell("idle")],
    ["somebody waits", (pace) => pace.urge(true)],
  ])("rests no longer once %s", async (_what, end) => {
    const pace = paceOf();
    pace.tell("busy");
    const restMs = await rested(pace, 100, (atMs) => {
      if (atMs === 500) end(pace);
    });
    expect(restMs).toBe(500);
    expect(await rested(pace, 100)).toBe(0);
  });

  it("gives up between two pieces of work once it ends, in a rest too", async () => {
    const pace = paceOf();
    pace.tell("busy");
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
