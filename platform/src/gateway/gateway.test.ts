import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { fragmentKey } from "../model/fragment.ts";
import { fragmentIdOf, messageKeyOf } from "../model/keyedHash.ts";
import { Problem } from "../model/problem.ts";
import { errorOf, gatewayServer, good, hash, receivedAt, type GatewayServer } from "./server.fake.ts";

let server: GatewayServer;
beforeAll(async () => {
  server = await gatewayServer();
});
afterAll(() => server.close());
afterEach(() => {
  server.appendWith(null);
  server.taken();
  if (server.faults.length > 0) throw new Error("a fault of the gateway's own", { cause: server.faults.splice(0) });
});

const success = { status: 200, text: '{"success":true}' };
const basic = (credentials: string): string => `Basic ${Buffer.from(credentials).toString("base64")}`;

describe("addresses", () => {
  it.each([
    ["/v1/track", "track"],
    ["/v1/t", "track"],
    ["/v1/track/", "track"],
    ["//v1//t/?x=1", "track"],
    ["/v1/page", "page"],
    ["/v1/p", "page"],
    ["/v1/screen", "screen"],
    ["/v1/s", "screen"],
    ["/v1/identify", "identify"],
    ["/v1/i", "identify"],
    ["/v1/group", "group"],
    ["/v1/g", "group"],
    ["/v1/alias", "alias"],
    ["/v1/a", "alias"],
  ])("%s takes a call of its type, whatever the call says", async (path, type) => {
    const call = { ...good, userId: "ada", groupId: "g", previousId: "b-2", type: "lie" };
    expect(await server.post(path, call)).toMatchObject(success);
    expect(server.accepted()).toMatchObject([{ type, body: { type }, source: "web", messageId: "good" }]);
  });

  it.each(["/v1/batch", "/v1/b", "/v1/import", "/v1/batch/", "/beacon/v1/batch"])("%s takes a batch", async (path) => {
    const batch = [
      { ...good, type: "track" },
      { ...good, type: "page", messageId: "two" },
    ];
    expect(await server.post(path, { batch })).toMatchObject(success);
    const { records, appends } = server.taken();
    expect(records.map(({ messageId }) => messageId)).toEqual(["good", "two"]);
    expect(appends).toBe(1);
  });

  it("that are not there are told", async () => {
    for (const path of ["/v1", "/v1/", "/v1/unknown", "/v1/track/more", "/v1/projects/x", "/beacon/v1/x", "/v1/%zz"]) {
      const answer = await server.post(path, good);
      expect([path, answer.status, errorOf(answer).code]).toEqual([path, 404, "route_not_found"]);
    }
  });

  it("of the API are left alone", async () => {
    for (const path of ["/", "/api/sources", "/readyz", "/v1/spaces/x/collections/users/profiles", "/v2/track"]) {
      expect(await server.send(path)).toMatchObject({ status: 418 });
    }
  });

  it("are told with the method that they take", async () => {
    for (const method of ["GET", "PUT", "DELETE", "PATCH"]) {
      const answer = await server.send("/v1/track", { method });
      expect([answer.status, errorOf(answer).code]).toEqual([405, "method_not_allowed"]);
      expect(answer.headers.allow).toContain("POST");
    }
    expect(await server.send("/v1/track", { method: "HEAD" })).toMatchObject({ status: 405, text: "" });
    expect(await server.post(`/v1/projects/${server.writeKey}/settings`, {})).toMatchObject({ status: 405 });
  });
});

