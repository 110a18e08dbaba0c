import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { bundleHandlers } from "../../../bin/bundleHandlers.ts";
import { fatesOver } from "../../../src/adapters/aws/state/fates.ts";
import { peopleOver } from "../../../src/adapters/aws/state/people.ts";
import { snapshotsOf } from "../../../src/adapters/aws/state/snapshots.ts";
import { openDynamoState } from "../../../src/adapters/aws/state/stateStore.ts";
import { fatesOver as embeddedFates } from "../../../src/adapters/embedded/state/fates.ts";
import { peopleOver as embeddedPeople } from "../../../src/adapters/embedded/state/people.ts";
import { openStateReader } from "../../../src/adapters/embedded/state/schema.ts";
import type { JsonObject } from "../../../src/model/event.ts";
import { Problem } from "../../../src/model/problem.ts";
import type { Profile } from "../../../src/model/profile.ts";
import { type Source, sourceKinds } from "../../../src/model/source.ts";
import { composeProfile } from "../../../src/profiles/index.ts";
import { foldedWith } from "../../../src/runtime/foldedWith.ts";
import { dataPaths } from "../../../src/runtime/dataDirectory.ts";
import { openPlatform } from "../../../src/runtime/embedded.ts";
import { readSettings } from "../../../src/runtime/settings.ts";
import { withBadCalls } from "../../../src/simulator/badCalls.ts";
import { openRetailer } from "../../../src/simulator/retailer.ts";
import type { SimulatedCall } from "../../../src/simulator/scene.ts";
import { keyedHash } from "../../../src/model/keyedHash.ts";
import type { Fates } from "../../../src/storage/fates.ts";
import { withLambdaRuntime } from "../lambda/withLambdaRuntime.ts";
import { withStandIn } from "../withStandIn.ts";
import type { FaultyProxy, ProxyFault } from "./faultyProxy.ts";
import { retailCalls } from "./retailLines.ts";
import { homeCurrency, leaseSeconds, openWholeWay } from "./wholeWay.ts";

type Way = Awaited<ReturnType<typeof openWholeWay>>;
const checkout = join(import.meta.dirname, "../../../..");
const longMs = 900_000;
const claimSeconds = 2;
const customers = 300;
const days = 60;
const importedLines = 3_000;
const batchCalls = 40;
/** What `generateSecretString` makes, here with the bytes that an embedded edition has as its own. */
const hashKey = Buffer.alloc(32, 7).toString("base64url");

await withLambdaRuntime((runtime) => {
  withStandIn("ministack", (ministack) => {
    withStandIn("kinesalite", (kinesalite) => {
      describe("Promise 10: from HTTP to the profile, the embedded edition and AWS come to the same", () => {
        let folder: string;
        let way: Way;
        beforeAll(async () => {
          folder = await mkdtemp(join(tmpdir(), "c360-whole-way-"));
          await bundleHandlers(checkout, join(folder, "handlers"));
        });
        afterEach(() => way.close());
        afterAll(() => rm(folder, { recursive: true, force: true }));

        it(
          "a retailer's history and an import, with duplicates, kills, throttles and lost answers on every step",
          async () => {
            const handlers = join(folder, "handlers");
            way = await openWholeWay({ ministack, kinesalite, runtime, handlers, claimSeconds, hashKey });
            const keys = await createSources(way);
            const told = faults(way);
            const history = [...historyCalls(), ...callsOfEveryType()];
            const { calls: imported, isReal } = await retailCalls(importedLines, join(folder, "lines.csv"));
            const sent = await sendAll(way, keys, history, imported);
            await untilDecided(way, told);
            const delivered = await expectAllInLog(way, history, imported);
            const embedded = await embeddedOutcome(join(folder, "embedded"), history, imported);
            const aws = await awsOutcome(way, embedded.profiles);
            expect(aws.refused).toEqual(embedded.refused);
            expect(aws.persons).toBe(embedded.persons);
            expect(differing(aws.profiles, embedded.profiles)).toEqual([]);
            expect(revenueOf(aws.profiles)).toEqual(revenueOf(embedded.profiles));
            expect(revenueOf(aws.profiles)["GBP"]).toBeGreaterThan(100_000);
            expect(way.wayIn.discarded).toEqual([]);
            await expectStops(way);
            expect(Object.entries(told).filter(([, count]) => count === 0)).toEqual([]);
            expect(sent.repeated).toBeGreaterThan(10);
            const lines = `${imported.length} events of ${importedLines} lines${isReal ? "" : " in the form"} of Online Retail`;
            console.log(`${history.length} calls and ${lines}: ${embedded.profiles.length} profiles are equal`);
            console.log(
              JSON.stringify({
                ...told,
                ...sent,
                delivered,
                refused: aws.refused.length,
                revenue: revenueOf(aws.profiles),
              }),
            );
          },
          longMs,
        );
      });
    });
  });
});

