import { createHash } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StoredRecord } from "../../../buffer/eventBuffer.ts";
import { problemOf } from "../../../buffer/numberedRecords.ts";
import { position, type Position } from "../../../model/position.ts";
import { baseFormat, baseManifestFile, encodeBase } from "../base/manifest.ts";
import { archiveSegment } from "../eventLog/archive.ts";
import { nodeDisk } from "../eventLog/disk.ts";
import { openEventLogReader } from "../eventLog/reader.ts";
import { listSegments } from "../eventLog/segmentFiles.ts";
import { logSummary } from "../eventLog/summary.ts";
import { openEventLog } from "../eventLog/writer.ts";
import { backUp, type BackupDone, type BackupParts } from "./backUp.ts";
import { checkBackup } from "./checkBackup.ts";
import { copyContent } from "./copyFile.ts";
import { logFilesOf } from "./logFiles.ts";
import { manifestFile, readManifest } from "./manifest.ts";
import { restoreLog, type RestoreUntil } from "./restoreLog.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "c360-backup-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const start = Date.UTC(2026, 0, 1);
/** No power fails here. */
const unsynced = { ...nodeDisk, sync: async () => undefined, syncDirectory: async () => undefined };

interface Source {
  dataDir: string;
  append(count: number, payloadBytes?: number): Promise<void>;
  records(): Promise<StoredRecord[]>;
  backUp(changes?: Partial<BackupParts>): Promise<BackupDone>;
}

/** A log in small segments; each record is received a second after the one before, if the clock does not say otherwise. */
async function openSource(
  name = "data",
  segmentBytes = 2_000,
  clock = (nth: number): number => start + nth * 1_000,
  segmentsClock = clock,
): Promise<Source> {
  const dataDir = join(folder, name);
  const paths = {
    log: join(dataDir, "log"),
    base: join(dataDir, "base"),
    state: join(dataDir, "state.sqlite"),
    access: join(dataDir, "access.sqlite"),
    reviews: join(dataDir, "reviews.sqlite"),
    hashKey: join(dataDir, "hash.key"),
  };
  let count = 0;
  // Appending is over before anything reads: a writer of each time.
  const append = async (more: number, payloadBytes = 100): Promise<void> => {
    const now = (): number => segmentsClock(count);
    const log = await openEventLog({ directory: paths.log, segmentBytes, now, disk: unsynced });
    for (let n = 0; n < more; n++) {
      const text = JSON.stringify({
        v: 1,
        n: count,
        receivedAt: clock(count),
        filler: "x".repeat(payloadBytes),
      });
      await log.append([{ fragment: "AAAAAAAAAAAAAAAA", message: "BBBBBBBBBBBBBBBB", payload: Buffer.from(text) }]);
      count += 1;
    }
    await log.close();
  };
  await append(0);
  writeFileSync(paths.hashKey, Buffer.alloc(32, name.length), { mode: 0o600 });
  return {
    dataDir,
    append,
    records: () => recordsIn(paths.log),
    backUp: (changes = {}) =>
      backUp({
        dataDir,
        paths,
        directory: join(folder, "backup"),
        withDerived: false,
        bytesPerS: null,
        copyAccess: async () => undefined,
        platform: "0.1.0",
        now: () => start,
        onProgress: () => undefined,
        ...changes,
      }),
  };
}

async function recordsIn(log: string): Promise<StoredRecord[]> {
  const { first, end } = await logSummary(log);
  const reader = openEventLogReader(log);
  const records: StoredRecord[] = [];
  for (let at = first; at < end;) {
    const read = await reader.read(at, end, 1_000, 1 << 20);
    records.push(...read.records.map((record) => ({ ...record, payload: Buffer.from(record.payload) })));
    if (read.next <= at) break;
    at = read.next;
  }
  await reader.close();
  return records;
}

async function archiveAll(log: string): Promise<void> {
  for (const segment of (await listSegments(log)).slice(0, -1)) {
    await archiveSegment(log, segment, { disk: unsynced, pace: async () => undefined, blockBytes: 512 });
  }
}

let restores = 0;
async function restored(until: RestoreUntil = null): Promise<{ end: Position; log: string }> {
  const directory = join(folder, "backup");
  const { manifest, faults } = await checkBackup(directory);
  expect(faults).toEqual([]);
  const log = join(folder, `restored-${restores++}`);
  return { end: await restoreLog({ directory, manifest, until, onBytes: () => undefined }, log), log };
}

