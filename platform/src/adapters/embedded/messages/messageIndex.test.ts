import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHash } from "node:crypto";
import { ClassicLevel } from "classic-level";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { position } from "../../../model/position.ts";
import type { EventBufferReader, StoredRecord } from "../../../buffer/eventBuffer.ts";
import { messageIndexContract } from "../../../storage/messageIndexContract.ts";
import { openKeyTree, type KeyTree } from "./keyTree.ts";
import { openMessageIndex } from "./messageIndex.ts";
import { sealedAtOnce } from "./sealedAtOnce.fake.ts";

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
    // A segment's worth at a time.
    read: async (from, until) => {
      const found = records.filter((record) => record.position >= from && record.position < until).slice(0, perSegment);
      return { records: found, next: (found.at(-1)?.position ?? until - 1) + 1 };
    },
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
    open: async (over) => {
      const index = await openMessageIndex({
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
      });
      return sealedAtOnce(index);
    },
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

describe("Promise 2: sealing beside decisions", () => {
  /** Writes to the tree wait until they are let through, or fail. */
  async function heldIndex() {
    const { log, entries } = logOf(5, 20);
    const held: { let(): void; fail(): void }[] = [];
    const index = await openMessageIndex({
      directory: directory(),
      log,
      decided: 0,
      notProcessed: noneSkipped,
      openTree: async (path) =>
        faultyTree(await openKeyTree(path), async (work) => {
          await new Promise<void>((resolve, reject) =>
            held.push({ let: resolve, fail: () => reject(new Error("IO error")) }),
          );
          return work();
        }),
    });
    const until = (segment: number) => entries.filter((entry) => entry.position <= position(segment, 0));
    const known = async (some: typeof entries) =>
      expect(await index.firstPositions(some.map(({ key }) => key))).toEqual(some.map((entry) => entry.position));
    return { index, held, until, known };
  }

  it("goes on while a segment is sealed, and a whole segment later waits for it", async () => {
    const { index, held, until, known } = await heldIndex();
    await index.remember(until(1));
    await known(until(1));
    expect(held).toHaveLength(1);
    let isThrough = false;
    const later = index.remember(until(2)).then(() => (isThrough = true));
    await known(until(2));
    expect(isThrough).toBe(false);
    held[0]?.let();
    await later;
    await expect.poll(() => held.length).toBe(2);
    held[1]?.let();
    await index.sealed();
    await known(until(2));
    await index.close();
  });

  it("tries again, and waits for that, where sealing failed", async () => {
    const { index, held, until, known } = await heldIndex();
    await index.remember(until(1));
    held[0]?.fail();
    await expect(index.sealed()).rejects.toThrow("IO error");
    const again = index.remember(until(1));
    await expect.poll(() => held.length).toBe(2);
    held[1]?.fail();
    await expect(again).rejects.toThrow("IO error");
    const third = index.remember(until(1));
    await expect.poll(() => held.length).toBe(3);
    held[2]?.let();
    await third;
    await index.sealed();
    await known(until(1));
    await index.close();
  });

  it("keeps what is forgotten and comes again while its first delivery is being sealed", async () => {
    const { index, held, until, known } = await heldIndex();
    await index.remember(until(1));
    const again = { ...until(0)[0]!, position: position(1, 5) };
    index.forget(position(1, 0));
    await index.remember([again]);
    held[0]?.let();
    await index.sealed();
    expect(await index.firstPositions([again.key])).toEqual([again.position]);
    await known([again]);
    await index.close();
  });

  it("keeps what comes again, and is sealed while its first delivery is removed", async () => {
    const { index, held, until, known } = await heldIndex();
    await index.remember(until(1));
    held[0]?.let();
    await index.sealed();
    const again = { ...until(0)[0]!, position: position(1, 5) };
    index.forget(position(1, 0));
    await index.remember([again]);
    let hasEnded = false;
    const removed = index.removeSegment(0);
    // It has read what is to go, and is about to take it away.
    await expect.poll(() => held.length).toBe(2);
    await index.remember(until(2).filter((entry) => entry.position > again.position));
    await new Promise((resolve) => setImmediate(resolve));
    expect(held).toHaveLength(2);
    const ended = removed.then(() => index.sealed()).finally(() => (hasEnded = true));
    await expect
      .poll(() => {
        for (const each of held) each.let();
        return hasEnded;
      })
      .toBe(true);
    await ended;
    await known([again]);
    await index.close();
  });
});

