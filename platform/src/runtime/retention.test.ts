import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { baseFormat, baseManifestFile, encodeBase } from "../adapters/embedded/base/manifest.ts";
import { segmentPath } from "../adapters/embedded/eventLog/segmentFiles.ts";
import { keyedHash } from "../model/keyedHash.ts";
import { position } from "../model/position.ts";
import { startRetention, type RetentionParts } from "./retention.ts";

const dayMs = 86_400_000;
const start = Date.UTC(2026, 0, 1);
const hashKey = Buffer.alloc(32, 7);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "c360-retention-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Seen {
  /** Before when what is past was asked for, and before which segment all was removed. */
  asked: number[];
  removed: number[];
  /** Records that the log was told. */
  said: number;
  told: string[];
}

/** What a retention did until it told of trouble, and `moreMs` later; its log's only segment is empty. */
async function looked(changes: Partial<RetentionParts>, { segment = 0, quietMs = 0, moreMs = 0 } = {}): Promise<Seen> {
  const found: Seen = { asked: [], removed: [], said: 0, told: [] };
  const paths = { log: join(folder, "log"), state: join(folder, "state.sqlite"), base: join(folder, "base") };
  mkdirSync(paths.log, { recursive: true });
  writeFileSync(segmentPath(paths.log, segment), "");
  writeFileSync(paths.state, "no database");
  const retention = startRetention({
    paths,
    hashKey,
    hash: keyedHash(hashKey),
    deleteAfterMs: 30 * dayMs,
    minFreeBytes: 0,
    archiving: {
      wholly: async (before) => {
        found.asked.push(before);
        return [{ segment: 0, records: 10 }];
      },
      removeBefore: async (before) => void found.removed.push(before),
    },
    ingestion: { removeMessages: async () => undefined },
    append: async () => {
      found.said += 1;
      return [];
    },
    decided: async () => undefined,
    keptFrom: () => 0,
    deciding: () => "idle",
    withoutBackup: (work) => work(),
    now: () => start,
    trustedNow: () => start,
    onTrouble: (message) => found.told.push(message),
    ...changes,
  });
  const giveUpAt = Date.now() + (quietMs === 0 ? 20_000 : quietMs);
  while (found.told.length === 0 && Date.now() < giveUpAt) await sleep(5);
  await sleep(moreMs);
  await retention.close();
  return found;
}

function baseMadeAt(madeAt: number, keptFrom = 0): void {
  mkdirSync(join(folder, "base"));
  const of = { format: baseFormat, platform: "0.1.0", key: "k", file: "1.sqlite", bytes: 0, sha256: "" };
  const base = { ...of, position: keptFrom + 1, keptFrom, madeAt: new Date(madeAt).toISOString() };
  writeFileSync(join(folder, "base", baseManifestFile), encodeBase(base));
  writeFileSync(join(folder, "base", "1.sqlite"), "");
}

describe("what is too old", () => {
  it("is so by the trusted clock, whatever the machine's says", async () => {
    const { asked } = await looked({ now: () => start + 1_000 * dayMs });
    expect(asked).toEqual([start - 30 * dayMs]);
  });

  it("is not said to be kept no longer before there is room for what stands for it", async () => {
    const { said, told } = await looked({ minFreeBytes: 2 ** 60 });
    expect(said).toBe(0);
    expect(told[0]).toMatch(/a copy of the state needs \d+ MiB free on the disk/);
    expect((await looked({})).said).toBe(1);
  });

  it("is looked for a day after the last time", async () => {
    baseMadeAt(start - dayMs / 2);
    expect((await looked({}, { quietMs: 300 })).asked).toEqual([]);
    expect((await looked({ now: () => start + dayMs })).asked).toHaveLength(1);
  });

  it("is looked for where the last time is said to be later than now", async () => {
    baseMadeAt(start + 365 * dayMs);
    expect((await looked({})).asked).toHaveLength(1);
  });
});

describe("a base", () => {
  it("that is not what was made stands for nothing that goes", async () => {
    baseMadeAt(start, position(1, 0));
    const { removed, told } = await looked({});
    expect(removed).toEqual([]);
    expect(told[0]).toContain("a copy of the state could not be made");
  });

  it("that could not be made is not tried again at once", async () => {
    const { told } = await looked({ pollMs: 5 }, { segment: 1, moreMs: 2_000 });
    expect(told).toHaveLength(1);
  });
});