/** Of a log that has all of its records: its file can be anything. */
function writeBase(dataDir: string, content: Uint8Array, said = content): void {
  const directory = join(dataDir, "base");
  mkdirSync(directory, { recursive: true });
  const sha256 = createHash("sha256").update(said).digest("hex");
  const of = { format: baseFormat, platform: "0.1.0", key: "k", file: "1.sqlite", bytes: said.length, sha256 };
  const base = { ...of, position: 1, keptFrom: 0, madeAt: new Date(start).toISOString() };
  writeFileSync(join(directory, base.file), content);
  utimesSync(join(directory, base.file), 1_000, 1_000);
  writeFileSync(join(directory, baseManifestFile), encodeBase(base));
}

describe("a backup of a base", () => {
  const good = Buffer.alloc(5_000, 1);
  const hurt = Buffer.from(good);
  hurt[3_000] = 0;
  const damaged = expect.objectContaining({ code: "base_damaged" });

  it("that is not what was made fails, and the former one keeps the good copy", async () => {
    const source = await openSource();
    await source.append(3);
    writeBase(source.dataDir, good);
    await source.backUp();
    const former = readManifest(join(folder, "backup"));
    writeFileSync(join(source.dataDir, "base/1.sqlite"), hurt);
    await expect(source.backUp()).rejects.toThrow(damaged);
    expect(await checkBackup(join(folder, "backup"))).toEqual({ manifest: former, faults: [] });
    writeBase(source.dataDir, good);
    expect((await source.backUp()).copiedBytes).toBeLessThan(good.length);
  });

  it("of which it has another copy takes the right one, and refuses the wrong one", async () => {
    const source = await openSource();
    await source.append(3);
    writeBase(source.dataDir, hurt);
    await source.backUp();
    const former = readManifest(join(folder, "backup"));
    writeBase(source.dataDir, hurt, good);
    await expect(source.backUp()).rejects.toThrow(damaged);
    expect(await checkBackup(join(folder, "backup"))).toEqual({ manifest: former, faults: [] });
    writeBase(source.dataDir, good);
    expect((await source.backUp()).copiedBytes).toBeGreaterThan(good.length);
    const { manifest, faults } = await checkBackup(join(folder, "backup"));
    expect(faults).toEqual([]);
    const { stored = "" } = manifest.files.find(({ path }) => path === "base/1.sqlite") ?? {};
    expect(readFileSync(join(folder, "backup", stored))).toEqual(good);
  });
});

