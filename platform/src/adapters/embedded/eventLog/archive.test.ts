import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventBufferContract, type BufferHarness } from "../../../buffer/contract.ts";
import type { BufferRecord, EventBuffer, StoredRecord } from "../../../buffer/eventBuffer.ts";
import { numbered, plain, problemOf, readAll } from "../../../buffer/numberedRecords.ts";
import { position } from "../../../model/position.ts";
import { archiveSegment, expandSegment } from "./archive.ts";
import { nodeDisk, type LogDisk } from "./disk.ts";
import { openEventLogReader } from "./reader.ts";
import { listSegments, segmentPath } from "./segmentFiles.ts";
import { logSummary } from "./summary.ts";
import { openEventLog } from "./writer.ts";

const blockBytes = 512;
/** No power fails here. */
const unsynced: LogDisk = { ...nodeDisk, sync: async () => undefined, syncDirectory: async () => undefined };
const atOnce = async (): Promise<void> => undefined;
const options = { disk: unsynced, pace: atOnce, blockBytes };

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "c360-archive-"));
});
afterEach(() => rm(directory, { recursive: true }));

async function archiveAll(log: string, more: Partial<typeof options> = {}): Promise<void> {
  for (const segment of (await listSegments(log)).slice(0, -1)) {
    await archiveSegment(log, segment, { ...options, ...more });
  }
}

/** A log whose segments are archived as soon as they are sealed, by whoever appended. */
async function archivingHarness(): Promise<BufferHarness> {
  const log = await mkdtemp(join(tmpdir(), "c360-archive-"));
  let fault: { nth: number; lostAnswer: boolean } | null = null;
  let done = 0;
  /** The first segment that is not archived. */
  let next = 0;
  const maybe = async (operation: () => Promise<void>): Promise<void> => {
    done += 1;
    const isHit = done === fault?.nth;
    if (!isHit || fault?.lostAnswer === true) await operation();
    if (isHit) throw Object.assign(new Error("EIO: i/o error"), { code: "EIO" });
  };
  const disk: LogDisk = {
    ...unsynced,
    write: (fd, bytes, at) => maybe(() => unsynced.write(fd, bytes, at)),
    sync: (fd) => maybe(() => unsynced.sync(fd)),
    rename: (from, to) => maybe(() => unsynced.rename(from, to)),
    syncDirectory: (path) => maybe(() => unsynced.syncDirectory(path)),
  };
  return {
    async open(maxPendingBytes = 8_388_608) {
      const inner = await openEventLog({ directory: log, segmentBytes: 300, maxPendingBytes, disk });
      let archived: Promise<void> = Promise.resolve();
      let isComing = false;
      const archiveNew = async (): Promise<void> => {
        isComing = false;
        for (const segment of (await listSegments(log)).slice(0, -1)) {
          if (segment < next) continue;
          await archiveSegment(log, segment, options);
          next = segment + 1;
        }
      };
      const buffer: EventBuffer = {
        end: () => inner.end(),
        close: () => inner.close(),
        async append(records) {
          const positions = await inner.append(records);
          if (!isComing) archived = archived.then(archiveNew);
          isComing = true;
          await archived;
          return positions;
        },
      };
      return buffer;
    },
    openReader: () => openEventLogReader(log),
    fail: (coming) => {
      fault = coming;
      done = 0;
    },
    dispose: () => rm(log, { recursive: true }),
  };
}

eventBufferContract("embedded event log, archived as it is sealed", archivingHarness);

async function write(sizes: readonly number[], segmentBytes: number): Promise<BufferRecord[]> {
  const log = await openEventLog({ directory, segmentBytes, disk: unsynced });
  const records = sizes.map((size, n) => numbered(n, size));
  for (const record of records) await log.append([record]);
  await log.close();
  return records;
}

async function everything(): Promise<StoredRecord[]> {
  const { first, end } = await logSummary(directory);
  const reader = openEventLogReader(directory);
  try {
    return await readAll(reader, first, end);
  } finally {
    await reader.close();
  }
}

