import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openEventLogReader } from "../../src/adapters/embedded/eventLog/reader.ts";
import type { LogRecord } from "../../src/model/event.ts";
import { decodeRecord } from "../../src/model/logRecord.ts";
import { position, type Position } from "../../src/model/position.ts";
import { examineDirectory } from "../../src/runtime/doctor.ts";
import { openPlatform } from "../../src/runtime/embedded.ts";
import { rebuildPlatform } from "../../src/runtime/rebuild.ts";
import { wholeDirectory, type WholeDirectory } from "../wholeDirectory.ts";
import { until } from "./polling.ts";
import { startSender } from "./senders.ts";
import { openSite, type Site, writeKey } from "./server.ts";

const maxDeletionMs = 120_000;
/** Everything in the directory came months ago. */
const env = { C360_ARCHIVE_AFTER_DAYS: "off", C360_DELETE_AFTER_DAYS: "30" };

let original: WholeDirectory;
let directory: WholeDirectory;
let site: Site;
beforeAll(async () => {
  original = await wholeDirectory(1_500);
  await receiveNow();
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

/** What came before is old by the log itself. */
async function receiveNow(): Promise<void> {
  const platform = await openPlatform(original.settings);
  const web = (await platform.access.sources()).find(({ id }) => id === "web");
  if (web === undefined) throw new Error("no source");
  await platform.gateway.submit(web, [{ type: "track", event: "Product Viewed", userId: "now", messageId: "now" }]);
  await platform.drained();
  await platform.close();
}

const segments = (): number[] =>
  readdirSync(join(directory.dataDir, "log"))
    .flatMap((name) => /^(\d{10})\.log$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((one, other) => one - other);

/** All but the segment that was written when the deletion began. */
const isDeleted = (last: number) => (): boolean => (segments()[0] ?? 0) >= last;

async function expectWell(): Promise<void> {
  const { findings } = await examineDirectory(directory.settings, { isDeep: true, progress: () => undefined });
  // Files of the lake that were replaced less than a minute ago are there until the next start.
  expect(findings.filter(({ severity }) => severity !== "harmless")).toEqual([]);
  const { differences } = await rebuildPlatform(directory.settings, { verify: true, progress: () => undefined });
  expect(differences).toEqual([]);
}

async function recordAt(at: Position): Promise<LogRecord> {
  const log = openEventLogReader(join(original.dataDir, "log"));
  const stored = await log.at(at);
  await log.close();
  if (stored === null) throw new Error(`no record at ${at}`);
  return decodeRecord(stored.payload);
}
const receivedAt = async (at: Position): Promise<number> => (await recordAt(at)).receivedAt;
const messageAt = async (at: Position): Promise<string> => (await recordAt(at)).messageId;

const customers = [0, 7, 60, 140, 230];
const profiles = async (): Promise<string> =>
  JSON.stringify(await Promise.all(customers.map((n) => site.reads.profile("user_id", `u${n}`))));

describe("what was received too long ago", () => {
  it("is deleted: profiles stay, and log, fates, rows and refusals begin where the rest does", async () => {
    const last = segments().at(-1) ?? 0;
    const plain = await site.start({ env: { C360_DELETE_AFTER_DAYS: "off" } });
    const before = await profiles();
    const keptSince = new Date(await receivedAt(position(last, 0))).toISOString();
    const rowsSince = `select count(*) as n, min(received_at) as first from events where received_at >= '${keptSince}'`;
    const rows = await site.reads.query(rowsSince);
    const [gone, kept] = [messageAt(position(0, 3)), messageAt(position(last, 0))];
    expect(await site.reads.fate(await gone)).toMatchObject({ fate: "processed" });
    await plain.stop();

    const server = await site.start();
    await until("the log's beginning is gone", maxDeletionMs, isDeleted(last));
    await until("its rows are gone", maxDeletionMs, async () => {
      const all = await site.reads.value("select count(*) from events");
      return all === rows[0]?.[0];
    });
    expect(await site.reads.query(rowsSince)).toEqual(rows);
    expect(await profiles()).toBe(before);
    expect(await site.reads.request("GET", `/api/events/${await gone}`)).toMatchObject({ status: 404 });
    expect(await site.reads.fate(await kept)).toMatchObject({ fate: expect.any(String) });
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

  /** What is there for a moment on the way, in its order. */
  const moments: Record<string, () => boolean> = {
    "nothing but what is said in the log": () => directorySize() > 0,
    "a copy of the state begun": () => baseNames().length > 0,
    "a copy that no manifest names": () => baseNames().some((name) => /^\d+\.sqlite$/.test(name)),
    "a manifest": () => baseNames().includes("base.json"),
    "some segments less": () => (segments()[0] ?? 0) > 0,
  };
  const baseNames = (): string[] => {
    try {
      return readdirSync(join(directory.dataDir, "base"));
    } catch {
      return [];
    }
  };
  const directorySize = (): number => segments().length;

  it.each(Object.entries(moments))("is deleted by the next start, killed with %s", async (moment, isThere) => {
    const last = segments().at(-1) ?? 0;
    const server = site.launch();
    const sender = startSender({ url: site.url, writeKey, name: "s", batchEvents: 20, pauseMs: 50 });
    const killAt = Date.now() + maxDeletionMs;
    while (!isThere() && Date.now() < killAt) await setImmediate();
    if (moment.startsWith("nothing")) await sleep(2_500);
    await server.kill();
    const left = [...baseNames(), `first segment ${segments()[0]}`];
    const again = await site.start();
    await until("the log's beginning is gone", maxDeletionMs, isDeleted(last));
    await sender.stop();
    await site.reads.settled();
    for (const messageId of [sender.acknowledged[0], sender.acknowledged.at(-1)]) {
      if (messageId !== undefined) expect(await site.reads.fate(messageId)).toMatchObject({ fate: "processed" });
    }
    await until("what it said is one", maxDeletionMs, () => baseNames().length === 2);
    await again.stop();
    console.log(`retention.process.test.ts: killed with ${left.join(", ")}; ${sender.acknowledged.length} were sent`);
    await expectWell();
    expect(segments()[0]).toBe(last);
  });

  it("stays deleted in a backup, and comes back from it as it was", async () => {
    const last = segments().at(-1) ?? 0;
    const backup = join(site.folder, "backup");
    const server = await site.start();
    await until("the log's beginning is gone", maxDeletionMs, isDeleted(last));
    await site.reads.settled();
    const before = await profiles();
    expect((await site.verb(["backup", backup])).code).toBe(0);
    expect((await site.verb(["backup", backup, "--check"])).code).toBe(0);
    await server.stop();
    rmSync(directory.dataDir, { recursive: true });
    const early = await site.verb(["restore", backup, "--until", String(position(last, 1))]);
    expect(early.stderr).toContain("its beginning was deleted");
    expect(early.code).not.toBe(0);
    expect((await site.verb(["restore", backup])).code).toBe(0);
    await expectWell();
    const restored = await site.start();
    await site.reads.settled();
    expect(await profiles()).toBe(before);
    await restored.stop();
  });
});