describe("the write key", () => {
  const send = (headers: Record<string, string>, body: object = good, path = "/v1/track") =>
    server.send(path, { method: "POST", headers, body: JSON.stringify(body) });

  it("stands in a header, the body or the address", async () => {
    const key = server.writeKey;
    for (const authorization of [
      basic(`${key}:`),
      basic(key),
      `bearer ${key}`,
      `BASIC  ${basic(`${key}:`).slice(6)}`,
    ]) {
      expect(await send({ authorization })).toMatchObject(success);
    }
    expect(await send({}, { ...good, writeKey: key })).toMatchObject(success);
    expect(await send({ authorization: "Basic Og==" }, { ...good, writeKey: key })).toMatchObject(success);
    expect(await send({}, good, `/v1/track?writeKey=${key}`)).toMatchObject(success);
    const batch = [{ ...good, type: "track", writeKey: key }];
    expect(await send({}, { batch, writeKey: key }, "/v1/batch")).toMatchObject(success);
    const { records, stored } = server.taken();
    expect(records.map(({ status }) => status)).toEqual(Array(8).fill("accepted"));
    for (const { payload } of stored) expect(Buffer.from(payload).toString()).not.toContain(key);
  });

  it("in the header goes before that in the body", async () => {
    const other = await server.access.createSource({ id: "till", kind: "pos" });
    await send({ authorization: basic(`${other.writeKey}:`) }, { ...good, writeKey: server.writeKey });
    expect(server.accepted()).toMatchObject([{ source: "till", sourceKind: "pos" }]);
    const answer = await send({ authorization: basic("wrong:") }, { ...good, writeKey: server.writeKey });
    expect(answer.status).toBe(401);
  });

  it("that is wrong or missing is a 401, and leaves nothing behind", async () => {
    const headers = [{}, { authorization: "Basic" }, { authorization: "Digest x" }, { authorization: basic("wrong:") }];
    for (const one of headers) expect(errorOf(await send(one)).code).toBe("write_key_unknown");
    for (const writeKey of ["", 5, null, {}, "x".repeat(600)]) {
      expect(await send({}, { ...good, writeKey })).toMatchObject({ status: 401 });
    }
    expect(server.taken().records).toEqual([]);
  });

  it("works until it is rotated or its source disabled", async () => {
    const { writeKey } = await server.access.createSource({ id: "app", kind: "mobile" });
    const sent = () => send({ authorization: basic(`${writeKey}:`) });
    expect(await sent()).toMatchObject(success);
    await server.access.changeSource("app", { enabled: false });
    const disabled = await sent();
    expect([disabled.status, errorOf(disabled).code]).toEqual([404, "source_disabled"]);
    await server.access.changeSource("app", { enabled: true });
    expect(await sent()).toMatchObject(success);
    await server.access.rotateWriteKey("app");
    expect(await sent()).toMatchObject({ status: 401 });
  });
});

describe("Promise 9: a source that sends more than it may", () => {
  const send = (headers: Record<string, string>, body: object = good) =>
    server.send("/v1/track", { method: "POST", headers, body: JSON.stringify(body) });

  it("is told when to come again, before its body is read, and nothing of others", async () => {
    const web = basic(`${server.writeKey}:`);
    const till = await server.access.createSource({ id: "other-till", kind: "pos" });
    await server.access.changeSource("web", { maxEventsPerSecond: 2 });
    const batch = { batch: Array.from({ length: 50 }, () => ({ ...good, type: "track" })) };
    expect(await server.post("/v1/batch", batch)).toMatchObject({ status: 200 });
    const refused = await send({ authorization: web }, { torn: "nobody looks" });
    expect([refused.status, errorOf(refused).code]).toEqual([429, "source_rate_limited"]);
    expect(Number(refused.headers["retry-after"])).toBeGreaterThanOrEqual(20);
    // A key in the body is known only once that is read.
    expect(await send({}, { ...good, writeKey: server.writeKey })).toMatchObject({ status: 429 });
    expect(await send({ authorization: basic(`${till.writeKey}:`) })).toMatchObject({ status: 200 });
    expect(server.accepted()).toHaveLength(51);
    await server.access.changeSource("web", { maxEventsPerSecond: null });
    expect(await send({ authorization: web })).toMatchObject({ status: 200 });
  });
});

