import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, type TestContext } from "vitest";
import { checkBackup } from "../../src/adapters/embedded/backup/checkBackup.ts";
import type { BackupView } from "../../src/api/backups.ts";
import type { JsonObject } from "../../src/model/event.ts";
import { backUpDirectory } from "../../src/runtime/backup.ts";
import { examineDirectory } from "../../src/runtime/doctor.ts";
import { rebuildPlatform } from "../../src/runtime/rebuild.ts";
import { restorePlatform } from "../../src/runtime/restore.ts";
import { readSettings } from "../../src/runtime/settings.ts";
import { until } from "./polling.ts";
import { randomFrom, startSender } from "./senders.ts";
import { apiToken, openSite, type Served, type Site, writeKey } from "./server.ts";
import { appendRecords, wholeDirectory } from "../wholeDirectory.ts";

const directKills = 15;
const serverKills = 5;
/** A backup by the server takes about as long. */
const maxUnderWayMs = 1_500;
/** The same of one that reads the directory itself, as fast as it may there. */
const maxDirectlyMs = 900;
const maxBackupMs = 60_000;

let site: Site;
let others: Site[];
/** A small disk that a test has mounted. */
let disk: string | null = null;
beforeEach(() => {
  others = [];
});
afterEach(async () => {
  for (const each of others) await each.close();
  if (disk === null) return;
  spawnSync("umount", [disk]);
  rmSync(disk, { recursive: true, force: true });
  disk = null;
});

const backupIn = (): string => join(site.folder, "backup");

/** The platform on another data directory, the same in everything else. */
async function siteAt(dataDir: string): Promise<Site> {
  const other = await openSite({ dataDir });
  others.push(other);
  return other;
}

/** Every third says who somebody is, the others are orders with a note so long. */
async function shop(from: number, count: number, noteChars = 300): Promise<void> {
  const calls: JsonObject[] = Array.from({ length: count }, (_, nth) => {
    const n = from + nth;
    const properties = { order_id: `o${n}`, total: n % 97, currency: "GBP", note: "n".repeat(noteChars) };
    return n % 3 === 0
      ? { type: "identify", userId: `u${n % 50}`, messageId: `m${n}`, traits: { firstName: `Name ${n}` } }
      : { type: "track", userId: `u${n % 50}`, messageId: `m${n}`, event: "Order Completed", properties };
  });
  await site.reads.import("default", calls);
}

/** Answers about everybody, as text. */
async function answers(of: Site): Promise<string> {
  await of.reads.settled();
  const profiles = await Promise.all(Array.from({ length: 50 }, (_, n) => of.reads.profile("user_id", `u${n}`)));
  const fates = await Promise.all([0, 100, 700].map((n) => of.reads.fate(`m${n}`)));
  const rows = await of.reads.query("select count(*), sum(net_minor), count(distinct profile_id) from orders");
  return JSON.stringify({ profiles, rows, fates: fates.map((fate) => ({ ...fate, processedAt: null })) });
}

/** What `doctor --deep` and `rebuild --verify` ask of a directory that nobody has open. */
async function expectWell({ dataDir }: Site): Promise<void> {
  const settings = readSettings({ C360_DATA_DIR: dataDir });
  const { findings } = await examineDirectory(settings, { isDeep: true, progress: () => undefined });
  expect(findings).toEqual([]);
  const { differences } = await rebuildPlatform(settings, { verify: true, progress: () => undefined });
  expect(differences).toEqual([]);
}

interface Restore {
  /** Of the folder that it goes into. */
  name: string;
  from: string;
  flags: readonly string[];
  /** What the restored platform answers. */
  expected: string;
  /** What it says of itself. */
  done?: object;
}

async function expectRestored({ name, from, flags, expected, done = {} }: Restore): Promise<void> {
  const other = await siteAt(join(site.folder, name));
  const { code, stdout } = await other.verb(["restore", from, "--json", ...flags]);
  expect({ name, code }).toEqual({ name, code: 0 });
  expect(JSON.parse(stdout)).toMatchObject(done);
  await expectWell(other);
  const restored = await other.start();
  expect(await answers(other)).toBe(expected);
  // Keys are as they were, and what is sent again still counts once.
  await other.reads.import("default", [{ type: "identify", userId: "u3", messageId: "m3", traits: {} }]);
  await other.reads.settled();
  expect(await other.reads.fate("m3")).toMatchObject({ fate: "processed", duplicates: 1 });
  await restored.stop();
}

