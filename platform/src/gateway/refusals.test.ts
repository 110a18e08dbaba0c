import { createServer, type Server, type ServerOptions } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { BufferRecord } from "../buffer/eventBuffer.ts";
import type { CallRecord } from "../model/event.ts";
import { keyedHash } from "../model/keyedHash.ts";
import { decodeRecord } from "../model/logRecord.ts";
import type { Source } from "../model/source.ts";
import type { AccessStore } from "../storage/access.ts";
import { acceptCall } from "./accept.ts";
import { createGateway, gatewayServerOptions } from "./gateway.ts";
import { maxBatchEvents } from "./limits.ts";
import { unstorable } from "./storable.ts";
import { nothingPending } from "./server.fake.ts";

const source: Source = {
  id: "constructor",
  name: "Shop",
  kind: "web",
  enabled: true,
  maxEventsPerSecond: null,
  createdAt: 0,
};
const access = {
  sourceOfWriteKey: async (key: string) =>
    key === "good-key" ? source : key === "off-key" ? { ...source, enabled: false } : null,
} as AccessStore;
const log: BufferRecord[] = [];
let pendingRecords = 0;
let refuseAppend: Error | null = null;
let ids = 0;
const gateway = createGateway({
  append: async (records) => {
    if (refuseAppend !== null) throw refuseAppend;
    log.push(...records);
    return records.map((_, index) => index);
  },
  access,
  hash: keyedHash(Buffer.alloc(32)),
  now: () => Date.UTC(2026, 10, 24),
  newMessageId: () => `made-${++ids}`,
  backlog: { ...nothingPending, pending: () => pendingRecords },
  maxPendingRecords: 10,
});
let [port, impatientPort] = [0, 0];
const servers: Server[] = [];
async function listen(options: ServerOptions): Promise<number> {
  const server = createServer(options, (request, response) => gateway.handle(request, response));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
beforeAll(async () => {
  port = await listen(gatewayServerOptions);
  // For who sends slowly: on a busy machine it gives up others too, whose answers then have no body.
  const patience = { requestTimeout: 400, headersTimeout: 300, connectionsCheckingInterval: 50 };
  impatientPort = await listen({ ...gatewayServerOptions, ...patience });
});
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});
beforeEach(() => {
  log.length = 0;
  pendingRecords = 0;
  refuseAppend = null;
});

interface Answer {
  status: number;
  body: { success?: boolean; error?: { code: string; message: string; requestId: string } };
  headers: Headers;
}
const auth = { authorization: `Basic ${Buffer.from("good-key:").toString("base64")}` };
async function post(path: string, body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: "POST",
    body: body as BodyInit,
    headers: { ...auth, ...headers },
  });
  return { status: answer.status, body: (await answer.json()) as Answer["body"], headers: answer.headers };
}
const records = (): CallRecord[] => log.map((record) => decodeRecord(record.payload) as CallRecord);
const good = { userId: "ada", event: "Product Viewed", messageId: "m1", properties: { sku: "tea" } };

const deep = (open: string, close: string, times: number) =>
  `{"userId":"u","event":"e","properties":${open.repeat(times)}1${close.repeat(times)}}`;
const wrongValues = ["1", "true", "[]", "[1]", '"x"'] as const;
const objectFields = ["traits", "properties", "context"];
const textFields = ["event", "name", "category"];
const idFields = ["userId", "anonymousId", "previousId", "groupId"];

