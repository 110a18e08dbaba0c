import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isOf, openStreaming, type Streaming, view } from "./streaming.ts";
import { watch, type Watching } from "./watching.ts";

let streaming: Streaming;
beforeEach(async () => {
  streaming = await openStreaming();
});
afterEach(() => streaming.close());

describe("the live stream", () => {
  it("filters on the server", async () => {
    const { site, open, send } = streaming;
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
    const { site, open, send } = streaming;
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
    const { site, open, send } = streaming;
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

  it("ends when its token is revoked, and serves a bounded number", async () => {
    const { site, open } = streaming;
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