/** Until what the backup reaches; every file of it is as it was stored. */
async function checked(directory = backupIn()): Promise<number> {
  const { manifest, faults } = await checkBackup(directory);
  expect(faults).toEqual([]);
  return manifest.position;
}

/** What a kill left says that it is still held. */
async function checkedAfterKill(directory: string): Promise<number> {
  rmSync(join(directory, "server.json"), { force: true });
  return checked(directory);
}

/** A backup's folder is held while one is made. */
async function begun(directory = backupIn()): Promise<void> {
  await until("a backup begins", maxBackupMs, () => names(directory).includes("server.json"));
}

describe("backup and restore", () => {
  beforeEach(async () => {
    site = await openSite();
  });
  afterEach(() => site.close());

  it("gives every answer as it was at a moment, taken while events come, with and without the state", async () => {
    const server = await site.start();
    await shop(0, 800);
    const then = await answers(site);
    const moment = new Date().toISOString();
    await sleep(20);
    const sender = startSender({ url: site.url, writeKey, name: "s", batchEvents: 20, pauseMs: 10 });
    await shop(1_000, 300);
    for (const [directory, flags] of [
      [backupIn(), []],
      [join(site.folder, "with"), ["--with-derived"]],
    ] as const) {
      const { code, stdout } = await site.verb(["backup", directory, "--json", ...flags]);
      expect(code).toBe(0);
      const done = JSON.parse(stdout) as { statePosition: number | null; position: number };
      expect(done.statePosition === null).toBe(flags.length === 0);
      expect(done.statePosition ?? 0).toBeLessThanOrEqual(done.position);
    }
    await sender.stop();
    const last = await answers(site);
    await server.stop();
    const now = await site.verb(["backup", join(site.folder, "with"), "--with-derived", "--json"]);
    const { position } = JSON.parse(now.stdout) as { position: number };

    const whole = join(site.folder, "with");
    const restores: readonly Restore[] = [
      { name: "then", from: backupIn(), flags: ["--until", moment], expected: then },
      { name: "last", from: whole, flags: ["--until", String(position)], expected: last },
      { name: "then-with", from: whole, flags: ["--until", moment], expected: then },
      { name: "all", from: whole, flags: [], expected: last, done: { foldedRecords: 0, position } },
    ];
    // Two at a time: each is a platform of its own.
    for (let at = 0; at < restores.length; at += 2) {
      await Promise.all(restores.slice(at, at + 2).map(expectRestored));
    }
    // By the command line, as the restores were.
    const [other] = others;
    expect(await other?.verb(["doctor", "--deep", "--json"])).toMatchObject({ code: 0 });
    expect(await other?.verb(["rebuild", "--verify"])).toMatchObject({ code: 0, stderr: "" });
    const again = await other?.verb(["restore", whole]);
    expect([again?.code, again?.stderr]).toEqual([1, expect.stringContaining("is not empty")]);
  });

  it("a backup that is killed leaves one that is whole, and never an older one", async () => {
    const seed = Number(process.env["C360_TEST_SEED"] ?? Date.now() % 2 ** 31);
    const random = randomFrom(seed);
    const whole = await wholeDirectory(200);
    const idle = await siteAt(whole.dataDir);
    const target = join(idle.folder, "backup");
    const toTarget = { directory: target, withDerived: false, bytesPerS: null, progress: () => undefined };
    let { position } = await backUpDirectory(whole.settings, toTarget);
    let grown = 0;
    for (let nth = 0; nth < directKills; nth++) {
      await appendRecords(whole.dataDir, 200 + nth * 400, 400, 2_000);
      const flags = nth % 3 === 0 ? ["--with-derived"] : [];
      const running = idle.launchVerb(["backup", target, "--max-rate", "8", ...flags]);
      await begun(target);
      await sleep(random() * maxDirectlyMs);
      await running.kill();
      const after = await checkedAfterKill(target);
      expect(after).toBeGreaterThanOrEqual(position);
      if (after > position) grown += 1;
      position = after;
    }
    console.log(`backup.process.test.ts: C360_TEST_SEED=${seed}: ${grown} of ${directKills} were done before the kill`);
    const last = await backUpDirectory(whole.settings, { ...toTarget, withDerived: true });
    // Nothing of all the runs that were cut short is left.
    expect(readdirSync(target).filter((name) => /tmp|unfinished/.test(name))).toEqual([]);
    const settings = { ...whole.settings, dataDir: join(idle.folder, "restored") };
    const restored = await restorePlatform(settings, { from: target, until: null, progress: () => undefined });
    expect(restored.position).toBe(last.position);
    const { findings } = await examineDirectory(settings, { isDeep: true, progress: () => undefined });
    expect(findings).toEqual([]);
    whole.remove();
  });

  it("a server that is killed while it makes a backup leaves the former one, and loses nothing", async () => {
    const random = randomFrom(Number(process.env["C360_TEST_SEED"] ?? Date.now() % 2 ** 31));
    let server = await site.start();
    await shop(0, 1_500);
    expect((await site.verb(["backup", backupIn()])).code).toBe(0);
    let position = await checked();
    for (let nth = 0; nth < serverKills; nth++) {
      await shop(1_500 + nth * 200, 200);
      const wish = { directory: backupIn(), maxMiBPerS: 1, withDerived: nth % 2 === 0 };
      expect((await site.reads.request("POST", "/api/backups", wish)).status).toBe(202);
      await begun();
      await sleep(random() * maxUnderWayMs);
      await server.kill();
      const after = await checkedAfterKill(backupIn());
      expect(after).toBeGreaterThanOrEqual(position);
      position = after;
      server = await site.start();
    }
    expect((await site.verb(["backup", backupIn()])).code).toBe(0);
    const final = await answers(site);
    await server.stop();
    await expectWell(site);
    const other = await siteAt(join(site.folder, "restored"));
    expect((await other.verb(["restore", backupIn()])).code).toBe(0);
    await other.start();
    expect(await answers(other)).toBe(final);
  });
});

