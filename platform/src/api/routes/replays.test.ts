import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type TestedApi, testedApi } from "../apiCaller.fake.ts";

let api: TestedApi;
beforeEach(async () => {
  api = await testedApi();
});
afterEach(() => api.app.close());

const path = "/api/replays";
const transformation = { operations: [{ op: "remove", path: "/properties/total" }] };

describe("replays", () => {
  it("are started by whom the token names, of a cause or of messages, once under one Idempotency-Key", async () => {
    const key = { "idempotency-key": "k1" };
    const first = await api.post(path, { cause: "rc_web", transformation }, key);
    expect(first).toMatchObject({ status: 200, body: { status: "running", cause: "rc_web", messageIds: null } });
    expect((await api.post(path, { cause: "rc_web", transformation }, key)).text).toBe(first.text);
    const some = await api.post(path, { source: "web", messageIds: ["r0"], dryRun: true });
    expect(some.body).toMatchObject({ status: "done", dryRun: true, refusals: [{ code: "event_missing", count: 1 }] });
    expect(api.services.replays.started).toEqual([
      { wanted: { cause: "rc_web", transformation }, by: "t1" },
      { wanted: { source: "web", messageIds: ["r0"], dryRun: true }, by: "t1" },
    ]);
  });

  it.each([
    [{ messageIds: [] }],
    [{ messageIds: Array.from({ length: 1_001 }, (_, n) => `m${n}`) }],
    [{ cause: "" }],
    [{ cause: "rc_web", everything: true }],
    [{ cause: "rc_web", transformation: [] }],
    [{ cause: "rc_web", dryRun: "perhaps" }],
  ])("that nobody can mean are refused: %#", async (body) => {
    expect((await api.post(path, body)).status).toBe(400);
    expect(api.services.replays.started).toEqual([]);
  });

  it("are listed, found, stopped and gone on with", async () => {
    const { body } = await api.post(path, { cause: "rc_web" });
    expect((await api.call("GET", path)).body).toMatchObject({ items: [{ id: body.id }], next: null });
    expect((await api.call("GET", `${path}/${body.id}`)).body).toMatchObject({ status: "running", endedAt: null });
    expect((await api.call("POST", `${path}/${body.id}/resume`)).status).toBe(409);
    expect((await api.call("POST", `${path}/${body.id}/stop`)).body).toMatchObject({ status: "stopped" });
    expect((await api.call("POST", `${path}/${body.id}/resume`)).body).toMatchObject({ status: "running" });
    expect(await api.call("GET", `${path}/none`)).toMatchObject({
      status: 404,
      body: { error: { code: "replay_not_found" } },
    });
  });

  it("need a token", async () => {
    for (const [method, url] of [
      ["POST", path],
      ["GET", path],
      ["GET", `${path}/x`],
      ["POST", `${path}/x/stop`],
      ["POST", `${path}/x/resume`],
      ["GET", "/api/rejections/causes"],
      ["GET", "/api/rejections/causes/x"],
    ] as const) {
      expect([url, (await api.call(method, url, { token: null })).status]).toEqual([url, 401]);
    }
  });
});

describe("GET /api/rejections/causes", () => {
  it("pages, narrows to a source, and tells how much there is to mend", async () => {
    const first = await api.call("GET", "/api/rejections/causes?limit=1");
    expect(first.body).toMatchObject({
      items: [{ id: "rc_web", count: 2, open: 1, sample: { messageId: "r0", field: "event" } }],
      open: { causes: 2, calls: 2 },
    });
    const second = await api.call("GET", `/api/rejections/causes?limit=1&after=${first.body.next}`);
    expect(second.body).toMatchObject({ items: [{ id: "rc_tills" }], next: null });
    const ofTills = await api.call("GET", "/api/rejections/causes?source=tills&state=open");
    expect(ofTills.body.items).toMatchObject([{ source: "tills" }]);
    expect((await api.call("GET", "/api/rejections/causes?state=new")).status).toBe(400);
  });

  it("finds one", async () => {
    expect((await api.call("GET", "/api/rejections/causes/rc_web")).body).toMatchObject({ code: "event_missing" });
    expect((await api.call("GET", "/api/rejections/causes/none")).status).toBe(404);
  });

  it("lists the calls of one, and those that are still to be mended", async () => {
    const ids = async (query: string): Promise<string[]> =>
      (await api.call("GET", `/api/rejections?${query}`)).body.items.map(
        (item: { messageId: string }) => item.messageId,
      );
    expect(await ids("cause=rc_web")).toEqual(["r0", "r2"]);
    expect(await ids("cause=rc_web&state=open")).toEqual(["r0"]);
  });
});
