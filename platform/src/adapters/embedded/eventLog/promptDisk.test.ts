import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nodeDisk, type LogDisk } from "./disk.ts";
import { promptDisk, type PromptParts } from "./promptDisk.ts";

interface Bench {
  disk: LogDisk;
  /** What each call went to, in order. */
  went: string[];
  stored: Uint8Array;
  clock: { ms: number };
  take: { ms: number; mostAtOnce: number; error: Error | null };
}

function bench(): Bench {
  const went: string[] = [];
  const stored = new Uint8Array(2_000_000);
  const clock = { ms: 0 };
  const take: Bench["take"] = { ms: 0.1, mostAtOnce: Number.POSITIVE_INFINITY, error: null };
  const pool: LogDisk = {
    ...nodeDisk,
    write: async (_, bytes, at) => {
      went.push("pool write");
      stored.set(bytes, at);
    },
    sync: async () => void went.push("pool sync"),
  };
  const parts: PromptParts = {
    write: (_, bytes, offset, length, at) => {
      went.push("write");
      clock.ms += take.ms;
      if (take.error !== null) throw take.error;
      const taken = Math.min(length, take.mostAtOnce);
      stored.set(bytes.subarray(offset, offset + taken), at);
      return taken;
    },
    sync: () => {
      went.push("sync");
      clock.ms += take.ms;
      if (take.error !== null) throw take.error;
    },
    now: () => clock.ms,
  };
  return { disk: promptDisk(pool, parts), went, stored, clock, take };
}

describe("a disk that is written to at once", () => {
  test("takes every byte at its place, however few the operating system takes at a time", async () => {
    const chunk = fc.record({
      bytes: fc.uint8Array({ minLength: 1, maxLength: 60 }),
      most: fc.integer({ min: 1, max: 9 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { minLength: 1, maxLength: 20 }), async (chunks) => {
        const { disk, stored, take } = bench();
        let at = 0;
        for (const { bytes, most } of chunks) {
          take.mostAtOnce = most;
          await disk.write(1, bytes, at);
          at += bytes.length;
        }
        const expected = Uint8Array.from(chunks.flatMap(({ bytes }) => [...bytes]));
        expect(stored.subarray(0, at)).toEqual(expected);
      }),
    );
  });

  test("leaves to the pool what is large, and everything once it is slow, until it is quick again", async () => {
    const { disk, went, clock, take } = bench();
    await disk.write(1, new Uint8Array(1_048_577), 0);
    await disk.sync(1);
    expect(went.splice(0)).toEqual(["pool write", "sync"]);
    // One that is late by chance is no slow disk; one that hangs is.
    take.ms = 60;
    await disk.sync(1);
    take.ms = 0.1;
    await disk.sync(1);
    expect(went.splice(0)).toEqual(["sync", "sync"]);
    take.ms = 5_000;
    await disk.sync(1);
    await disk.sync(1);
    await disk.write(1, new Uint8Array(8), 0);
    expect(went.splice(0)).toEqual(["sync", "pool sync", "pool write"]);
    // It is tried again once in a while, and more and more seldom.
    const triedAt: number[] = [];
    for (let step = 0; step < 600; step++) {
      clock.ms += 500;
      await disk.sync(1);
      if (went.splice(0).includes("sync")) triedAt.push(clock.ms);
    }
    expect(triedAt.length).toBeGreaterThan(3);
    expect(triedAt.length).toBeLessThan(12);
    take.ms = 0.1;
    clock.ms += 60_000;
    for (let step = 0; step < 20; step++) await disk.sync(1);
    expect(new Set(went)).toEqual(new Set(["sync"]));
  });

  test("tells what the operating system said, and that nothing was taken", async () => {
    const { disk, take } = bench();
    take.error = Object.assign(new Error("no space"), { code: "ENOSPC" });
    await expect(disk.write(1, new Uint8Array(8), 0)).rejects.toMatchObject({ code: "ENOSPC" });
    await expect(disk.sync(1)).rejects.toMatchObject({ code: "ENOSPC" });
    take.error = null;
    take.mostAtOnce = 0;
    await expect(disk.write(1, new Uint8Array(8), 0)).rejects.toThrow("none of the bytes");
  });
});
