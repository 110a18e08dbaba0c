import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type OrderFile, writeOrderFile } from "./orderFile.ts";
import { until, within } from "./polling.ts";
import { randomFrom, type Sender, startSender } from "./senders.ts";
import { openSite, type Served, type Site, writeKey } from "./server.ts";

const senderCount = 5;
const batchEvents = 25;
const pauseMs = 5;
const ordersPerFile = 3_000;
const maxImportMs = 120_000;
const maxLiveMs = 900;
/** From the start of an import to its end, on a slow machine. */
const maxIntoImportMs = 2_000;
/** A start takes about as long. */
const maxIntoStartMs = 700;
const sampledFates = 1_000;
const fatesAtOnce = 16;
const importsAtOnce = 3;
const pageRows = 10_000;
const noServer: unknown = expect.stringMatching(/No answer from/);

/** `load`: the server, while clients send. `import`: the server, while an import goes through it. `directly`: an
 * import that has opened the data directory itself. `start`: a server that has just been started and recovers. */
type Victim = "load" | "import" | "directly" | "start";
const plan: readonly [Victim, times: number][] = [
  ["load", 8],
  ["import", 5],
  ["directly", 4],
  ["start", 4],
];

let site: Site;
let senders: Sender[];
beforeEach(async () => {
  site = await openSite();
  senders = [];
});
afterEach(async () => {
  await site.close();
});

interface Imports {
  files: OrderFile[];
  /** Those that go through a server: they wait for it and go on when it is back. */
  underWay: Served[];
}

function importArguments({ file, mapping }: OrderFile): string[] {
  return ["import", file, "--map", mapping, "--json"];
}

/** Kills once; gives what was killed and when, for whoever has to repeat it. */
async function killOnce(victim: Victim, random: () => number, imports: Imports): Promise<string> {
  const wait = async (maxMs: number): Promise<number> => {
    const ms = Math.floor(random() * maxMs);
    await sleep(ms);
    return ms;
  };
  const newFile = (): OrderFile => {
    const file = writeOrderFile(site.folder, imports.files.length, ordersPerFile);
    imports.files.push(file);
    return file;
  };
  if (victim === "directly") {
    const importing = site.launchVerb(importArguments(newFile()));
    const ms = await wait(maxIntoImportMs);
    const hadEnded = importing.hasEnded();
    await importing.kill();
    return `directly after ${ms} ms${hadEnded ? " (it had ended)" : ""}`;
  }
  const server = site.launch();
  if (victim === "start") {
    const ms = await wait(maxIntoStartMs);
    await server.kill();
    return `start after ${ms} ms`;
  }
  await server.ready();
  // By its address: an import that finds no server would open the directory itself.
  const importing =
    victim === "import" ? site.launchVerb(importArguments(newFile()), { env: { C360_URL: site.url } }) : null;
  if (importing !== null) imports.underWay.push(importing);
  const ms = await wait(importing === null ? maxLiveMs : maxIntoImportMs);
  if (server.hasEnded()) throw new Error(`the server ended by itself: ${server.stderr()}`);
  await server.kill();
  return `${victim} after ${ms} ms${importing?.hasEnded() === true ? " (it had ended)" : ""}`;
}

/** Every import to its end: those that still wait for the server, then each file once more. */
async function finishImports(imports: Imports): Promise<void> {
  for (const { ended } of imports.underWay) {
    // A kill may have met it outside of sending, where it gives up with a clear word.
    const { code, stderr } = await within("an import that waits", maxImportMs, ended);
    expect({ code, stderr }).toEqual({ code: code === 0 ? 0 : 1, stderr: code === 0 ? expect.any(String) : noServer });
  }
  await sideBySide(imports.files, importsAtOnce, async (file) => {
    const { code, stdout, stderr } = await site.verb(importArguments(file));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ accepted: ordersPerFile, rejectedLines: 0 });
  });
}

