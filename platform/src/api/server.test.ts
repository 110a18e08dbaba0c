import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Problem } from "../model/problem.ts";
import { administratorToken, type TestedApi, testedApi } from "./apiCaller.fake.ts";
import { ada, lovelaces, adaTraits } from "./services.fake.ts";

let api: TestedApi;
beforeEach(async () => {
  api = await testedApi();
});
afterEach(() => api.app.close());

const call: TestedApi["call"] = (...args) => api.call(...args);
const post: TestedApi["post"] = (...args) => api.post(...args);

describe("profiles", () => {
  it("answers by identifier, by id, by a retired id and by lookup alike", async () => {
    const answers = await Promise.all([
      call("GET", "/api/profiles/email/ADA%40example.com"),
      call("GET", `/api/profiles/id/${ada.id}`),
      call("GET", `/api/profiles/id/${ada.retiredIds[0]}`),
      post("/api/profiles/lookup", { type: "user_id", value: "ada" }),
    ]);
    for (const { status, body } of answers) {
      expect(status).toBe(200);
      expect(body).toEqual({ ...ada, household: { id: lovelaces.id, people: 2 } });
    }
  });

  it("narrows to the wanted fields, the id always with them", async () => {
    const { body } = await call("GET", "/api/profiles/user_id/ada?fields=computed,%20traits");
    expect(body).toEqual({ id: ada.id, traits: ada.traits, computed: ada.computed });
    expect((await post("/api/profiles/lookup?fields=id", { type: "user_id", value: "ada" })).body).toEqual({
      id: ada.id,
    });
    const refused = await call("GET", "/api/profiles/user_id/ada?fields=traits,constructor");
    expect(refused).toMatchObject({ status: 400, body: { error: { code: "field_unknown", field: "fields" } } });
  });

  it("takes the longest identifier there may be, encoded, and says when it is too long", async () => {
    const longest = encodeURIComponent("𝒜".repeat(128));
    expect((await call("GET", `/api/profiles/crm_id/${longest}`)).body.error.code).toBe("profile_not_found");
    expect((await call("GET", `/api/profiles/crm_id/${"x".repeat(5_000)}`)).body.error.code).toBe("url_too_long");
  });

  it("gives the timeline newest first by pages, with the time that it is of", async () => {
    const first = await call("GET", `/api/profiles/id/${ada.id}/events?limit=10&type=track&source=web`);
    expect(first.body.items).toHaveLength(10);
    expect(first.body.items[1]).toMatchObject({ messageId: "m1", occurredAt: "2026-11-24T11:59:59.000Z" });
    expect(first.body.asOf).toBe("2026-11-24T12:00:00.000Z");
    const second = await call("GET", `/api/profiles/id/${ada.id}/events?after=${first.body.next}`);
    expect(second.body.items.map((event: { messageId: string }) => event.messageId)).toEqual(["m10", "m11"]);
    expect(second.body.next).toBeNull();
    expect(api.services.timelineQueries).toEqual([
      { fragments: ["f1", "f2"], limit: 10, type: "track", source: "web" },
      { fragments: ["f1", "f2"], limit: 50, after: "10" },
    ]);
  });

  it("gives what each source says of each trait", async () => {
    const { body } = await call("GET", `/api/profiles/id/${ada.retiredIds[0]}/traits`);
    expect(body).toEqual({ items: adaTraits, isWhole: true, asOf: "2026-11-24T12:00:00.000Z" });
  });

  it("says so when there is nobody", async () => {
    for (const path of ["email/nobody", "id/p_x", "id/p_x/events", "id/p_x/identity", "id/p_x/traits"]) {
      const { status, body } = await call("GET", `/api/profiles/${path}`);
      expect(status).toBe(404);
      expect(body.error).toMatchObject({ code: "profile_not_found", hint: expect.any(String) });
    }
  });
});

