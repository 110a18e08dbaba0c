import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchSize, fewestInBatch, mostInBatch } from "./batchSize.ts";

describe("the size of a batch", () => {
  it("is what is decided in three quarters of a second, within bounds, at any speed", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2_000 }),
        fc.array(fc.nat(mostInBatch), { minLength: 1, maxLength: 20 }),
        (usEach, waiting) => {
          const size = batchSize();
          let hasTold = false;
          for (const count of waiting) {
            const records = Math.min(count, size.most());
            const ms = (records * usEach) / 1_000;
            size.decided(records, ms);
            hasTold ||= records >= 1_000;
            const fits = Math.min(mostInBatch, Math.max(fewestInBatch, 750_000 / usEach));
            const expected = hasTold ? fits : fewestInBatch;
            expect(Math.abs(size.most() - expected)).toBeLessThanOrEqual(expected / 100);
          }
        },
      ),
    );
  });

  it("does not grow by few records, however quick", () => {
    const size = batchSize();
    size.decided(999, 0);
    expect(size.most()).toBe(fewestInBatch);
    size.decided(1_000, 0);
    expect(size.most()).toBe(mostInBatch);
    size.decided(mostInBatch, 60_000);
    expect(size.most()).toBe(fewestInBatch);
  });
});