describe("the body", () => {
  const bytes = Buffer.from(JSON.stringify({ ...good, properties: { name: "Größe 🫖" } }));

  it.each<[string, Record<string, string>, Uint8Array]>([
    ["as text", { "content-type": "text/plain" }, bytes],
    ["without a type", {}, bytes],
    ["as a form", { "content-type": "application/x-www-form-urlencoded" }, bytes],
    ["gzipped", { "content-encoding": "gzip" }, gzipSync(bytes)],
    ["GZIPPED", { "content-encoding": "GZip" }, gzipSync(bytes)],
    ["x-gzipped", { "content-encoding": "x-gzip" }, gzipSync(bytes)],
    [
      "gzipped as a form",
      { "content-type": "application/x-www-form-urlencoded", "content-encoding": "gzip" },
      gzipSync(bytes),
    ],
    ["gzipped without saying so", { "content-type": "application/json" }, gzipSync(bytes)],
    [
      "in two gzip members",
      { "content-encoding": "gzip" },
      Buffer.concat([bytes.subarray(0, 9), bytes.subarray(9)].map((part) => gzipSync(part))),
    ],
    ["as identity", { "content-encoding": "identity" }, bytes],
    ["with a byte order mark", {}, Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes])],
    ["in white space", {}, Buffer.from(`\r\n\t ${bytes.toString()} \n`)],
    ["in chunks", { "transfer-encoding": "chunked" }, bytes],
  ])("is read %s", async (_, headers, body) => {
    expect(await server.post("/v1/track", body, headers)).toMatchObject(success);
    expect(server.accepted()).toMatchObject([{ body: { properties: { name: "Größe 🫖" } } }]);
  });

  it("may be as large as WIRE says, after unpacking", async () => {
    const batchOf = (x: string): string =>
      JSON.stringify({ batch: Array.from({ length: 20 }, () => ({ ...good, type: "track", properties: { x } })) });
    const fill = (bytes: number): string => {
      const text = batchOf("x".repeat(Math.floor((bytes - batchOf("").length) / 20)));
      return text + " ".repeat(bytes - text.length);
    };
    expect(await server.post("/v1/batch", fill(512_000))).toMatchObject(success);
    expect(server.accepted()).toHaveLength(20);
    expect(errorOf(await server.post("/v1/batch", fill(512_001))).code).toBe("request_too_large");
    const packed = await server.post("/v1/batch", gzipSync(fill(512_001)), { "content-encoding": "gzip" });
    expect([packed.status, errorOf(packed).code]).toEqual([400, "request_too_large"]);
    const rudder = { "content-encoding": "gzip", "content-type": "application/x-www-form-urlencoded" };
    expect(await server.post("/v1/batch", gzipSync(fill(545_000)), rudder)).toMatchObject(success);
    expect(await server.post("/v1/batch", fill(545_000), { anonymousid: "YQ==" })).toMatchObject(success);
    expect(server.accepted()).toHaveLength(40);
  });

  it("is measured an event by its own bytes", async () => {
    const call = (bytes: number): object => {
      const empty = { ...good, type: "track", properties: { x: "é" } };
      const rest = bytes - Buffer.byteLength(JSON.stringify(empty));
      return { ...empty, properties: { x: `é${"x".repeat(rest)}` } };
    };
    expect(await server.post("/v1/track", call(32_768))).toMatchObject(success);
    const answer = await server.post("/v1/track", call(32_769));
    expect([answer.status, errorOf(answer).code]).toEqual([400, "event_too_large"]);
    expect(server.taken().records.map(({ status }) => status)).toEqual(["accepted", "rejected"]);
  });
});

