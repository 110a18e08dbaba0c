import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { maxRecordBytes } from "../model/event.ts";
import type { BufferRecord, EventSink } from "./eventBuffer.ts";
import { numbered, plain, problemOf, range } from "./numberedRecords.ts";

/** What the suite needs of an adapter: one sink at a time over storage that outlives it. */
export interface SinkHarness {
  /** Opens the sink over the same storage as before, with at most `maxPendingBytes` waiting. */
  open(maxPendingBytes?: number): Promise<EventSink>;
  /** All that was ever delivered, in any order, repeated or not. */
  delivered(): Promise<BufferRecord[]>;
  /**
   * From now on, the `nth` operation on the storage (from 1) fails, once. With `lostAnswer` it is done all the same,
   * only its success is not told. Null takes the fault away.
   */
  fail(fault: { nth: number; lostAnswer: boolean } | null): void;
  dispose(): Promise<void>;
}

/** The promises of `EventSink`, which every adapter keeps. */
export function eventSinkContract(name: string, create: () => Promise<SinkHarness>): void {
  describe(`EventSink contract: ${name}`, () => {
    let harness: SinkHarness;
    beforeEach(async () => {
      harness = await create();
    });
    afterEach(() => harness.dispose());
    const given = () => harness;

    taking(given);
    describe("Promise 1: acknowledged means durable", () => {
      acknowledging(given);
    });
    describe("Promise 9: overload is told, not hidden", () => {
      overloading(given);
    });
  });
}

/** What was delivered, once each, in the order of the numbers. */
async function distinct(harness: SinkHarness): Promise<ReturnType<typeof plain>[]> {
  const byText = new Map((await harness.delivered()).map((record) => [JSON.stringify(plain(record)), record]));
  return [...byText.values()].sort((one, other) => numberOf(one) - numberOf(other)).map(plain);
}

function numberOf({ payload }: BufferRecord): number {
  return Buffer.from(payload).readUInt32BE(0);
}

function taking(harness: () => SinkHarness): void {
  test("nothing appended is nothing delivered", async () => {
    const sink = await harness().open();
    await sink.append([]);
    expect(await harness().delivered()).toEqual([]);
    await sink.close();
  });

  test("a caller's bytes may be used again as soon as append has returned", async () => {
    const sink = await harness().open();
    const record = numbered(1);
    const expected = plain(record);
    const appended = sink.append([record]);
    record.payload.fill(0);
    await appended;
    expect(await distinct(harness())).toEqual([expected]);
    await sink.close();
  });

  test("takes payloads of every byte and of the largest size, and refuses others whole", async () => {
    const sink = await harness().open();
    const every = { ...numbered(1), payload: Uint8Array.from(range(0, 256)) };
    const largest = { ...numbered(2), payload: new Uint8Array(maxRecordBytes).fill(7) };
    const smallest = { ...numbered(3), payload: new Uint8Array(1) };
    const records = [every, largest, smallest];
    await sink.append(records);
    for (const bad of [
      { ...numbered(4), payload: new Uint8Array(maxRecordBytes + 1) },
      { ...numbered(4), payload: new Uint8Array(0) },
      { ...numbered(4), fragment: "short" },
      { ...numbered(4), message: "sixteen+chars/ok" },
      { ...numbered(4), message: "" },
    ]) {
      expect((await problemOf(sink.append([numbered(4), bad])))?.status).toBe(400);
    }
    await sink.append([numbered(5)]);
    const delivered = new Set((await harness().delivered()).map((record) => JSON.stringify(plain(record))));
    expect(delivered).toEqual(new Set([...records, numbered(5)].map((record) => JSON.stringify(plain(record)))));
    await sink.close();
  });

  test("close lets what was asked for finish, and refuses what comes after", async () => {
    const sink = await harness().open();
    const appended = sink.append([numbered(1)]);
    const closed = sink.close();
    await appended;
    await closed;
    await sink.close();
    expect((await problemOf(sink.append([numbered(2)])))?.status).toBe(503);
    const again = await harness().open();
    expect(await distinct(harness())).toEqual([plain(numbered(1))]);
    await again.close();
  });
}

function acknowledging(harness: () => SinkHarness): void {
  test("of many concurrent callers all is delivered, each record as it was", async () => {
    const sink = await harness().open();
    const calls = range(0, 64).map((call) =>
      range(0, 1 + (call % 7)).map((n) => numbered(call * 100 + n, 40 + n * 400)),
    );
    await Promise.all(calls.map((records) => sink.append(records)));
    expect(await distinct(harness())).toEqual(calls.flat().map(plain));
    await sink.close();
  });

  test.each([false, true])(
    "one operation fails, whichever: what was acknowledged is there, answer lost: %s",
    async (lostAnswer) => {
      const promised: number[] = [];
      let number = 0;
      for (let nth = 1; nth <= 6; nth += 1) {
        const sink = await harness().open();
        harness().fail({ nth, lostAnswer });
        for (let append = 0; append < 8; append += 1) {
          const numbers = [number, number + 1];
          number += 2;
          const problem = await problemOf(sink.append(numbers.map((n) => numbered(n))));
          if (problem === undefined) promised.push(...numbers);
          else expect(problem.status).toBe(503);
        }
        harness().fail(null);
        await sink.close();
      }
      const sink = await harness().open();
      expect(promised.length).toBeGreaterThan(0);
      const delivered = await distinct(harness());
      const appended = new Map(range(0, number).map((n) => [n, plain(numbered(n))]));
      const numbers = delivered.map(({ payload }) => Buffer.from(payload, "base64").readUInt32BE(0));
      expect(delivered).toEqual(numbers.map((n) => appended.get(n)));
      expect(promised.filter((n) => !numbers.includes(n))).toEqual([]);
      await sink.close();
    },
  );
}

function overloading(harness: () => SinkHarness): void {
  test("waiting bytes are bounded; beyond, 503 with a time to try again; then it takes more", async () => {
    const sink = await harness().open(10_000);
    const answers = await Promise.all(range(0, 100).map((number) => problemOf(sink.append([numbered(number, 1_000)]))));
    const taken = range(0, 100).filter((number) => answers[number] === undefined);
    expect(taken.length).toBeGreaterThan(3);
    expect(taken.length).toBeLessThan(50);
    for (const problem of answers.filter((answer) => answer !== undefined)) {
      expect(problem.status).toBe(503);
      expect(problem.retryAfterSeconds).toBeGreaterThan(0);
    }
    await sink.append([numbered(101, 1_000)]);
    const tooLarge = await problemOf(sink.append(range(200, 220).map((number) => numbered(number, 1_000))));
    expect(tooLarge?.status).toBe(413);
    expect(await distinct(harness())).toEqual([...taken, 101].map((number) => plain(numbered(number, 1_000))));
    await sink.close();
  });
}