describe("identity, events, SQL", () => {
  it("explains", async () => {
    const why = await call("GET", "/api/identity/why?a=email:ada%40example.com&b=user_id:ada");
    expect(why.body).toMatchObject({ a: "email:ada@example.com", samePerson: true, refused: [] });
    expect((await post("/api/identity/why", { a: "email:ada@example.com", b: "user_id:ada" })).body).toEqual(why.body);
    expect((await post("/api/identity/why", { a: "email:ada@example.com" })).body.error).toMatchObject({ field: "b" });
    expect((await call("GET", "/api/identity/why?a=ada&b=user_id:ada")).body.error).toMatchObject({ field: "a" });
    expect((await call("GET", "/api/identity/why?a=email:x")).body.error).toMatchObject({ field: "b" });
  });

  it("tells an event's fate, an unknown one's and an ambiguous one's", async () => {
    expect((await call("GET", "/api/events/m1?source=pos")).body).toMatchObject({ fate: "processed", source: "pos" });
    expect((await call("GET", "/api/events/unknown")).body.error.code).toBe("event_not_found");
    expect(await call("GET", "/api/events/twice")).toMatchObject({
      status: 409,
      body: { error: { code: "message_id_ambiguous" } },
    });
  });

  it("answers one SELECT, and says why it refuses another statement", async () => {
    const { body } = await post("/api/query", { sql: "SELECT 1", limit: 1 });
    expect(body).toMatchObject({
      truncated: true,
      asOf: "2026-11-24T12:00:00.000Z",
      rows: [["web", 974_774_793, true]],
    });
    const refused = await post("/api/query", { sql: "DROP TABLE x" });
    expect(refused).toMatchObject({ status: 422, body: { error: { code: "query_refused" } } });
  });
});

describe("sources and tokens", () => {
  it("shows a write key once, at creation and at rotation", async () => {
    const made = await post("/api/sources", { id: "pos", kind: "pos", name: "Tills" });
    expect(made.status).toBe(201);
    expect(made.body.writeKey).toMatch(/^wk_pos/);
    const rotated = await call("POST", "/api/sources/pos/rotate");
    expect(rotated.body.writeKey).not.toBe(made.body.writeKey);
    const { body, text } = await call("GET", "/api/sources");
    expect(body.items.map((source: { id: string }) => source.id)).toEqual(["pos", "web"]);
    expect(body.items[0].createdAt).toBe("2026-11-24T12:00:00.000Z");
    expect(text).not.toContain("wk_");
    expect((await post("/api/sources", { id: "pos", kind: "pos" })).status).toBe(409);
    expect((await post("/api/sources", { id: "x", kind: "fax" })).body.error.field).toBe("kind");
  });

  it("pages through a list", async () => {
    for (const id of ["a", "b", "c"]) await post("/api/sources", { id, kind: "crm" });
    const first = (await call("GET", "/api/sources?limit=2")).body;
    const second = (await call("GET", `/api/sources?limit=2&after=${first.next}`)).body;
    expect([...first.items, ...second.items].map(({ id }: { id: string }) => id)).toEqual(["a", "b", "c", "web"]);
    expect(second.next).toBeNull();
  });

  it("disables and enables a source", async () => {
    const patch = (enabled: unknown) => call("PATCH", "/api/sources/web", { payload: { enabled } });
    expect((await patch(false)).body).toMatchObject({ id: "web", enabled: false });
    expect((await patch(true)).body).toMatchObject({ enabled: true });
    expect((await patch("yes")).status).toBe(400);
    expect((await patch(undefined)).status).toBe(400);
    expect((await call("PATCH", "/api/sources/none", { payload: { enabled: true } })).status).toBe(404);
  });

  it("limits what a source may send, and takes the limit back", async () => {
    const patch = (maxEventsPerSecond: unknown) =>
      call("PATCH", "/api/sources/web", { payload: { maxEventsPerSecond } });
    expect((await patch(500)).body).toMatchObject({ id: "web", enabled: true, maxEventsPerSecond: 500 });
    expect((await call("GET", "/api/sources/web")).body).toMatchObject({ maxEventsPerSecond: 500 });
    expect((await patch(null)).body).toMatchObject({ maxEventsPerSecond: null });
    for (const wrong of [0, -1, 1.5, 1_000_001, "many"]) {
      expect((await patch(wrong)).body.error).toMatchObject({ field: "maxEventsPerSecond" });
    }
  });

  it("makes, lists and revokes tokens that work just so long", async () => {
    const { body } = await post("/api/tokens", { name: "docs" });
    expect((await call("GET", "/api/status", { token: body.token })).status).toBe(200);
    expect((await call("GET", "/api/tokens")).text).not.toContain(body.token);
    expect(await call("DELETE", `/api/tokens/${body.id}`)).toMatchObject({ status: 204, text: "" });
    expect((await call("GET", "/api/status", { token: body.token })).body.error.code).toBe("token_unknown");
  });

  it("lets the administrator's token in too", async () => {
    expect((await call("GET", "/api/status", { token: administratorToken })).status).toBe(200);
    expect((await call("GET", "/api/status", { token: "administrator-toke" })).status).toBe(401);
  });
});

