import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../whole/polling.ts";
import type { Served } from "../../whole/server.ts";
import { busy, expectTold, pause, type FaultKind, type Trial } from "../trial.ts";
import { withPreload } from "./process.ts";
import { keptOutside, lacksMounting, onSmallDisk, type SmallDisk } from "./smallDisk.ts";

/** In KiB left: none, and a little, so that the fault comes in the middle of something. */
const mostLeftKiB = 3_000;
const mostFullMs = 6_000;

/** A disk of its own for one part of the data directory gets full, and empty again. */
export const fullDisks: FaultKind = {
  name: "full-disk",
  lacks: lacksMounting,
  happen: async (trial) => {
    const { site, draws, say } = trial;
    const part = draws.pick(["", "log", "analytics", "messages"] as const);
    await made(trial);
    const disk = onSmallDisk(trial, join(site.dataDir, part));
    const server = await site.start();
    await busy(trial, server, draws.between(20, 500));
    const leftKiB = draws.between(0, mostLeftKiB);
    disk.fill(leftKiB);
    say(`the disk of ${part === "" ? "everything" : part} had ${leftKiB} KiB for ${await pause(trial, mostFullMs)} ms`);
    disk.empty();
    if (server.hasEnded()) await expectTold(server);
    else if (part === "" || part === "log" || draws.chance(0.3)) await server.kill();
    else return server;
    return null;
  },
};

const hour = 3_600_000;
/** Events older than six hours go to the lake. */
const lakeAfterMs = 7 * hour;
const mostLakeLeftKiB = 400;
const maxToldMs = 60_000;
/** A follower that failed again and again tries again after half a minute. */
const maxMendedMs = 120_000;
const fewPending = 500;

/**
 * The lake's disk is full when events are to go there. Taking and deciding go on, operations tell of it, and once there
 * is room the events are in the lake and in every answer, without a start.
 */
export const fullLakes: FaultKind = {
  name: "full-lake",
  lacks: lacksMounting,
  happen: async (trial) => {
    const { site, draws, say } = trial;
    const folder = join(site.dataDir, "analytics");
    const clock = join(site.folder, "clock");
    const env = { ...withPreload, C360_TEST_CLOCK: clock };
    writeFileSync(clock, String(-lakeAfterMs));
    // Clients send from the first start on: what goes to the lake is what came before all that is new.
    await made(trial, env);
    const disk = onSmallDisk(trial, folder);
    const server = await site.start({ env });
    await busy(trial, server, draws.between(100, 600));
    await until(
      "there is something to move",
      maxToldMs,
      async () => Number(await site.reads.value("select count(*) from events")) > 0,
    );
    const leftKiB = draws.between(0, mostLakeLeftKiB);
    disk.fill(leftKiB);
    // Seven hours later.
    writeFileSync(clock, "0");
    say(`the lake's disk had ${leftKiB} KiB when events were to go there`);
    await goesOnUntilTold(trial, server, /^analytics:? .*failed|^following failed/);
    await pause(trial, mostFullMs);
    disk.empty();
    await until("events are in the lake", maxMendedMs, () => {
      if (server.hasEnded()) throw new Error(`it ended: ${server.stderr().slice(-1_000)}`);
      return filesOfLake(folder).length > 0;
    }).catch(async (error: unknown) => {
      throw new Error(`it tells ${(await retries(trial)).join("; ")}`, { cause: error });
    });
    return server;
  },
};

/** The same of the disk of the state and whatever follows it, while the log has room. */
export const fullStates: FaultKind = {
  name: "full-state",
  lacks: lacksMounting,
  happen: async (trial) => {
    const { site, draws, say } = trial;
    await made(trial);
    const lay = keptOutside(trial, site.dataDir, "log");
    const disk: SmallDisk = onSmallDisk(trial, site.dataDir);
    lay();
    const server = await site.start();
    await busy(trial, server, draws.between(20, 500));
    const leftKiB = draws.between(0, mostLakeLeftKiB);
    disk.fill(leftKiB);
    say(`the state's disk had ${leftKiB} KiB`);
    await until("it is told", maxToldMs, async () => (await retries(trial)).length > 0);
    await busy(trial, server, 100);
    await pause(trial, mostFullMs);
    disk.empty();
    await untilDecided(trial, server);
    return server;
  },
};

/** A data directory with all its folders, of a platform that was stopped. */
async function made({ site }: Trial, env: Record<string, string> = {}): Promise<void> {
  const first = await site.start({ env });
  await first.stop();
}

async function goesOnUntilTold(trial: Trial, server: Served, told: RegExp): Promise<void> {
  await until("it is told", maxToldMs, async () => (await retries(trial)).some((message) => told.test(message)));
  await busy(trial, server, 100);
  await untilDecided(trial, server);
}

async function untilDecided({ site }: Trial, server: Served): Promise<void> {
  await until("what was taken is decided", maxMendedMs, async () => {
    if (server.hasEnded()) throw new Error(`it ended: ${server.stderr().slice(-1_000)}`);
    return (await site.reads.status()).pendingRecords < fewPending;
  });
}

async function retries({ site }: Trial): Promise<string[]> {
  const { status, body } = await site.reads.request("GET", "/api/operations");
  if (status !== 200) throw new Error(`operations answered ${status}`);
  return (body as { retries: { message: string }[] }).retries.map(({ message }) => message);
}

function filesOfLake(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".parquet"));
}
