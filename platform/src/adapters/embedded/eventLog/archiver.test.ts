import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { numbered } from "../../../buffer/numberedRecords.ts";
import { dueSegments } from "./archivePolicy.ts";
import { startArchiver, type Archiver, type ArchiverOptions } from "./archiver.ts";
import { nodeDisk } from "./disk.ts";
import type { SealedSegment } from "./sealedSegments.ts";
import { openEventLog } from "./writer.ts";

const dayMs = 86_400_000;
const start = Date.UTC(2026, 0, 1);
const recordsEach = 5;
const maxWaitMs = 20_000;

let directory: string;
let archiver: Archiver | null = null;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "c360-archiver-"));
});
afterEach(async () => {
  await archiver?.close();
  archiver = null;
  await rm(directory, { recursive: true });
});

/** Segments of five records, one a day; the last is growing. */
async function write(segments: number): Promise<void> {
  let day = 0;
  const segmentBytes = recordsEach * 1_000;
  const log = await openEventLog({ directory, segmentBytes, now: () => start + day++ * dayMs });
  for (let n = 0; n < (segments - 1) * recordsEach + 1; n += 1) await log.append([numbered(n, 1_000)]);
  await log.close();
}

function run(more: Partial<ArchiverOptions>): Archiver {
  const limits = { afterMs: null, beyondBytes: null };
  const byDefault = { directory, limits, disk: nodeDisk, now: () => start, onTrouble: () => undefined, idlePollMs: 1 };
  archiver = startArchiver({ ...byDefault, ...more });
  return archiver;
}

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  const giveUpAt = performance.now() + maxWaitMs;
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error("did not happen in time");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const archivedFiles = async (): Promise<number> => (await archiver!.tiers()).archived.files;

describe("the archiver", () => {
  test("archives what has been sealed for so long, and tells what lies where", async () => {
    await write(6);
    // Segments 0, 1 and 2 were sealed on the second, third and fourth day.
    const { tiers } = run({ limits: { afterMs: 2 * dayMs, beyondBytes: null }, now: () => start + 5 * dayMs });
    await until(async () => (await archivedFiles()) === 3);
    const { plain, archived, oldestAt } = await tiers();
    expect(plain).toMatchObject({ files: 2, records: 2 * recordsEach });
    expect(archived).toMatchObject({ files: 3, records: 3 * recordsEach });
    expect(archived.bytes / archived.files).toBeLessThan(plain.bytes / plain.files / 2);
    expect(oldestAt).toBe(start);
  });

  test("archives the oldest beyond a size, and what is sealed later, too", async () => {
    await write(6);
    const { tiers } = run({ limits: { afterMs: null, beyondBytes: 11_000 } });
    await until(async () => (await archivedFiles()) === 3);
    expect((await tiers()).plain.files).toBe(2);
    const log = await openEventLog({ directory, segmentBytes: 1_000 });
    for (let n = 0; n < 12; n += 1) await log.append([numbered(n, 1_000)]);
    await log.close();
    await until(async () => (await tiers()).archived.files > 3 && (await tiers()).plain.bytes <= 11_000);
  });

  test("archives nothing that is switched off", async () => {
    await write(4);
    const { tiers } = run({});
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await tiers()).toMatchObject({ plain: { files: 3 }, archived: { files: 0, bytes: 0, records: 0 } });
  });

  test("tells of a segment that it could not archive, and nothing of what is in it", async () => {
    await write(4);
    const troubles: string[] = [];
    const disk = {
      ...nodeDisk,
      rename: () => Promise.reject(Object.assign(new Error("no"), { code: "ENOSPC" })),
    };
    run({
      limits: { afterMs: 0, beyondBytes: null },
      now: () => start + 9 * dayMs,
      disk,
      onTrouble: (message) => troubles.push(message),
    });
    await until(() => troubles.length > 0);
    expect(troubles).toEqual(["archiving segment 0 of the log failed: ENOSPC; it is tried again in 60 s"]);
  });

  test("stops at once in the middle of a segment, and leaves nothing behind", async () => {
    await write(4);
    const disk = { ...nodeDisk, write: async () => undefined };
    const { advance, close } = run({ limits: { afterMs: 0, beyondBytes: null }, now: () => start + 9 * dayMs, disk });
    advance("busy");
    await close();
    archiver = null;
    const again = run({});
    expect(await again.tiers()).toMatchObject({ plain: { files: 3 }, archived: { files: 0 } });
  });
});

test("what is due are the oldest that are not archived, as many as it takes", () => {
  const segments = fc
    .array(fc.record({ bytes: fc.integer({ min: 1, max: 100 }), days: fc.nat(3), isArchived: fc.boolean() }))
    .map((all) => {
      let sealedAt = start;
      return all.map(({ bytes, days, isArchived }, segment): SealedSegment => {
        const createdAt = sealedAt;
        sealedAt += days * dayMs;
        return { segment, isArchived, bytes, plainBytes: bytes, records: 1, createdAt, sealedAt };
      });
    });
  const limit = fc.option(fc.integer({ min: 0, max: 600 }));
  fc.assert(
    fc.property(segments, limit, limit, fc.nat(40), (sealed, days, beyondBytes, today) => {
      const now = start + today * dayMs;
      const afterMs = days === null ? null : days * dayMs;
      const due = new Set(dueSegments(sealed, { afterMs, beyondBytes }, now));
      const plain = sealed.filter(({ isArchived }) => !isArchived);
      const kept = plain.filter(({ segment }) => !due.has(segment));
      expect(plain.slice(0, due.size).map(({ segment }) => segment)).toEqual([...due]);
      expect(kept.every(({ sealedAt }) => afterMs === null || sealedAt > now - afterMs)).toBe(true);
      const total = (some: readonly SealedSegment[]): number => some.reduce((sum, { bytes }) => sum + bytes, 0);
      if (beyondBytes !== null) expect(total(kept)).toBeLessThanOrEqual(beyondBytes);
      // Not one more than it takes.
      const last = plain[due.size - 1];
      if (last === undefined) return;
      const isOld = afterMs !== null && last.sealedAt <= now - afterMs;
      expect(isOld || (beyondBytes !== null && total(kept) + last.bytes > beyondBytes)).toBe(true);
    }),
  );
});
