import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RejectionView } from "../../src/api/rejectionViews.ts";
import type { SourceHealthView } from "../../src/api/services.ts";
import { until } from "./polling.ts";
import { openSite, type Site, writeKey } from "./server.ts";

let site: Site;
beforeEach(async () => {
  site = await openSite();
});
afterEach(() => site.close());

async function send(path: string, body: unknown): Promise<number> {
  const response = await fetch(`${site.url}/v1/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Basic ${btoa(`${writeKey}:`)}` },
    body: JSON.stringify(body),
  });
  await response.arrayBuffer();
  return response.status;
}

async function rejections(query = ""): Promise<{ items: RejectionView[]; next: string | null }> {
  const answer = await site.reads.request("GET", `/api/rejections${query}`);
  expect(answer.status).toBe(200);
  return answer.body as { items: RejectionView[]; next: string | null };
}

async function replay(messageId: string, body?: unknown) {
  return site.reads.request("POST", `/api/events/${messageId}/replay?source=default`, body);
}

describe("Promise 3: every event has a fate", () => {
  it("what was refused is listed as sent, is mended, and then counts once, at its own time", async () => {
    await site.start();
    const occurredAt = "2026-03-01T10:00:00.000Z";
    const wrong = { type: "track", messageId: "r-1", userId: "ada", timestamp: occurredAt, properties: { sku: "tea" } };
    expect(await send("batch", { batch: [wrong, { ...wrong, messageId: "ok", event: "Seen" }] })).toBe(200);
    const [refused] = await until("listed", 60_000, async () => {
      const { items } = await rejections();
      return items.length > 0 && items;
    });
    expect(refused).toMatchObject({ messageId: "r-1", source: "default", code: "event_missing", event: wrong });
    expect(refused).toMatchObject({ mended: false, field: "event" });

    // As it was, it is refused again; corrected, it is taken.
    expect((await replay("r-1")).body).toMatchObject({ fate: "rejected", reason: { code: "event_missing" } });
    expect((await replay("r-1", { ...wrong, messageId: "other", event: "Viewed" })).status).toBe(422);
    const { messageId: _, ...call } = wrong;
    const mended = await replay("r-1", { ...call, event: "Viewed" });
    expect(mended).toMatchObject({ status: 200, body: { fate: "processed", messageId: "r-1", duplicates: 0 } });
    expect(await replay("r-1", call)).toMatchObject({ status: 409, body: { error: { code: "event_processed" } } });
    expect(await replay("ok")).toMatchObject({ status: 409 });
    expect(await replay("never")).toMatchObject({ status: 404 });

    expect((await rejections()).items).toMatchObject([{ mended: true }, { mended: true }]);
    const first = await rejections("?limit=1&source=default");
    expect((await rejections(`?limit=1&source=default&after=${first.next}`)).next).toBeNull();
    expect((await rejections("?source=none")).items).toEqual([]);
    expect((await site.reads.request("GET", "/api/rejections?after=x")).status).toBe(400);

    await site.reads.settled();
    const ada = await site.reads.someone("user_id", "ada");
    expect(ada.computed.eventCount).toBe(2);
    const timeline = await site.reads.timeline(ada.id);
    expect(timeline.find((event) => event.messageId === "r-1")).toMatchObject({ event: "Viewed", occurredAt });
  });

  it("a guest's call of an import may be mended without naming anybody; one from the web may not", async () => {
    await site.start();
    await site.reads.import("default", [
      { type: "track", messageId: "till", event: "Order Completed", properties: { order_id: "1", total: 1e300 } },
    ]);
    await send("track", { messageId: "web", event: "Seen" });
    await until("listed", 60_000, async () => (await rejections()).items.length === 2);
    const order = { type: "track", event: "Order Completed", properties: { order_id: "1", total: 5 } };
    expect((await replay("till", order)).body).toMatchObject({ fate: "processed", profileId: null });
    expect((await replay("web", order)).body).toMatchObject({ fate: "rejected", reason: { code: "user_missing" } });
  });

  it("a source says what came from it, over a restart too, and a rebuild counts the same", async () => {
    const first = await site.start();
    const health = async (id: string): Promise<SourceHealthView> =>
      ((await site.reads.request("GET", `/api/sources/${id}`)).body as { health: SourceHealthView }).health;
    await site.reads.createSource("tills", "pos");
    expect(await health("tills")).toMatchObject({ lastEventAt: null, last5Minutes: { accepted: 0, rejected: 0 } });
    await send("batch", {
      batch: [
        { type: "track", userId: "a", event: "x" },
        { type: "track", userId: "a" },
      ],
    });
    const counted = { lastEventAt: expect.any(String), last5Minutes: { accepted: 1, rejected: 1 } };
    await until("counted", 60_000, async () => (await health("default")).lastEventAt !== null);
    expect(await health("default")).toMatchObject(counted);
    expect((await site.reads.request("GET", "/api/sources/none")).status).toBe(404);
    await first.stop();
    expect(await site.verb(["rebuild", "--verify"])).toMatchObject({ code: 0 });
    await site.start();
    expect(await health("default")).toMatchObject({ last24Hours: { accepted: 1, rejected: 1 } });
  });
});