describe("an archived segment", () => {
  test("gives the same records for the same positions, whatever their sizes and its blocks", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 8, max: 3_000 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 500, max: 9_000 }),
        fc.integer({ min: 512, max: 4_000 }),
        async (sizes, segmentBytes, size) => {
          await rm(directory, { recursive: true });
          const records = await write(sizes, segmentBytes);
          const before = await everything();
          expect(before.map(plain)).toEqual(records.map(plain));
          const reader = openEventLogReader(directory);
          for (const record of before.slice(0, 3)) await reader.at(record.position);
          await archiveAll(directory, { blockBytes: size });
          // One that had a segment open before, and one that had not.
          for (const record of before) {
            const found = await reader.at(record.position);
            expect(found === null ? null : { ...plain(found), position: found.position }).toEqual({
              ...plain(record),
              position: record.position,
            });
          }
          expect(await reader.at(position(0, 4_000))).toBeNull();
          await reader.close();
          const after = await everything();
          expect(after.map((record) => [record.position, plain(record)])).toEqual(
            before.map((record) => [record.position, plain(record)]),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  test("is smaller, and becomes byte for byte what it was", async () => {
    await write(
      Array.from({ length: 300 }, () => 400),
      40_000,
    );
    const path = segmentPath(directory, 0);
    const before = await readFile(path);
    await archiveSegment(directory, 0, options);
    const archived = await readFile(path);
    expect(archived.length).toBeLessThan(before.length / 2);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await archiveSegment(directory, 0, options);
    expect(await readFile(path)).toEqual(archived);
    await expandSegment(unsynced, directory, 0);
    expect(await readFile(path)).toEqual(before);
  });

  test("that is the last, for a restore cut off the rest, is gone on behind", async () => {
    const records = await write([200, 200, 200, 200], 400);
    await archiveAll(directory);
    const segments = await listSegments(directory);
    for (const segment of segments.slice(1)) await rm(segmentPath(directory, segment));
    const kept = await readFile(segmentPath(directory, 0));
    const log = await openEventLog({ directory, segmentBytes: 400 });
    expect(log.end()).toBe(position(1, 0));
    await log.append([numbered(9)]);
    await log.close();
    expect(await readFile(segmentPath(directory, 0))).toEqual(kept);
    expect((await everything()).map(plain)).toEqual([...records.slice(0, 2), numbered(9)].map(plain));
  });

  test("with any byte flipped, or cut short anywhere: an error that names it, never other records", async () => {
    await write([20, 300, 22, 600, 30, 50], 900);
    const before = (await everything()).map(plain);
    await archiveAll(directory);
    const path = segmentPath(directory, 0);
    const whole = await readFile(path);
    const check = async (bytes: Buffer, what: string): Promise<void> => {
      await writeFile(path, bytes);
      const problem = await problemOf(everything().then((records) => expect(records.map(plain)).toEqual(before)));
      expect({ what, code: problem?.code, message: problem?.message }).toEqual({
        what,
        code: expect.stringMatching(/^log_(damaged|format_newer)$/),
        message: expect.stringMatching(/[Ss]egment 0/),
      });
    };
    for (let at = 0; at < whole.length; at += 1) {
      for (const mask of [0x01, 0xfe]) {
        const flipped = Buffer.from(whole);
        flipped[at]! ^= mask;
        await check(flipped, `flipped at ${at}`);
      }
      await check(whole.subarray(0, at), `cut at ${at}`);
    }
    await writeFile(path, whole);
    expect((await everything()).map(plain)).toEqual(before);
  });

  test("whichever step fails, or its answer is lost, the segment is whole, and archived the next time", async () => {
    await write(
      Array.from({ length: 60 }, () => 200),
      5_000,
    );
    const before = (await everything()).map(plain);
    const path = segmentPath(directory, 0);
    const original = await readFile(path);
    let failures = 0;
    for (const lostAnswer of [false, true]) {
      for (let nth = 1; ; nth += 1) {
        await writeFile(path, original);
        const { disk, count } = failingDisk(nth, lostAnswer);
        const failed = await archiveSegment(directory, 0, { ...options, disk }).then(
          () => null,
          (error: unknown) => error,
        );
        expect((await everything()).map(plain), `operation ${nth}`).toEqual(before);
        expect(await readdir(directory)).not.toContain("0000000000.log.new");
        if (failed === null) {
          expect(count()).toBe(nth - 1);
          break;
        }
        expect(failed).toMatchObject({ code: "ENOSPC" });
        failures += 1;
        await archiveSegment(directory, 0, options);
        expect((await everything()).map(plain)).toEqual(before);
      }
    }
    expect(failures).toBeGreaterThan(30);
  });

  test("is not made of one that has no footer, nor by a disk that gives back other bytes", async () => {
    await write([100, 100], 50_000);
    expect((await problemOf(archiveSegment(directory, 0, options)))?.code).toBe("log_damaged");
    await rm(directory, { recursive: true });
    await write([100, 100, 100], 200);
    const original = await readFile(segmentPath(directory, 0));
    const flipping: LogDisk = {
      ...unsynced,
      write: (fd, bytes, at) => {
        const written = Buffer.from(bytes);
        if (at > 0) written[written.length >> 1]! ^= 1;
        return unsynced.write(fd, written, at);
      },
    };
    const problem = await problemOf(archiveSegment(directory, 0, { ...options, disk: flipping }));
    expect(problem?.code).toBe("log_damaged");
    expect(await readFile(segmentPath(directory, 0))).toEqual(original);
  });
});

function failingDisk(nth: number, lostAnswer: boolean): { disk: LogDisk; count: () => number } {
  let done = 0;
  const maybe = async <T>(operation: () => Promise<T>): Promise<T> => {
    done += 1;
    const isHit = done === nth;
    const failed = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    if (isHit && !lostAnswer) throw failed;
    const result = await operation();
    if (isHit) throw failed;
    return result;
  };
  const disk: LogDisk = {
    ...unsynced,
    write: (fd, bytes, at) => maybe(() => unsynced.write(fd, bytes, at)),
    sync: (fd) => maybe(() => unsynced.sync(fd)),
    rename: (from, to) => maybe(() => unsynced.rename(from, to)),
    syncDirectory: (path) => maybe(() => unsynced.syncDirectory(path)),
  };
  return { disk, count: () => done };
}
