import type { KinesisStreamRecord } from "aws-lambda";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Discarded, processBatch, type StreamMapping, type StreamParts } from "./streamBatch.ts";
import { processInLanes } from "./streamPoller.ts";

const plainMapping: StreamMapping = {
  batchSize: 100,
  bisectBatchOnFunctionError: false,
  maximumRetryAttempts: 2,
  maximumRecordAgeInSeconds: -1,
  parallelizationFactor: 1,
  reportsBatchItemFailures: true,
};
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);

function recordOf(number: number, key = "key", arrivedAt = 0): KinesisStreamRecord {
  const sequenceNumber = String(1_000 + number);
  return {
    eventID: `shardId-0:${sequenceNumber}`,
    kinesis: { sequenceNumber, partitionKey: key, data: String(number), approximateArrivalTimestamp: arrivedAt },
  } as KinesisStreamRecord;
}

const numberOf = ({ kinesis }: KinesisStreamRecord): number => Number(kinesis.data);

/** Runs batches against a function that fails by a plan, and tells what it saw. */
function harness(
  mapping: Partial<StreamMapping>,
  fail: (numbers: number[], call: number) => "error" | string[] | null,
) {
  const calls: number[][] = [];
  const discarded: Discarded[] = [];
  const clock = { now: 0 };
  const parts: StreamParts = {
    mapping: { ...plainMapping, ...mapping },
    invoke: async (records) => {
      const numbers = records.map(numberOf);
      calls.push(numbers);
      const failure = fail(numbers, calls.length);
      if (failure === "error") throw new Error("the function failed");
      return failure === null ? null : { batchItemFailures: failure.map((itemIdentifier) => ({ itemIdentifier })) };
    },
    onFailure: (each) => discarded.push(each),
    now: () => clock.now,
    backOff: async () => {
      clock.now += 1_000;
    },
  };
  return { calls, discarded, parts };
}

describe("one batch of a stream", () => {
  it("is done when the function says nothing, or that nothing failed", async () => {
    for (const answer of [null, []]) {
      const { calls, discarded, parts } = harness({}, () => answer);
      await processBatch(
        range(0, 5).map((n) => recordOf(n)),
        parts,
      );
      expect({ calls, discarded }).toEqual({ calls: [range(0, 5)], discarded: [] });
    }
  });

  it("is tried again as often as it may, then its place is told and it is passed over", async () => {
    const { calls, discarded, parts } = harness({}, () => "error");
    await processBatch(
      range(0, 3).map((n) => recordOf(n)),
      parts,
    );
    expect(calls).toEqual([range(0, 3), range(0, 3), range(0, 3)]);
    expect(discarded).toEqual([
      {
        condition: "RetryAttemptsExhausted",
        shardId: "shardId-0",
        startSequenceNumber: "1000",
        endSequenceNumber: "1002",
        batchSize: 3,
      },
    ]);
  });

  it("goes on at the lowest number that failed", async () => {
    const { calls, parts } = harness({}, (_, call) => (call === 1 ? ["1004", "1002"] : null));
    await processBatch(
      range(0, 6).map((n) => recordOf(n)),
      parts,
    );
    expect(calls).toEqual([range(0, 6), range(2, 6)]);
  });

  it("where it bisects, the number that failed is the halving, and no retry", async () => {
    const mapping = { bisectBatchOnFunctionError: true, maximumRetryAttempts: 0 };
    const { calls, discarded, parts } = harness(mapping, (numbers) =>
      numbers.length > 1 ? [String(1_001 + (numbers[0] ?? 0))] : null,
    );
    await processBatch(
      range(0, 4).map((n) => recordOf(n)),
      parts,
    );
    expect(calls).toEqual([range(0, 4), range(1, 4), range(2, 4), [3]]);
    expect(discarded).toEqual([]);
  });

  it("takes a number that is not of the batch, or none, for all of it", async () => {
    for (const identifier of ["", "77"]) {
      const { calls, parts } = harness({}, (_, call) => (call === 1 ? [identifier] : null));
      await processBatch(
        range(0, 4).map((n) => recordOf(n)),
        parts,
      );
      expect(calls).toEqual([range(0, 4), range(0, 4)]);
    }
  });

  it("does not look at failures unless the mapping says so", async () => {
    const { calls, parts } = harness({ reportsBatchItemFailures: false }, () => ["1000"]);
    await processBatch(
      range(0, 4).map((n) => recordOf(n)),
      parts,
    );
    expect(calls).toEqual([range(0, 4)]);
  });

  it("bisects down to the one that is poison, which costs no retries of the others", async () => {
    const mapping = { bisectBatchOnFunctionError: true, maximumRetryAttempts: 1 };
    const { calls, discarded, parts } = harness(mapping, (numbers) => (numbers.includes(5) ? "error" : null));
    await processBatch(
      range(0, 8).map((n) => recordOf(n)),
      parts,
    );
    expect(calls).toEqual([range(0, 8), range(0, 4), range(4, 8), [4, 5], [4], [5], [5], [6, 7]]);
    expect(discarded).toMatchObject([{ startSequenceNumber: "1005", endSequenceNumber: "1005", batchSize: 1 }]);
  });

  it("passes over what has become too old while it was tried, and goes on with the rest", async () => {
    const mapping = { maximumRecordAgeInSeconds: 2, maximumRetryAttempts: -1 };
    const { calls, discarded, parts } = harness(mapping, (numbers) => (numbers.includes(0) ? "error" : null));
    await processBatch([recordOf(0, "key", 0), recordOf(1, "key", 3)], parts);
    expect(calls).toEqual([[0, 1], [0, 1], [0, 1], [1]]);
    expect(discarded).toMatchObject([{ condition: "RecordAgeExceeded", startSequenceNumber: "1000", batchSize: 1 }]);
  });

  it("whatever fails, and however: each record is done or discarded, in the order of its key, and retries end", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ key: fc.nat(5), isPoison: fc.boolean() }), { maxLength: 40 }),
        fc.record({
          bisectBatchOnFunctionError: fc.boolean(),
          maximumRetryAttempts: fc.nat(2),
          parallelizationFactor: fc.integer({ min: 1, max: 4 }),
          batchSize: fc.integer({ min: 1, max: 9 }),
        }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }),
        async (records, mapping, flakes) => {
          const done: number[] = [];
          const fail = (numbers: number[], call: number): "error" | string[] | null => {
            if (flakes[call % flakes.length] === true && call < 30) return "error";
            const poison = numbers.findIndex((n) => records[n]?.isPoison === true);
            done.push(...(poison === -1 ? numbers : numbers.slice(0, poison)));
            return poison === -1 ? null : [String(1_000 + (numbers[poison] ?? 0))];
          };
          const { discarded, parts } = harness(mapping, fail);
          await processInLanes(
            records.map(({ key }, n) => recordOf(n, `key-${key}`)),
            parts,
          );
          const lost = discarded.reduce((sum, { batchSize }) => sum + batchSize, 0);
          const once = new Set(done);
          expect(once.size + lost).toBeGreaterThanOrEqual(records.length);
          for (const key of range(0, 6)) {
            const own = [...once].filter((n) => records[n]?.key === key);
            expect(own).toEqual(own.toSorted((a, b) => a - b));
          }
          if (lost === 0) expect([...once].sort((a, b) => a - b)).toEqual(range(0, records.length));
        },
      ),
    );
  });
});
