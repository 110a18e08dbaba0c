import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHash } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { position } from "../../../model/position.ts";
import type { EventBufferReader, StoredRecord } from "../../../buffer/eventBuffer.ts";
import { messageIndexContract } from "../../../storage/messageIndexContract.ts";
import { openKeyTree, openMessageIndex, type KeyTree } from "./messageIndex.ts";
import { filterCapacity, keyFilter } from "./keyFilter.ts";

const directories: string[] = [];
function directory(): string {
  const made = mkdtempSync(join(tmpdir(), "c360-messages-"));
  directories.push(made);
  return made;
}
afterEach(() => {
  for (const made of directories.splice(0)) rmSync(made, { recursive: true, force: true });
});

function keyOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 16);
}

/** A log of `perSegment` records a segment, each with its own message. */
function logOf(
  segments: number,
  perSegment: number,
): { log: EventBufferReader; entries: { key: string; position: number }[] } {
  const entries = Array.from({ length: segments * perSegment }, (_, index) => ({
    key: keyOf(`m${index}`),
    position: position(Math.floor(index / perSegment), index % perSegment),
  }));
  const payload = new Uint8Array([1]);
  const records: StoredRecord[] = entries.map((entry) => ({ ...entry, message: entry.key, fragment: "", payload }));
  const log: EventBufferReader = {
    read: async (from, until) => ({
      records: records.filter((record) => record.position >= from && record.position < until),
      next: until,
    }),
    at: async (at) => records.find((record) => record.position === at) ?? null,
    close: async () => undefined,
  };
  return { log, entries };
}
const noneSkipped = () => new Set<number>();

/** Writes of the tree are batches. */
function faultyTree(real: KeyTree, write: <T>(work: () => Promise<T>) => Promise<T>): KeyTree {
  return new Proxy(real, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (name !== "batch") return value.bind(target) as unknown;
      return () => {
        const batch = target.batch();
        const writeReal = batch.write.bind(batch);
        return Object.assign(batch, { write: (options: { sync: boolean }) => write(() => writeReal(options)) });
      };
    },
  });
}

messageIndexContract("embedded", async () => {
  const at = directory();
  let fault: { nth: number; lostAnswer: boolean } | null = null;
  let writes = 0;
  let open: KeyTree | null = null;
  return {
    open: (over) =>
      openMessageIndex({
        ...over,
        directory: at,
        openTree: async (path) => {
          open = await openKeyTree(path);
          return faultyTree(open, async (work) => {
            writes += 1;
            if (writes !== fault?.nth) return work();
            if (fault.lostAnswer) await work();
            throw Object.assign(new Error("IO error"), { code: "LEVEL_IO_ERROR" });
          });
        },
      }),
    fail: (next) => {
      fault = next;
      writes = 0;
    },
    // Only the lock is given back, as the kernel does it.
    crash: async () => open?.close(),
    dispose: async () => open?.close(),
  };
});

describe("Promise 2: once, for as long as the log is kept", () => {
  it("finds every message of open and sealed segments, also after a clean stop and a crash", async () => {
    const at = directory();
    const { log, entries } = logOf(4, 50);
    const index = await openMessageIndex({ directory: at, log, decided: 0, notProcessed: noneSkipped });
    for (let from = 0; from < entries.length; from += 30) await index.remember(entries.slice(from, from + 30));
    const keys = entries.map((entry) => entry.key);
    const positions = entries.map((entry) => entry.position);
    expect(await index.firstPositions(keys)).toEqual(positions);
    expect(await index.firstPositions([keyOf("never sent")])).toEqual([null]);
    await index.close();
    const again = await openMessageIndex({ directory: at, log, decided: position(3, 50), notProcessed: noneSkipped });
    expect(await again.firstPositions(keys)).toEqual(positions);
    await again.close();
    // A crash before anything was sealed: all is read from the log again.
    const lost = await openMessageIndex({
      directory: directory(),
      log,
      decided: position(3, 50),
      notProcessed: noneSkipped,
    });
    expect(await lost.firstPositions(keys)).toEqual(positions);
    await lost.close();
  });

  it("does not take a refused or repeated record for the first delivery", async () => {
    const { log, entries } = logOf(1, 10);
    const skipped = entries[3];
    if (skipped === undefined) throw new Error("the log has ten records");
    const index = await openMessageIndex({
      directory: directory(),
      log,
      decided: position(0, 10),
      notProcessed: () => new Set([skipped.position]),
    });
    expect(await index.firstPositions([skipped.key])).toEqual([null]);
    await index.close();
  });

  it("keeps what is beyond the decided position out, so that a replay processes it", async () => {
    const { log, entries } = logOf(2, 10);
    const index = await openMessageIndex({
      directory: directory(),
      log,
      decided: position(1, 4),
      notProcessed: noneSkipped,
    });
    const found = await index.firstPositions(entries.map((entry) => entry.key));
    expect(found.filter((each) => each !== null)).toHaveLength(14);
    await index.close();
  });
});

describe("keyFilter", () => {
  it("never misses a key that was added, and passes few that were not", () => {
    const filter = keyFilter();
    const raw = (text: string) => Buffer.from(keyOf(text), "base64url");
    const added = 50_000;
    for (let index = 0; index < added; index++) filter.add(raw(`in${index}`));
    for (let index = 0; index < added; index++) expect(filter.mayHave(raw(`in${index}`))).toBe(true);
    let passed = 0;
    for (let index = 0; index < added; index++) if (filter.mayHave(raw(`out${index}`))) passed += 1;
    expect(passed / added).toBeLessThan(0.01);
    expect(filter.count).toBe(added);
    expect(filter.count).toBeLessThan(filterCapacity);
  });
});
