import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { latencyHistogram } from "./latencyHistogram.ts";

const micros = fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { minLength: 1, maxLength: 200 });

describe("the latency histogram", () => {
  it("is never below the exact quantile, and at most a sixty-fourth above", () => {
    fc.assert(
      fc.property(micros, fc.double({ min: 0, max: 1, noNaN: true }), (values, quantile) => {
        const latencies = latencyHistogram();
        for (const value of values) latencies.recordMs(value / 1_000);
        const sorted = [...values].sort((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(quantile * values.length)) - 1] ?? 0;
        const told = Math.round(latencies.quantileMs(quantile) * 1_000);
        expect(told).toBeGreaterThanOrEqual(exact);
        expect(told).toBeLessThanOrEqual(exact * (1 + 1 / 64));
      }),
    );
  });

  it("holds the same after it was packed and added up from parts", () => {
    fc.assert(
      fc.property(micros, micros, (some, others) => {
        const whole = latencyHistogram();
        const parts = [some, others].map((values) => {
          const part = latencyHistogram();
          for (const value of values) {
            part.recordMs(value / 1_000);
            whole.recordMs(value / 1_000);
          }
          return part.pack();
        });
        const sum = latencyHistogram();
        for (const part of parts) sum.add(JSON.parse(JSON.stringify(part)) as number[]);
        expect(sum.pack()).toEqual(whole.pack());
        expect(sum.count()).toBe(some.length + others.length);
      }),
    );
  });

  it("has no quantile of nothing, and takes what is too long for it as its longest", () => {
    const latencies = latencyHistogram();
    expect(latencies.quantileMs(0.5)).toBeNaN();
    latencies.recordMs(1e12);
    expect(latencies.quantileMs(1)).toBeCloseTo(2 ** 32 / 1_000, 0);
  });
});