/** Bodies of a single call that must be refused. Texts, so that what JSON.stringify cannot say is said too. */
const bodies: Record<string, string | Uint8Array> = {
  empty: "",
  space: "  ",
  "half an object": '{"userId":"u"',
  "single quotes": "{'userId':'u'}",
  "trailing comma": '{"userId":"u","event":"e",}',
  comment: '{"userId":"u",/*x*/"event":"e"}',
  NaN: '{"userId":"u","event":"e","properties":{"a":NaN}}',
  undefined: '{"userId":undefined}',
  "two objects": '{"userId":"u","event":"e"}{"userId":"u"}',
  html: "<html></html>",
  form: "userId=u&event=e",
  "lone quote": '"',
  "bad escape": '{"userId":"\\x41","event":"e"}',
  "raw line feed in text": '{"userId":"a\nb","event":"e"}',
  "UTF-16": Buffer.from(JSON.stringify(good), "utf16le"),
  "UTF-16 with mark": Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(JSON.stringify(good), "utf16le")]),
  "Latin-1": Buffer.from('{"userId":"Zoë","event":"e"}', "latin1"),
  "cut UTF-8": Buffer.concat([Buffer.from('{"userId":"'), Buffer.from([0xe2, 0x82]), Buffer.from('","event":"e"}')]),
  "overlong UTF-8": Buffer.concat([
    Buffer.from('{"userId":"'),
    Buffer.from([0xc0, 0xaf]),
    Buffer.from('","event":"e"}'),
  ]),
  "NUL bytes": Buffer.alloc(100),
  "10 MB of brackets": "[".repeat(10_000_000),
  "10 MB of text": JSON.stringify({ ...good, properties: { a: "x".repeat(10_000_000) } }),
  "10 MB of nothing": " ".repeat(10_000_000),
  "one byte too large": JSON.stringify({ ...good, properties: { a: "x".repeat(32_768) } }),
  "600 KB": JSON.stringify({ ...good, properties: { a: "x".repeat(600_000) } }),
  "NUL in an id": '{"userId":"a\\u0000b","event":"e"}',
  "NUL in a key": '{"userId":"u","event":"e","properties":{"a\\u0000":1}}',
  "NUL in a trait": '{"type":"identify","userId":"u","event":"e","traits":{"a":{"b":["x\\u0000"]}}}',
  "lone high surrogate": '{"userId":"\\ud800","event":"e"}',
  "lone low surrogate": '{"userId":"u","event":"\\udc00x"}',
  "surrogate in a key": '{"userId":"u","event":"e","properties":{"\\udfff":1}}',
  "swapped surrogates": '{"userId":"u","event":"e","properties":{"a":"\\udc00\\ud800"}}',
  "number beyond a double": '{"userId":"u","event":"e","properties":{"a":1e999}}',
  "negative beyond a double": '{"userId":"u","event":"e","properties":{"a":[-1e400]}}',
  "100 levels of arrays": deep("[", "]", 100),
  "70 levels": deep("[", "]", 70),
  "100 levels of objects": deep('{"a":', "}", 100),
  "250,000 arrays": deep("[", "]", 250_000),
  "250,000 objects": deep('{"a":', "}", 250_000),
  "250,000 open brackets": "[".repeat(250_000),
  "250,000 open braces": '{"a":'.repeat(250_000),
  "250,000 mixed": '[{"a":'.repeat(125_000),
  "no user": '{"event":"e"}',
  "empty user": '{"userId":"","event":"e"}',
  "white user": '{"userId":"  ","anonymousId":"\\t","event":"e"}',
  "null user": '{"userId":null,"anonymousId":null,"event":"e"}',
  "no event": '{"userId":"u"}',
  "empty event": '{"userId":"u","event":""}',
  "null event": '{"userId":"u","event":null}',
  "message id of 101": JSON.stringify({ ...good, messageId: "m".repeat(101) }),
  "message id a number": '{"userId":"u","event":"e","messageId":7}',
  "message id an object": '{"userId":"u","event":"e","messageId":{}}',
  "message id a list": '{"userId":"u","event":"e","messageId":["a"]}',
  "prototype as user": '{"__proto__":{"userId":"u"},"event":"e"}',
  "constructor as user": '{"constructor":{"userId":"u"},"event":"e"}',
  "revenue of 1e300": '{"userId":"u","event":"Order Completed","properties":{"revenue":1e300}}',
  "total as endless text": `{"userId":"u","event":"Order Completed","properties":{"total":"${"9".repeat(400)}"}}`,
  "price of 1e200": '{"userId":"u","event":"Order Completed","properties":{"products":[{"price":1e200,"quantity":1}]}}',
  "price times quantity":
    '{"userId":"u","event":"Order Completed","properties":{"products":[{"price":1e9,"quantity":1e9}]}}',
};
for (const value of ["1", "true", "null", '"x"', "[]", "[[]]", "-0", "1e5", '[{"userId":"u","event":"e"}]', "false"])
  bodies[`a body of ${value}`] = value;
for (const field of objectFields)
  for (const value of wrongValues) bodies[`${field} is ${value}`] = `{"userId":"u","event":"e","${field}":${value}}`;
for (const field of textFields)
  for (const value of ["1", "true", "[]", "{}", '["x"]'])
    bodies[`${field} is ${value}`] = `{"userId":"u","event":"e","${field}":${value}}`;
for (const field of idFields)
  for (const value of ["true", "[]", "{}", '["x"]', '{"a":1}'])
    bodies[`${field} is ${value}`] = `{"userId":"u","event":"e","${field}":${value}}`;