/** Filters of 64 keys and more, so that a few thousand keys need several. */
const small = { capacityOf: (tier: number) => 64 * 2 ** tier, bitsPerKeyOf: () => 16, maxTiers: 12 };

function filesOf(at: string): string[] {
  return readdirSync(join(at, "filters")).sort();
}

describe("Promise 2: no key is forgotten, whatever is lost", () => {
  /** An index over everything decided, closed again; then what `spoil` does; then all keys are looked for. */
  async function survives(spoil: (at: string) => Promise<void> | void): Promise<{ treeLookups: number; at: string }> {
    const at = directory();
    const { log, entries } = logOf(6, 400);
    const options = { directory: at, log, decided: position(5, 400), notProcessed: noneSkipped, schedule: small };
    const first = await openMessageIndex(options);
    await first.settled();
    await first.close();
    await spoil(at);
    const index = await openMessageIndex(options);
    expect(await index.firstPositions(entries.map(({ key }) => key))).toEqual(entries.map((entry) => entry.position));
    const before = index.figures().treeLookups;
    await index.firstPositions(Array.from({ length: 1_000 }, (_, nth) => keyOf(`absent ${nth}`)));
    const { treeLookups } = index.figures();
    await index.close();
    return { treeLookups: treeLookups - before, at };
  }

  it.each<[string, (at: string) => Promise<void> | void]>([
    ["nothing", () => undefined],
    ["all filters and journals", (at) => rmSync(join(at, "filters"), { recursive: true })],
    ["a journal", (at) => rmSync(join(at, "filters", "2.keys"))],
    ["the end of a journal", (at) => truncateSync(join(at, "filters", "3.keys"), 40)],
    [
      "a bit of a journal",
      (at) => {
        const file = join(at, "filters", "1.keys");
        const bytes = readFileSync(file);
        bytes[50] = (bytes[50] ?? 0) ^ 4;
        writeFileSync(file, bytes);
      },
    ],
    ["a file that was being written", (at) => writeFileSync(join(at, "filters", "5.keys.tmp"), "C360KEY\n half")],
    ["a journal that no seal counts yet", (at) => cpSync(join(at, "filters", "4.keys"), join(at, "filters", "5.keys"))],
    [
      "everything that is newer than the first format",
      async (at) => {
        rmSync(join(at, "filters"), { recursive: true });
        const tree = new ClassicLevel<Uint8Array, Uint8Array>(at, { keyEncoding: "view", valueEncoding: "view" });
        await tree.del(Buffer.from("filters"));
        await tree.put(Buffer.from("f0"), Buffer.alloc(100));
        await tree.close();
      },
    ],
  ])("finds every message after the loss of %s", async (_what, spoil) => {
    const { treeLookups, at } = await survives(spoil);
    expect(treeLookups).toBeLessThan(100);
    expect(filesOf(at).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("finds every message after the loss of a copied filter, or of one of its bits", async () => {
    const copied = async (at: string): Promise<string> => {
      rmSync(join(at, "filters"), { recursive: true });
      // Made again from the tree, the filters are copied at once.
      await (await openMessageIndex({ directory: at, log: logOf(1, 1).log, ...nothingDecided })).close();
      const [name = ""] = filesOf(at).filter((file) => file.startsWith("2-"));
      expect(name).toBe("2-5.filter");
      return join(at, "filters", name);
    };
    const nothingDecided = { decided: 0, notProcessed: noneSkipped, schedule: small };
    await survives(async (at) => rmSync(await copied(at)));
    await survives(async (at) => {
      const file = await copied(at);
      const bytes = readFileSync(file);
      bytes.fill(0, 60, 80);
      writeFileSync(file, bytes);
    });
    const { treeLookups } = await survives(async (at) => void (await copied(at)));
    expect(treeLookups).toBeLessThan(100);
  });

  it("finds every message from each state of the disk that a crash can leave", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 150 }), { minLength: 1, maxLength: 30 }),
        fc.array(fc.nat(29), { maxLength: 6 }),
        async (batches, crashes) => {
          const { log, entries } = logOf(5, 100);
          let at = directory();
          let decided = 0;
          const options = { log, notProcessed: noneSkipped, schedule: small };
          let index = await openMessageIndex({ ...options, directory: at, decided });
          for (const [turn, size] of batches.entries()) {
            const from = entries.findIndex((entry) => entry.position >= decided);
            const batch = from < 0 ? [] : entries.slice(from, from + size);
            // Decided and durable; the index hears of it, or the process is gone before it does or while it writes.
            decided = (batch.at(-1)?.position ?? decided - 1) + 1;
            const isCrash = crashes.includes(turn);
            const remembered = index.remember(batch);
            if (!isCrash) await remembered;
            else {
              for (let ticks = 0; ticks < size % 7; ticks++) await new Promise((resolve) => setImmediate(resolve));
              const left = directory();
              cpSync(at, left, { recursive: true, filter: (name) => !name.endsWith("LOCK") });
              await remembered;
              await index.close();
              at = left;
              index = await openMessageIndex({ ...options, directory: at, decided });
            }
            const known = entries.filter((entry) => entry.position < decided);
            expect(await index.firstPositions(known.map(({ key }) => key))).toEqual(known.map((each) => each.position));
          }
          await index.close();
        },
      ),
      { numRuns: 15 },
    );
  });
});