describe("a backup", () => {
  it("has the log to its last whole record, and only what changed is copied again", async () => {
    const source = await openSource();
    await source.append(100);
    const first = await source.backUp();
    expect(first.copiedBytes).toBe(first.bytes);
    expect(await recordsIn((await restored()).log)).toEqual(await source.records());
    await source.append(5);
    const second = await source.backUp();
    expect(second.position).toBeGreaterThan(first.position);
    expect(second.copiedBytes).toBeLessThan(second.bytes / 4);
    expect(await recordsIn((await restored()).log)).toEqual(await source.records());
    const third = await source.backUp();
    expect(third.copiedBytes).toBe(32);
    // What no manifest names is gone: each segment is there once.
    const { manifest } = await checkBackup(join(folder, "backup"));
    expect(readdirSync(join(folder, "backup/log")).length).toBe(
      manifest.files.filter(({ path }) => path.startsWith("log/")).length,
    );
  });

  it("leaves a torn tail out, and what it holds can be gone on with", async () => {
    const source = await openSource();
    await source.append(30);
    const before = await source.records();
    const last = join(source.dataDir, "log", readdirSync(join(source.dataDir, "log")).sort().at(-1) ?? "");
    writeFileSync(last, Buffer.alloc(100, 7), { flag: "a" });
    await source.backUp();
    const { log, end } = await restored();
    expect(await recordsIn(log)).toEqual(before);
    const writer = await openEventLog({ directory: log });
    expect(writer.end()).toBe(end);
    const [at] = await writer.append([
      { fragment: "AAAAAAAAAAAAAAAA", message: "BBBBBBBBBBBBBBBB", payload: Buffer.from("{}") },
    ]);
    await writer.close();
    expect(at).toBe(end);
  });

  it("has a segment as it was when its turn came to be listed, though it is sealed and archived by then", async () => {
    const source = await openSource();
    await source.append(25);
    const log = join(source.dataDir, "log");
    const { files, close } = await logFilesOf(log);
    const last = files.at(-1);
    const { fd = -1, bytes = 0 } = last?.growing ?? {};
    const before = readFileSync(last?.file ?? "");
    await source.append(40);
    await archiveAll(log);
    const copy = join(folder, "copy");
    const content = await copyContent(fd, copy, bytes, { pace: async () => undefined });
    close();
    expect(content.bytes).toBe(bytes);
    expect(readFileSync(copy)).toEqual(before);
    expect(readFileSync(last?.file ?? "").equals(before)).toBe(false);
  });

  it("copies a segment once more when it has been archived", async () => {
    const source = await openSource();
    await source.append(60);
    const plain = await source.backUp();
    await archiveAll(join(source.dataDir, "log"));
    const archived = await source.backUp();
    expect(archived.bytes).toBeLessThan(plain.bytes);
    expect(archived.copiedBytes).toBeGreaterThan(32);
    expect((await source.backUp()).copiedBytes).toBe(32);
    expect(await recordsIn((await restored()).log)).toEqual(await source.records());
  });

  it("notices a segment that was rewritten", async () => {
    const source = await openSource();
    await source.append(60);
    await source.backUp();
    const file = join(source.dataDir, "log/0000000001.log");
    const bytes = readFileSync(file);
    rmSync(file);
    writeFileSync(file, bytes);
    const again = await source.backUp();
    expect(again.copiedBytes).toBe(bytes.length + 32);
    expect((await checkBackup(join(folder, "backup"))).faults).toEqual([]);
  });

  it("keeps everything to its owner", async () => {
    const source = await openSource();
    await source.append(10);
    await source.backUp();
    const names = readdirSync(join(folder, "backup"), { recursive: true, encoding: "utf8" });
    const modes = names.map((name) => [name, statSync(join(folder, "backup", name)).mode & 0o077]);
    expect(modes.filter(([name, mode]) => mode !== 0 && name !== "lock" && name !== "server.json")).toEqual([]);
    expect(statSync(join(folder, "backup")).mode & 0o777).toBe(0o700);
  });

  it.each<[string, (source: Source) => Promise<unknown>]>([
    ["backup_directory_unusable", (source) => source.backUp({ directory: join(source.dataDir, "inside") })],
    ["backup_directory_unusable", (source) => source.backUp({ directory: folder })],
    ["backup_directory_unusable", (source) => source.backUp({ directory: "/dev/null/below" })],
    [
      "backup_directory_not_empty",
      async (source) => {
        mkdirSync(join(folder, "full"));
        writeFileSync(join(folder, "full/other"), "");
        return source.backUp({ directory: join(folder, "full") });
      },
    ],
    [
      "backup_of_another",
      async (source) => {
        await source.backUp();
        const other = await openSource("another");
        return other.backUp();
      },
    ],
    [
      "backup_is_newer",
      async (source) => {
        await source.backUp();
        rmSync(join(source.dataDir, "log"), { recursive: true });
        return source.backUp();
      },
    ],
  ])("is refused: %s", async (code, attempt) => {
    const source = await openSource();
    await source.append(40);
    expect((await problemOf(attempt(source)))?.code).toBe(code);
  });

  it("tells every file that is not as it was stored, and a flipped manifest", async () => {
    const source = await openSource();
    await source.append(60);
    await source.backUp();
    const directory = join(folder, "backup");
    const files = readManifest(directory)?.files ?? [];
    for (const { stored } of files) {
      const bytes = readFileSync(join(directory, stored));
      const flipped = Buffer.from(bytes);
      flipped[bytes.length >> 1]! ^= 4;
      writeFileSync(join(directory, stored), flipped);
      expect((await checkBackup(directory)).faults).toEqual([`${stored}: its content is not what was stored`]);
      writeFileSync(join(directory, stored), bytes.subarray(1));
      expect((await checkBackup(directory)).faults).toEqual([expect.stringContaining(`instead of ${bytes.length}`)]);
      rmSync(join(directory, stored));
      expect((await checkBackup(directory)).faults).toEqual([`${stored}: it is missing`]);
      writeFileSync(join(directory, stored), bytes);
    }
    const text = readFileSync(join(directory, manifestFile), "utf8");
    for (const [from, to, code] of [
      [`"position": `, `"position": 1`, "backup_damaged"],
      [`"format": 1`, `"format": 9`, "backup_newer"],
      [`"log/0000000000.log"`, `"../0000000000.log"`, "backup_damaged"],
    ] as const) {
      expect(text).toContain(from);
      writeFileSync(join(directory, manifestFile), text.replace(from, to));
      expect((await problemOf(checkBackup(directory)))?.code).toBe(code);
    }
    rmSync(join(directory, manifestFile));
    expect((await problemOf(checkBackup(directory)))?.code).toBe("backup_missing");
  });
});

