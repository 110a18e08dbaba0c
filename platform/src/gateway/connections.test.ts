import { once } from "node:events";
import { Agent, request, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { errorOf, gatewayServer, good, nothingPending, type GatewayServer } from "./server.fake.ts";

const maxBufferedBytes = 600_000;
let pendingRecords = 0;
/** As patient as the platform's: a busy machine may take its time. */
let server: GatewayServer;
/** Loses its patience within a moment. */
let hasty: GatewayServer;
beforeAll(async () => {
  const backlog = { ...nothingPending, pending: () => pendingRecords };
  const options = { maxBufferedBytes, backlog, maxPendingRecords: 100 };
  server = await gatewayServer(options);
  hasty = await gatewayServer(options, { requestTimeout: 300, headersTimeout: 200, connectionsCheckingInterval: 25 });
});
afterAll(async () => {
  await server.close();
  await hasty.close();
});
afterEach(async () => {
  pendingRecords = 0;
  const answer = await server.post("/v1/track", good);
  if (answer.status !== 200) throw new Error(`a good event got ${answer.status} ${answer.text}`);
  server.taken();
});

const head = (lines: string, path = "/v1/track"): string => `POST ${path} HTTP/1.1\r\nhost: x\r\n${lines}\r\n\r\n`;
const key = (of = server): string => `authorization: Bearer ${of.writeKey}`;

/** What the server says to these bytes until it hangs up. */
async function said(bytes: string, by = server): Promise<string> {
  const socket = by.connect();
  socket.write(bytes);
  return text(socket);
}

describe("a slow sender", () => {
  it.each([
    ["of a body", () => head(`${key(hasty)}\r\ncontent-length: 100`) + '{"userId":'],
    ["of a chunked body", () => `${head(`${key(hasty)}\r\ntransfer-encoding: chunked`)}5\r\n{"use\r\n`],
    ["of headers", () => "POST /v1/track HTTP/1.1\r\nhost: x\r\ncontent-"],
    ["of a request line", () => "POST /v1"],
  ])("%s is answered 408", async (_, bytes) => {
    const answer = await said(bytes(), hasty);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('"code":"request_too_slow"');
    expect(hasty.taken().records).toEqual([]);
  });

  it("that comes to an end in time is heard", async () => {
    const body = JSON.stringify(good);
    const socket = server.connect();
    socket.write(head(`${key()}\r\nconnection: close\r\ncontent-length: ${body.length}`));
    for (const part of [body.slice(0, 5), body.slice(5, 20), body.slice(20)]) {
      await new Promise((resolve) => setTimeout(resolve, 30));
      socket.write(part);
    }
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe("what is no HTTP", () => {
  it.each([
    ["a greeting", () => "HELO shop\r\n\r\n", "400 "],
    ["TLS", () => "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001", "400 "],
    ["two lengths", () => `${head("content-length: 5\r\ncontent-length: 6")}{}`, "400 "],
    ["a length and chunks", () => `${head("content-length: 5\r\ntransfer-encoding: chunked")}0\r\n\r\n`, "400 "],
    ["a length that is none", () => head("content-length: many"), "400 "],
    ["a broken chunk", () => `${head(`${key()}\r\ntransfer-encoding: chunked`)}zz\r\n`, "400 "],
    ["a header without end", () => head(`x: ${"x".repeat(100_000)}`), "431 "],
    ["no host", () => "POST /v1/track HTTP/1.1\r\n\r\n", "400 "],
  ])("is told so: %s", async (_, bytes, status) => {
    expect((await said(bytes())).startsWith(`HTTP/1.1 ${status}`)).toBe(true);
    expect(server.taken().records).toEqual([]);
  });
});

describe("a sender that goes away", () => {
  it("in the middle leaves nothing behind", async () => {
    for (let count = 0; count < 40; count += 1) {
      const socket = server.connect();
      await once(socket, "connect");
      socket.write(`${head(`${key()}\r\ncontent-length: 400000`)}${"x".repeat(200_000)}`);
      await new Promise((resolve) => setTimeout(resolve, count % 4));
      socket.destroy();
      await once(socket, "close");
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    // Forty unfinished bodies would have used up the room many times over.
    const large = JSON.stringify({ batch: [], x: "x".repeat(500_000) });
    expect((await server.post("/v1/batch", large)).status).toBe(200);
    expect(server.taken().records).toEqual([]);
    expect(server.faults).toEqual([]);
  });

  it("while its event is being written changes nothing for the event", async () => {
    let release = (): void => undefined;
    let written = 0;
    server.appendWith(async () => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      written += 1;
      return [];
    });
    const body = JSON.stringify(good);
    const socket = server.connect();
    socket.write(`${head(`${key()}\r\ncontent-length: ${body.length}`)}${body}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 20));
    release();
    server.appendWith(null);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(written).toBe(1);
    expect(server.faults).toEqual([]);
  });
});

const agent = new Agent({ keepAlive: true });
afterAll(() => {
  agent.destroy();
});

/** Sends everything before it listens, as many clients do: a hang-up on the way is an error. */
async function sentWhole(path: string, body: Buffer, headers: Record<string, string>): Promise<IncomingMessage> {
  const outgoing = request({ port: server.port, host: "127.0.0.1", path, method: "POST", agent, headers });
  const answered = once(outgoing, "response") as Promise<[IncomingMessage]>;
  await new Promise<void>((resolve, reject) => {
    outgoing.on("error", reject);
    outgoing.end(body, resolve);
  });
  const [answer] = await answered;
  return answer;
}

describe("a refusal", () => {
  const large = Buffer.alloc(10_000_000, "x");

  it.each([
    ["too large", "/v1/batch", () => ({ authorization: `Bearer ${server.writeKey}` }), 400],
    ["of a wrong key", "/v1/batch", () => ({ authorization: "Bearer wrong" }), 401],
    ["of an address", "/v1/nothing", () => ({}), 404],
    ["of an encoding", "/v1/batch", () => ({ "content-encoding": "br" }), 400],
  ])("%s reaches a sender of 10 MB, and the connection lives on", async (_, path, headers, status) => {
    const answer = await sentWhole(path, large, headers());
    expect(answer.statusCode).toBe(status);
    expect(errorOf({ status, headers: answer.headers, text: await text(answer) }).code).toBeTruthy();
    expect(answer.headers.connection).not.toBe("close");
  });
});

describe("Promise 9: overload is told, not hidden", () => {
  it("says 429 and when to come back while ingestion is behind", async () => {
    const [source] = await server.access.sources();
    const submit = () => server.gateway.submit(source!, [{ ...good, type: "track" }]);
    pendingRecords = 101;
    for (const [path, body] of [
      ["/v1/track", good],
      ["/v1/batch", { batch: [] }],
      ["/v1/track", "not even JSON"],
    ] as const) {
      const answer = await server.post(path, body);
      expect([answer.status, errorOf(answer).code]).toEqual([429, "backlog_full"]);
      expect(answer.headers["retry-after"]).toMatch(/^[1-9]\d*$/);
    }
    await expect(submit()).rejects.toMatchObject({ status: 429, retryAfterSeconds: expect.any(Number) as number });
    expect(server.taken().records).toEqual([]);
    pendingRecords = 100;
    expect((await server.post("/v1/track", good)).status).toBe(200);
    expect(await submit()).toEqual({ accepted: 1, rejected: [] });
  });

  it("says 503 and when to come back while too much is being received", async () => {
    const sockets = await Promise.all(
      [1, 2].map(async () => {
        const socket = server.connect();
        socket.on("error", () => undefined);
        await once(socket, "connect");
        socket.write(`${head(`${key()}\r\ncontent-length: 400000`)}${"x".repeat(290_000)}`);
        return socket;
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, 60));
    const answer = await server.post("/v1/batch", { batch: [], x: "x".repeat(100_000) });
    expect([answer.status, errorOf(answer).code, answer.headers["retry-after"]]).toEqual([503, "too_busy", "1"]);
    expect((await server.post("/v1/track", good)).status).toBe(200);
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await server.post("/v1/batch", { batch: [], x: "x".repeat(100_000) })).status).toBe(200);
  });
});

describe("submitting from inside", () => {
  const submit = async (calls: Record<string, never>[] | object[]) => {
    const [source] = await server.access.sources();
    return server.gateway.submit(source!, calls as never);
  };

  it("takes guests and large calls, and tells of each refusal by its index", async () => {
    const calls = [
      { type: "track", event: "Order Completed", properties: { a: "x".repeat(1_000_000) } },
      { type: "track" },
      { type: "track", event: "Order Completed", properties: { a: "x".repeat(1_048_576) } },
      { type: "track", event: "e\0" },
      { type: "identify", userId: "ada" },
    ];
    const answer = await submit(calls);
    expect(answer.accepted).toBe(2);
    expect(answer.rejected).toMatchObject([
      { index: 1, code: "event_missing", field: "event" },
      { index: 2, code: "event_too_large" },
      { index: 3, code: "text_has_nul" },
    ]);
    const { records, stored, appends } = server.taken();
    expect(records.map(({ status }) => status)).toEqual(["accepted", "rejected", "rejected", "rejected", "accepted"]);
    expect(appends).toBe(1);
    for (const { payload } of stored) expect(payload.length).toBeLessThanOrEqual(1_048_576);
  });

  it("keeps of what is refused what fits into a record, whatever it is made of", async () => {
    for (const character of ['"', "é", "🫖", "\\", "\u0001", "\u2028"]) {
      await submit([{ type: "track", properties: { a: character.repeat(900_000) } }]);
    }
    const { stored } = server.taken();
    expect(stored).toHaveLength(6);
    for (const { payload } of stored) expect(payload.length).toBeLessThanOrEqual(1_048_576);
  });

  it("is not for a disabled source", async () => {
    const { source } = await server.access.createSource({ id: "old", kind: "crm" });
    await expect(server.gateway.submit({ ...source, enabled: false }, [good])).rejects.toMatchObject({
      status: 404,
      code: "source_disabled",
    });
  });
});
