import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isOf, openStreaming, type Streaming, view } from "./streaming.ts";

let streaming: Streaming;
beforeEach(async () => {
  streaming = await openStreaming();
});
afterEach(() => streaming.close());

describe("the live stream", () => {
  it("shows within a second what was sent, what became of it, and whom it joined", async () => {
    const { site, open, send } = streaming;
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
    console.log(`streamBudgets.process.test.ts: sent to shown as processed in ${times.join(", ")} ms`);
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

  it("at 2,000 events a second it shows a bounded sample, all that is refused, and memory stays flat", async () => {
    const { site, open, send } = streaming;
    const server = await site.start({ env: { C360_LOG_LEVEL: "warn" } });
    const all = await open();
    // Takes nothing: it must cost nothing but its bound.
    const slow = await open();
    slow.pause();
    const seconds = 10;
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
      `streamBudgets.process.test.ts: ${busy.length} busy seconds, ${shown} records shown; ${Math.round(warm)} MiB, then ${Math.round(most)} MiB`,
    );
    expect(most - warm).toBeLessThan(150);
    const { body } = await site.reads.request("GET", "/metrics");
    expect(body).toMatch(/c360_stream_subscribers 2/);
    expect(body).toMatch(/c360_stream_records_total\{outcome="sampled_out"\} [1-9]/);
  });
});

function residentMiB(pid: number): number {
  const [, kiB = "0"] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kiB) / 1_024;
}
