import fc from "fast-check";
import { expect, it } from "vitest";
import { ingestionLag, waitingSince } from "./waitingSince.ts";

it("tells since when the oldest undecided record waits, to a quarter of a second", () => {
  const step = fc.record({
    added: fc.nat(50),
    passed: fc.nat(400),
    decided: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const waiting = waitingSince();
      const times: number[] = [];
      let now = 1_000;
      for (const { added, passed, decided } of steps) {
        now += passed;
        waiting.added(added, now);
        for (let n = 0; n < added; n++) times.push(now);
        const done = Math.floor(decided * times.length);
        waiting.decided(done);
        times.splice(0, done);
        const oldest = waiting.oldest();
        if (times[0] === undefined) expect(oldest).toBeNull();
        else expect(times[0] - (oldest ?? Number.NaN)).toBeGreaterThanOrEqual(0);
        if (times[0] !== undefined) expect(times[0] - (oldest ?? Number.NaN)).toBeLessThan(250);
        expect(ingestionLag({ pending: times.length, waiting }, now)).toBe(oldest === null ? 0 : now - oldest);
      }
    }),
  );
});
