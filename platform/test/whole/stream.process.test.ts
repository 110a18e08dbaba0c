import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keepAliveAgent, postBody } from "./senders.ts";
import { apiToken, openSite, type Site, writeKey } from "./server.ts";
import { watch, type StreamMessage, type Watching } from "./watching.ts";

let site: Site;
const watching: Watching[] = [];
beforeEach(async () => {
  site = await openSite();
});
afterEach(async () => {
  for (const one of watching.splice(0)) one.stop();
  await site.close();
});

async function open(options: Parameters<typeof watch>[2] = {}, token = apiToken): Promise<Watching> {
  const one = await watch(site.url, token, options);
  watching.push(one);
  if (one.status === 200) await one.message("the history", ({ event }) => event === "history");
  return one;
}

const agent = keepAliveAgent();
async function send(calls: readonly object[]): Promise<void> {
  const answer = await postBody(`${site.url}/v1/batch`, JSON.stringify({ batch: calls }), writeKey, agent);
  expect(answer?.status).toBe(200);
}

function view(messageId: string, userId = "ada"): object {
  return { type: "track", messageId, userId, event: "Product Viewed", properties: { sku: "tea" } };
}
const isOf = (messageId: string, status?: string) => (message: StreamMessage) =>
  message.event === "record" &&
  message.data.messageId === messageId &&
  (status === undefined || message.data.status === status);

