import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type TestedApi, testedApi } from "./apiCaller.fake.ts";
import { runs } from "../../test/runs.ts";
import { processorTime } from "../../test/processorTime.ts";

let api: TestedApi;
beforeEach(async () => {
  api = await testedApi();
});
afterEach(() => api.app.close());

const call: TestedApi["call"] = (...args) => api.call(...args);
const post: TestedApi["post"] = (...args) => api.post(...args);

describe("errors", () => {
  it("hides what went wrong inside and logs it under the request's id", async () => {
    api.services.failWith = new Error("SQLITE_CORRUPT at /srv/secret");
    const { status, body, text } = await call("GET", "/api/profiles/email/x");
    expect([status, body.error.code, body.error.requestId]).toEqual([500, "internal", "req-1"]);
    expect(text).not.toMatch(/SQLITE|secret|at .*\.ts/);
    const failure = api.logged.map((line) => JSON.parse(line)).find(({ msg }) => msg === "failed");
    expect(failure).toMatchObject({ requestId: "req-1", err: { message: "SQLITE_CORRUPT at /srv/secret" } });
  });

  it("survives whatever is thrown", async () => {
    for (const thrown of [
      "text",
      7,
      undefined,
      { statusCode: 200 },
      Object.assign(new Error("x"), { statusCode: 418 }),
    ]) {
      api.services.failWith = thrown ?? new Error("undefined");
      const { status, body } = await call("GET", "/api/profiles/email/x");
      expect(status).toBeGreaterThanOrEqual(400);
      expect(body.error.requestId).toMatch(/^req-/);
    }
  });

  const cases: [string, number, string, () => ReturnType<typeof call>][] = [
    ["an unknown address", 404, "route_not_found", () => call("GET", "/api/nothing")],
    ["a wrong method", 405, "method_not_allowed", () => call("PUT", "/api/sources")],
    [
      "a form",
      415,
      "unsupported_media_type",
      () => post("/api/query", "a=b", { "content-type": "application/x-www-form-urlencoded" }),
    ],
    ["plain text", 415, "unsupported_media_type", () => post("/api/query", "{}", { "content-type": "text/plain" })],
    ["a body that is cut off", 400, "malformed_json", () => post("/api/query", '{"sql":')],
    ["a body that is a list", 400, "invalid_request", () => post("/api/query", "[]")],
    ["no body", 400, "invalid_request", () => call("POST", "/api/query")],
    ["a wrong type", 400, "invalid_request", () => post("/api/query", { sql: 5 })],
    ["an unknown field", 400, "invalid_request", () => post("/api/query", { sql: "SELECT 1", limt: 5 })],
    ["a limit too high", 400, "invalid_request", () => call("GET", "/api/sources?limit=1001")],
    ["a limit twice", 400, "invalid_request", () => call("GET", "/api/sources?limit=1&limit=2")],
    ["a limit that is no number", 400, "invalid_request", () => call("GET", "/api/sources?limit=many")],
    ["an unknown query parameter", 400, "invalid_request", () => call("GET", "/api/sources?lmit=1")],
    ["a broken encoding", 400, "malformed_url", () => call("GET", "/api/profiles/email/%E0%A4%A")],
    ["an unknown type's shape", 400, "invalid_request", () => call("GET", "/api/profiles/E-Mail/x")],
    [
      "bytes that are not UTF-8",
      400,
      "body_not_utf8",
      () =>
        call("POST", "/api/query", {
          payload: Buffer.from([0x22, 0xff, 0x22]),
          headers: { "content-type": "application/json" },
        }),
    ],
    ["a prototype key", 400, "prototype_key", () => post("/api/query", '{"sql":"x","__proto__":{"limit":1}}')],
    ["an escaped prototype key", 400, "prototype_key", () => post("/api/query", '{"sql":"x","\\u005f_proto__":1}')],
    [
      "a constructor's prototype, deep",
      400,
      "prototype_key",
      () => post("/api/query", '{"sql":"x","a":[{"constructor":{"prototype":1}}]}'),
    ],
  ];
  it.each(cases)("answers %s with %i %s", async (_what, status, code, ask) => {
    const answer = await ask();
    expect([answer.status, answer.body?.error.code]).toEqual([status, code]);
    const { message, requestId, ...rest } = answer.body.error;
    expect(message).toMatch(/\.$/);
    expect(requestId).toBe("req-1");
    expect(Object.keys(rest).every((key) => ["code", "hint", "field"].includes(key))).toBe(true);
  });

  it("takes customers' data with any keys where it is data, and nothing inherits from them", async () => {
    const calls = '{"calls":[{"type":"track","__proto__":{"type":"page"},"a":{"constructor":{"prototype":1}}}]}';
    expect((await post("/api/imports/pos", calls)).status).toBe(200);
    const [submitted] = api.services.submitted;
    expect(JSON.stringify(submitted?.call)).toBe(
      '{"type":"track","__proto__":{"type":"page"},"a":{"constructor":{"prototype":1}}}',
    );
    expect(Object.getPrototypeOf(submitted?.call)).toBe(Object.prototype);
  });

  it("names the methods that an address takes", async () => {
    expect((await call("PUT", "/api/sources/web")).headers.allow).toBe("GET, HEAD, PATCH");
    expect((await call("TRACE", "/api/sources")).status).toBe(404);
  });

  it("answers 250,000 brackets quickly, of either kind, in any route", async () => {
    for (const bracket of ["[", '{"a":']) {
      const workedMs = processorTime();
      const deep = await post("/api/imports/pos", bracket.repeat(250_000));
      expect(deep).toMatchObject({ status: 400, body: { error: { code: "body_too_deep" } } });
      expect(workedMs()).toBeLessThan(500);
    }
    expect((await post("/api/query", { sql: "[".repeat(50_000) })).status).toBe(422);
  });

  it("answers anything at all with JSON of a known shape, never 500", async () => {
    const hostile = fc.oneof(fc.json({ maxDepth: 8 }), fc.string(), fc.string({ unit: "binary" }));
    const routes = ["/api/query", "/api/imports/pos", "/api/profiles/lookup", "/api/sources", "/api/tokens"];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...routes), hostile, async (route, body) => {
        const { status, body: answer } = await post(route, body);
        expect(status).toBeLessThan(500);
        if (status >= 400)
          expect(answer.error).toMatchObject({ code: expect.any(String), requestId: expect.any(String) });
      }),
      { numRuns: runs(150) },
    );
  });

  it("answers any path with JSON, never 500", async () => {
    const segment = fc.oneof(
      fc.string({ unit: "binary", maxLength: 20 }),
      fc.constantFrom("%", "%00", "..", "a:b", "\u0000"),
    );
    await fc.assert(
      fc.asyncProperty(segment, fc.string({ maxLength: 20 }), fc.boolean(), async (type, value, encoded) => {
        const path = encoded
          ? encodeURIComponent(type.toWellFormed())
          : encodeURI(type.toWellFormed()).replaceAll(/[?#\\]/g, "");
        const { status, body } = await call("GET", `/api/profiles/${path}/${encodeURIComponent(value)}`);
        expect([400, 404, 200, 405]).toContain(status);
        expect(body).not.toBeNull();
      }),
      { numRuns: runs(150) },
    );
  });
});

