import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { historySeconds, maxSourcesInRates } from "./limits.ts";
import { rateRing } from "./rateRing.ts";

describe("rates", () => {
  it("add up, by the second and by the source, and no more are kept than said", () => {
    const second = fc.array(
      fc.record({ id: fc.constantFrom("web", "pos", "constructor"), accepted: fc.nat(9), rejected: fc.nat(3) }),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(fc.array(second, { maxLength: 320 }), (seconds) => {
        const ring = rateRing();
        for (const [n, taken] of seconds.entries()) {
          for (const { id, accepted, rejected } of taken) ring.taken({ id, kind: "web" }, accepted, rejected);
          ring.decided({ processed: 2, duplicates: 1, joined: 0, joins: [] });
          const rates = ring.tick(n * 1_000, 7);
          const sums = Object.values(rates.bySource).reduce(
            (sum, { accepted, rejected }) => ({ a: sum.a + accepted, r: sum.r + rejected }),
            { a: 0, r: 0 },
          );
          expect(sums).toEqual({ a: rates.accepted, r: rates.rejected });
          expect(rates).toMatchObject({ processed: 2, duplicates: 1, pending: 7 });
        }
        const kept = ring.history();
        expect(kept).toHaveLength(Math.min(historySeconds, seconds.length));
        if (seconds.length > 0) expect(kept.at(-1)?.at).toBe(new Date((seconds.length - 1) * 1_000).toISOString());
      }),
      { numRuns: 30 },
    );
  });

  it("name a bounded number of sources; the totals have all", () => {
    const ring = rateRing();
    for (let n = 0; n < maxSourcesInRates + 50; n++) ring.taken({ id: `s${n}`, kind: "erp" }, 1, 0);
    const { accepted, bySource } = ring.tick(0, 0);
    expect(accepted).toBe(maxSourcesInRates + 50);
    expect(Object.keys(bySource)).toHaveLength(maxSourcesInRates);
  });
});