describe("Promise 2: no key is forgotten where LevelDB's own files are damaged", () => {
  const batches = { segments: 6, perSegment: 3_000 };

  /** Of an index over six segments, written at once or as it lies after a second start, and then spoilt. */
  async function missedAfter(spoil: (at: string) => void, starts: number): Promise<string[]> {
    const at = directory();
    const { log, entries } = logOf(batches.segments, batches.perSegment);
    const decided = position(batches.segments - 1, batches.perSegment);
    const options = { directory: at, log, decided, notProcessed: noneSkipped };
    for (let start = 0; start < starts; start++) await (await openMessageIndex(options)).close();
    spoil(at);
    const index = await openMessageIndex(options);
    const found = await index.firstPositions(entries.map(({ key }) => key));
    await index.close();
    return entries.filter((entry, nth) => entry.position !== found[nth]).map(({ key }) => key);
  }

  function flip(file: string, part: number): void {
    const bytes = readFileSync(file);
    const at = Math.floor(bytes.length * part);
    bytes[at] = (bytes[at] ?? 0) ^ 16;
    writeFileSync(file, bytes);
  }

  function only(at: string, name: RegExp): string {
    const [found = ""] = readdirSync(at).filter((file) => name.test(file));
    return join(at, found);
  }

  it.each([0.1, 0.3, 0.5, 0.7, 0.9])(
    "finds every message after a flipped bit at %d of the write-ahead log",
    async (part) => {
      expect(await missedAfter((at) => flip(only(at, /^\d+\.log$/), part), 1)).toEqual([]);
    },
  );

  it.each<[string, (at: string) => void]>([
    ["a bit of its list of files", (at) => flip(only(at, /^MANIFEST/), 0.5)],
    ["the end of its list of files", (at) => truncateSync(only(at, /^MANIFEST/), 30)],
    ["the name of its list of files", (at) => truncateSync(join(at, "CURRENT"), 0)],
    ["a table", (at) => rmSync(only(at, /\.ldb$/))],
  ])("finds every message after the loss of %s", async (_what, spoil) => {
    expect(await missedAfter(spoil, 2)).toEqual([]);
  });

  it("says what to do where a file cannot be read", async () => {
    const at = directory();
    const options = { directory: at, log: logOf(2, 10).log, decided: position(1, 10), notProcessed: noneSkipped };
    const first = await openMessageIndex(options);
    await expect(openMessageIndex(options)).rejects.toMatchObject({ code: "data_dir_in_use" });
    await first.close();
    rmSync(only(at, /^MANIFEST/));
    await expect(openMessageIndex(options)).rejects.toMatchObject({
      code: "message_index_unreadable",
      hint: expect.stringContaining("remove the folder messages/") as string,
    });
  });

  it("looks again after a crash between LevelDB's recovery and the look", async () => {
    const at = directory();
    const { log, entries } = logOf(batches.segments, batches.perSegment);
    const decided = position(batches.segments - 1, batches.perSegment);
    const options = { directory: at, log, decided, notProcessed: noneSkipped };
    await (await openMessageIndex(options)).close();
    flip(only(at, /^\d+\.log$/), 0.3);
    await (await openKeyTree(at)).close();
    const index = await openMessageIndex(options);
    expect(await index.firstPositions(entries.map(({ key }) => key))).toEqual(entries.map((entry) => entry.position));
    await index.close();
  });
});
