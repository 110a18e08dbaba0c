import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openEventLog } from "../../src/adapters/embedded/eventLog/writer.ts";
import { encodeRecord } from "../../src/model/logRecord.ts";
import { keyedHash, messageKeyOf } from "../../src/model/keyedHash.ts";
import { keepAliveAgent, postBody } from "./senders.ts";
import { openSite, type Site, writeKey } from "./server.ts";

/** Its header. */
const emptySegmentBytes = 32;

let site: Site;
beforeEach(async () => {
  site = await openSite();
});
afterEach(() => site.close());

async function sendOrder(url = site.url): Promise<number | undefined> {
  const agent = keepAliveAgent();
  const properties = { order_id: "o-1", total: 10, currency: "GBP" };
  const call = { userId: "ada", messageId: "m-1", event: "Order Completed", properties };
  const answer = await postBody(`${url}/v1/track`, JSON.stringify(call), writeKey, agent);
  agent.destroy();
  return answer?.status;
}

describe("Promise 2: once, whatever becomes of the data directory's files", () => {
  it.each<[string, string, (file: string) => void]>([
    ["is missing", "hash.key is missing", (file) => rmSync(file)],
    ["is cut short", "hash.key holds 7 bytes", (file) => writeFileSync(file, "seven b")],
    ["is another's", "not the key that the event log was written with", (file) => writeFileSync(file, "k".repeat(32))],
  ])("does not start where hash.key %s: what is sent again would count again", async (_how, message, spoil) => {
    const server = await site.start();
    expect(await sendOrder()).toBe(200);
    await server.stop();
    const file = join(site.dataDir, "hash.key");
    const kept = join(site.folder, "kept");
    cpSync(file, kept);
    spoil(file);
    for (const verb of [["serve"], ["rebuild"]]) {
      const refused = await site.verb(verb);
      expect([refused.code, refused.stdout]).toEqual([1, ""]);
      expect(refused.stderr).toContain(message);
    }
    rmSync(file, { force: true });
    renameSync(kept, file);
    await site.start();
    expect(await sendOrder()).toBe(200);
    await site.reads.settled();
    expect(await site.reads.query("select count(*), sum(net_minor) from orders")).toEqual([[1, 1_000]]);
    expect(await site.reads.fate("m-1")).toMatchObject({ fate: "processed", duplicates: 1 });
  });

  it("does not start where the log has lost what was decided: what comes next would never be", async () => {
    const server = await site.start();
    expect(await sendOrder()).toBe(200);
    await site.reads.settled();
    await server.stop();
    truncateSync(join(site.dataDir, "log", "0000000000.log"), emptySegmentBytes);
    const refused = await site.verb(["serve"]);
    expect([refused.code, refused.stdout]).toEqual([1, ""]);
    expect(refused.stderr).toContain("segment 0 at byte 32: record 0 cannot be read");
    expect((await site.verb(["rebuild"])).code).toBe(0);
    await site.start();
    expect(await sendOrder()).toBe(200);
    await site.reads.settled();
    expect(await site.reads.fate("m-1")).toMatchObject({ fate: "processed" });
  });

  it("keeps a second server out where somebody deleted the lock of the first", async () => {
    await site.start();
    expect(await sendOrder()).toBe(200);
    rmSync(join(site.dataDir, "lock"));
    const second = await site.verb(["serve"], { env: { C360_PORT: "0" } });
    expect([second.code, second.stdout]).toEqual([1, ""]);
    expect(second.stderr).toContain("another process has the file of sources and tokens open");
    expect(await sendOrder()).toBe(200);
  });
});

describe("Promise 3: an event is not refused for damage that is not its own", () => {
  it("waits where a row of the state cannot be read, and counts after a rebuild", async () => {
    const identify = { type: "identify", userId: "ada", traits: { firstName: "Ada" } };
    const first = await site.start();
    await site.reads.import("default", [{ ...identify, messageId: "i-1" }]);
    await first.stop();
    const state = new DatabaseSync(join(site.dataDir, "state.sqlite"));
    state.exec("UPDATE details SET traits = '{' || substr(traits, 3)");
    state.close();

    const second = await site.start();
    await site.reads.import("default", [{ ...identify, messageId: "i-2" }]);
    await sleep(1_000);
    expect(await site.reads.fate("i-2")).toMatchObject({ fate: "pending" });
    expect(second.stderr()).toContain("fold the log again with: c360 rebuild");
    await second.stop();

    expect((await site.verb(["rebuild"])).code).toBe(0);
    await site.start();
    await site.reads.settled();
    expect(await site.reads.fate("i-2")).toMatchObject({ fate: "processed" });
    expect((await site.reads.someone("user_id", "ada")).computed.eventCount).toBe(2);
  });

  it("says what to do where the state file is no database any more", async () => {
    await (await site.start()).stop();
    const file = join(site.dataDir, "state.sqlite");
    writeFileSync(file, Buffer.alloc(statSync(file).size, 7));
    const refused = await site.verb(["serve"]);
    expect([refused.code, refused.stdout]).toEqual([1, ""]);
    expect(refused.stderr).toBe("error: the state file is damaged\nhint: fold the log again with: c360 rebuild\n");
    expect((await site.verb(["rebuild"])).code).toBe(0);
    await site.start();
  });
});

/** A data directory with a log of several sealed segments that nothing has decided yet. */
async function makeLog(records: number): Promise<string> {
  const key = Buffer.alloc(32, 7);
  mkdirSync(site.dataDir, { mode: 0o700 });
  writeFileSync(join(site.dataDir, "hash.key"), key, { mode: 0o600 });
  const directory = join(site.dataDir, "log");
  const log = await openEventLog({ directory, segmentBytes: 1_000 });
  for (let n = 0; n < records; n++) {
    const messageId = `m-${n}`;
    const payload = encodeRecord({
      status: "accepted",
      source: "default",
      sourceKind: "web",
      messageId,
      type: "track",
      event: "Seen",
      receivedAt: 1_700_000_000_000 + n,
      occurredAt: 1_700_000_000_000 + n,
      originalTimestamp: null,
      flags: [],
      identifiers: ["user_id:ada"],
      aliasOf: [],
      body: { userId: "ada" },
    });
    const message = messageKeyOf(keyedHash(key), "default", messageId);
    await log.append([{ fragment: "AAAAAAAAAAAAAAAA", message, payload }]);
  }
  await log.close();
  return directory;
}

describe("a damaged log", () => {
  it("is told with its segment and byte also where ingestion meets the damage after the start", async () => {
    const file = join(await makeLog(20), "0000000001.log");
    const bytes = readFileSync(file);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const server = site.launch();
    const { code, stderr } = await server.ended;
    expect(code).toBe(1);
    expect(stderr).toContain("The event log is damaged: segment 1 at byte 32");
    expect(stderr).toContain("Restore the segment's file from a copy");
  });
});
