import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EventBufferReader, StoredRecord } from "../buffer/eventBuffer.ts";
import { position, segmentOf, type Position } from "../model/position.ts";
import type { MessageIndex } from "./messageIndex.ts";
import { runs } from "../../test/runs.ts";

/** What an index is opened over: the log, how far it is decided, and what of that was not processed. */
export interface DecidedLog {
  log: EventBufferReader;
  decided: Position;
  /** Messages before it are forgotten. */
  keptFrom?: Position;
  notProcessed: (from: Position, until: Position) => Set<Position>;
}

export interface MessageIndexHarness {
  /** Over the same storage as before; the one opened before is closed or has crashed by then. */
  open(over: DecidedLog): Promise<MessageIndex>;
  /** The `nth` write to the storage from now on (from 1) fails, once; with `lostAnswer` it is done all the same. */
  fail(fault: { nth: number; lostAnswer: boolean } | null): void;
  /** What is open is gone as after `kill -9`: nothing is finished, nothing is flushed by a close of its own. */
  crash(): Promise<void>;
  dispose(): Promise<void>;
}

interface Entry {
  key: string;
  position: Position;
}

/** A log that grows, of few records a segment, so that segments are sealed often. Every fifth record is not processed. */
class GrowingLog {
  readonly records: StoredRecord[] = [];
  #decided = 0;

  /** The next records, as ingestion hands them to the index once they are decided. */
  decide(count: number): Entry[] {
    const from = this.records.length;
    for (let n = from; n < from + count; n++) {
      const at = position(Math.floor(n / perSegment), n % perSegment);
      this.records.push({ message: keyOf(`m${n}`), position: at, fragment: "", payload: new Uint8Array(1) });
    }
    this.#decided = this.records.length;
    return this.processed().filter(({ position: at }) => at >= (this.records[from]?.position ?? 0));
  }

  processed(): Entry[] {
    return this.records
      .filter((_, n) => !isSkipped(n))
      .map(({ message, position: at }) => ({ key: message, position: at }));
  }

  over(): DecidedLog {
    const decided = position(Math.floor(this.#decided / perSegment), this.#decided % perSegment);
    return {
      decided,
      notProcessed: (from, until) =>
        new Set(
          this.records
            .filter((_, n) => isSkipped(n))
            .flatMap(({ position: at }) => (at >= from && at < until ? [at] : [])),
        ),
      log: {
        read: async (from, until, maxRecords) => {
          const inside = this.records.filter(({ position: at }) => at >= from && at < until);
          const records = inside.filter(({ position: at }) => segmentOf(at) === segmentOf(from)).slice(0, maxRecords);
          const more = inside[records.length];
          return { records, next: more?.position ?? until };
        },
        at: async (at) => this.records.find((record) => record.position === at) ?? null,
        close: async () => undefined,
      },
    };
  }
}

const perSegment = 7;
function isSkipped(n: number): boolean {
  return n % 5 === 4;
}
function keyOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 16);
}

/** Everything that was processed is found where it was first, nothing else is. */
async function expectKnown(index: MessageIndex, log: GrowingLog): Promise<void> {
  const processed = log.processed();
  expect(await index.firstPositions(processed.map(({ key }) => key))).toEqual(processed.map((entry) => entry.position));
  const others = [keyOf("never sent"), ...log.records.flatMap(({ message }, n) => (isSkipped(n) ? [message] : []))];
  expect(await index.firstPositions(others)).toEqual(others.map(() => null));
}

/** The promises of `MessageIndex`, which every adapter keeps. */
export function messageIndexContract(name: string, create: () => Promise<MessageIndexHarness>): void {
  const withHarness = async (work: (harness: MessageIndexHarness) => Promise<void>): Promise<void> => {
    const harness = await create();
    try {
      await work(harness);
    } finally {
      await harness.dispose();
    }
  };
  describe(`MessageIndex contract: ${name}`, () => {
    describe("Promise 2: once, for as long as the log is kept", () => {
      remembering(withHarness);
      forgetting(withHarness);
      failing(withHarness);
      modelled(withHarness);
    });
  });
}

type WithHarness = (work: (harness: MessageIndexHarness) => Promise<void>) => Promise<void>;

