import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RejectionCauseView, ReplayView } from "../../src/api/rejectionViews.ts";
import type { JsonObject } from "../../src/model/event.ts";
import { until } from "./polling.ts";
import { randomFrom } from "./senders.ts";
import { openSite, type Site } from "./server.ts";

const calls = 4_000;
const callsAtOnce = 2_000;
const kills = 4;
/** A replay of all takes about as long. */
const maxIntoReplayMs = 1_500;
const maxReplayMs = 120_000;
const sampled = 200;

let site: Site;
beforeEach(async () => {
  site = await openSite();
});
afterEach(() => site.close());

const seed = Number(process.env["C360_SEED"] ?? Date.now() % 1_000_000);
const transformation = {
  operations: [
    { op: "rename", path: "/name", to: "/event" },
    { op: "convert", path: "/properties/total", to: "number", decimal: "," },
  ],
};

/** A till that sends `name` in place of `event`, of a hundred customers. */
function wrong(n: number): JsonObject {
  return {
    type: "track",
    messageId: `receipt-${n}`,
    userId: `u${n % 100}`,
    name: "Order Completed",
    timestamp: "2026-03-01T10:00:00.000Z",
    properties: { order_id: `o${n}`, total: "1,50", currency: "GBP" },
  };
}

async function causes(): Promise<RejectionCauseView[]> {
  const answer = await site.reads.request("GET", "/api/rejections/causes");
  expect(answer.status).toBe(200);
  return (answer.body as { items: RejectionCauseView[] }).items;
}

async function replay(id: string): Promise<ReplayView> {
  return (await site.reads.request("GET", `/api/replays/${id}`)).body as ReplayView;
}

async function refuseAll(): Promise<RejectionCauseView> {
  for (let from = 0; from < calls; from += callsAtOnce) {
    await site.reads.import(
      "default",
      Array.from({ length: callsAtOnce }, (_, n) => wrong(from + n)),
    );
  }
  return until("the cause counts all", 60_000, async () => {
    const [cause] = await causes();
    return cause?.open === calls && cause;
  });
}

/** What everybody's orders come to is what was sent, once each. */
async function expectEachOnce(): Promise<void> {
  await site.reads.settled();
  expect(await site.reads.value("SELECT count(*) FROM events")).toBe(calls);
  expect(await site.reads.value("SELECT count(DISTINCT message_id) FROM events")).toBe(calls);
  expect(await site.reads.value("SELECT sum(revenue_minor) FROM profiles")).toBe(calls * 150);
  const step = Math.floor(calls / sampled);
  for (let n = 0; n < calls; n += step) {
    expect(await site.reads.fate(`receipt-${n}`, "default")).toMatchObject({ fate: "processed", duplicates: 0 });
  }
  expect(await causes()).toMatchObject([{ count: calls, open: 0 }]);
}

describe("Promise 2: once", () => {
  it("a replay that is killed again and again goes on by itself, and takes each call once", async () => {
    const random = randomFrom(seed);
    let server = await site.start();
    const cause = await refuseAll();
    expect(cause).toMatchObject({
      source: "default",
      code: "event_missing",
      field: "event",
      type: "track",
      event: null,
    });
    const tried = await site.reads.request("POST", "/api/replays", { cause: cause.id, transformation, dryRun: true });
    const dry = await until("tried out", maxReplayMs, async () => {
      const found = await replay((tried.body as ReplayView).id);
      return found.status !== "running" && found;
    });
    expect(dry).toMatchObject({ status: "done", accepted: calls, refused: 0 });

    const begun = await site.reads.request("POST", "/api/replays", { cause: cause.id, transformation });
    const { id } = begun.body as ReplayView;
    for (let killed = 0; killed < kills; killed++) {
      const ms = Math.floor(random() * maxIntoReplayMs);
      await sleep(ms);
      await server.kill();
      server = await site.start();
    }
    const done = await until(`through (seed ${seed})`, maxReplayMs, async () => {
      const found = await replay(id);
      return found.status !== "running" && found;
    });
    expect(done).toMatchObject({ status: "done", total: calls, accepted: calls, refused: 0, skipped: 0 });
    await expectEachOnce();
  });

  it("two clients who replay the same at once, and one by one besides, have each taken once; a rebuild agrees", async () => {
    const server = await site.start();
    const cause = await refuseAll();
    const asked = [1, 2].map(() => site.reads.request("POST", "/api/replays", { cause: cause.id, transformation }));
    const single = Array.from({ length: 50 }, (_, n) => {
      const { name: event, properties, ...call } = wrong(n * 80);
      const body = { ...call, event, properties: { ...(properties as JsonObject), total: 1.5 } };
      return site.reads.request("POST", `/api/events/receipt-${n * 80}/replay?source=default`, body);
    });
    const answers = await Promise.all(asked);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({ error: { code: "replay_running" } });
    for (const { status } of await Promise.all(single)) expect([200, 409]).toContain(status);
    const { id } = (answers.find(({ status }) => status === 200)?.body as ReplayView | undefined) ?? { id: "" };
    const done = await until("through", maxReplayMs, async () => {
      const found = await replay(id);
      return found.status !== "running" && found;
    });
    expect(done).toMatchObject({ status: "done", refused: 0 });
    expect(done.accepted + done.skipped).toBeLessThanOrEqual(calls);
    await expectEachOnce();
    await server.stop();
    expect(await site.verb(["rebuild", "--verify"])).toMatchObject({ code: 0 });
    expect(await site.verb(["doctor"])).toMatchObject({ code: 0 });
  });
});