describe("over a socket", () => {
  async function raw(text: string): Promise<string> {
    await api.app.listen({ port: 0, host: "127.0.0.1" });
    const socket = connect((api.app.server.address() as AddressInfo).port, "127.0.0.1");
    socket.end(text);
    let answer = "";
    socket.on("data", (chunk: Buffer) => (answer += chunk.toString()));
    await once(socket, "close");
    return answer;
  }

  it("answers what is no HTTP request", async () => {
    expect(await raw("NONSENSE\r\n\r\n")).toMatch(/^HTTP\/1.1 400 [^]*"code":"malformed_http"[^]*"requestId":"req-1"/);
  });

  it("answers headers without end", async () => {
    expect(await raw(`GET / HTTP/1.1\r\nHost: x\r\nA: ${"a".repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 431 [^]*"code":"headers_too_large"/,
    );
  });

  it("finishes what runs when it closes, and refuses what comes later", async () => {
    const url = await api.app.listen({ port: 0, host: "127.0.0.1" });
    const gate = Promise.withResolvers<void>();
    const { profiles } = api.services;
    const byId = profiles.byId.bind(profiles);
    profiles.byId = async (id) => {
      await gate.promise;
      return byId(id);
    };
    const headers = { authorization: `Bearer ${api.services.token}` };
    const running = fetch(`${url}/api/profiles/id/p_AAAAAAAAAAAAAAAA`, { headers });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const late = connect(Number(new URL(url).port), "127.0.0.1");
    late.write(`GET /api/status HTTP/1.1\r\nHost: x\r\n`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const closed = api.app.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    late.write(`Authorization: ${headers.authorization}\r\n\r\n`);
    const [answer] = (await once(late, "data")) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 503 [^]*connection: close[^]*"code":"stopping"/);
    gate.resolve();
    expect((await running).status).toBe(200);
    // Neither connection is waited for.
    await closed;
  });
});
