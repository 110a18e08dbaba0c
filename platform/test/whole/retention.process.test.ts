import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { examineDirectory } from "../../src/runtime/doctor.ts";
import { rebuildPlatform } from "../../src/runtime/rebuild.ts";
import { wholeDirectory, type WholeDirectory } from "../wholeDirectory.ts";
import { until } from "./polling.ts";
import { openSite, type Site } from "./server.ts";

const maxDeletionMs = 120_000;
/** Everything in the directory came months ago. */
const env = { C360_ARCHIVE_AFTER_DAYS: "off", C360_DELETE_AFTER_DAYS: "30" };

let original: WholeDirectory;
let directory: WholeDirectory;
let site: Site;
beforeAll(async () => {
  original = await wholeDirectory(1_500);
});
afterAll(() => original.remove());
beforeEach(async () => {
  directory = original.copy();
  site = await openSite({ dataDir: directory.dataDir, env });
});
afterEach(async () => {
  await site.close();
  directory.remove();
});

const segments = (): number[] =>
  readdirSync(join(directory.dataDir, "log"))
    .flatMap((name) => /^(\d{10})\.log$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((one, other) => one - other);

/** All but the segment that was written when the deletion began. */
const isDeleted = (last: number) => (): boolean => (segments()[0] ?? 0) >= last;

async function expectWell(): Promise<void> {
  const { findings } = await examineDirectory(directory.settings, { isDeep: true, progress: () => undefined });
  expect(findings).toEqual([]);
  const { differences } = await rebuildPlatform(directory.settings, { verify: true, progress: () => undefined });
  expect(differences).toEqual([]);
}

const customers = [0, 7, 60, 140, 230];
const profiles = async (): Promise<string> =>
  JSON.stringify(await Promise.all(customers.map((n) => site.reads.profile("user_id", `u${n}`))));

describe("what was received too long ago", () => {
  it("is deleted: profiles stay, and log, fates, rows and refusals begin where the rest does", async () => {
    const last = segments().at(-1) ?? 0;
    const plain = await site.start({ env: { C360_DELETE_AFTER_DAYS: "off" } });
    const before = await profiles();
    await plain.stop();

    const server = await site.start();
    await until("the log's beginning is gone", maxDeletionMs, isDeleted(last));
    await site.reads.settled();
    expect(await profiles()).toBe(before);
    await server.stop();
    await expectWell();
    rmSync(join(directory.dataDir, "messages"), { recursive: true });
    rmSync(join(directory.dataDir, "state.sqlite"), { recursive: true });
    const again = await site.start();
    await site.reads.settled();
    expect(await profiles()).toBe(before);
    await again.stop();
    await expectWell();
  });
});
