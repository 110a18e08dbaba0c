import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EventBufferReader, StoredRecord } from "../buffer/eventBuffer.ts";
import { position as positionOf } from "../model/position.ts";
import { pendingMessages } from "./pendingMessages.ts";
import { processorTime } from "../../test/processorTime.ts";

function keyOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 16);
}
function recordOf(message: string, position: number): StoredRecord {
  return { message, position, fragment: "", payload: new Uint8Array(1) };
}
function readerOf(records: readonly StoredRecord[], onRead: () => void = () => undefined): EventBufferReader {
  return {
    read: async (from, until, maxRecords) => {
      onRead();
      const found = records.filter(({ position }) => position >= from && position < until).slice(0, maxRecords);
      return { records: found, next: found.length < maxRecords ? until : (found.at(-1)?.position ?? from) + 1 };
    },
    at: async (at) => records.find(({ position }) => position === at) ?? null,
    close: async () => undefined,
  };
}
const nothingLeft = { log: readerOf([]), from: 0, until: 0 };

describe("messages that are not yet decided", () => {
  it("are found wherever they lie, those of an earlier process too, until they are decided", async () => {
    const message = fc.nat(30).map((n) => keyOf(`m${n}`));
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { maxLength: 40 }),
        fc.array(fc.array(message, { maxLength: 9 }), { maxLength: 8 }),
        fc.nat(80),
        fc.array(message, { minLength: 1, maxLength: 4 }),
        async (left, appended, decided, wanted) => {
          // Two records a segment, so that positions have gaps.
          const all = [...left, ...appended.flat()].map((key, n) => recordOf(key, positionOf(n >> 1, n & 1)));
          const until = all[left.length]?.position ?? positionOf(left.length, 0);
          const pending = pendingMessages({ log: readerOf(all.slice(0, left.length)), from: 0, until });
          let at = left.length;
          for (const call of appended) {
            const records = all.slice(at, at + call.length);
            at += call.length;
            pending.add(
              records.map(({ message }) => message),
              records.map(({ position }) => position),
            );
          }
          await pending.find([]);
          const bound = positionOf(decided >> 1, decided & 1);
          pending.decided(bound);
          const found = (await pending.find(wanted)).filter((position) => position >= bound);
          expect(found).toEqual(
            all.filter((each) => each.position >= bound && wanted.includes(each.message)).map((each) => each.position),
          );
          await pending.close();
        },
      ),
    );
  });

  it("are told apart in a full backlog in a moment, and forgotten when all is decided", async () => {
    const pending = pendingMessages(nothingLeft);
    const count = 500_000;
    // Any 16 characters do: a million real hashes would take longer than what is measured.
    const keys = Array.from({ length: count }, (_, n) => `${n}`.padStart(16, "k"));
    for (let from = 0; from < count; from += 10_000) {
      const positions = Array.from({ length: 10_000 }, (_, n) => from + n);
      pending.add(keys.slice(from, from + 10_000), positions);
    }
    const workedMs = processorTime();
    expect(await pending.find([keyOf("never sent"), ...keys.slice(-50)])).toEqual(
      Array.from({ length: 50 }, (_, n) => count - 50 + n),
    );
    // Reading the backlog took seconds.
    expect(workedMs()).toBeLessThan(250);
    pending.decided(count);
    expect(await pending.find(keys.slice(-50))).toEqual([]);
  });

  it("of an earlier process are read a little at a time, with the event loop free between", async () => {
    const records = Array.from({ length: 5_000 }, (_, n) => recordOf(keyOf(`m${n}`), n));
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const turnsAtReads: number[] = [];
    const log = readerOf(records, () => turnsAtReads.push(turns));
    const pending = pendingMessages({ log, from: 0, until: 5_000 });
    expect(await pending.find([keyOf("m4999")])).toEqual([4_999]);
    isOver = true;
    expect(turnsAtReads.length).toBeGreaterThanOrEqual(10);
    expect(new Set(turnsAtReads).size).toBe(turnsAtReads.length);
    await pending.close();
  });

  it("that cannot be read are told to whoever asks, and a close waits for nobody", async () => {
    const log: EventBufferReader = {
      ...readerOf([]),
      read: async () => {
        throw new Error("damaged");
      },
    };
    const pending = pendingMessages({ log, from: 0, until: 10 });
    await expect(pending.find(["k".repeat(16)])).rejects.toThrow("damaged");
    await pending.close();
    const endless = pendingMessages({ log: readerOf([recordOf("k", 0)]), from: 0, until: 1e9 });
    await endless.close();
  });
});