describe("the live stream", () => {
  it("shows within a second what was sent, what became of it, and whom it joined", async () => {
    await site.start();
    const all = await open();
    const times: number[] = [];
    for (let n = 0; n < 5; n++) {
      const sentAt = Date.now();
      await send([view(`v-${n}`)]);
      const shown = await all.message("processed", isOf(`v-${n}`, "processed"));
      times.push(shown.at - sentAt);
      expect(shown.data).toMatchObject({
        source: "default",
        sourceKind: "web",
        type: "track",
        event: "Product Viewed",
        identifier: { type: "user_id", value: "ada" },
        displayName: "ada",
      });
    }
    console.log(`stream.process.test.ts: sent to shown as processed in ${times.join(", ")} ms`);
    expect(Math.max(...times)).toBeLessThan(1_000);
    expect(
      all
        .records()
        .filter(isOf("v-0"))
        .map(({ data }) => data.status),
    ).toEqual(["accepted", "processed"]);

    await send([
      view("v-0"),
      { type: "track", messageId: "bad", userId: "ada" },
      { type: "page", messageId: "visit", anonymousId: "a-1", name: "Home" },
    ]);
    expect((await all.message("duplicate", isOf("v-0", "duplicate"))).data).toMatchObject({ source: "default" });
    expect((await all.message("rejected", isOf("bad", "rejected"))).data).toMatchObject({
      reason: expect.stringContaining("name of its event"),
      code: "event_missing",
      profileId: null,
    });
    const visit = await all.message("visit", isOf("visit", "processed"));
    await send([{ type: "identify", messageId: "login", anonymousId: "a-1", userId: "ada", traits: { name: "Ada" } }]);
    const joined = await all.message("joined", ({ event }) => event === "joined");
    expect(joined.data).toMatchObject({ messageId: "login", source: "default", rule: "seen_together" });
    const ada = await site.reads.someone("user_id", "ada");
    expect(joined.data.profileId).toBe(ada.id);
    expect([ada.id, ...ada.retiredIds]).toEqual(expect.arrayContaining([visit.data.profileId]));
    const rates = await all.message("a join counted", ({ event, data }) => event === "rates" && data.joined > 0);
    expect(rates.data).toMatchObject({ pending: expect.any(Number), bySource: expect.any(Object), sampled: null });
  });

  it("filters on the server", async () => {
    await site.start();
    await send([view("before"), view("of-bob", "bob")]);
    await site.reads.settled();
    const ada = await site.reads.someone("user_id", "ada");
    const [rejected, named, duplicates, hers] = await Promise.all([
      open({ query: "?status=rejected,joined" }),
      open({ query: "?event=Cart%20Viewed&source=default" }),
      open({ query: "?status=duplicate" }),
      open({ query: `?profileId=${ada.id}` }),
    ]);
    const other = await open({ query: "?sourceKind=pos" });
    await send([
      view("one"),
      view("of-bob-2", "bob"),
      view("before"),
      { ...view("cart"), event: "Cart Viewed" },
      { type: "track", messageId: "bad", userId: "ada" },
      // Known to be hers only once it is decided.
      { type: "identify", messageId: "new-device", userId: "ada", anonymousId: "a-9" },
    ]);
    await hers.message("hers", isOf("new-device", "processed"));
    await rejected.message("rejected", isOf("bad"));
    await named.message("named", isOf("cart", "processed"));
    await duplicates.message("duplicate", isOf("before", "duplicate"));
    await sleep(1_200);
    const idsOf = (one: Watching): string[] =>
      [...new Set(one.records().map(({ data }) => String(data.messageId)))].toSorted();
    expect(idsOf(hers)).toEqual(["bad", "before", "cart", "new-device", "one"]);
    expect(idsOf(rejected)).toEqual(["bad"]);
    expect(idsOf(named)).toEqual(["cart"]);
    expect(duplicates.records().map(({ data }) => data.status)).toEqual(["duplicate"]);
    expect(idsOf(other)).toEqual([]);
    expect((await open({ query: "?status=wrong" })).status).toBe(400);
    expect((await open({ query: "?nothing=1" })).status).toBe(400);
  });

  it("goes on where it was: nothing in between is missed, over a restart of the server too", async () => {
    const server = await site.start();
    const first = await open();
    await send([view("seen")]);
    await first.message("processed", isOf("seen", "processed"));
    await first.message("an id after it", ({ event }) => event === "rates");
    await sleep(1_100);
    const id = first.lastId();
    first.stop();
    await send([{ type: "page", messageId: "visit", anonymousId: "a-1" }, view("m-0")]);
    await site.reads.settled();
    await send([{ type: "identify", messageId: "login", anonymousId: "a-1", userId: "ada" }]);
    await send(Array.from({ length: 300 }, (_, n) => view(`missed-${n}`)));
    await send([{ type: "track", messageId: "bad", userId: "ada" }, view("seen")]);
    const second = await open({ lastEventId: id });
    await send([view("live")]);
    await second.message("live", isOf("live", "processed"));
    const missed = second.records("processed").map(({ data }) => data.messageId);
    expect(missed.filter((messageId) => messageId.startsWith("missed-"))).toEqual(
      Array.from({ length: 300 }, (_, n) => `missed-${n}`),
    );
    expect(second.records("rejected")).toHaveLength(1);
    expect(second.records("duplicate").map(({ data }) => data.messageId)).toEqual(["seen"]);
    expect(second.records("processed").filter(isOf("seen"))).toEqual([]);
    expect(second.messages.filter(({ event }) => event === "joined")).toHaveLength(1);
    expect(second.messages.filter(({ event }) => event === "skipped")).toEqual([]);

    await sleep(1_100);
    const later = second.lastId();
    await send([view("last")]);
    const stopping = Date.now();
    await server.stop();
    expect(Date.now() - stopping).toBeLessThan(5_000);
    expect(second.hasEnded()).toBe(true);
    expect(second.messages.at(-1)).toMatchObject({ event: "closed", data: { reason: "stopping" } });
    await site.start();
    const third = await open({ lastEventId: later });
    await third.message("last", isOf("last", "processed"));
    // Joins are remembered as long as a server runs, and that they may be missing is told.
    expect(third.messages.filter(({ event }) => event === "skipped").map(({ data }) => data)).toEqual([
      { records: 0, joins: null },
    ]);
  });

  it("a long absence is told as such, and an id of elsewhere too", async () => {
    await site.start();
    const first = await open();
    await sleep(1_100);
    const id = first.lastId();
    first.stop();
    for (let batch = 0; batch < 5; batch++) {
      await send(Array.from({ length: 1_000 }, (_, n) => view(`long-${batch}-${n}`)));
    }
    const second = await open({ lastEventId: id });
    const skipped = await second.message("skipped", ({ event }) => event === "skipped");
    await second.message("the newest", isOf("long-4-999", "processed"), 20_000);
    expect(skipped.data).toEqual({ records: 3_000, joins: 0 });
    expect(new Set(second.records("processed").map(({ data }) => data.messageId)).size).toBe(2_000);
    const foreign = await open({ lastEventId: "999999999-999999999" });
    await foreign.message("skipped", ({ event, data }) => event === "skipped" && data.records === null);
    const nonsense = await open({ lastEventId: "not an id" });
    await nonsense.message("skipped", ({ event }) => event === "skipped");
  });

  it("at 2,000 events a second it shows a bounded sample, all that is refused, and memory stays flat", async () => {
    const server = await site.start({ env: { C360_LOG_LEVEL: "warn" } });
    const all = await open();
    // Takes nothing: it must cost nothing but its bound.
    const slow = await open();
    slow.pause();
    const seconds = 15;
    let bad = 0;
    const memory: number[] = [];
    for (let tenth = 0; tenth < seconds * 10; tenth++) {
      const began = Date.now();
      const calls: object[] = Array.from({ length: 200 }, (_, n) => view(`load-${tenth}-${n}`, `u-${n}`));
      if (tenth % 2 === 0) calls.push({ type: "track", messageId: `bad-${(bad += 1)}`, userId: "u" });
      await send(calls);
      memory.push(residentMiB(server.pid));
      await sleep(Math.max(0, 100 - (Date.now() - began)));
    }
    await all.message("the last refusal", isOf(`bad-${bad}`, "rejected"));
    const rates = all.messages.filter(({ event }) => event === "rates").map(({ data }) => data);
    const busy = rates.filter(({ accepted }) => accepted > 1_000);
    expect(busy.length).toBeGreaterThan(seconds / 2);
    expect(busy.every(({ sampled }) => sampled !== null && sampled.shown <= 50 && sampled.of > 1_000)).toBe(true);
    expect(all.records("rejected")).toHaveLength(bad);
    const shown = new Set(all.records().map(({ data }) => data.messageId)).size;
    expect(shown).toBeLessThanOrEqual(50 * (rates.length + 1));
    const warm = Math.max(...memory.slice(0, memory.length / 2));
    const most = Math.max(...memory.slice(memory.length / 2));
    console.log(
      `stream.process.test.ts: ${busy.length} busy seconds, ${shown} records shown; ${Math.round(warm)} MiB, then ${Math.round(most)} MiB`,
    );
    expect(most - warm).toBeLessThan(150);
    const { body } = await site.reads.request("GET", "/metrics");
    expect(body).toMatch(/c360_stream_subscribers 2/);
    expect(body).toMatch(/c360_stream_records_total\{outcome="sampled_out"\} [1-9]/);
  });

  it("ends when its token is revoked, and serves a bounded number", async () => {
    await site.start();
    const made = await site.reads.request("POST", "/api/tokens", { name: "watcher" });
    const { id, token } = made.body as { id: string; token: string };
    expect((await watch(site.url, "no-such-token-at-all")).status).toBe(401);
    const mine = await open({}, token);
    await site.reads.request("DELETE", `/api/tokens/${id}`);
    await mine.message("closed", ({ event, data }) => event === "closed" && data.reason === "token_refused");
    const many = await Promise.all(Array.from({ length: 40 }, () => open()));
    expect(many.filter(({ status }) => status === 200)).toHaveLength(32);
    expect(many.filter(({ status }) => status === 429)).toHaveLength(8);
    for (const one of many) one.stop();
    await sleep(200);
    expect((await open()).status).toBe(200);
  });
});

function residentMiB(pid: number): number {
  const [, kiB = "0"] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kiB) / 1_024;
}
