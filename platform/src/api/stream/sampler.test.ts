import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sampler } from "./sampler.ts";

type Step = { kind: "rare" | "ordinary"; count: number } | { kind: "flush" } | { kind: "second" };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("ordinary" as const), count: fc.nat(60) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("rare" as const), count: fc.nat(25) }) },
  { weight: 4, arbitrary: fc.constant({ kind: "flush" as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: "second" as const }) },
);
const maxShown = 20;

describe("what a subscriber is shown", () => {
  it("is bounded by the second, and nothing ordinary is shown while something rare waits", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const chosen = sampler<{ isRare: boolean; n: number }>(maxShown);
        let n = 0;
        let inSecond = 0;
        for (const each of steps) {
          if (each.kind === "flush") {
            const taken = chosen.take();
            inSecond += taken.length;
            expect(taken.map((item) => item.n)).toEqual(taken.map((item) => item.n).toSorted((a, b) => a - b));
            if (chosen.waiting() > 0) expect(taken.some(({ isRare }) => !isRare)).toBe(false);
          } else if (each.kind === "second") {
            expect(inSecond).toBeLessThanOrEqual(maxShown);
            const { shown, of } = chosen.endSecond();
            expect(shown).toBe(inSecond);
            expect(of).toBeGreaterThanOrEqual(shown);
            inSecond = 0;
          } else {
            for (let one = 0; one < each.count; one++) {
              n += 1;
              if (each.kind === "rare") chosen.offerRare({ isRare: true, n });
              else chosen.offerOrdinary({ isRare: false, n });
            }
          }
        }
      }),
    );
  });

  it("is everything, where everything fits", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.boolean()), { maxLength: maxShown }), (items) => {
        const chosen = sampler<number>(maxShown);
        const taken: number[] = [];
        for (const [n, [isRare, isFlushed]] of items.entries()) {
          if (isRare) chosen.offerRare(n);
          else chosen.offerOrdinary(n);
          if (isFlushed) taken.push(...chosen.take());
        }
        taken.push(...chosen.take());
        expect(taken).toEqual(items.map((_, n) => n));
        expect(chosen.endSecond()).toEqual({ shown: items.length, of: items.length });
      }),
    );
  });

  it("is spread over a second that follows a full one", () => {
    const chosen = sampler<number>(50);
    for (let n = 0; n < 200; n++) chosen.offerOrdinary(n);
    expect(chosen.take()).toHaveLength(50);
    expect(chosen.endSecond()).toEqual({ shown: 50, of: 200 });
    const perFlush = Array.from({ length: 10 }, (_, flush) => {
      for (let n = 0; n < 200; n++) chosen.offerOrdinary(flush * 200 + n);
      return chosen.take().length;
    });
    expect(perFlush).toEqual(Array.from({ length: 10 }, () => 5));
  });

  it("keeps what is rare for the next second where this one is full", () => {
    const chosen = sampler<string>(2);
    chosen.offerOrdinary("a");
    chosen.offerOrdinary("b");
    chosen.take();
    chosen.offerRare("rejected");
    expect(chosen.take()).toEqual([]);
    expect(chosen.endSecond()).toEqual({ shown: 2, of: 2 });
    chosen.offerOrdinary("c");
    expect(chosen.take()).toEqual(["rejected", "c"]);
  });
});
