import { mkdtemp, readFile, rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { numbered, plain, problemOf, readAll } from "../../../buffer/numberedRecords.ts";
import type { BufferRecord } from "../../../buffer/eventBuffer.ts";
import { position } from "../../../model/position.ts";
import { Problem } from "../../../model/problem.ts";
import { runs } from "../../../../test/runs.ts";
import { nodeDisk } from "./disk.ts";
import type { LogDisk } from "./disk.ts";
import {
  encodeFooter,
  encodeRecord,
  encodeSegmentHeader,
  kinds,
  recordHeaderBytes,
} from "../../../buffer/segment/format.ts";
import { openEventLogReader } from "./reader.ts";
import { recordingDisk } from "./recordingDisk.ts";
import { logSummary } from "./summary.ts";
import { openEventLog } from "./writer.ts";

const headerBytes = 32;
const first = "0000000000.log";
let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "c360-log-"));
  path = join(directory, first);
});
afterEach(() => rm(directory, { recursive: true }));

/** Writes the groups, each its own commit, and gives the records. */
async function write(groups: number[][], segmentBytes = 67_108_864): Promise<BufferRecord[]> {
  const log = await openEventLog({ directory, segmentBytes });
  const records: BufferRecord[] = [];
  for (const sizes of groups) {
    const group = sizes.map((size, n) => numbered(records.length + n, size));
    await log.append(group);
    records.push(...group);
  }
  await log.close();
  return records;
}

/** Opens, reads everything, appends one more, and gives what was there before that. */
async function reopenAndRead(): Promise<BufferRecord[]> {
  const log = await openEventLog({ directory });
  const end = log.end();
  const reader = openEventLogReader(directory);
  try {
    const read = await readAll(reader, 0, end);
    const [at] = await log.append([numbered(9_999)]);
    expect(plain((await reader.at(at!))!)).toEqual(plain(numbered(9_999)));
    const kept = read.reduce((bytes, record) => bytes + recordHeaderBytes + record.payload.length, headerBytes);
    expect((await stat(path)).size, "nothing of the tail is left").toBe(kept + recordHeaderBytes + 40);
    return read;
  } finally {
    await reader.close();
    await log.close();
  }
}