describe("a batch", () => {
  it("loses its bad items alone, and they have a fate", async () => {
    const batch = [
      { ...good, type: "track", messageId: "1" },
      { type: "track", anonymousId: "a-1", messageId: "2" },
      null,
      { ...good, type: "track", messageId: "4", properties: { x: "x".repeat(40_000) } },
      { ...good, type: "track", messageId: "5" },
    ];
    expect(await server.post("/v1/batch", { batch })).toMatchObject(success);
    const { records, appends } = server.taken();
    expect(appends).toBe(1);
    expect(records.map((one) => (one.status === "rejected" ? one.reason.code : one.messageId))).toEqual([
      "1",
      "event_missing",
      "not_an_object",
      "event_too_large",
      "5",
    ]);
    expect(records[1]).toMatchObject({ messageId: "2", body: JSON.stringify(batch[1]), reason: { field: "event" } });
  });

  it("may be empty", async () => {
    expect(await server.post("/v1/batch", { batch: [] })).toMatchObject(success);
    expect(server.taken().appends).toBe(0);
  });

  it("lends its context, integrations and sentAt to its items, its timestamp not", async () => {
    const body = {
      batch: [
        { ...good, type: "track" },
        {
          ...good,
          type: "track",
          context: { ip: "own" },
          integrations: { All: false },
          timestamp: "2026-11-20T00:00:00Z",
          sentAt: "2026-11-20T00:00:05Z",
        },
        { ...good, type: "track", context: null, timestamp: "2026-11-20T00:00:00Z" },
      ],
      context: { ip: "shared", locale: "en" },
      integrations: { Other: true },
      timestamp: "2020-01-01T00:00:00Z",
      sentAt: "2026-11-20T00:00:02Z",
    };
    expect(await server.post("/v1/batch", body)).toMatchObject(success);
    const [bare, own, nothing] = server.accepted();
    expect(bare).toMatchObject({
      occurredAt: receivedAt,
      body: { context: { ip: "shared", locale: "en" }, integrations: { Other: true } },
    });
    expect(bare?.body).not.toHaveProperty("timestamp");
    expect(own).toMatchObject({
      occurredAt: receivedAt - 5_000,
      body: { context: { ip: "own", locale: "en" }, integrations: { All: false, Other: true } },
    });
    expect(nothing).toMatchObject({ occurredAt: receivedAt - 2_000, body: { context: { ip: "shared" } } });
  });

  it("cannot grow in the log by its context", async () => {
    const batch = Array.from({ length: 2_000 }, () => ({ ...good, type: "track" }));
    const answer = await server.post("/v1/batch", { batch, context: { x: "x".repeat(20_000) } });
    expect([answer.status, errorOf(answer).code]).toEqual([400, "batch_context_too_large"]);
    expect(server.taken().records).toEqual([]);
  });
});

describe("the answer", () => {
  it("tells of an event's refusal, and the event has a fate", async () => {
    const answer = await server.post("/v1/track", { userId: "ada", messageId: "m-1" });
    expect(answer.status).toBe(400);
    expect(errorOf(answer)).toMatchObject({ code: "event_missing", field: "event" });
    expect(answer.headers["x-request-id"]).toBe(
      (JSON.parse(answer.text) as { error: { requestId: string } }).error.requestId,
    );
    const { records, stored } = server.taken();
    expect(records).toMatchObject([{ status: "rejected", messageId: "m-1", reason: { code: "event_missing" } }]);
    expect(stored[0]?.fragment).toBe(fragmentIdOf(hash, fragmentKey(["user_id:ada"], "web")));
  });

  it("comes with the record's keyed hashes in the log", async () => {
    await server.post("/v1/identify", { userId: "ada", traits: { email: "ada@example.com" }, messageId: "m-1" });
    await server.post("/v1/identify", { userId: "ada", traits: { email: "Ada@example.com" }, messageId: "m-2" });
    const fragment = fragmentIdOf(hash, fragmentKey(["email:ada@example.com", "user_id:ada"], "web"));
    expect(server.taken().stored).toMatchObject([
      { fragment, message: messageKeyOf(hash, "web", "m-1") },
      { fragment, message: messageKeyOf(hash, "web", "m-2") },
    ]);
  });

  it("lets browsers read it, errors too", async () => {
    const headers = { origin: "https://shop.example.com" };
    for (const answer of [
      await server.post("/v1/track", good, headers),
      await server.post("/v1/track", "{", headers),
      await server.send("/v1/track", { method: "POST", headers, body: "{}" }),
      await server.send("/v1/nothing", { headers }),
    ]) {
      expect(answer.headers).toMatchObject({
        "access-control-allow-origin": "https://shop.example.com",
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": expect.stringContaining("retry-after"),
        vary: "origin",
      });
    }
    const plain = await server.post("/v1/track", good);
    expect(plain.headers["access-control-allow-origin"]).toBe("*");
    expect(plain.headers).not.toHaveProperty("access-control-allow-credentials");
  });

  it("to a preflight names the headers and lasts", async () => {
    const answer = await server.send("/v1/t", {
      method: "OPTIONS",
      headers: { origin: "https://shop.example.com", "access-control-request-method": "POST" },
    });
    expect(answer.status).toBe(200);
    const allowed = String(answer.headers["access-control-allow-headers"]).split(", ");
    for (const name of ["authorization", "content-type", "x-retry-count", "anonymousid", "sentat", "sp-anonymous"]) {
      expect(allowed).toContain(name);
    }
    expect(answer.headers["access-control-allow-methods"]).toContain("POST");
    expect(Number(answer.headers["access-control-max-age"])).toBeGreaterThan(600);
  });
});