describe("backups of one server", () => {
  let server: Served;
  beforeAll(async () => {
    site = await openSite();
    server = await site.start();
    await shop(0, 1_000, 2_000);
  });
  afterAll(() => site.close());

  it("goes on with a first backup that was killed", async () => {
    const target = join(site.folder, "first");
    const { stderr, code } = await site.verb(["backup", target, "--check"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("There is no whole backup")]);
    const running = site.launchVerb(["backup", target, "--max-rate", "1"]);
    await begun(target);
    await running.kill();
    await until("the server is done with it", maxBackupMs, async () => {
      const again = await site.verb(["backup", target]);
      return again.code === 0;
    });
    await checked(target);
  });

  it("refuses a damaged backup before it writes anything", async () => {
    const target = join(site.folder, "damaged");
    expect((await site.verb(["backup", target])).code).toBe(0);
    const [segment = ""] = readdirSync(join(target, "log"));
    writeFileSync(join(target, "log", segment), "x", { flag: "a" });
    const other = await siteAt(join(site.folder, "restored"));
    const { code, stderr } = await other.verb(["restore", target]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("The backup is damaged")]);
    expect(names(other.dataDir)).toEqual([]);
    expect((await site.verb(["backup", target, "--check"])).code).toBe(3);
  });

  it("is one at a time, and only for who has a token", async () => {
    const target = join(site.folder, "one");
    const bare = await fetch(`${site.url}/api/backups`, { method: "POST", body: "{}" });
    expect(bare.status).toBe(401);
    const wish = { directory: target, maxMiBPerS: 1 };
    const first = await site.reads.request("POST", "/api/backups", wish);
    expect(first.status).toBe(202);
    expect(await site.reads.request("POST", "/api/backups", wish)).toMatchObject({
      status: 409,
      body: { error: { code: "backup_running" } },
    });
    const { id } = first.body as BackupView;
    const done = await until("it is done", maxBackupMs, async () => {
      const { body } = await site.reads.request("GET", `/api/backups/${id}`);
      return (body as BackupView).status === "running" ? null : (body as BackupView);
    });
    expect(done).toMatchObject({ status: "done", error: null, result: { copiedBytes: done.totalBytes } });
    expect(statSync(join(target, "manifest.json")).mode & 0o777).toBe(0o600);
    for (const directory of ["relative", join(site.dataDir, "inside")]) {
      const { body, status } = await site.reads.request("POST", "/api/backups", { directory });
      const view = status === 202 ? await ended((body as BackupView).id) : body;
      expect(view).toMatchObject({ error: { code: "backup_directory_unusable" } });
    }
    expect((await site.reads.request("GET", "/api/backups/b_none")).status).toBe(404);
  });

  it("lies by the API only where the operator said; on this machine the command line may name any folder", async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), "c360-elsewhere-"));
    try {
      const wish = { directory: join(elsewhere, "b") };
      const refused = { status: 403, body: { error: { code: "backup_directory_not_allowed" } } };
      expect(await site.reads.request("POST", "/api/backups", wish)).toMatchObject(refused);
      expect(names(elsewhere)).toEqual([]);
      expect((await site.verb(["backup", wish.directory])).code).toBe(0);
      const remote = await site.verb(["backup", wish.directory, "--url", site.url, "--token", apiToken]);
      expect([remote.code, remote.stderr]).toEqual([1, expect.stringContaining("C360_BACKUP_DIR")]);
      await server.stop();
      const unset = await site.start({ env: { C360_BACKUP_DIR: "" } });
      const inside = { directory: join(site.folder, "c") };
      expect(await site.reads.request("POST", "/api/backups", inside)).toMatchObject(refused);
      await unset.stop();
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });
});

