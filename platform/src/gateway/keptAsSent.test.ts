import * as fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { decodeRecord } from "../model/logRecord.ts";
import { maxEventBytes } from "./limits.ts";
import { gatewayServer, type GatewayServer } from "./server.fake.ts";

let server: GatewayServer;
beforeAll(async () => {
  server = await gatewayServer();
});
afterEach(() => {
  server.taken();
});
afterAll(() => server.close());

/** Sends a batch with exactly this text, and gives the payloads that the log got. */
async function payloadsOf(text: string): Promise<string[]> {
  const answer = await server.post("/v1/batch", Buffer.from(text));
  expect(answer.status).toBe(200);
  return server.taken().stored.map(({ payload }) => Buffer.from(payload).toString("utf8"));
}

describe("an item of a batch", () => {
  it("is stored in the bytes that it came in", async () => {
    const item = '{"type":"track","userId":"ada","event":"Caf\\u00e9","properties":{"b":1.0,"a":[ -0 ],"é":"\\/"}}';
    const [payload] = await payloadsOf(`{"batch": [${item}]}`);
    expect(payload).toContain(`,"body":${item}}`);
    expect(decodeRecord(Buffer.from(payload ?? "")).body).toEqual(JSON.parse(item));
  });

  it("is one line in the log, however it was laid out", async () => {
    const batch = { batch: [{ type: "track", userId: "ada", event: "e", properties: { a: [1, { b: 2 }] } }] };
    for (const text of [
      JSON.stringify(batch, null, 2),
      JSON.stringify(batch, null, "\r"),
      JSON.stringify(batch, null, "\t"),
    ]) {
      const [payload] = await payloadsOf(text);
      expect(payload).not.toMatch(/[\r\n]/);
      expect(decodeRecord(Buffer.from(payload ?? "")).body).toEqual(batch.batch[0]);
    }
  });

  it("is stored without the write key, and with what the batch lends it", async () => {
    const item = { type: "track", userId: "ada", event: "e" };
    const keyed = { ...item, writeKey: server.writeKey };
    const payloads = [
      ...(await payloadsOf(JSON.stringify({ batch: [keyed, item], writeKey: server.writeKey }))),
      ...(await payloadsOf(JSON.stringify({ batch: [item], context: { ip: "1.2.3.4" } }))),
    ];
    expect(payloads.join("\n")).not.toContain(server.writeKey);
    expect(payloads.map((payload) => decodeRecord(Buffer.from(payload)).body)).toEqual([
      item,
      item,
      { ...item, context: { ip: "1.2.3.4" } },
    ]);
  });

  it("is judged and stored as one and the same, where a text could be read in two ways", async () => {
    const twice = '{"type":"track","userId":"bob","event":"e","userId":"ada"}';
    const other = '{"type":"track","userId":"eve","event":"e"}';
    const texts = [
      `{"batch":[${twice}]}`,
      `{"batch":[${other}],"batch":[${twice}]}`,
      `{"x":[${other}],"batch":[${twice}]}`,
      `{"batch":[${twice}],"x":[${other}]}`,
      `{"x":{"batch":[${other}]},"batch":[${twice}]}`,
      `{"batch":{"batch":[${other}]},"batch":[${twice}]}`,
      `{"batch":[${twice}],"\\"batch\\":[":"]"}`,
    ];
    for (const text of texts) {
      const [payload, ...more] = await payloadsOf(text);
      expect(more).toEqual([]);
      const record = decodeRecord(Buffer.from(payload ?? ""));
      expect(record).toMatchObject({ status: "accepted", identifiers: ["user_id:ada"], body: { userId: "ada" } });
    }
  });

  it("may be long only by its spelling", async () => {
    const spelt = `{"type":"track","userId":"ada","event":"e","properties":{"a":"${"\\u0061".repeat(maxEventBytes / 4)}"}}`;
    expect(spelt.length).toBeGreaterThan(maxEventBytes);
    const [payload] = await payloadsOf(`{"batch":[${spelt}]}`);
    expect(decodeRecord(Buffer.from(payload ?? "")).status).toBe("accepted");
    expect(payload?.length).toBeLessThan(maxEventBytes);
  });

  it("comes out of the log as it went in, refused neighbours or not", async () => {
    const good = fc.record({
      type: fc.constant("track"),
      userId: fc.stringMatching(/^[a-z]{1,8}$/),
      event: fc.constant("e"),
      properties: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })),
    });
    const item = fc.oneof({ weight: 4, arbitrary: good }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(item, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(undefined, 1, "\t"),
        async (items, space) => {
          await server.post("/v1/batch", Buffer.from(JSON.stringify({ batch: items }, null, space)));
          const { records } = server.taken();
          expect(records).toHaveLength(items.length);
          for (const [index, record] of records.entries()) {
            const sent: unknown = JSON.parse(JSON.stringify(items[index]));
            expect(typeof record.body === "string" ? JSON.parse(record.body) : record.body).toEqual(sent);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("what a call says about itself", () => {
  const call = { type: "track", userId: "ada", event: "e" };

  it("is its message id, up to 100 characters of any script", async () => {
    const longest = "😀".repeat(100);
    await server.post("/v1/batch", {
      batch: [
        { ...call, messageId: longest },
        { ...call, messageId: `${longest}x` },
      ],
    });
    const [accepted, rejected] = server.taken().records;
    expect(accepted).toMatchObject({ status: "accepted", messageId: longest, flags: [] });
    expect(rejected).toMatchObject({ status: "rejected", reason: { code: "message_id_invalid" } });
  });

  it("is nothing where a time is an empty text: then the next best counts", async () => {
    await server.post("/v1/batch", {
      sentAt: "2026-11-20T00:00:10Z",
      batch: [
        { ...call, timestamp: "2026-11-20T00:00:00Z", sentAt: "" },
        { ...call, timestamp: "", originalTimestamp: "2026-11-20T00:00:00Z" },
      ],
    });
    for (const { occurredAt, receivedAt } of server.accepted()) expect(receivedAt - occurredAt).toBe(10_000);
  });
});
