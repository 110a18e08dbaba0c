import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { OperationsView } from "../../src/api/operations.ts";
import { examineDirectory } from "../../src/runtime/doctor.ts";
import { rebuildPlatform } from "../../src/runtime/rebuild.ts";
import { wholeDirectory, type WholeDirectory } from "../wholeDirectory.ts";
import { until } from "./polling.ts";
import { randomFrom, startSender } from "./senders.ts";
import { openSite, type Site, writeKey } from "./server.ts";

const kills = 5;
const maxUnderWayMs = 30;
const maxBegunMs = 60_000;
const maxArchiveMs = 60_000;
const env = { C360_ARCHIVE_AFTER_DAYS: "0" };

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

async function tiers(): Promise<Record<string, { files: number; records: number; bytes: number }>> {
  const { body } = await site.reads.request("GET", "/api/operations");
  const { disk } = body as OperationsView;
  return Object.fromEntries((disk?.tiers ?? []).map((tier) => [tier.name, tier]));
}

const archived = async (): Promise<number> => (await tiers())["archive"]?.files ?? 0;
const sealed = (): number => readdirSync(join(directory.dataDir, "log")).length - 1;

/** Names and sizes of all but the segment that is written. */
function logListing(): string {
  const names = readdirSync(join(directory.dataDir, "log")).sort();
  return names
    .slice(0, -1)
    .map((name) => `${name} ${statSync(join(directory.dataDir, "log", name), { throwIfNoEntry: false })?.size}`)
    .join();
}

/** Of everything that is read from the log, the state and the lake. */
async function answers(): Promise<string> {
  await site.reads.settled();
  const customers = [0, 7, 60, 140];
  const profiles = await Promise.all(customers.map((n) => site.reads.profile("user_id", `u${n}`)));
  const fates = await Promise.all([0, 22, 45, 333, 1_200].map((n) => site.reads.fate(`m-${n}`, "web")));
  const rows = await site.reads.query("select count(*), count(distinct message_id), max(received_at) from events");
  const { body: rejections } = await site.reads.request("GET", "/api/rejections?limit=100");
  const atAnyTime = fates.map((fate) => ({ ...fate, processedAt: null }));
  return JSON.stringify({ profiles, fates: atAnyTime, rows, rejections });
}

async function expectWell(): Promise<void> {
  const { findings } = await examineDirectory(directory.settings, { isDeep: true, progress: () => undefined });
  expect(findings).toEqual([]);
  const { differences } = await rebuildPlatform(directory.settings, { verify: true, progress: () => undefined });
  expect(differences).toEqual([]);
}

describe("an archive", () => {
  it("changes no answer: not of the platform, nor of doctor, rebuild, backup and restore", async () => {
    const plain = await site.start({ env: { C360_ARCHIVE_AFTER_DAYS: "off" } });
    const before = await answers();
    const { log } = await tiers();
    expect(await archived()).toBe(0);
    await plain.stop();

    const server = await site.start();
    await until("all is archived", maxArchiveMs, async () => (await archived()) === sealed());
    expect(await answers()).toBe(before);
    const now = await tiers();
    expect(now["archive"]?.records).toBe(log?.records);
    expect(now["archive"]?.bytes).toBeLessThan((log?.bytes ?? 0) / 2);
    const metrics = await site.reads.request("GET", "/metrics");
    expect(metrics.body).toContain(`c360_stored_records{tier="archive"} ${log?.records}`);
    const backup = join(site.folder, "backup");
    expect((await site.verb(["backup", backup, "--with-derived"])).code).toBe(0);
    await server.stop();
    await expectWell();

    rmSync(directory.dataDir, { recursive: true });
    expect((await site.verb(["restore", backup])).code).toBe(0);
    await expectWell();
    const restored = await site.start();
    expect(await answers()).toBe(before);
    await restored.stop();
  });

  it("is made while events come and backups are taken, whatever is killed", async () => {
    const seed = Number(process.env["C360_TEST_SEED"] ?? Date.now() % 2 ** 31);
    const random = randomFrom(seed);
    let under = 0;
    for (let nth = 0; nth < kills; nth++) {
      await site.close();
      directory.remove();
      directory = original.copy();
      site = await openSite({ dataDir: directory.dataDir, env });
      const before = logListing();
      const server = site.launch();
      const sender = startSender({ url: site.url, writeKey, name: `s${nth}`, batchEvents: 20, pauseMs: 1 });
      await until("archiving begins", maxBegunMs, () => logListing() !== before);
      await sleep(random() * maxUnderWayMs);
      await server.kill();
      const left = readdirSync(join(directory.dataDir, "log")).filter((name) => name.endsWith(".new"));
      under += left.length;
      const again = await site.start();
      const backingUp = site.verb(["backup", join(site.folder, "backup"), "--json"]);
      await until("all is archived", maxArchiveMs, async () => (await archived()) === sealed());
      await sender.stop();
      expect(await backingUp).toMatchObject({ code: 0 });
      await site.reads.settled();
      for (const messageId of [sender.acknowledged[0], sender.acknowledged.at(-1)]) {
        if (messageId !== undefined) expect(await site.reads.fate(messageId)).toMatchObject({ fate: "processed" });
      }
      await again.stop();
      expect(readdirSync(join(directory.dataDir, "log")).filter((name) => !/^\d{10}\.log$/.test(name))).toEqual([]);
      await expectWell();
    }
    console.log(
      `archive.process.test.ts: C360_TEST_SEED=${seed}: ${under} of ${kills} kills left an unfinished archive`,
    );
  });
});