describe("settings", () => {
  it("send analytics.js here, and nothing to its maker", async () => {
    const answer = await server.send(`/v1/projects/${server.writeKey}/settings`, { headers: { host: "c360.test:99" } });
    expect(answer.status).toBe(200);
    const settings = JSON.parse(answer.text) as Record<string, unknown>;
    expect(settings["integrations"]).toEqual({
      "Segment.io": expect.objectContaining({
        apiKey: server.writeKey,
        apiHost: "c360.test:99/v1",
        protocol: "http",
      }) as unknown,
    });
    expect(settings["metrics"]).toEqual({ sampleRate: 0 });
    const behind = await server.send(`/v1/projects/${server.writeKey}/settings/`, {
      headers: { "x-forwarded-proto": "https" },
    });
    expect(JSON.parse(behind.text)).toMatchObject({ integrations: { "Segment.io": { protocol: "https" } } });
  });

  it("of RudderStack name a source without destinations", async () => {
    for (const path of ["/sourceConfig", "/sourceConfig/", "/sourceconfig/"]) {
      const answer = await server.send(`${path}?p=web&v=3&writeKey=${server.writeKey}`);
      expect(JSON.parse(answer.text)).toMatchObject({ source: { id: "web", enabled: true, destinations: [] } });
    }
    const headers = { authorization: basic(`${server.writeKey}:`) };
    expect(await server.send("/sourceConfig/", { headers })).toMatchObject({ status: 200 });
  });

  it("are for those who have a key", async () => {
    for (const path of [
      "/v1/projects/wrong/settings",
      "/v1/projects/%zz/settings",
      "/sourceConfig/?writeKey=wrong",
      "/sourceConfig/",
    ]) {
      expect(await server.send(path)).toMatchObject({ status: 401 });
    }
    await server.access.createSource({ id: "old", kind: "web", writeKey: "old-key-of-web" });
    await server.access.changeSource("old", { enabled: false });
    for (const path of ["/v1/projects/old-key-of-web/settings", "/sourceConfig/?writeKey=old-key-of-web"]) {
      expect(await server.send(path)).toMatchObject({ status: 404 });
    }
  });
});

describe("Promise 1: acknowledged means durable", () => {
  it("answers only when the log has it", async () => {
    const order: string[] = [];
    let release = (): void => undefined;
    server.appendWith(async () => {
      order.push("appending");
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      order.push("durable");
      return [];
    });
    const answered = server.post("/v1/track", good).then(() => order.push("answered"));
    while (order.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(order).toEqual(["appending"]);
    release();
    await answered;
    expect(order).toEqual(["appending", "durable", "answered"]);
  });

  it("answers with the log's own refusal", async () => {
    server.appendWith(async () => {
      throw new Problem(503, "log_failed", "the disk is full", { retryAfterSeconds: 10 });
    });
    for (const answer of [
      await server.post("/v1/track", good),
      await server.post("/v1/track", { anonymousId: "a-1" }),
      await server.post("/v1/batch", { batch: [{ ...good, type: "track" }] }),
    ]) {
      expect([answer.status, errorOf(answer).code, answer.headers["retry-after"]]).toEqual([503, "log_failed", "10"]);
    }
    await expect(server.gateway.submit((await server.access.sources())[0]!, [good])).rejects.toMatchObject({
      status: 503,
    });
  });

  it("hides a fault of its own, and tells the operator", async () => {
    server.appendWith(async () => {
      throw new TypeError("secret inside");
    });
    const answer = await server.post("/v1/track", good);
    expect([answer.status, errorOf(answer).code, answer.headers["retry-after"]]).toEqual([503, "internal", "2"]);
    expect(answer.text).not.toContain("secret");
    expect(server.faults.splice(0)).toEqual([new TypeError("secret inside")]);
  });
});