for (const prefix of [
  "{",
  "[",
  '{"',
  '{"a',
  '{"a":',
  '{"a":[',
  '{"a":"',
  '{"a":1,',
  "tru",
  "nul",
  "-",
  "1.",
  "1e",
  '"\\u12',
  '"\\',
])
  bodies[`cut at ${prefix}`] = prefix;
for (const text of ["\u0001", "\u001f", "\t\t", "\n"])
  bodies[`control ${JSON.stringify(text)}`] = `{"userId":"a${text}b","event":"e"}`;

const gzipped: Record<string, Uint8Array> = {
  "truncated gzip": gzipSync(JSON.stringify(good)).subarray(0, 40),
  "gzip without its end": gzipSync(JSON.stringify(good)).subarray(0, -4),
  "gzip of nothing": gzipSync(""),
  "gzip of garbage": gzipSync("garbage"),
  "not gzip": Buffer.from(JSON.stringify(good)),
  "only a gzip header": Buffer.from([0x1f, 0x8b, 8, 0]),
  "wrong checksum": (() => {
    const bytes = Buffer.from(gzipSync(JSON.stringify(good)));
    bytes[bytes.length - 6] = (bytes[bytes.length - 6] ?? 0) ^ 0xff;
    return bytes;
  })(),
  "a gzip bomb": gzipSync(Buffer.alloc(50_000_000, 0x20)),
  "a gzip bomb of brackets": gzipSync("[".repeat(20_000_000)),
  "gzip twice": gzipSync(gzipSync(JSON.stringify(good))),
};

/** Items of a batch that are refused alone. */
const items: unknown[] = [
  1,
  "x",
  null,
  true,
  [],
  [[]],
  {},
  { type: 1 },
  { type: "unknown", userId: "u" },
  { type: "track" },
  { type: "track", userId: "u" },
  { type: "track", event: "e" },
  { type: "identify" },
  { type: "identify", userId: "" },
  { type: "page" },
  { type: "screen", anonymousId: null },
  { type: "group", userId: "u" },
  { type: "group", groupId: "g" },
  { type: "alias", userId: "u" },
  { type: "alias", previousId: "p" },
  { type: "alias", userId: "", previousId: "p" },
  { type: "track", userId: "u", event: "e", properties: "x" },
  { type: "track", userId: "u", event: "e", context: [] },
  { type: "track", userId: { a: 1 }, event: "e" },
  { type: ["track"], userId: "u", event: "e" },
  { type: "track", userId: "u", event: "e", messageId: "x".repeat(200) },
  { type: "track", userId: "u", event: "e", properties: { a: "x".repeat(40_000) } },
  { type: "track", userId: "u", event: "\ud800" },
  { type: "track", userId: "u\0", event: "e" },
];

let cases = 0;

