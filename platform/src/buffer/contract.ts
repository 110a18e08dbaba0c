import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Position } from "../model/position.ts";
import type { BufferRecord, EventBuffer, EventBufferReader, StoredRecord } from "./eventBuffer.ts";
import { numbered, plain, problemOf, range, readAll } from "./numberedRecords.ts";
import { eventSinkContract, type SinkHarness } from "./sinkContract.ts";
import { runs } from "../../test/runs.ts";

/** A log that gives positions, and tells how far it is durable: the embedded one at once, a managed one when asked. */
interface PositionedLog {
  append(records: readonly BufferRecord[]): Promise<Position[]>;
  end(): Position | Promise<Position>;
  close(): Promise<void>;
}

/** What the suite of positions needs of an adapter: one log at a time over storage that outlives it. */
export interface LogHarness {
  /** Opens the log over the same storage as before. */
  open(): Promise<PositionedLog>;
  openReader(): EventBufferReader;
  dispose(): Promise<void>;
}

/** What the suite needs of an adapter: one buffer at a time over storage that outlives it. */
export interface BufferHarness extends LogHarness {
  /** Opens the buffer over the same storage as before, with at most `maxPendingBytes` waiting. */
  open(maxPendingBytes?: number): Promise<EventBuffer>;
  /**
   * From now on, the `nth` operation on the storage (from 1) fails, once. With `lostAnswer` it is done all the same,
   * only its success is not told. Null takes the fault away.
   */
  fail(fault: { nth: number; lostAnswer: boolean } | null): void;
}

/** The promises of `EventSink`, and those that `EventBuffer` and `EventBufferReader` add. */
export function eventBufferContract(name: string, create: () => Promise<BufferHarness>): void {
  eventSinkContract(name, async () => sinkOf(await create()));
  describe(`EventBuffer contract: ${name}`, () => {
    let harness: BufferHarness;
    beforeEach(async () => {
      harness = await create();
    });
    afterEach(() => harness.dispose());
    const given = () => harness;

    describe("Promise 1: acknowledged means durable", () => {
      failing(given);
    });
  });
  positionsContract(name, create);
}

/** What whoever reads a log by positions may rely on, in every edition. */
export function positionsContract(name: string, create: () => Promise<LogHarness>): void {
  describe(`EventBufferReader contract: ${name}`, () => {
    let harness: LogHarness;
    beforeEach(async () => {
      harness = await create();
    });
    afterEach(() => harness.dispose());
    const given = () => harness;

    appending(given);
    reading(given);
    lookingUp(given);
    describe("Promise 4: the log replays exactly", () => {
      modelled(create);
    });
  });
}

/** A log as a way in, all of which is read from its beginning. */
function sinkOf(harness: BufferHarness): SinkHarness {
  let opened: EventBuffer | undefined;
  return {
    open: async (maxPendingBytes) => (opened = await harness.open(maxPendingBytes)),
    delivered: async () => {
      const reader = harness.openReader();
      const records = opened === undefined ? [] : await readAll(reader, 0, opened.end());
      await reader.close();
      return records;
    },
    fail: harness.fail,
    dispose: harness.dispose,
  };
}

function appending(harness: () => LogHarness): void {
  test("gives positions in order, and the records back as they were", async () => {
    const log = await harness().open();
    const records = range(0, 50).map((number) => numbered(number));
    const positions = await log.append(records);
    expect(positions).toHaveLength(50);
    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    const reader = harness().openReader();
    const read = await readAll(reader, positions[0]!, await log.end());
    expect(read.map(plain)).toEqual(records.map(plain));
    expect(read.map((record) => record.position)).toEqual(positions);
    await reader.close();
    await log.close();
  });

  test("nothing appended is nothing changed", async () => {
    const log = await harness().open();
    const end = await log.end();
    expect(await log.append([])).toEqual([]);
    expect(await log.end()).toBe(end);
    await log.close();
  });

  test("records of one append are contiguous, among many concurrent callers", async () => {
    const log = await harness().open();
    const start = await log.end();
    const calls = range(0, 64).map((call) => range(0, 1 + (call % 7)).map((n) => numbered(call * 100 + n)));
    const positions = await Promise.all(calls.map((records) => log.append(records)));
    const reader = harness().openReader();
    const read = await readAll(reader, start, await log.end());
    expect(read).toHaveLength(calls.flat().length);
    for (const [call, records] of calls.entries()) {
      const from = read.findIndex((record) => record.position === positions[call]![0]);
      expect(read.slice(from, from + records.length).map(plain)).toEqual(records.map(plain));
    }
    await reader.close();
    await log.close();
  });
}