async function sideBySide<T>(all: readonly T[], atOnce: number, work: (one: T) => Promise<void>): Promise<void> {
  const queue = [...all];
  const worker = async (): Promise<void> => {
    for (let one = queue.pop(); one !== undefined; one = queue.pop()) await work(one);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** The messageIds of all events of a source, and that none is there twice. */
async function storedIds(source: string): Promise<Set<string>> {
  const ids = new Set<string>();
  for (let after = ""; ;) {
    const rows = await site.reads.query(
      `select message_id from events where source = '${source}' and message_id > '${after}' order by message_id limit ${pageRows}`,
    );
    for (const [id] of rows) {
      if (ids.has(String(id))) throw new Error(`${String(id)} is there twice`);
      ids.add(String(id));
    }
    if (rows.length < pageRows) return ids;
    after = String(rows.at(-1)?.[0]);
  }
}

async function expectProcessed(messageIds: readonly string[]): Promise<void> {
  await sideBySide(messageIds, fatesAtOnce, async (id) => {
    expect({ id, fate: (await site.reads.fate(id, "default"))?.fate }).toEqual({ id, fate: "processed" });
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

async function expectAllCountedOnce(imports: Imports, random: () => number): Promise<void> {
  const acknowledged = senders.flatMap((sender) => sender.acknowledged);
  const sent = new Set(acknowledged);
  expect(sent.size).toBe(acknowledged.length);
  const stored = await storedIds("default");
  expect(
    [...sent].filter((id) => !stored.has(id)),
    "acknowledged and lost",
  ).toEqual([]);
  expect(
    [...stored].filter((id) => !sent.has(id)),
    "never sent",
  ).toEqual([]);
  await expectProcessed(senders.flatMap((sender) => sender.doubted));
  await expectProcessed(
    Array.from({ length: sampledFates }, () => acknowledged[Math.floor(random() * acknowledged.length)] ?? ""),
  );

  const orders = sum(imports.files.map((file) => file.orders));
  expect((await storedIds("till")).size).toBe(orders);
  const value = (sql: string) => site.reads.value(sql);
  expect(await value("select count(*) from events")).toBe(sent.size + orders);
  expect(await value("select sum(event_count) from profiles")).toBe(sent.size + orders);
  const people = sum([...senders.map((sender) => sender.people()), ...imports.files.map((file) => file.people)]);
  expect(await value("select count(*) from profiles")).toBe(people);
  const netMinor = sum([...senders.map((sender) => sender.netMinor()), ...imports.files.map((file) => file.netMinor)]);
  expect(await value("select sum(net_minor) from orders")).toBe(netMinor);
  expect(await value("select sum(revenue_minor) from profiles")).toBe(netMinor);
  expect(await value("select count(*) from orders")).toBe(sum(senders.map((sender) => sender.orders())) + orders);
}

describe("Promise 1: acknowledged means durable", () => {
  describe("Promise 2: once", () => {
    it("kill -9 at random moments of load, imports and recovery loses nothing and counts nothing twice", async () => {
      const seed = Number(process.env["C360_TEST_SEED"] ?? Date.now() % 2 ** 31);
      const random = randomFrom(seed);
      console.log(`kill.process.test.ts: C360_TEST_SEED=${seed} repeats these moments`);
      const victims = plan.flatMap(([victim, times]) => Array.from({ length: times }, () => victim));
      const order = victims.map((victim) => ({ victim, at: random() })).sort((a, b) => a.at - b.at);
      const imports: Imports = { files: [], underWay: [] };
      senders = Array.from({ length: senderCount }, (_, n) =>
        startSender({ url: site.url, writeKey, name: `s${n}`, batchEvents, pauseMs }),
      );
      const killed: string[] = [];
      for (const { victim } of order) killed.push(await killOnce(victim, random, imports));

      const server = await site.start();
      const before = sum(senders.map((sender) => sender.acknowledged.length));
      await until("the clients go on", 60_000, () => sum(senders.map((s) => s.acknowledged.length)) > before);
      await Promise.all(senders.map((sender) => sender.stop()));
      await finishImports(imports);
      await site.reads.settled();
      console.log(`${killed.join(", ")}: ${sum(senders.map((s) => s.acknowledged.length))} events acknowledged`);
      await expectAllCountedOnce(imports, random);

      expect((await server.stop()).code).toBe(0);
      const verified = await site.verb(["rebuild", "--verify", "--json"]);
      expect(verified).toMatchObject({ code: 0, stderr: "" });
      expect(JSON.parse(verified.stdout)).toMatchObject({ verified: true, differences: [] });
    });
  });
});