function remembering(withHarness: WithHarness): void {
  test("the first position stays, whatever is remembered again", () =>
    withHarness(async (harness) => {
      const log = new GrowingLog();
      const index = await harness.open(log.over());
      const entries = log.decide(20);
      await index.remember(entries);
      await index.remember(entries);
      await index.remember([]);
      await index.remember(entries.slice(3, 9));
      await expectKnown(index, log);
      expect(await index.firstPositions([])).toEqual([]);
      const [first] = entries;
      expect(await index.firstPositions([first!.key, "x".repeat(16), first!.key])).toEqual([0, null, 0]);
      await index.close();
    }));

  test("questions while it remembers get an answer of before or after", () =>
    withHarness(async (harness) => {
      const log = new GrowingLog();
      const index = await harness.open(log.over());
      for (let round = 0; round < 12; round++) {
        const entries = log.decide(10);
        const remembered = index.remember(entries);
        const asked = await Promise.all(
          Array.from({ length: 5 }, () => index.firstPositions(entries.map(({ key }) => key))),
        );
        for (const answers of asked) {
          for (const [n, answer] of answers.entries()) expect([null, entries[n]!.position]).toContain(answer);
        }
        await remembered;
        await expectKnown(index, log);
      }
      await index.close();
    }));

  test("what is beyond the decided position is not known, so that a replay processes it", () =>
    withHarness(async (harness) => {
      const log = new GrowingLog();
      log.decide(10);
      const { decided, ...over } = log.over();
      const before = log.processed();
      const later = log.decide(10);
      const index = await harness.open({ ...over, decided });
      expect(await index.firstPositions(later.map(({ key }) => key))).toEqual(later.map(() => null));
      expect(await index.firstPositions(before.map(({ key }) => key))).toEqual(before.map((each) => each.position));
      await index.remember(later);
      await expectKnown(index, log);
      await index.close();
    }));
}

function forgetting(withHarness: WithHarness): void {
  test("what is forgotten is new when it comes again, also where it is opened again", () =>
    withHarness(async (harness) => {
      const log = new GrowingLog();
      let index = await harness.open(log.over());
      const entries = log.decide(40);
      await index.remember(entries);
      const keptFrom = position(3, 2);
      const [gone, kept] = [
        entries.filter((each) => each.position < keptFrom),
        entries.filter((each) => each.position >= keptFrom),
      ];
      index.forget(keptFrom);
      index.forget(position(1, 0));
      const [again] = gone as [Entry];
      const later = { key: again.key, position: position(9, 0) };
      const expectAs = async (first: Position | null): Promise<void> => {
        const expected = gone.map(({ key }) => (key === again.key ? first : null));
        expect(await index.firstPositions(gone.map(({ key }) => key))).toEqual(expected);
        expect(await index.firstPositions(kept.map(({ key }) => key))).toEqual(kept.map((each) => each.position));
      };
      await expectAs(null);
      await index.remember([later]);
      await index.remember([later]);
      await expectAs(later.position);
      await index.close();
      index = await harness.open({ ...log.over(), keptFrom });
      await index.remember([later]);
      await expectAs(later.position);
      await index.close();
    }));
}

function failing(withHarness: WithHarness): void {
  test.each([
    { lostAnswer: false, after: "goes on" },
    { lostAnswer: true, after: "goes on" },
    { lostAnswer: false, after: "crashes" },
    { lostAnswer: true, after: "crashes" },
  ])("any write fails (answer lost: $lostAnswer), then it $after: nothing is forgotten", ({ lostAnswer, after }) =>
    withHarness(async (harness) => {
      const log = new GrowingLog();
      let index = await harness.open(log.over());
      let failures = 0;
      for (let nth = 1; nth <= 12; nth++) {
        harness.fail({ nth, lostAnswer });
        for (let part = 0; part < 4; part++) {
          const entries = log.decide(9);
          const failed = await index.remember(entries).then(
            () => false,
            () => true,
          );
          if (!failed) continue;
          failures += 1;
          if (after === "crashes") {
            await harness.crash();
            index = await harness.open(log.over());
          } else {
            // As ingestion does: what follows a decision is done again until it is done.
            await index.remember(entries);
          }
          await expectKnown(index, log);
        }
        harness.fail(null);
        await expectKnown(index, log);
      }
      expect(failures).toBeGreaterThan(3);
      await index.close();
      const again = await harness.open(log.over());
      await expectKnown(again, log);
      await again.close();
    }),
  );

  test("a decision whose messages it never heard of is known after a crash", () =>
    withHarness(async (harness) => {
      const log = new GrowingLog();
      const index = await harness.open(log.over());
      await index.remember(log.decide(12));
      // Decided, and the process is gone before it could be remembered.
      log.decide(12);
      await harness.crash();
      const again = await harness.open(log.over());
      await expectKnown(again, log);
      expect(await again.firstPositions([log.records[12]!.message])).toEqual([log.records[12]!.position]);
      await again.close();
    }));
}

function modelled(withHarness: WithHarness): void {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ remember: fc.integer({ min: 1, max: 25 }) }) },
    { weight: 1, arbitrary: fc.constantFrom("reopen" as const, "crash" as const) },
  );
  test("any sequence of remembering, reopening and crashing knows what the log says", async () => {
    const property = fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 15 }), (steps) =>
        withHarness(async (harness) => {
          const log = new GrowingLog();
          let index = await harness.open(log.over());
          for (const each of steps) {
            if (typeof each === "object") await index.remember(log.decide(each.remember));
            else {
              await (each === "crash" ? harness.crash() : index.close());
              index = await harness.open(log.over());
            }
            await expectKnown(index, log);
          }
          await index.close();
        }),
      ),
      { numRuns: runs(20) },
    );
    await expect(property).resolves.toBeUndefined();
  });
}
