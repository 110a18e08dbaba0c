import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventBufferContract } from "../../../buffer/contract.ts";
import type { BufferHarness } from "../../../buffer/contract.ts";
import { numbered, plain, readAll } from "../../../buffer/numberedRecords.ts";
import { position, segmentOf } from "../../../model/position.ts";
import type { Position } from "../../../model/position.ts";
import { nodeDisk } from "./disk.ts";
import type { LogDisk } from "./disk.ts";
import { openEventLogReader } from "./reader.ts";
import { recordingDisk } from "./recordingDisk.ts";
import { logSummary } from "./summary.ts";
import { openEventLog } from "./writer.ts";

type Fault = { nth: number; lostAnswer: boolean } | null;

/** The real disk, but for one operation that fails. */
function faultyDisk(): { disk: LogDisk; fail: (fault: Fault) => void } {
  let fault: Fault = null;
  let done = 0;
  const maybe = async (operation: () => Promise<void>): Promise<void> => {
    done += 1;
    const hit = fault !== null && done === fault.nth;
    const failed = Object.assign(new Error("EIO: i/o error"), { code: "EIO" });
    if (hit && !fault?.lostAnswer) throw failed;
    await operation();
    if (hit) throw failed;
  };
  const disk: LogDisk = {
    ...nodeDisk,
    write: (fd, bytes, at) => maybe(() => nodeDisk.write(fd, bytes, at)),
    sync: (fd) => maybe(() => nodeDisk.sync(fd)),
    rename: (from, to) => maybe(() => nodeDisk.rename(from, to)),
    syncDirectory: (path) => maybe(() => nodeDisk.syncDirectory(path)),
  };
  const fail = (next: Fault) => {
    fault = next;
    done = 0;
  };
  return { disk, fail };
}

async function harness(segmentBytes: number): Promise<BufferHarness> {
  const directory = await mkdtemp(join(tmpdir(), "c360-log-"));
  const { disk, fail } = faultyDisk();
  return {
    open: (maxPendingBytes = 8_388_608) => openEventLog({ directory, segmentBytes, maxPendingBytes, disk }),
    openReader: () => openEventLogReader(directory),
    fail,
    dispose: () => rm(directory, { recursive: true }),
  };
}

eventBufferContract("embedded event log", () => harness(67_108_864));
eventBufferContract("embedded event log, tiny segments", () => harness(300));

