import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchSize, gathersForMs, fewestInBatch, mostInBatch } from "./batchSize.ts";

describe("the size of a batch", () => {
  it("is what is decided in three quarters of a second, within bounds, while much waits", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), (usEach) => {
        const size = batchSize();
        for (let batch = 0; batch < 6; batch++) size.decided(size.most(), (size.most() * usEach) / 1_000);
        const fits = Math.min(mostInBatch, Math.max(fewestInBatch, 750_000 / usEach));
        expect(Math.abs(size.most() - fits)).toBeLessThanOrEqual(fits / 100);
      }),
    );
  });

  it("at most doubles, whatever the last one cost: the next may cost a hundred times as much", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ waiting: fc.nat(50_000), usEach: fc.nat(2_000) }), { maxLength: 30 }),
        (batches) => {
          const size = batchSize();
          for (const { waiting, usEach } of batches) {
            const before = size.most();
            const records = Math.min(waiting, before);
            size.decided(records, (records * usEach) / 1_000);
            expect(size.most()).toBeLessThanOrEqual(Math.max(before, fewestInBatch, 2 * records));
            expect(size.most()).toBeGreaterThanOrEqual(fewestInBatch);
            expect(size.most()).toBeLessThanOrEqual(mostInBatch);
          }
        },
      ),
    );
  });

  it("does not change by few records, however quick or slow", () => {
    const size = batchSize();
    for (let batch = 0; batch < 3; batch++) size.decided(size.most(), 0);
    expect(size.most()).toBe(mostInBatch);
    size.decided(999, 60_000);
    expect(size.most()).toBe(mostInBatch);
    size.decided(1_000, 60_000);
    expect(size.most()).toBe(fewestInBatch);
  });

  it("is a fifth of what may wait, where that is less", () => {
    const size = batchSize(10_000);
    for (let batch = 0; batch < 3; batch++) size.decided(size.most(), 1);
    expect(size.most()).toBe(2_000);
    size.decided(2_000, 60_000);
    expect(size.most()).toBe(2_000);
  });

  it("is not taken in by a clock that is set back", () => {
    const size = batchSize();
    size.decided(fewestInBatch, -3_600_000);
    expect(size.most()).toBe(2 * fewestInBatch);
  });
});

it("waits for more only while the processor is short, and no longer than that is worth", () => {
  expect(gathersForMs(0, false)).toBe(0);
  expect(gathersForMs(0, true)).toBe(50);
  expect(gathersForMs(30, true)).toBe(20);
  expect(gathersForMs(Number.POSITIVE_INFINITY, true)).toBe(0);
});