function reading(harness: () => LogHarness): void {
  test("goes on by `next` whatever the limits are, and stops at `until`", async () => {
    const log = await harness().open();
    const records = range(0, 200).map((number) => numbered(number, 20 + (number % 90)));
    const positions: Position[] = [];
    for (const part of range(0, 20)) positions.push(...(await log.append(records.slice(part * 10, part * 10 + 10))));
    const reader = harness().openReader();
    for (const [maxRecords, maxBytes] of [
      [1, 1_000_000],
      [7, 1_000_000],
      [1_000, 1],
      [1_000, 500],
    ] as const) {
      const read = await readAll(reader, positions[0]!, await log.end(), maxRecords, maxBytes);
      expect(read.map(plain)).toEqual(records.map(plain));
    }
    const middle = await readAll(reader, positions[33]!, positions[101]!, 9);
    expect(middle.map(plain)).toEqual(records.slice(33, 101).map(plain));
    expect(await reader.read(positions[5]!, positions[5]!, 10, 1_000)).toEqual({ records: [], next: positions[5] });
    await reader.close();
    await log.close();
  });

  test("reads what is durable while more is being appended", async () => {
    const log = await harness().open();
    const start = await log.end();
    const writers = { done: false };
    const appended = Promise.all(
      range(0, 8).map(async (caller) => {
        for (const n of range(0, 60)) await log.append([numbered(caller * 100 + n, 50 + n)]);
      }),
    ).finally(() => (writers.done = true));
    const reader = harness().openReader();
    const seen: StoredRecord[] = [];
    for (let next = start; !writers.done || next < (await log.end());) {
      const end = await log.end();
      const read = await readAll(reader, next, end, 7);
      seen.push(...read);
      next = end;
      if (read.length === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await appended;
    for (const caller of range(0, 8)) {
      const own = seen.filter((record) => Math.floor(Buffer.from(record.payload).readUInt32BE(0) / 100) === caller);
      expect(own.map(plain)).toEqual(range(0, 60).map((n) => plain(numbered(caller * 100 + n, 50 + n))));
    }
    await reader.close();
    await log.close();
  });

  test("follows a log that grows, across reopening", async () => {
    const reader = harness().openReader();
    let next: Position | undefined;
    let written = 0;
    const seen: StoredRecord[] = [];
    for (const round of range(0, 4)) {
      const log = await harness().open();
      next ??= await log.end();
      for (let part = 0; part < 5; part += 1) {
        await log.append(range(written, written + 3 + round).map((number) => numbered(number, 60)));
        written += 3 + round;
        const read = await readAll(reader, next, await log.end());
        next = await log.end();
        seen.push(...read);
      }
      await log.close();
    }
    expect(seen.map(plain)).toEqual(range(0, written).map((number) => plain(numbered(number, 60))));
    await reader.close();
  });
}

function lookingUp(harness: () => LogHarness): void {
  test("`at` gives any one record, and null where there is none", async () => {
    const log = await harness().open();
    const reader = harness().openReader();
    expect(await reader.at(await log.end())).toBeNull();
    const positions: Position[] = [];
    for (const part of range(0, 30)) {
      positions.push(...(await log.append(range(part * 20, part * 20 + 20).map((number) => numbered(number)))));
    }
    for (const number of [599, 0, 300, 299, 1, 255, 256, 257, 512, 598]) {
      const record = await reader.at(positions[number]!);
      expect(record?.position).toBe(positions[number]);
      expect(plain(record!)).toEqual(plain(numbered(number)));
    }
    expect(await reader.at(await log.end())).toBeNull();
    expect(await reader.at((await log.end()) + 1_000)).toBeNull();
    await reader.close();
    await log.close();
  });

  test("many readers and lookups at once see the same", async () => {
    const log = await harness().open();
    const positions = await log.append(range(0, 300).map((number) => numbered(number)));
    const readers = [harness().openReader(), harness().openReader()];
    const end = await log.end();
    const answers = await Promise.all(
      readers.flatMap((reader) => [
        readAll(reader, positions[0]!, end, 50),
        readAll(reader, positions[150]!, end, 11),
        ...[3, 290, 17].map(async (number) => [(await reader.at(positions[number]!))!]),
      ]),
    );
    const firsts = answers.map((records) => records[0]!.position);
    const expected = [0, 150, 3, 290, 17].map((number) => positions[number]);
    expect(firsts).toEqual([...expected, ...expected]);
    expect(answers[0]!.map(plain)).toEqual(range(0, 300).map((number) => plain(numbered(number))));
    for (const reader of readers) await reader.close();
    await log.close();
  });
}

function failing(harness: () => BufferHarness): void {
  test.each([false, true])("the n-th operation fails for every n, its answer lost: %s", async (lostAnswer) => {
    let clean = false;
    let number = 0;
    const promised: { position: Position; number: number }[] = [];
    for (let nth = 1; !clean; nth += 1) {
      expect(nth, "some run is long enough to be spared").toBeLessThan(100);
      const log = await harness().open();
      harness().fail({ nth, lostAnswer });
      let refused = 0;
      for (let append = 0; append < 8; append += 1) {
        const numbers = [number, number + 1];
        number += 2;
        const problem = await problemOf(
          log
            .append(numbers.map((n) => numbered(n)))
            .then((positions) => promised.push(...numbers.map((n, at) => ({ number: n, position: positions[at]! })))),
        );
        if (problem) expect(problem.status).toBe(503);
        if (refused > 0) expect(problem, "once failed, it acknowledges no more").toBeDefined();
        refused += problem ? 1 : 0;
      }
      clean = refused === 0;
      harness().fail(null);
      await log.close();
    }
    const log = await harness().open();
    const reader = harness().openReader();
    for (const { position, number } of promised) {
      expect(plain((await reader.at(position))!)).toEqual(plain(numbered(number)));
    }
    const numbers = (await readAll(reader, promised[0]!.position, log.end())).map((record) =>
      Buffer.from(record.payload).readUInt32BE(0),
    );
    expect(numbers, "in order, none twice").toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
    await reader.close();
    await log.close();
  });

  test("a failure refuses all who wait, and reopening goes on", async () => {
    const log = await harness().open();
    harness().fail({ nth: 1, lostAnswer: false });
    const waiting = await Promise.all(range(0, 20).map((number) => problemOf(log.append([numbered(number)]))));
    expect(waiting.map((problem) => problem?.status)).toEqual(range(0, 20).map(() => 503));
    harness().fail(null);
    expect((await problemOf(log.append([numbered(20)])))?.status).toBe(503);
    await log.close();
    const again = await harness().open();
    const [position] = await again.append([numbered(21)]);
    const reader = harness().openReader();
    expect(plain((await reader.at(position!))!)).toEqual(plain(numbered(21)));
    await reader.close();
    await again.close();
  });
}

function modelled(create: () => Promise<LogHarness>): void {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ append: fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 12 }) }) },
    { weight: 1, arbitrary: fc.constant("reopen" as const) },
    { weight: 1, arbitrary: fc.record({ together: fc.integer({ min: 2, max: 9 }) }) },
    { weight: 2, arbitrary: fc.record({ read: fc.nat(), maxRecords: fc.integer({ min: 1, max: 20 }) }) },
    { weight: 2, arbitrary: fc.record({ at: fc.nat() }) },
  );
  test("any sequence of appends, reopenings and reads agrees with an array", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const harness = await create();
        const reader = harness.openReader();
        let log = await harness.open();
        const model: { position: Position; record: BufferRecord }[] = [];
        let number = 0;
        const append = async (sizes: number[]) => {
          const records = sizes.map((size) => numbered(number++, size));
          const positions = await log.append(records);
          model.push(...records.map((record, at) => ({ record, position: positions[at]! })));
        };
        for (const step of steps) {
          if (step === "reopen") {
            await log.close();
            log = await harness.open();
          } else if ("append" in step) {
            await append(step.append);
          } else if ("together" in step) {
            await Promise.all(range(0, step.together).map((size) => append([size * 30])));
            model.sort((a, b) => a.position - b.position);
          } else if (model.length > 0 && "read" in step) {
            const from = step.read % model.length;
            const read = await readAll(reader, model[from]!.position, await log.end(), step.maxRecords);
            expect(read.map(plain)).toEqual(model.slice(from).map(({ record }) => plain(record)));
          } else if (model.length > 0 && "at" in step) {
            const { position, record } = model[step.at % model.length]!;
            expect(plain((await reader.at(position))!)).toEqual(plain(record));
          }
        }
        await reader.close();
        await log.close();
        await harness.dispose();
      }),
      { numRuns: runs(40) },
    );
  });
}
