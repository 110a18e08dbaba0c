import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it, type TestContext } from "vitest";
import { accountOf, differencesAfterStop } from "../faults/account.ts";
import { until } from "./polling.ts";
import { keepAliveAgent, postBody, type Sender, startSender } from "./senders.ts";
import { openSite, type Served, type Site, writeKey } from "./server.ts";

const diskMiB = 96;
const roomLeftBytes = 6 * 1_048_576;
const maxUntilFaultMs = 60_000;
/** Clients go on trying for so long after the fault. */
const afterFaultMs = 1_000;

let site: Site;
/** A small disk that a test has mounted. */
let disk: string | null = null;
afterEach(async () => {
  await site.close();
  if (disk === null) return;
  spawnSync("umount", [disk]);
  rmSync(disk, { recursive: true, force: true });
  disk = null;
});

/** Where CI runs them, tools and rights must be there. */
function needs(context: TestContext, isThere: boolean, what: string): void {
  if (isThere) return;
  if (process.env["CI"] === "true") throw new Error(what);
  context.skip(what);
}

function mountSmall(context: TestContext, at: string, size: string): void {
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size},mode=700`, "tmpfs", at]);
  needs(context, mounted.status === 0, "this user may not mount a small disk");
}

/** A client's next call, as the client sees its answer. */
async function probe(): Promise<{ status: number; retryAfter: string | null } | null> {
  const agent = keepAliveAgent();
  const call = JSON.stringify({ userId: "probe", messageId: "probe", event: "Probed" });
  const answer = await postBody(`${site.url}/v1/track`, call, writeKey, agent);
  agent.destroy();
  return answer;
}

/** Clients send until nothing is taken any more; then none is told that it was, however long they try. */
async function expectNothingMoreAcknowledged(senders: readonly Sender[], server: Served): Promise<void> {
  await until("it stops to acknowledge", maxUntilFaultMs, async () => (await probe())?.status === 503);
  const before = acknowledgedBy(senders);
  expect(before).toBeGreaterThan(0);
  await sleep(afterFaultMs);
  const answer = await probe();
  expect(answer).toMatchObject({ status: 503 });
  expect(Number(answer?.retryAfter)).toBeGreaterThanOrEqual(1);
  expect(acknowledgedBy(senders)).toBe(before);
  expect(server.hasEnded()).toBe(false);
  expect((await site.reads.request("GET", "/readyz")).status).toBe(503);
  // What is there can still be read.
  expect((await site.reads.request("GET", "/api/status")).status).toBe(200);
}

function acknowledgedBy(senders: readonly Sender[]): number {
  return senders.reduce((sum, sender) => sum + sender.acknowledged.length, 0);
}

/** The clients get rid of what they have: what of all that they were told was taken is not there once, or does not add up. */
async function missingOrWrong(senders: readonly Sender[], server: Served): Promise<string[]> {
  await Promise.all(senders.map((sender) => sender.stop()));
  expect(await until("the probe is taken", 60_000, probe)).toMatchObject({ status: 200 });
  await site.reads.settled();
  const { differences, events } = await accountOf(site.reads, senders, ["probe"]);
  return [...differences, ...(await differencesAfterStop(site, server, events))];
}

/** Nothing is refused before the disk is full. */
const toTheLast = { C360_MIN_FREE_MIB: "0" };

/** A batch is a write, however large it is; where a disk has to get full, many events make it so. */
function startSenders(batchEvents = 5): Sender[] {
  return [0, 1, 2].map((n) =>
    startSender({ url: site.url, writeKey, name: `f${n}`, batchEvents, pauseMs: 2, sendsRefusable: true }),
  );
}

describe("a full disk", () => {
  it("is told with 503 and Retry-After; once there is room, a new start has everything that was acknowledged", async (context) => {
    disk = mkdtempSync(join(tmpdir(), "c360-disk-"));
    site = await openSite({ dataDir: disk, env: toTheLast });
    mountSmall(context, disk, `${diskMiB}m`);
    const server = await site.start();
    const senders = startSenders();
    await until("some events", 60_000, () => senders.every((sender) => sender.acknowledged.length > 100));
    const ballast = join(disk, "ballast");
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - roomLeftBytes)));

    await expectNothingMoreAcknowledged(senders, server);
    const { code, stderr } = await server.stop();
    expect(stderr).not.toMatch(/^ +at .*\.ts/m);
    expect([0, 1]).toContain(code);
    rmSync(ballast);
    expect(await missingOrWrong(senders, await site.start())).toEqual([]);
  });
});

describe("a disk that is nearly full", () => {
  it("takes nothing more while there is room to work off what was taken, says so, and goes on by itself", async (context) => {
    disk = mkdtempSync(join(tmpdir(), "c360-disk-"));
    site = await openSite({ dataDir: disk, env: { C360_MIN_FREE_MIB: "64" } });
    mountSmall(context, disk, "400m");
    const server = await site.start();
    const senders = startSenders();
    await until("some events", 60_000, () => senders.every((sender) => sender.acknowledged.length > 100));
    const ballast = join(disk, "ballast");
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(ballast, Buffer.alloc(bavail * bsize - (40 << 20)));
    await until("a refusal", 60_000, async () => (await probe())?.status === 503);
    expect(await probe()).toEqual({ status: 503, retryAfter: "30" });
    expect((await site.reads.request("GET", "/readyz")).status).toBe(503);
    const told = JSON.parse((await site.verb(["status", "--json"])).stdout) as { state: string; advice: object[] };
    expect(told.state).toBe("trouble");
    expect(told.advice).toContainEqual(expect.objectContaining({ code: "disk_low" }));
    await site.reads.settled();

    rmSync(ballast);
    const before = acknowledgedBy(senders);
    await until("events are taken again", 60_000, () => acknowledgedBy(senders) > before);
    expect(await missingOrWrong(senders, server)).toEqual([]);
  });
});

describe("a disk that is full at the start", () => {
  /** Of a disk that has nothing else on it; each is found by another part of the start. */
  it.for([0, 64, 200])("is told with what is full and how to mend it: %d KiB left", async (roomKiB, context) => {
    disk = mkdtempSync(join(tmpdir(), "c360-disk-"));
    const data = join(disk, "data");
    site = await openSite({ dataDir: data, env: toTheLast });
    mountSmall(context, disk, "32m");
    const ballast = join(disk, "ballast");
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(ballast, Buffer.alloc(bavail * bsize - roomKiB * 1_024));

    const { code, stdout, stderr } = await site.launch().ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(
      /^error: There is no room left on the disk of the data directory .*\/data \(\d+ KiB are left\)\.\nhint: Make room/,
    );
    expect(stderr).not.toMatch(/should not happen|^ +at /m);
    expect(stderr.trimEnd().split("\n")).toHaveLength(2);
    // What the failed start left behind is in nobody's way.
    rmSync(ballast);
    const server = await site.start();
    expect(await probe()).toMatchObject({ status: 200 });
    expect((await server.stop()).code).toBe(0);
  });

  it("is told when it is full of what the platform holds, and nothing of that is lost", async (context) => {
    disk = mkdtempSync(join(tmpdir(), "c360-disk-"));
    site = await openSite({ dataDir: disk, env: toTheLast });
    mountSmall(context, disk, `${diskMiB}m`);
    const server = await site.start();
    const senders = startSenders();
    await until("some events", 60_000, () => senders.every((sender) => sender.acknowledged.length > 100));
    await server.kill();
    const ballast = join(disk, "ballast");
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(ballast, Buffer.alloc(bavail * bsize));

    const { code, stderr } = await site.launch().ended;
    expect(code).toBe(1);
    expect(stderr).toContain("There is no room left on the disk");
    rmSync(ballast);
    expect(await missingOrWrong(senders, await site.start())).toEqual([]);
  });
});

describe("Promise 1: acknowledged means durable", () => {
  it.for([
    ["fdatasync", "EIO", "40"],
    ["pwrite64", "ENOSPC", "400+"],
    ["pwrite64", "EIO", "250"],
  ] as const)(
    "after a failed %s (%s) nothing is acknowledged until a new start",
    async ([call, error, when], context) => {
      site = await openSite();
      needs(context, spawnSync("strace", ["-V"]).status === 0, "strace is not installed: apt-get install strace");
      // Counted for each thread. Where only the n-th fails, what works later proves nothing of what failed.
      const fault = ["-e", `trace=${call}`, "-e", `inject=${call}:error=${error}:when=${when}`];
      const server = await site.start({ under: ["strace", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", ...fault] });
      const senders = startSenders();
      await expectNothingMoreAcknowledged(senders, server);
      await server.kill();
      expect(await missingOrWrong(senders, await site.start())).toEqual([]);
    },
  );

  it("a machine that is paused for seconds goes on and loses nothing", async () => {
    site = await openSite();
    const server = await site.start();
    const senders = startSenders();
    await until("some events", 60_000, () => senders.every((sender) => sender.acknowledged.length > 100));
    process.kill(server.pid, "SIGSTOP");
    await sleep(2_500);
    process.kill(server.pid, "SIGCONT");
    const before = senders.map((sender) => sender.acknowledged.length);
    await until("they go on", 60_000, () =>
      senders.every((sender, n) => sender.acknowledged.length > (before[n] ?? 0)),
    );
    expect(await missingOrWrong(senders, server)).toEqual([]);
  });
});
