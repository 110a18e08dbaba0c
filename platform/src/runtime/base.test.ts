import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hasBase } from "../adapters/embedded/base/manifest.ts";
import { listSegments } from "../adapters/embedded/eventLog/segmentFiles.ts";
import { wholeDirectory, type WholeDirectory } from "../../test/wholeDirectory.ts";
import { dataPaths } from "./dataDirectory.ts";
import { openPlatform } from "./embedded.ts";
import { rebuildPlatform } from "./rebuild.ts";
import type { Settings } from "./settings.ts";

const dayMs = 86_400_000;
const maxDeletionMs = 50_000;

let directory: WholeDirectory;
beforeEach(async () => {
  directory = await wholeDirectory();
});
afterEach(() => directory.remove());

const paths = () => dataPaths(directory.dataDir);
const problem = (code: string) => expect.objectContaining({ code });
const rebuild = (settings: Partial<Settings> = {}) =>
  rebuildPlatform({ ...directory.settings, ...settings }, { verify: true, progress: () => undefined });

async function deleteOld(): Promise<void> {
  const last = (await listSegments(paths().log)).at(-1) ?? 0;
  const platform = await openPlatform({ ...directory.settings, deleteAfterMs: 30 * dayMs });
  const giveUpAt = Date.now() + maxDeletionMs;
  while ((await listSegments(paths().log))[0] !== last) {
    if (Date.now() > giveUpAt) throw new Error("nothing was deleted in time");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await platform.close();
}

describe("a deletion", () => {
  it("without room for a copy of the state deletes nothing, and says what it needs", async () => {
    const before = await listSegments(paths().log);
    const told = Promise.withResolvers<string>();
    const platform = await openPlatform(
      { ...directory.settings, deleteAfterMs: 30 * dayMs, minFreeBytes: 2 ** 60 },
      { onTrouble: told.resolve },
    );
    expect(await told.promise).toMatch(/a copy of the state needs \d+ MiB free on the disk/);
    await platform.close();
    expect(await listSegments(paths().log)).toEqual(before);
    expect((await rebuild()).differences).toEqual([]);
    await deleteOld();
    expect((await rebuild()).differences).toEqual([]);
  });
});

describe("a log without its beginning", () => {
  it("is folded on from its base, and never without it", async () => {
    await deleteOld();
    const { records, differences } = await rebuild();
    expect(differences).toEqual([]);
    expect(records).toBeLessThan(600);
    renameSync(paths().base, join(directory.dataDir, "elsewhere"));
    await expect(rebuild()).rejects.toThrow(problem("log_beginning_missing"));
    await expect(openPlatform(directory.settings)).rejects.toThrow(problem("log_beginning_missing"));
  });

  it("gets another base of the live state where that is damaged", async () => {
    await deleteOld();
    writeFileSync(join(paths().base, "base.json"), "{}");
    await expect(rebuild()).rejects.toThrow(problem("base_damaged"));
    const platform = await openPlatform(directory.settings);
    const giveUpAt = Date.now() + maxDeletionMs;
    while (!hasBase(paths().base) && Date.now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, 20));
    await platform.close();
    expect((await rebuild()).differences).toEqual([]);
  });

  it("cannot be folded in another currency: that is refused, and nothing is changed", async () => {
    await deleteOld();
    rmSync(paths().state);
    await expect(openPlatform({ ...directory.settings, homeCurrency: "EUR" })).rejects.toThrow(
      problem("base_settings"),
    );
    const platform = await openPlatform(directory.settings);
    await platform.drained();
    await platform.close();
    expect((await rebuild()).differences).toEqual([]);
  });
});
