import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { popularityOf } from "./popularity.ts";

/** Events of each customer, busiest first, for evenly spread fractions. */
function eventCounts(profiles: number, events: number): number[] {
  const next = popularityOf(profiles);
  const counts = new Map<number, number>();
  for (let event = 0; event < events; event++) {
    const index = next((event + 0.5) / events);
    counts.set(index, (counts.get(index) ?? 0) + 1);
  }
  return [...counts.values()].sort((a, b) => b - a);
}

function shareOf(counts: readonly number[], customers: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.slice(0, customers).reduce((sum, count) => sum + count, 0) / total;
}

describe("popularity", () => {
  it("names a customer that there is, for every fraction and any number of customers", () => {
    const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000 }), fraction, (profiles, at) => {
        const index = popularityOf(profiles)(at);
        expect(Number.isInteger(index)).toBe(true);
        expect(index).toBeGreaterThanOrEqual(0);
        expect(index).toBeLessThan(profiles);
      }),
    );
  });

  it("gives the best hundredth a third of the events, the best tenth two thirds, and reaches everybody", () => {
    const counts = eventCounts(10_000, 1_000_000);
    expect(counts).toHaveLength(10_000);
    expect(shareOf(counts, 100)).toBeCloseTo(0.35, 1);
    expect(shareOf(counts, 1_000)).toBeCloseTo(0.67, 1);
  });

  it("scatters the busiest", () => {
    const next = popularityOf(100_000);
    const busiest = [...new Set(Array.from({ length: 200 }, (_, at) => next(at / 10_000)))].sort((a, b) => a - b);
    expect(busiest.length).toBeGreaterThan(5);
    expect(busiest.every((index, at) => at === 0 || index - (busiest[at - 1] ?? 0) > 1)).toBe(true);
  });
});