describe("the embedded event log", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "c360-log-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  test("rolls to a new segment at its size; names say nothing; no file is left behind", async () => {
    const log = await openEventLog({ directory, segmentBytes: 2_000 });
    const positions: Position[] = [];
    for (let n = 0; n < 100; n += 1) positions.push(...(await log.append([numbered(n, 164)])));
    await log.close();
    const names = (await readdir(directory)).toSorted();
    expect(names).toEqual(Array.from({ length: 10 }, (_, n) => `${String(n).padStart(10, "0")}.log`));
    expect(segmentOf(positions.at(-1)!)).toBe(9);
    for (const name of names) expect((await stat(join(directory, name))).size).toBeLessThan(2_300);
    const reader = openEventLogReader(directory);
    const read = await readAll(reader, 0, position(9, 10));
    expect(read.map((record) => record.position)).toEqual(positions);
    expect(read.map(plain)).toEqual(Array.from({ length: 100 }, (_, n) => plain(numbered(n, 164))));
    await reader.close();
  });

  test("a sealed segment never changes again", async () => {
    const log = await openEventLog({ directory, segmentBytes: 500 });
    for (let n = 0; n < 10; n += 1) await log.append([numbered(n, 200)]);
    const first = join(directory, "0000000000.log");
    const sealed = await readFile(first);
    for (let n = 0; n < 30; n += 1) await log.append([numbered(n, 200)]);
    await log.close();
    await (await openEventLog({ directory, segmentBytes: 500 })).close();
    expect(await readFile(first)).toEqual(sealed);
  });

  test("looks records up through the sparse index, in sealed and growing segments", async () => {
    const log = await openEventLog({ directory, segmentBytes: 100_000 });
    const positions: Position[] = [];
    for (let n = 0; n < 3_000; n += 100) {
      positions.push(...(await log.append(Array.from({ length: 100 }, (_, k) => numbered(n + k)))));
    }
    expect(segmentOf(positions.at(-1)!)).toBe(2);
    const reader = openEventLogReader(directory);
    for (let n = 2_999; n >= 0; n -= 37) expect(plain((await reader.at(positions[n]!))!)).toEqual(plain(numbered(n)));
    await reader.close();
    await log.close();
  });

  test("tells each new durable end", async () => {
    const ends: Position[] = [];
    const log = await openEventLog({ directory, onDurable: (end) => ends.push(end) });
    for (let n = 0; n < 5; n += 1) await log.append([numbered(n), numbered(n + 1)]);
    expect(ends).toEqual([2, 4, 6, 8, 10]);
    expect(log.end()).toBe(10);
    await log.close();
  });

  test("callers who wait while a group is written go together in the next", async () => {
    let syncs = 0;
    const disk: LogDisk = {
      ...nodeDisk,
      sync: (fd) => {
        syncs += 1;
        return nodeDisk.sync(fd);
      },
    };
    const log = await openEventLog({ directory, disk });
    syncs = 0;
    await Promise.all(Array.from({ length: 500 }, (_, n) => log.append([numbered(n)])));
    expect(syncs).toBeLessThanOrEqual(2);
    await log.close();
  });

  test("nothing is acknowledged, told or readable as durable before its sync", async () => {
    let release: () => void = () => undefined;
    let hold = false;
    const disk: LogDisk = {
      ...nodeDisk,
      sync: async (fd) => {
        if (hold) await new Promise<void>((resolve) => (release = resolve));
        return nodeDisk.sync(fd);
      },
    };
    const ends: Position[] = [];
    const log = await openEventLog({ directory, disk, onDurable: (end) => ends.push(end) });
    hold = true;
    let acknowledged = false;
    const appended = log.append([numbered(1)]).then(() => (acknowledged = true));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([acknowledged, log.end(), ends]).toEqual([false, 0, []]);
    release();
    await appended;
    expect([acknowledged, log.end(), ends]).toEqual([true, 1, [1]]);
    hold = false;
    await log.close();
  });

  test("a failed sync refuses those in its group and those who came meanwhile", async () => {
    let fail: (error: Error) => void = () => undefined;
    let hold = false;
    const disk: LogDisk = {
      ...nodeDisk,
      sync: (fd) => (hold ? new Promise((_resolve, reject) => (fail = reject)) : nodeDisk.sync(fd)),
    };
    const log = await openEventLog({ directory, disk });
    hold = true;
    const first = log.append([numbered(1)]);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const second = log.append([numbered(2)]);
    fail(new Error("EIO"));
    for (const refused of [first, second, log.append([numbered(3)])]) {
      await expect(refused).rejects.toMatchObject({ code: "log_failed", status: 503 });
    }
    await log.close();
  });

  test("everything is synced in order: footer, next segment, its name, and only then its first group", async () => {
    const { disk, done } = recordingDisk();
    const log = await openEventLog({ directory, disk, segmentBytes: 100 });
    expect(done.splice(0)).toEqual(["write 0-32", "sync", "rename", "syncDirectory"]);
    await log.append([numbered(1, 100)]);
    expect(done.splice(0)).toEqual(["write 32-168", "sync"]);
    await log.append([numbered(2, 100)]);
    expect(done.splice(0)).toEqual([
      "write 168-192",
      "sync",
      "write 0-32",
      "sync",
      "rename",
      "syncDirectory",
      "write 32-168",
      "sync",
    ]);
    await log.close();
    expect(done).toEqual([]);
  });

  test("sums itself up, with or without a writer", async () => {
    expect(await logSummary(join(directory, "none"))).toEqual({ first: 0, end: 0, segments: 0, bytes: 0 });
    const log = await openEventLog({ directory, segmentBytes: 500 });
    expect(await logSummary(directory)).toEqual({ first: 0, end: 0, segments: 1, bytes: 32 });
    for (let n = 0; n < 7; n += 1) await log.append([numbered(n, 200)]);
    const summary = await logSummary(directory);
    expect(summary).toMatchObject({ first: 0, end: log.end(), segments: 4 });
    await log.close();
    expect(await logSummary(directory)).toEqual(summary);
    await rm(join(directory, "0000000000.log"));
    expect((await logSummary(directory)).first).toBe(position(1, 0));
  });

  test("refuses sizes that its format has no room for", async () => {
    await expect(openEventLog({ directory, segmentBytes: 2 ** 31 })).rejects.toThrow("segmentBytes");
    await expect(openEventLog({ directory, maxPendingBytes: 2 ** 31 })).rejects.toThrow("maxPendingBytes");
    await expect(openEventLog({ directory, maxPendingBytes: Number.NaN })).rejects.toThrow("maxPendingBytes");
  });

  test("files are the owner's only", async () => {
    const log = await openEventLog({ directory: join(directory, "log") });
    await log.close();
    expect((await stat(join(directory, "log"))).mode & 0o777).toBe(0o700);
    expect((await stat(join(directory, "log", "0000000000.log"))).mode & 0o777).toBe(0o600);
  });

  test("removes what a crash left of a segment in the making, and nothing else", async () => {
    await writeFile(join(directory, "0000000000.log.new"), "half");
    await writeFile(join(directory, "note.txt"), "mine");
    const log = await openEventLog({ directory });
    await log.append([numbered(1)]);
    await log.close();
    expect((await readdir(directory)).toSorted()).toEqual(["0000000000.log", "note.txt"]);
  });
});