function historyCalls(): SimulatedCall[] {
  const retailer = withBadCalls(openRetailer({ seed: 15, customers, startMs: Date.UTC(2026, 0, 1), days }));
  return Array.from({ length: days }, (_, day) => retailer.day(day)).flat();
}

/** What no system of the simulated retailer sends, and an event that nobody can be made of. */
function callsOfEveryType(): SimulatedCall[] {
  const at = Date.UTC(2026, 2, 1);
  const timestamp = new Date(at).toISOString();
  const calls: JsonObject[] = [
    { type: "identify", userId: "whole-1", traits: { firstName: "Ada", email: "ada@example.com" } },
    { type: "page", anonymousId: "whole-a", name: "Home" },
    { type: "screen", anonymousId: "whole-a", name: "Basket" },
    { type: "track", anonymousId: "whole-a", event: "Product Viewed", properties: { sku: "s-1" } },
    { type: "group", userId: "whole-1", groupId: "g-1", traits: { name: "Household" } },
    { type: "alias", previousId: "whole-a", userId: "whole-1" },
    { type: "track", userId: "whole-1" },
  ];
  return calls.map((call, n) => ({
    source: "web",
    person: -1,
    at,
    call: { ...call, messageId: `whole-${n}`, timestamp },
  }));
}

async function createSources(way: Way): Promise<ReadonlyMap<string, string>> {
  const keys = new Map<string, string>();
  for (const kind of sourceKinds) keys.set(kind, (await way.access.createSource({ id: kind, kind })).writeKey);
  await way.access.createSource({ id: "online-retail", kind: "erp" });
  return keys;
}

/** Everything through the gateway, while what is behind it works; some of it twice, as senders do that heard no answer. */
async function sendAll(
  way: Way,
  keys: ReadonlyMap<string, string>,
  history: readonly SimulatedCall[],
  imported: readonly JsonObject[],
): Promise<{ repeated: number; refused: number }> {
  const counts = { repeated: 0, refused: 0 };
  const singly = history.slice(-7);
  for (const { call } of singly) await post(way, keys.get("web") ?? "", `/v1/${textOf(call, "type")}`, call, counts);
  const batches = batchesOf(history.slice(0, -7));
  const source = (await way.access.sources()).find(({ id }) => id === "online-retail") as Source;
  const parts = Math.ceil(imported.length / batches.length);
  for (const [index, { kind, batch }] of batches.entries()) {
    await post(way, keys.get(kind) ?? "", "/v1/batch", { batch }, counts);
    if (index % 9 === 4) {
      counts.repeated += batch.length;
      await post(way, keys.get(kind) ?? "", "/v1/batch", { batch }, counts);
    }
    const some = imported.slice(index * parts, (index + 1) * parts);
    await until503(() => way.submit(source, some), counts);
    if (index % 10 === 0) await way.wayIn.work();
  }
  return counts;
}

function batchesOf(calls: readonly SimulatedCall[]): { kind: string; batch: JsonObject[] }[] {
  const open = new Map<string, JsonObject[]>();
  const batches: { kind: string; batch: JsonObject[] }[] = [];
  for (const { source: kind, call } of calls) {
    const batch = open.get(kind) ?? [];
    if (batch.length === 0 || batch.length === batchCalls) {
      const next = [call];
      open.set(kind, next);
      batches.push({ kind, batch: next });
    } else batch.push(call);
  }
  return batches;
}