describe("a backup, and disks that are full", () => {
  let server: Served;
  let former: string;
  beforeAll(async () => {
    site = await openSite();
    server = await site.start();
    await shop(0, 200);
    former = join(site.folder, "former");
    const { code, stderr } = await site.verb(["backup", former]);
    if (code !== 0) throw new Error(`no backup was made: ${stderr}`);
    for (let n = 0; n < 4; n++) await shop(200 + n * 1_500, 1_500, 3_000);
  });
  afterAll(() => site.close());

  it("a restore that is killed, or has no room, is not taken for a data directory, and can be run again", async (context) => {
    const then = await answers(site);
    expect((await site.verb(["backup", backupIn()])).code).toBe(0);
    const other = await siteAt(join(site.folder, "restored"));
    const restoring = other.launchVerb(["restore", backupIn()]);
    await until("it has begun", 60_000, () => names(other.dataDir).includes("restoring"));
    await restoring.kill();
    for (const verb of ["serve", "rebuild", "doctor"]) {
      const refused = await other.verb([verb]);
      expect([verb, refused.code, refused.stdout]).toEqual([verb, 1, ""]);
      expect(refused.stderr).toContain("did not finish");
    }
    expect((await other.verb(["restore", backupIn()])).code).toBe(0);
    await other.start();
    expect(await answers(other)).toBe(then);

    disk = smallDisk(context, "4m");
    mkdirSync(join(disk, "data"));
    const small = await siteAt(join(disk, "data"));
    const full = await small.verb(["restore", backupIn()]);
    expect([full.code, full.stderr]).toEqual([1, expect.stringContaining("There is no room left")]);
    expect((await small.verb(["serve"])).code).toBe(1);
  });

  it("says that the backup's disk is full, and harms neither the data nor the former backup", async (context) => {
    disk = smallDisk(context, "12m");
    const target = join(disk, "backup");
    cpSync(former, target, { recursive: true, preserveTimestamps: true });
    const before = await checked(target);
    const full = await site.verb(["backup", target]);
    expect(full.code).toBe(1);
    expect(full.stderr).toMatch(/^error: There is no room left on the disk of the backup .*\nhint: Make room there/);
    expect(await checked(target)).toEqual(before);
    await shop(50_000, 10);
    await site.reads.settled();
    await server.stop();
    const direct = await site.verb(["backup", target]);
    expect([direct.code, direct.stderr]).toEqual([1, expect.stringContaining("There is no room left")]);
    await expectWell(site);
  });
});

async function ended(id: string): Promise<BackupView> {
  return until("it has ended", maxBackupMs, async () => {
    const { body } = await site.reads.request("GET", `/api/backups/${id}`);
    return (body as BackupView).status === "running" ? null : (body as BackupView);
  });
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function smallDisk(context: TestContext, size: string): string {
  const made = mkdtempSync(join(tmpdir(), "c360-disk-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", made]);
  if (mounted.status !== 0) {
    rmSync(made, { recursive: true });
    if (process.env["CI"] === "true") throw new Error("this user may not mount a small disk");
    context.skip("this user may not mount a small disk");
  }
  return made;
}