describe("a restore to a point in time", () => {
  it("has exactly the records before it, whatever the segments", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 800, max: 4_000 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        async (count, segmentBytes, moments, isArchived) => {
          rmSync(folder, { recursive: true, force: true });
          const source = await openSource("data", segmentBytes);
          await source.append(count);
          const all = await source.records();
          if (isArchived) await archiveAll(join(source.dataDir, "log"));
          await source.backUp();
          for (const moment of moments) {
            const last = moment % count;
            const byTime = await restored({ time: start + last * 1_000 + 999 });
            expect(await recordsIn(byTime.log)).toEqual(all.slice(0, last + 1));
            const next = all[last + 1];
            if (next === undefined) continue;
            const byPosition = await restored({ position: next.position });
            expect(await recordsIn(byPosition.log)).toEqual(all.slice(0, last + 1));
            expect(byPosition.end).toBeLessThanOrEqual(next.position);
          }
        },
      ),
      { numRuns: 16 },
    );
  });

  it("by time ends before the first record that was received later, wherever the clock was set back", async () => {
    const step = fc.record({ records: fc.integer({ min: 1, max: 12 }), back: fc.integer({ min: 0, max: 20 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 800, max: 3_000 }),
        fc.array(fc.integer({ min: -5, max: 40 }), { minLength: 1, maxLength: 3 }),
        async (steps, segmentBytes, moments) => {
          rmSync(folder, { recursive: true, force: true });
          // Seconds at which each was received: the clock goes on, and is set back at every step.
          const seconds: number[] = [];
          for (const { records, back } of steps) {
            const from = (seconds.at(-1) ?? back) - back;
            for (let n = 1; n <= records; n++) seconds.push(from + n);
          }
          const at = (nth: number): number => start + (seconds[nth] ?? seconds.at(-1) ?? 0) * 1_000;
          const source = await openSource("data", segmentBytes, at);
          await source.append(seconds.length);
          const all = await source.records();
          await source.backUp();
          for (const moment of moments) {
            const later = seconds.findIndex((second) => second > moment);
            const kept = later === -1 ? seconds.length : later;
            const wanted = { time: start + moment * 1_000 };
            if (kept === 0) expect((await problemOf(restored(wanted)))?.code).toBe("until_too_early");
            else expect(await recordsIn((await restored(wanted)).log)).toEqual(all.slice(0, kept));
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  it("by time keeps what was received by then in a segment that a clock ahead of it had begun", async () => {
    const received = (nth: number): number => start + nth * 1_000;
    const source = await openSource("data", 1_200, received, (nth) => received(nth) + (nth === 0 ? 0 : 86_400_000));
    await source.append(25);
    const all = await source.records();
    await source.backUp();
    expect(await recordsIn((await restored({ time: start + 18_500 })).log)).toEqual(all.slice(0, 19));
  });

  it("is refused beyond what the backup has", async () => {
    const source = await openSource();
    await source.append(10);
    const { position: end } = await source.backUp();
    expect((await problemOf(restored({ position: end + 1 })))?.code).toBe("until_too_late");
    expect((await problemOf(restored({ position: position(0, 0) })))?.code).toBe("until_too_early");
    expect((await problemOf(restored({ time: start - 1 })))?.code).toBe("until_too_early");
    expect(await recordsIn((await restored({ time: start + 10 ** 9 })).log)).toEqual(await source.records());
  });
});