describe("imports", () => {
  it("hands on the calls and gives back what was rejected, by index", async () => {
    const { status, body } = await post("/api/imports/pos", { calls: [{ type: "track" }, { nothing: 1 }] });
    expect(status).toBe(200);
    expect(body).toEqual({
      accepted: 1,
      rejected: [{ index: 1, code: "type_missing", message: "has no type", field: "type" }],
    });
    expect(api.services.submitted).toEqual([{ source: "pos", call: { type: "track" } }]);
  });

  it("takes 16 MiB and not more, where other routes take 1 MiB", async () => {
    const calls = Array.from({ length: 15 }, () => ({ type: "track", text: "x".repeat(1_000_000) }));
    expect((await post("/api/imports/pos", { calls })).status).toBe(200);
    const tooLarge = await post("/api/imports/pos", { calls: [...calls, ...calls] });
    expect(tooLarge).toMatchObject({ status: 413, body: { error: { code: "body_too_large" } } });
    expect((await post("/api/query", { sql: "x".repeat(1_100_000) })).status).toBe(413);
  });

  it("passes overload on with Retry-After", async () => {
    api.services.failWith = new Problem(429, "behind", "Ingestion is behind.", { retryAfterSeconds: 7 });
    const { status, headers, body } = await post("/api/imports/pos", { calls: [{ type: "track" }] });
    expect([status, headers["retry-after"], body.error.code]).toEqual([429, "7", "behind"]);
  });
});

describe("operations", () => {
  it("is alive, and ready only when the platform is", async () => {
    api.services.ready = false;
    expect(await call("GET", "/healthz", { token: null })).toMatchObject({ status: 200, body: { status: "ok" } });
    const notYet = await call("GET", "/readyz", { token: null });
    expect(notYet).toMatchObject({ status: 503, body: { error: { code: "not_ready" } } });
    expect(notYet.headers["retry-after"]).toBe("1");
    api.services.ready = true;
    expect(await call("GET", "/readyz", { token: null })).toMatchObject({ status: 200, body: { status: "ready" } });
  });

  it("says how far everything is while search and analytics are away or stuck", async () => {
    const { services } = api;
    expect((await call("GET", "/api/status")).body.search.profiles).toBe(1);
    services.search.status = () => Promise.reject(new Problem(503, "search_busy", "search is not running"));
    services.analytics.status = () => new Promise(() => undefined);
    const { status, body } = await call("GET", "/api/status");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ready: true,
      pendingRecords: 0,
      analytics: { asOf: null },
      search: { asOf: null, profiles: null },
    });
  });

  it("gives Prometheus its text", async () => {
    const { headers, text } = await call("GET", "/metrics");
    expect(headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(text).toContain("c360_accepted_total 12");
  });

  it("logs the route, never the address, its query, the body or a key", async () => {
    await call("GET", "/api/profiles/email/secret%40example.com?fields=traits");
    await call("GET", "/api/nowhere/secret@example.com");
    await call("GET", "/api/profiles/email/%zzsecret");
    await post("/api/query", '{"sql": "SELECT secret"');
    const made = await post("/api/tokens", { name: "secret" });
    api.services.failWith = new Error("broken");
    await call("GET", "/api/profiles/email/secret%40example.com");
    const text = api.logged.join("");
    expect(text).not.toContain("secret");
    expect(text).not.toContain(made.body.token);
    expect(text).not.toContain(api.services.token);
    const lines = api.logged.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines[0]).toMatchObject({
      requestId: "req-1",
      method: "GET",
      route: "/api/profiles/:type/:value",
      status: 404,
      ms: expect.any(Number),
    });
    expect(lines.map(({ route }) => route)).toContain("none");
  });
});
