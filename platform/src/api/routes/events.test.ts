import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type TestedApi, testedApi } from "../apiCaller.fake.ts";

let api: TestedApi;
beforeEach(async () => {
  api = await testedApi();
});
afterEach(() => api.app.close());

describe("GET /api/rejections", () => {
  it("pages, and narrows to a source", async () => {
    const first = await api.call("GET", "/api/rejections?limit=2");
    expect(first.body.items.map((item: { messageId: string }) => item.messageId)).toEqual(["r0", "r1"]);
    const second = await api.call("GET", `/api/rejections?limit=2&after=${first.body.next}`);
    expect(second.body).toMatchObject({ items: [{ messageId: "r2", event: "[1" }], next: null });
    expect((await api.call("GET", "/api/rejections?source=tills")).body.items).toMatchObject([{ source: "tills" }]);
    expect((await api.call("GET", "/api/rejections?limit=0")).status).toBe(400);
  });
});

describe("POST /api/events/{messageId}/replay", () => {
  it("takes a corrected call, or none", async () => {
    expect((await api.post("/api/events/r0/replay?source=web", { event: "Seen" })).body).toMatchObject({
      fate: "processed",
      messageId: "r0",
    });
    expect((await api.call("POST", "/api/events/r0/replay")).status).toBe(200);
    expect(api.services.replayed).toEqual([
      { messageId: "r0", corrected: { event: "Seen" } },
      { messageId: "r0", corrected: null },
    ]);
  });

  it("refuses what is no call, what was taken, and what nobody sent", async () => {
    expect(await api.post("/api/events/r0/replay", "[1]")).toMatchObject({ status: 400 });
    expect(await api.call("POST", "/api/events/m1/replay")).toMatchObject({
      status: 409,
      body: { error: { code: "event_processed", hint: expect.any(String) } },
    });
    expect((await api.call("POST", "/api/events/unknown/replay")).status).toBe(404);
    expect((await api.call("POST", "/api/events/r0/replay", { token: null })).status).toBe(401);
  });
});

describe("GET /api/events/{messageId}", () => {
  it("of what nobody knows says since when events are kept, where some are deleted", async () => {
    const unknown = async () => (await api.call("GET", "/api/events/unknown")).body.error;
    expect(await unknown()).toMatchObject({ code: "event_not_found" });
    expect((await unknown()).hint).not.toContain("kept since");
    api.services.keptSince = async () => "2026-01-02T03:04:05.000Z";
    expect((await unknown()).hint).toContain("kept since 2026-01-02T03:04:05.000Z");
  });
});

describe("GET /api/sources/{id}", () => {
  it("says what came lately", async () => {
    expect((await api.call("GET", "/api/sources/web")).body).toMatchObject({
      id: "web",
      health: { last5Minutes: { accepted: 3, rejected: 0 }, lastEventAt: expect.any(String) },
    });
    expect(await api.call("GET", "/api/sources/none")).toMatchObject({
      status: 404,
      body: { error: { code: "source_not_found" } },
    });
  });
});