describe("Promise 1: a crash's torn tail goes, everything whole stays", () => {
  test("cut at every byte: exactly the whole records are kept", async () => {
    const records = await write([[20, 9], [8], [12, 8]]);
    const whole = await readFile(path);
    const ends = [headerBytes];
    for (const { payload } of records) ends.push(ends.at(-1)! + recordHeaderBytes + payload.length);
    expect(ends.at(-1)).toBe(whole.length);
    for (let cut = headerBytes; cut <= whole.length; cut += 1) {
      await writeFile(path, whole.subarray(0, cut));
      const kept = ends.filter((end) => end <= cut).length - 1;
      const read = await reopenAndRead();
      expect(read.map(plain), `cut at ${cut}`).toEqual(records.slice(0, Math.max(0, kept)).map(plain));
    }
  });

  test("a segment without a whole header is damage: its header was on disk before it had its name", async () => {
    await write([[20, 9]]);
    const whole = await readFile(path);
    for (let cut = 0; cut < headerBytes; cut += 1) {
      await writeFile(path, whole.subarray(0, cut));
      expect((await problemOf(openEventLog({ directory })))?.code, `cut at ${cut}`).toBe("log_damaged");
      expect((await problemOf(logSummary(directory)))?.code, `cut at ${cut}`).toBe("log_damaged");
      expect(await readFile(path)).toEqual(whole.subarray(0, cut));
    }
  });

  test("cut at every byte of a footer that was being written: no record goes", async () => {
    const records = await write([[50], [50], [50]], 100);
    const sealed = await readFile(path);
    await rm(join(directory, "0000000001.log"));
    await rm(join(directory, "0000000002.log"));
    for (let cut = headerBytes + recordHeaderBytes + 50; cut <= sealed.length; cut += 1) {
      await writeFile(path, sealed.subarray(0, cut));
      const log = await openEventLog({ directory, segmentBytes: 100 });
      const reader = openEventLogReader(directory);
      expect((await readAll(reader, 0, log.end())).map(plain), `cut at ${cut}`).toEqual([plain(records[0]!)]);
      await log.append([numbered(7), numbered(8)]);
      expect((await readAll(reader, 0, log.end())).length).toBe(3);
      await reader.close();
      await log.close();
      await rm(join(directory, "0000000001.log"), { force: true });
    }
  });

  test.each([1, 35, 36, 100, 5_000])("%i bytes of zeros or rubbish after the end go", async (length) => {
    const records = await write([[20], [30]]);
    const whole = await readFile(path);
    for (const tail of [Buffer.alloc(length), Buffer.alloc(length, 1), Buffer.alloc(length, 0x41)]) {
      await writeFile(path, Buffer.concat([whole, tail]));
      expect((await reopenAndRead()).map(plain)).toEqual(records.map(plain));
    }
  });

  test("what a payload holds is never taken for a record that follows a tear", async () => {
    const inner = Buffer.alloc(200);
    const hashes = { fragment: "A".repeat(16), message: "B".repeat(16), payload: Buffer.from("forged") };
    encodeRecord(inner, 10, hashes, { salt: 0, ordinal: 1, startsGroup: true, kind: kinds.event });
    const log = await openEventLog({ directory, salt: () => 0xfeedbeef });
    await log.append([numbered(0)]);
    await log.append([{ ...numbered(1), payload: inner }]);
    await log.close();
    await truncate(path, (await readFile(path)).length - 20);
    expect((await reopenAndRead()).map(plain)).toEqual([plain(numbered(0))]);
  });

  test("a power cut that wrote a group's later blocks and not an earlier one takes the group's torn part only", async () => {
    const records = await write([[300], Array.from({ length: 100 }, () => 200)]);
    const whole = await readFile(path);
    whole.fill(0, 8_192, 12_288);
    await writeFile(path, whole);
    const read = await reopenAndRead();
    expect(read.length).toBe(1 + Math.floor((8_192 - headerBytes - 336) / 236));
    expect(read.map(plain)).toEqual(records.slice(0, read.length).map(plain));
  });

  test("also where the block that was not written begins with the end of the group before", async () => {
    const records = await write([[300], Array.from({ length: 100 }, () => 200)]);
    const whole = await readFile(path);
    whole.fill(0, headerBytes + recordHeaderBytes + 300, 4_096);
    await writeFile(path, whole);
    expect((await reopenAndRead()).map(plain)).toEqual([plain(records[0]!)]);
  });

  /** Of a first group of one record, and of a second one; a third, small one may follow. */
  const firstEnd = headerBytes + recordHeaderBytes + 300;
  const many = Array.from({ length: 100 }, () => 200);

  test.each([
    ["a later group follows", [[300], many, [10]], firstEnd, 4_096],
    ["the zeros end before the block does", [[300], many], firstEnd, 4_095],
    ["the zeros begin after the record's first byte", [[300], many], firstEnd + 1, 4_096],
    ["the zeros begin inside the group before", [[300], many, [10]], firstEnd - 1, 4_096],
    ["a record is hurt otherwise", [[300], many], firstEnd + 8, firstEnd + 12],
  ])("but where a group's first block is hurt and %s, that is damage", async (_, groups, from, to) => {
    await write(groups);
    const whole = await readFile(path);
    whole.fill(0, from, to);
    await writeFile(path, whole);
    expect((await problemOf(openEventLog({ directory })))?.code).toBe("log_damaged");
    expect(await readFile(path), "nothing is changed").toEqual(whole);
  });

  test("any blocks lost from the last group: it goes from there on, and nothing of those before it", async () => {
    const sizes = fc.array(fc.integer({ min: 8, max: 900 }), { minLength: 1, maxLength: 25 });
    const groups = fc.array(sizes, { minLength: 2, maxLength: 4 });
    const lost = fc.array(fc.boolean(), { minLength: 12, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(groups, lost, async (sizesOfGroups, isLost) => {
        await rm(directory, { recursive: true });
        const records = await write(sizesOfGroups);
        const whole = await readFile(path);
        const lastBytes = sizesOfGroups.at(-1)!.reduce((bytes, size) => bytes + recordHeaderBytes + size, 0);
        const from = whole.length - lastBytes;
        for (let block = Math.floor(from / 4_096); block * 4_096 < whole.length; block += 1) {
          if (isLost[block % isLost.length])
            whole.fill(0, Math.max(from, block * 4_096), Math.min(whole.length, (block + 1) * 4_096));
        }
        await writeFile(path, whole);
        const kept = records.length - sizesOfGroups.at(-1)!.length;
        const found = await reopenAndRead().catch((error: unknown) => error);
        // Fewer bytes of a block than a checksum has say nothing: told as damage, by the rule that nothing is guessed.
        const isTooNear = 4_096 - (from % 4_096) < 4 && isLost[Math.floor(from / 4_096) % isLost.length];
        if (isTooNear && found instanceof Problem) return;
        expect(found).toBeInstanceOf(Array);
        const read = found as BufferRecord[];
        expect(read.length).toBeGreaterThanOrEqual(kept);
        expect(read.map(plain)).toEqual(records.slice(0, read.length).map(plain));
      }),
      { numRuns: runs(100) },
    );
  });

  test("but a block lost from a group that a later one follows is damage", async () => {
    await write([[300], Array.from({ length: 100 }, () => 200), [10]]);
    const whole = await readFile(path);
    whole.fill(0, 8_192, 12_288);
    await writeFile(path, whole);
    expect((await problemOf(openEventLog({ directory })))?.message).toMatch(/segment 0 at byte 8156/);
    expect(await readFile(path)).toEqual(whole);
  });

  test("recovery may fail or stop at any operation, and be done again", async () => {
    const records = await write([[20], [30], [40, 50]]);
    const torn = (await readFile(path)).subarray(0, -10);
    let whole = false;
    for (let nth = 1; !whole; nth += 1) {
      expect(nth, "recovery has few operations").toBeLessThan(20);
      await writeFile(path, torn);
      let done = 0;
      const failing = async (work: () => Promise<void>) => {
        done += 1;
        if (done === nth) throw Object.assign(new Error("EIO: i/o error"), { code: "EIO" });
        await work();
      };
      const disk: LogDisk = {
        ...nodeDisk,
        write: (fd, bytes, at) => failing(() => nodeDisk.write(fd, bytes, at)),
        sync: (fd) => failing(() => nodeDisk.sync(fd)),
        truncate: (file, bytes) => failing(() => nodeDisk.truncate(file, bytes)),
        syncDirectory: (file) => failing(() => nodeDisk.syncDirectory(file)),
      };
      whole = await openEventLog({ directory, disk }).then(
        async (log) => {
          await log.close();
          return true;
        },
        (error: Error) => {
          expect(error.message).toMatch(/EIO/);
          return false;
        },
      );
      expect((await reopenAndRead()).map(plain)).toEqual(records.slice(0, 3).map(plain));
    }
  });

  test("writes the last group once more before it calls it durable", async () => {
    await write([[20], [30], [40, 50]]);
    const whole = await readFile(path);
    const { disk, done } = recordingDisk();
    await (await openEventLog({ directory, disk })).close();
    const lastGroup = [whole.length - 2 * recordHeaderBytes - 90, whole.length];
    expect(done).toEqual([`write ${lastGroup.join("-")}`, "sync", "syncDirectory"]);
    expect(await readFile(path)).toEqual(whole);
  });

  test("writes a sealed segment's footer once more before it calls it sealed", async () => {
    await write([[50], [50]], 100);
    await rm(join(directory, "0000000001.log"));
    const sealed = await readFile(path);
    const { disk, done } = recordingDisk();
    await (await openEventLog({ directory, disk })).close();
    const footer = `write ${headerBytes + recordHeaderBytes + 50}-${sealed.length}`;
    expect(done.slice(0, 3)).toEqual([footer, "sync", "syncDirectory"]);
    expect(await readFile(path)).toEqual(sealed);
  });
});

describe("Promise 4: damage is told, never skipped", () => {
  test("any flipped byte in the open segment: an error, or no more than the last record gone", async () => {
    const records = await write([[20], [30, 25, 9]]);
    const whole = await readFile(path);
    const lastStart = whole.length - recordHeaderBytes - 9;
    for (let at = 0; at < whole.length; at += 1) {
      const flipped = Buffer.from(whole);
      flipped[at]! ^= 0xff;
      await writeFile(path, flipped);
      const problem = await problemOf(openEventLog({ directory }).then((log) => log.close()));
      if (at < lastStart) {
        expect(problem?.code, `flipped at ${at}`).toMatch(/^log_(damaged|format_newer)$/);
        expect(await readFile(path), "nothing is changed").toEqual(flipped);
      } else {
        expect((await reopenAndRead()).map(plain)).toEqual(records.slice(0, 3).map(plain));
      }
    }
  });

  test("any flipped byte in a sealed segment: an error that names it, never wrong data", async () => {
    const records = await write([[20, 21, 22], [30], [50]], 160);
    const sealed = await readFile(path);
    for (let at = 0; at < sealed.length; at += 1) {
      for (const mask of [0x01, 0xfe]) {
        const flipped = Buffer.from(sealed);
        flipped[at]! ^= mask;
        await writeFile(path, flipped);
        const problem = await problemOf(readEverything(records));
        expect(problem?.code, `flipped at ${at}`).toMatch(/^log_(damaged|format_newer)$/);
        expect(problem?.message).toMatch(/[Ss]egment 0/);
      }
    }
    await writeFile(path, sealed);
    await readEverything(records);
  });

  test("any flipped byte in a sealed segment: a lookup gives the record, an error, or nothing", async () => {
    await write([[20, 21, 22], [30], [50]], 160);
    const sealed = await readFile(path);
    let found = 0;
    for (let at = 0; at < sealed.length; at += 1) {
      const flipped = Buffer.from(sealed);
      flipped[at]! ^= 0x55;
      await writeFile(path, flipped);
      for (const [ordinal, size] of [20, 21, 22].entries()) {
        const reader = openEventLogReader(directory);
        const record = await reader.at(ordinal).catch((error: unknown) => {
          if (error instanceof Problem) return null;
          throw error;
        });
        if (record) expect(plain(record)).toEqual(plain(numbered(ordinal, size)));
        if (record) found += 1;
        await reader.close();
      }
    }
    expect(found, "damage elsewhere does not hide a record").toBeGreaterThan(sealed.length);
  });

  test("any cut of a sealed segment that has successors is an error", async () => {
    await write([[20], [30], [50]], 60);
    const sealed = await readFile(path);
    for (let cut = 0; cut < sealed.length; cut += 1) {
      await writeFile(path, sealed.subarray(0, cut));
      const problem = await problemOf(openEventLog({ directory }).then((log) => log.close()));
      expect(problem?.code, `cut at ${cut}`).toBe("log_damaged");
    }
  });

  test("a missing segment is an error, in the middle and where one reads", async () => {
    await write([[20], [30], [50]], 60);
    await rename(join(directory, "0000000001.log"), join(directory, "elsewhere"));
    expect((await problemOf(openEventLog({ directory })))?.message).toMatch(/segment 1.*missing/);
    const reader = openEventLogReader(directory);
    expect((await problemOf(reader.at(position(1, 0))))?.code).toBe("log_damaged");
    expect((await problemOf(reader.read(position(7, 0), position(7, 1), 10, 1_000)))?.code).toBe("log_damaged");
    await rename(join(directory, "elsewhere"), join(directory, "0000000001.log"));
    expect((await problemOf(reader.read(position(7, 0), position(7, 1), 10, 1_000)))?.message).toMatch(
      /no segment 7; it has segments 0 to 2/,
    );
    await reader.close();
  });

  test("segments that changed places, and files that are no segment, are refused", async () => {
    await write([[20], [30], [50]], 60);
    const second = join(directory, "0000000001.log");
    const [a, b] = [await readFile(path), await readFile(second)];
    await writeFile(path, b);
    await writeFile(second, a);
    expect((await problemOf(openEventLog({ directory })))?.message).toMatch(/names another segment/);
    await writeFile(path, "this is not a log at all, but it is long enough to be one");
    expect((await problemOf(openEventLog({ directory })))?.message).toMatch(/not an event log segment/);
  });

  test("records cannot change places within a segment", async () => {
    await write([[20], [20], [20]]);
    const bytes = await readFile(path);
    const [start, size] = [headerBytes, recordHeaderBytes + 20];
    const swapped = Buffer.concat([
      bytes.subarray(0, start),
      bytes.subarray(start + size, start + 2 * size),
      bytes.subarray(start, start + size),
      bytes.subarray(start + 2 * size),
    ]);
    await writeFile(path, swapped);
    expect((await problemOf(openEventLog({ directory })))?.code).toBe("log_damaged");
  });

  test("a position that the log does not reach is an error for `read`", async () => {
    await write([[20]]);
    const reader = openEventLogReader(directory);
    expect((await problemOf(reader.read(0, 2, 10, 1_000)))?.code).toBe("log_damaged");
    expect((await problemOf(reader.read(0, position(1, 1), 10, 1_000)))?.code).toBe("log_damaged");
    await reader.close();
    expect((await problemOf(reader.read(0, 1, 10, 1_000)))?.code).toBe("log_closed");
  });
});

test("a newer format is refused with what to do, whoever opens it", async () => {
  await write([[20]]);
  const bytes = await readFile(path);
  bytes.writeUInt32LE(3, 8);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 28)), 28);
  await writeFile(path, bytes);
  const reader = openEventLogReader(directory);
  const ways = [
    () => openEventLog({ directory }),
    () => reader.at(0),
    () => reader.read(0, 1, 1, 1),
    () => logSummary(directory),
  ];
  for (const way of ways) {
    const problem = await problemOf(way());
    expect(problem?.code).toBe("log_format_newer");
    expect(problem?.message).toMatch(/format 3.*up to 2/);
    expect(problem?.hint).toMatch(/newer version/);
  }
  await reader.close();
  expect(await readFile(path)).toEqual(bytes);
});

