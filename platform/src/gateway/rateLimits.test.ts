import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Problem } from "../model/problem.ts";
import { rateLimits } from "./rateLimits.ts";

/** Asks for room for so many; the seconds to wait where it is refused, null where it was taken. */
function world() {
  let now = 0;
  const limits = rateLimits(() => now);
  const offer = (id: string, limit: number | null, records: number): number | null => {
    const source = { id, maxEventsPerSecond: limit };
    try {
      limits.check(source);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      expect(error).toMatchObject({ status: 429, code: "source_rate_limited" });
      expect(error.hint).toMatch(/Retry-After/);
      return error.retryAfterSeconds ?? Number.NaN;
    }
    limits.count(source, records);
    return null;
  };
  return { offer, pass: (ms: number) => (now += ms) };
}

describe("what a source may send a second", () => {
  it("however it sends, it is never ahead by more than a second and the last request", () => {
    const sends = fc.array(fc.record({ afterMs: fc.nat(3_000), records: fc.integer({ min: 1, max: 2_500 }) }), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(sends, fc.integer({ min: 1, max: 5_000 }), (list, limit) => {
        const { offer, pass } = world();
        let [elapsed, taken] = [0, 0];
        for (const { afterMs, records } of list) {
          pass(afterMs);
          elapsed += afterMs;
          if (offer("web", limit, records) !== null) continue;
          expect(taken).toBeLessThanOrEqual((limit * (elapsed + 1_000)) / 1_000 + 1e-6);
          taken += records;
        }
      }),
    );
  });

  it("who comes again when told is taken, so that the rate is reached", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), fc.integer({ min: 1, max: 500 }), (limit, records) => {
        const { offer, pass } = world();
        let [taken, seconds] = [0, 0];
        while (seconds < 120) {
          const wait = offer("web", limit, records);
          if (wait === null) taken += records;
          else {
            expect(wait).toBeGreaterThanOrEqual(1);
            pass(wait * 1_000);
            seconds += wait;
            expect(offer("web", limit, records)).toBeNull();
            taken += records;
          }
        }
        expect(taken / seconds).toBeGreaterThanOrEqual(limit * 0.9);
      }),
    );
  });

  it("says nothing of other sources, nor of one without a limit", () => {
    const { offer } = world();
    expect(offer("web", 10, 1_000)).toBeNull();
    expect(offer("web", 10, 1)).toBe(99);
    expect(offer("pos", 10, 1)).toBeNull();
    for (let at = 0; at < 5; at++) expect(offer("crm", null, 10_000)).toBeNull();
  });

  it("a limit that was taken away has no memory of what was sent before it", () => {
    const { offer } = world();
    expect(offer("web", 1, 1_000)).toBeNull();
    expect(offer("web", null, 1)).toBeNull();
    expect(offer("web", 1, 1)).toBeNull();
  });
});
