import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hasBase } from "../adapters/embedded/base/manifest.ts";
import { listSegments, segmentPath } from "../adapters/embedded/eventLog/segmentFiles.ts";
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
  await receiveNow();
});
afterEach(() => directory.remove());

const paths = () => dataPaths(directory.dataDir);
const problem = (code: string) => expect.objectContaining({ code });
const rebuild = (settings: Partial<Settings> = {}) =>
  rebuildPlatform({ ...directory.settings, ...settings }, { verify: true, progress: () => undefined });

/** What came before is old by the log itself. */
async function receiveNow(): Promise<void> {
  const platform = await openPlatform(directory.settings);
  const web = (await platform.access.sources()).find(({ id }) => id === "web");
  if (web === undefined) throw new Error("no source");
  await platform.gateway.submit(web, [{ type: "track", event: "Product Viewed", userId: "now", messageId: "now" }]);
  await platform.drained();
  await platform.close();
}

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

function emptyBase(): void {
  rmSync(paths().base, { recursive: true, force: true });
  mkdirSync(paths().base);
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
    rmSync(paths().state);
    await expect(openPlatform(directory.settings)).rejects.toThrow(problem("log_beginning_missing"));
  });

  it.each<[string, string, () => void]>([
    ["damaged", "base_damaged", () => writeFileSync(join(paths().base, "base.json"), "{}")],
    ["lost", "log_beginning_missing", () => rmSync(paths().base, { recursive: true })],
    ["empty", "log_beginning_missing", () => emptyBase()],
  ])("gets another base of the live state where that is %s", async (_what, code, hurt) => {
    await deleteOld();
    hurt();
    await expect(rebuild()).rejects.toThrow(problem(code));
    const platform = await openPlatform(directory.settings);
    const giveUpAt = Date.now() + maxDeletionMs;
    while (!hasBase(paths().base) && Date.now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, 20));
    await platform.close();
    expect((await rebuild()).differences).toEqual([]);
  });

  it("by accident is refused, whatever lies in the base's folder", async () => {
    emptyBase();
    rmSync(segmentPath(paths().log, 0));
    await expect(openPlatform(directory.settings)).rejects.toThrow(problem("log_beginning_missing"));
  });

  it("is not folded on by a state that knows nothing of it", async () => {
    await deleteOld();
    writeFileSync(paths().state, "");
    const refused = expect.objectContaining({
      code: "log_beginning_missing",
      hint: expect.stringContaining("rebuild"),
    });
    await expect(openPlatform(directory.settings)).rejects.toThrow(refused);
    await rebuildPlatform(directory.settings, { verify: false, progress: () => undefined });
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