/** As a library sends it: again after 503, and never after a refusal, which has a fate all the same. */
async function post(way: Way, key: string, path: string, body: JsonObject, counts: { refused: number }): Promise<void> {
  const authorization = `Basic ${Buffer.from(`${key}:`).toString("base64")}`;
  for (;;) {
    const headers = { authorization, "content-type": "application/json" };
    const answer = await fetch(`${way.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    await answer.arrayBuffer();
    if (answer.status === 200 || answer.status === 400) return;
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
    counts.refused += 1;
    await sleep(100);
  }
}

async function until503(submit: () => Promise<unknown>, counts: { refused: number }): Promise<void> {
  for (;;) {
    try {
      await submit();
      return;
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 503) throw error;
      counts.refused += 1;
      await sleep(100);
    }
  }
}

interface Told {
  edgeFaults: number;
  wayFaults: number;
  wayKills: number;
  stateFaults: number;
  deciderKills: number;
}

const mostDeciderKills = 4;

/** On every step: refusals, throttling, answers that are lost, and functions that are killed after some request. */
function faults({ proxies, wayIn, decider }: Way): Told {
  const told: Told = { edgeFaults: 0, wayFaults: 0, wayKills: 0, stateFaults: 0, deciderKills: 0 };
  const random = randomOf(15);
  const failing = (proxy: FaultyProxy, share: number, name: "edgeFaults" | "wayFaults" | "stateFaults"): void => {
    proxy.plan = () => {
      const value = random() / share;
      const fault: ProxyFault = value < 0.4 ? "refused" : value < 0.8 ? "throttled" : value < 1 ? "lost" : null;
      told[name] += fault === null ? 0 : 1;
      return fault;
    };
  };
  failing(proxies.edge, 0.06, "edgeFaults");
  failing(proxies.others, 0.06, "wayFaults");
  failing(proxies.stream, 0.06, "wayFaults");
  failing(proxies.state, 0.01, "stateFaults");
  const { forwarder, ingests } = wayIn.functions;
  const killing = (proxy: FaultyProxy, functions: readonly { kill(): void }[]): void => {
    proxy.done = () => {
      if (random() > 0.03) return;
      told.wayKills += 1;
      for (const each of functions) each.kill();
    };
  };
  killing(proxies.others, ingests);
  killing(proxies.stream, [forwarder]);
  let requests = 0;
  proxies.state.done = () => {
    requests += 1;
    // In the midst of a decision's reading, its redo and its rows.
    if (requests % 1_511 !== 400 || told.deciderKills === mostDeciderKills) return;
    told.deciderKills += 1;
    decider.kill();
  };
  return told;
}

function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

/** Works until the queues are empty, the stream is read and everything of it is decided, as the schedule has it. */
async function untilDecided(way: Way, told: Told): Promise<void> {
  for (let round = 0; (await way.wayIn.left()) > 0; round += 1) {
    expect(round, "the queues are emptied").toBeLessThan(300);
    await way.wayIn.work();
    await sleep(200);
  }
  await way.wayIn.work();
  // A claim whose writer was killed is closed by whoever asks for the end.
  await sleep(claimSeconds * 1_000 + 100);
  const outcomes: string[] = [];
  for (let round = 0; outcomes.at(-1) !== "caughtUp" || told.deciderKills === 0; round += 1) {
    expect(round, `it is decided: ${outcomes.join(" ")}`).toBeLessThan(100);
    const answered = way.decider.invoke({ source: "aws.events" }).catch(() => ({ outcome: "killed" }));
    outcomes.push(((await answered) as { outcome: string }).outcome);
    // Who was killed holds the lease for its time.
    if (outcomes.at(-1) === "held") await sleep((leaseSeconds * 1_000) / 2);
  }
  console.log(`deciders: ${outcomes.join(" ")}`);
}

interface Outcome {
  /** By id. */
  profiles: Profile[];
  persons: number;
  /** Messages, each once, with why. A refused one that comes again is refused again. */
  refused: string[];
}

async function awsOutcome({ client, stateTable, hash, wayIn }: Way, expected: readonly Profile[]): Promise<Outcome> {
  const waits = { sleep: (ms: number) => sleep(ms), random: Math.random };
  const parts = { ...waits, client, table: stateTable };
  const snapshots = snapshotsOf(parts);
  const people = peopleOver(snapshots, hash);
  const profiles: Profile[] = [];
  for (const { id } of expected) {
    const record = await people.byProfileId(id);
    if (record !== null) profiles.push(composeProfile({ ...record, hash, homeCurrency }));
  }
  const newId = (): string => randomBytes(9).toString("base64url");
  const folded = { hash, newId, now: Date.now, foldedWith: foldedWith(homeCurrency) };
  const store = await openDynamoState({ ...parts, ...folded });
  const { persons } = await (await store.everybody()).counts();
  expect(await store.position()).toBe(await wayIn.lake.open().end());
  return { profiles, persons, refused: await refusedOf(fatesOver(snapshots)) };
}

/** The same calls, each once, through an embedded platform's own gateway. */
async function embeddedOutcome(
  dataDir: string,
  history: readonly SimulatedCall[],
  imported: readonly JsonObject[],
): Promise<Outcome> {
  const settings = readSettings({ C360_DATA_DIR: dataDir, C360_HOME_CURRENCY: homeCurrency });
  const paths = dataPaths(dataDir);
  mkdirSync(dataDir, { mode: 0o700 });
  writeFileSync(paths.hashKey, Buffer.from(hashKey, "base64url"), { mode: 0o600 });
  const platform = await openPlatform(settings);
  const sources = new Map<string, Source>();
  for (const kind of sourceKinds) {
    sources.set(kind, (await platform.access.createSource({ id: kind, kind })).source);
  }
  const { source } = await platform.access.createSource({ id: "online-retail", kind: "erp" });
  for (const { kind, batch } of batchesOf(history)) {
    await platform.gateway.submit(sources.get(kind) as Source, batch, "live");
  }
  await platform.gateway.submit(source, imported);
  await platform.drained();
  await platform.close();
  const reader = openStateReader(paths.state);
  try {
    const hash = keyedHash(Buffer.from(hashKey, "base64url"));
    const people = embeddedPeople(reader, hash);
    const profiles = reader
      .prepare("SELECT person FROM persons ORDER BY profile_id")
      .all()
      .flatMap((row) => {
        const record = people.byPerson(Number(row["person"]));
        return record === null ? [] : [composeProfile({ ...record, hash, homeCurrency })];
      });
    return { profiles, persons: profiles.length, refused: await refusedOf(embeddedFates(reader)) };
  } finally {
    reader.close();
  }
}

async function refusedOf(fates: Fates): Promise<string[]> {
  const all = await fates.rejections({ source: null, cause: null, onlyOpen: false, before: null, limit: 1_000 });
  return [...new Set(all.map(({ source, messageId, reason }) => `${source} ${messageId} ${reason.code}`))].sort();
}

/** The container's program answers what a load balancer asks, refuses what it has not, and stops when it is told to. */
async function expectStops({ program, url, proxies }: Way): Promise<void> {
  for (const proxy of Object.values(proxies)) proxy.plan = () => null;
  const statusOf = async (path: string): Promise<number> => (await fetch(`${url}${path}`)).status;
  expect(await statusOf("/healthz")).toBe(200);
  expect(await statusOf("/readyz")).toBe(200);
  expect(await statusOf("/api/profiles")).toBe(501);
  program.child.kill("SIGTERM");
  const ended = new Promise((resolve) => program.child.once("exit", resolve));
  await sleep(300);
  // Still there, for the load balancer hears of it late, and says that it goes.
  expect(await statusOf("/readyz")).toBe(503);
  expect(await statusOf("/healthz")).toBe(200);
  expect(await ended).toBe(0);
  expect(program.said()).toContain("stopping");
}

function textOf(call: JsonObject, name: string): string {
  const value = call[name];
  return typeof value === "string" ? value : "";
}

/** Every call that was taken, some of them more than once; gives how many records there are. */
async function expectAllInLog(
  { wayIn }: Way,
  history: readonly SimulatedCall[],
  imported: readonly JsonObject[],
): Promise<number> {
  const [log, reader] = [wayIn.lake.open(), wayIn.lake.openReader()];
  const { records } = await reader.read(0, await log.end(), 1_000_000, 1_000_000_000);
  await reader.close();
  await log.close();
  const sent = [
    ...history.map(({ source, call }) => `${source} ${textOf(call, "messageId")}`),
    ...imported.map((call) => `online-retail ${textOf(call, "messageId")}`),
  ];
  expect(new Set(records.map(({ message }) => message)).size).toBe(new Set(sent).size);
  expect(records.length).toBeGreaterThan(sent.length);
  return records.length;
}

/** Those that are not the same, byte for byte: how many, and the first ones as they are here and there. */
function differing(here: readonly Profile[], there: readonly Profile[]): unknown[] {
  const known = new Map(here.map((profile) => [profile.id, JSON.stringify(profile)]));
  const others = there.filter((profile) => known.get(profile.id) !== JSON.stringify(profile));
  return others.length === 0
    ? []
    : [others.length, ...others.slice(0, 2).map((each) => [known.get(each.id), JSON.stringify(each)])];
}

/** Net of refunds, minor units by currency. */
function revenueOf(profiles: readonly Profile[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { computed } of profiles) {
    for (const [currency, amount] of Object.entries(computed.revenueByCurrency)) {
      sums[currency] = (sums[currency] ?? 0) + amount;
    }
  }
  return sums;
}