describe("Promise 3: every event has a fate — malformed input gets a clear refusal, and harms nothing", () => {
  it.each(Object.entries(bodies))("a call: %s", async (_name, body) => {
    cases += 1;
    const answer = await post("/v1/track", body);
    expect(answer.status).toBe(400);
    clear(answer);
    for (const record of records()) expect(record.status).toBe("rejected");
    await stillWorks();
  });

  it.each(Object.entries(gzipped))("compressed: %s", async (_name, body) => {
    cases += 1;
    const answer = await post("/v1/track", body, { "content-encoding": "GZIP" });
    expect(answer.status).toBe(400);
    clear(answer);
    await stillWorks();
  });

  it.each(items.map((item, index) => [index, item] as const))(
    "item %i of a batch is refused alone and recorded",
    async (_index, item) => {
      cases += 1;
      const answer = await post("/v1/batch", JSON.stringify({ batch: [{ ...good, type: "track" }, item] }));
      expect(answer.status).toBe(200);
      const [first, second] = records();
      expect(first?.status).toBe("accepted");
      if (second?.status !== "rejected") throw new Error("the item was not refused");
      expect(second.reason.code).toMatch(/^[a-z_0-9]+$/);
      expect(second.reason.message.length).toBeGreaterThan(10);
      expect(second.messageId).not.toBe("");
    },
  );

  it.each([
    ["no batch", "{}"],
    ["a batch that is an object", '{"batch":{}}'],
    ["a batch that is null", '{"batch":null}'],
    ["a batch of 5,000", JSON.stringify({ batch: Array.from({ length: 5_000 }, () => 1) })],
    ["one more than a batch holds", JSON.stringify({ batch: Array.from({ length: maxBatchEvents + 1 }, () => 1) })],
    ["a list", "[]"],
  ])("a batch: %s", async (_name, body) => {
    cases += 1;
    const answer = await post("/v1/batch", body);
    expect(answer.status).toBe(400);
    clear(answer);
    expect(log).toHaveLength(0);
  });

  it.each([
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "yesterday",
    "2026-02-30",
    "2026-13-01",
    "1e99",
    -1,
    1e20,
    {},
    [],
    true,
    "+275760-09-13T00:00:00Z",
    "1970-01-01",
  ])("a time of %j is replaced by that of receipt and flagged", async (timestamp) => {
    cases += 1;
    await post("/v1/track", JSON.stringify({ ...good, timestamp }));
    const [record] = records();
    if (record?.status !== "accepted") throw new Error("the event was not taken");
    expect(record.occurredAt).toBe(record.receivedAt);
    expect(record.flags).toContain("time_out_of_range");
  });

  it.each([
    ["no key", {}],
    ["a wrong key", { authorization: "Basic eDo=" }],
    ["not Basic", { authorization: "Digest x" }],
    ["broken base64", { authorization: "Basic %%%" }],
    ["an empty key", { authorization: "Basic Og==" }],
    ["a huge header", { authorization: `Bearer ${"k".repeat(5_000)}` }],
  ])("a key: %s", async (_name, headers) => {
    cases += 1;
    const answer = await fetch(`http://127.0.0.1:${port}/v1/track`, {
      method: "POST",
      body: JSON.stringify(good),
      headers: headers as Record<string, string>,
    });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(log).toHaveLength(0);
  });

  it.each([
    ["a body that stops", "POST /v1/track HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\n{"],
    ["a head that stops", "POST /v1/track HTTP/1.1\r\nhost: x\r\nauthor"],
    ["not HTTP", "hello\r\n\r\n"],
    ["a negative length", "POST /v1/track HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n"],
    ["two lengths", "POST /v1/track HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}"],
    ["a broken chunk", "POST /v1/track HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n"],
    ["a head of 100 KB", `POST /v1/track HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(100_000)}\r\n\r\n`],
    ["an old version", "POST /v1/track HTTP/0.9\r\n\r\n"],
  ])("on the wire: %s", async (_name, bytes) => {
    cases += 1;
    expect(await wire(bytes)).toMatch(/^HTTP\/1\.1 4\d\d |^$/);
    await stillWorks();
  });

  it("clients that go away in the middle leave nothing behind", async () => {
    for (let index = 0; index < 20; index++) {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => undefined);
      socket.write('POST /v1/track HTTP/1.1\r\nhost: x\r\ncontent-length: 50000\r\n\r\n{"userId":');
      await new Promise((resolve) => setTimeout(resolve, 2));
      socket.destroy();
    }
    expect(log).toHaveLength(0);
    await stillWorks();
  });

  it("ran at least 200 different malformed inputs, and memory stayed flat", async () => {
    expect(cases).toBeGreaterThanOrEqual(200);
    const before = process.memoryUsage().rss;
    for (let round = 0; round < 3; round++) {
      for (const body of Object.values(bodies)) if (body.length < 1_000_000) await post("/v1/track", body);
      log.length = 0;
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1_048_576);
  });

  it("keys named after prototypes are data, and pollute nothing", async () => {
    const body =
      '{"userId":"u","event":"e","properties":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}},"context":{"__proto__":{"polluted":1}}}';
    expect((await post("/v1/track", body)).status).toBe(200);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    const [record] = records();
    expect(JSON.stringify(record)).toContain('"__proto__"');
  });

  it("whatever JSON a call is, it is accepted or refused, never thrown; what is accepted can be stored", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.jsonValue(),
          fc.object({ withNullPrototype: true }),
          fc.record({
            type: fc.constantFrom("track", "identify", "alias"),
            userId: fc.jsonValue(),
            event: fc.jsonValue(),
            traits: fc.jsonValue(),
            context: fc.jsonValue(),
            timestamp: fc.jsonValue(),
            sentAt: fc.jsonValue(),
            previousId: fc.jsonValue(),
          }),
        ),
        (call) => {
          const { record } = acceptCall(
            call,
            source,
            { at: 1_700_000_000_000, context: { a: 1 } },
            { maxEventBytes: 32_768, allowGuests: false, mayBeUnstorable: true, newMessageId: () => "made" },
          );
          expect(["accepted", "rejected"]).toContain(record.status);
          if (record.status === "accepted") expect(unstorable(record.body)).toBeNull();
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe("Promise 1: acknowledged means durable", () => {
  it("answers 200 only after the log has it, and 503 when the log refuses", async () => {
    const { Problem } = await import("../model/problem.ts");
    refuseAppend = new Problem(503, "log_failed", "the log stopped", { retryAfterSeconds: 10 });
    const answer = await post("/v1/track", JSON.stringify(good));
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("10");
    refuseAppend = new Error("something unforeseen about ada@example.com");
    const other = await post("/v1/track", JSON.stringify(good));
    expect(other.status).toBeGreaterThanOrEqual(500);
    expect(JSON.stringify(other.body)).not.toContain("ada@");
    refuseAppend = null;
    await stillWorks();
  });
});

describe("Promise 9: overload is told, not hidden", () => {
  it("answers 429 with Retry-After while ingestion is too far behind, then takes events again", async () => {
    pendingRecords = 11;
    const answer = await post("/v1/batch", JSON.stringify({ batch: [{ ...good, type: "track" }] }));
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(log).toHaveLength(0);
    pendingRecords = 0;
    await stillWorks();
  });
});

describe("the wire that SDKs rely on", () => {
  it.each(["track", "t"])(
    "takes /v1/%s with the key in the body as text, and keeps the key out of the log",
    async (name) => {
      const answer = await fetch(`http://127.0.0.1:${port}/v1/${name}`, {
        method: "POST",
        body: JSON.stringify({ ...good, writeKey: "good-key" }),
        headers: { "content-type": "text/plain", origin: "https://shop.example" },
      });
      expect(answer.status).toBe(200);
      expect(answer.headers.get("access-control-allow-origin")).toBe("https://shop.example");
      expect(Buffer.from(log[0]?.payload ?? []).toString()).not.toContain("good-key");
    },
  );
  it("takes gzipped JSON that calls itself a form, with a batch's context and sentAt", async () => {
    const batch = {
      batch: [{ ...good, type: "track", timestamp: "2026-11-23T23:59:50.123456+00:00", context: { ip: "::1" } }],
      context: { library: { name: "x" } },
      sentAt: "2026-11-23T23:59:55Z",
      timestamp: "1999-01-01T00:00:00Z",
    };
    const answer = await post("/v1/batch/", gzipSync(JSON.stringify(batch)), {
      "content-encoding": "GZip",
      "content-type": "application/x-www-form-urlencoded",
    });
    expect(answer.status).toBe(200);
    const [record] = records();
    if (record?.status !== "accepted") throw new Error("not accepted");
    expect(record.body["context"]).toEqual({ library: { name: "x" }, ip: "::1" });
    expect(record.receivedAt - record.occurredAt).toBe(4_877);
  });
  it("answers preflights, disabled sources, wrong methods and unknown addresses", async () => {
    const at = `http://127.0.0.1:${port}`;
    const preflight = await fetch(`${at}/v1/t`, { method: "OPTIONS", headers: { origin: "https://shop.example" } });
    expect(preflight.status).toBe(200);
    expect(preflight.headers.get("access-control-allow-headers")).toContain("authorization");
    const off = { authorization: `Basic ${Buffer.from("off-key").toString("base64")}` };
    expect((await fetch(`${at}/v1/track`, { method: "POST", body: "{}", headers: off })).status).toBe(404);
    expect((await fetch(`${at}/v1/track`, { headers: auth })).status).toBe(405);
    expect((await fetch(`${at}/v1/nothing`, { method: "POST", headers: auth })).status).toBe(404);
    const settings = (await (await fetch(`${at}/v1/projects/good-key/settings`)).json()) as {
      integrations: Record<string, { apiHost: string }>;
      metrics: { sampleRate: number };
    };
    expect(settings.integrations["Segment.io"]?.apiHost).toBe(`127.0.0.1:${port}/v1`);
    expect(settings.metrics.sampleRate).toBe(0);
  });
});

function clear(answer: Answer): void {
  expect(answer.body.error?.code).toMatch(/^[a-z_0-9]+$/);
  expect(answer.body.error?.message.length).toBeGreaterThan(10);
  expect(answer.body.error?.requestId).not.toBe("");
  expect(JSON.stringify(answer.body)).not.toMatch(/ at .*\.ts|node:/);
}

async function stillWorks(): Promise<void> {
  const before = log.length;
  const answer = await post("/v1/track", JSON.stringify(good));
  expect(answer.status).toBe(200);
  expect(log).toHaveLength(before + 1);
}

/** Everything that the server says until it hangs up. */
async function wire(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let said = "";
    const socket = connect(impatientPort, "127.0.0.1", () => socket.write(bytes));
    socket.on("data", (chunk) => (said += chunk.toString()));
    socket.on("error", () => resolve(said));
    socket.on("close", () => resolve(said));
  });
}