describe("a segment that was rewritten with stubs", () => {
  /** The segment as erasure will write it: the same ordinals, the erased ones without payload. */
  async function rewriteWithStubs(records: readonly BufferRecord[], erased: (ordinal: number) => boolean) {
    const header = { segment: 0, createdAt: 1, salt: 12_345 };
    const body = Buffer.alloc(2_000_000);
    const index: number[] = [];
    let length = 0;
    for (const [ordinal, record] of records.entries()) {
      if (ordinal % 256 === 0) index.push(headerBytes + length);
      const stub = erased(ordinal);
      const kept = stub ? { ...record, payload: new Uint8Array(0) } : record;
      const where = { salt: header.salt, ordinal, startsGroup: false, kind: stub ? kinds.stub : kinds.event };
      length = encodeRecord(body, length, kept, where);
    }
    const footer = { recordsEnd: headerBytes + length, recordCount: records.length, index };
    const parts = [encodeSegmentHeader(header), body.subarray(0, length), encodeFooter(footer, header.salt)];
    await writeFile(`${path}.rewritten`, Buffer.concat(parts));
    await rename(`${path}.rewritten`, path);
  }

  test("keeps every position: read skips stubs, `at` gives null", async () => {
    const records = await write([Array.from({ length: 700 }, () => 50), [60]], 40_000);
    const reader = openEventLogReader(directory);
    await readAll(reader, 0, position(1, 1), 100);
    const erased = (ordinal: number) => ordinal % 3 === 0 || (ordinal > 200 && ordinal < 600);
    await rewriteWithStubs(records.slice(0, 700), erased);
    const log = await openEventLog({ directory, segmentBytes: 40_000 });
    expect(log.end()).toBe(position(1, 1));
    const read = await readAll(reader, 0, log.end(), 10);
    expect(read.map(plain)).toEqual(records.filter((_, n) => n === 700 || !erased(n)).map(plain));
    for (const ordinal of [0, 1, 201, 255, 256, 599, 600, 601, 698, 699]) {
      const found = await reader.at(ordinal);
      expect(found && plain(found), `ordinal ${ordinal}`).toEqual(erased(ordinal) ? null : plain(records[ordinal]!));
    }
    await reader.close();
    await log.close();
  });

  test("a reader lets go of the old file, so that what was erased is not read again", async () => {
    const records = await write([[50, 50, 50], [60]], 150);
    const reader = openEventLogReader(directory);
    expect(await reader.at(1)).not.toBeNull();
    await reader.read(0, position(1, 1), 1, 1_000);
    await rewriteWithStubs(records.slice(0, 3), (ordinal) => ordinal === 1);
    expect(await reader.at(1)).toBeNull();
    const read = await readAll(reader, 1, position(1, 1));
    expect(read.map(plain)).toEqual([records[2]!, records[3]!].map(plain));
    await reader.close();
  });
});

/** Opens and reads all of `records`; throws the log's `Problem`, fails on anything that was not written. */
async function readEverything(records: readonly BufferRecord[]): Promise<void> {
  const log = await openEventLog({ directory });
  const reader = openEventLogReader(directory);
  try {
    const read = await readAll(reader, 0, log.end());
    expect(read.map(plain)).toEqual(records.map(plain));
  } finally {
    await reader.close();
    await log.close();
  }
}
