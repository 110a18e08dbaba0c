import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchThinning } from "./batchThinning.ts";

interface Batch {
  until: number;
  processed_at: number;
  processed: number;
}

const keptMs = 60_000;

function thinned(batches: readonly Batch[], now: number, rowsAtOnce: number): Batch[] {
  const database = new DatabaseSync(":memory:");
  database.exec("CREATE TABLE batches (until INTEGER PRIMARY KEY, processed_at INTEGER, processed INTEGER)");
  const add = database.prepare("INSERT INTO batches VALUES (?, ?, ?)");
  for (const { until, processed_at, processed } of batches) add.run(until, processed_at, processed);
  const thinning = batchThinning(database, { everyCommits: 2, keptMs, rowsAtOnce });
  for (let commit = 0; commit < 4 * batches.length; commit++) thinning.thin(now);
  const left = database.prepare("SELECT until, processed_at, processed FROM batches ORDER BY until").all();
  database.close();
  return left.map((row) => ({
    until: Number(row["until"]),
    processed_at: Number(row["processed_at"]),
    processed: Number(row["processed"]),
  }));
}

const steps = fc.array(
  fc.record({ records: fc.integer({ min: 1, max: 50 }), ms: fc.integer({ min: 0, max: 1_500 }) }),
  { minLength: 1, maxLength: 80 },
);

function batchesOf(list: readonly { records: number; ms: number }[], from: number): Batch[] {
  let [until, at] = [0, from];
  return list.map(({ records, ms }) => {
    until += records;
    at += ms;
    return { until, processed_at: at, processed: records };
  });
}

describe("times of old batches", () => {
  it("are kept to the second, never early, and no event is counted twice or lost", () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 2, max: 9 }), fc.integer({ min: 0, max: 90_000 }), (list, rows, later) => {
        const batches = batchesOf(list, 1_000_000);
        const now = (batches.at(-1) as Batch).processed_at + later;
        const left = thinned(batches, now, rows);
        const sum = (all: readonly Batch[]): number => all.reduce((total, { processed }) => total + processed, 0);
        expect(sum(left)).toBe(sum(batches));
        for (const { until, processed_at } of batches) {
          const found = left.find((row) => row.until >= until) as Batch;
          expect(found.processed_at).toBeGreaterThanOrEqual(processed_at);
          expect(found.processed_at - processed_at).toBeLessThan(1_000);
          if (processed_at >= now - keptMs) expect(found.processed_at).toBe(processed_at);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("leave one row a second of a trickle", () => {
    const batches = batchesOf(
      Array.from({ length: 600 }, () => ({ records: 1, ms: 100 })),
      0,
    );
    const left = thinned(batches, 10 * keptMs, 50);
    expect(left.length).toBeLessThanOrEqual(62);
  });
});
