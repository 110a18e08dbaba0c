import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createApi } from "../server.ts";
import { type FakeServices, fakeServices, noon } from "../services.fake.ts";

let services: FakeServices;
let app: FastifyInstance;
beforeEach(async () => {
  services = fakeServices();
  app = await createApi(services);
});
afterEach(() => app.close());

const address = "/api/sources/web/tracking-plan";
const plan = { mode: "reject", events: { A: { type: "object", properties: { price: { type: "number" } } } } };

async function call(method: "GET" | "PUT" | "POST" | "DELETE", url: string, payload?: object) {
  const headers = { authorization: `Bearer ${services.token}` };
  const answer = await app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
  return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
}

const publish = (document: object, basedOn: number, reason = "to see") =>
  call("PUT", address, { document, basedOn, reason });

describe("a source's tracking plan", () => {
  it("is none, is published, changed, and taken away, and each version stays", async () => {
    const none = {
      source: "web",
      version: 0,
      document: null,
      by: null,
      reason: null,
      publishedAt: null,
      inForce: true,
    };
    expect(await call("GET", address)).toEqual({ status: 200, body: none });
    const first = await publish(plan, 0);
    expect(first).toMatchObject({
      status: 200,
      body: { version: 1, by: "t1", reason: "to see", document: plan, inForce: true },
    });
    expect((await publish({ ...plan, mode: "drop" }, 1)).body).toMatchObject({ version: 2 });
    expect((await call("GET", `${address}/versions/1`)).body).toEqual({ ...first.body, inForce: false });
    expect((await call("DELETE", `${address}?basedOn=2`)).body).toMatchObject({ version: 3, document: null, by: "t1" });
    expect((await call("GET", address)).body).toMatchObject({ version: 3, document: null });
    const page = await call("GET", `${address}/versions?limit=2`);
    expect(page.body).toMatchObject({
      items: [{ version: 3, hasPlan: false, inForce: true }, { version: 2 }],
      next: "2",
    });
    expect((await call("GET", `${address}/versions?after=2`)).body).toMatchObject({
      items: [{ version: 1 }],
      next: null,
    });
    // Taking back.
    expect((await publish(plan, 3)).body).toMatchObject({ version: 4, document: plan });
  });

  it.each<[what: string, ask: () => ReturnType<typeof call>, status: number, error: object]>([
    [
      "a mistake in the document",
      () => publish({ events: { A: { typ: 1 } } }, 0),
      400,
      { code: "tracking_plan_invalid", field: "events.A.typ" },
    ],
    ["no reason", () => publish(plan, 0, " "), 400, { code: "reason_invalid", field: "reason" }],
    ["another base", () => publish(plan, 7), 409, { code: "tracking_plan_changed_meanwhile", field: "basedOn" }],
    ["another source", () => call("GET", "/api/sources/none/tracking-plan"), 404, { code: "source_not_found" }],
    [
      "another source's violations",
      () => call("GET", "/api/sources/none/tracking-plan/violations"),
      404,
      { code: "source_not_found" },
    ],
    [
      "a version that is none",
      () => call("GET", `${address}/versions/9`),
      404,
      { code: "tracking_plan_version_not_found" },
    ],
    ["nothing to take away", () => call("DELETE", `${address}?basedOn=0`), 404, { code: "tracking_plan_not_found" }],
    ["nothing to check by", () => call("POST", `${address}/check`, {}), 404, { code: "tracking_plan_not_found" }],
    [
      "a check of both",
      () => call("POST", `${address}/check`, { calls: [{}], latest: 1 }),
      400,
      { code: "check_ambiguous" },
    ],
    [
      "a check of no call",
      () => call("POST", `${address}/check`, { document: {}, calls: [{ type: "x" }] }),
      400,
      { code: "call_type_unknown", field: "calls[0].type" },
    ],
    [
      "a strange cursor",
      () => call("GET", `${address}/violations?after=x`),
      400,
      { code: "cursor_invalid", field: "after" },
    ],
    [
      "a prototype's name",
      () => call("PUT", address, JSON.parse('{"document": {"__proto__": {}}, "basedOn": 0, "reason": "x"}') as object),
      400,
      { code: "prototype_key" },
    ],
  ])("says what is wrong: %s", async (_, ask, status, error) => {
    expect(await ask()).toMatchObject({ status, body: { error } });
  });

  it("is not published twice", async () => {
    await publish(plan, 0);
    expect(await publish(plan, 1)).toMatchObject({ status: 409, body: { error: { code: "tracking_plan_unchanged" } } });
  });

  it("is tried on calls before it holds", async () => {
    const calls = [
      { type: "track", event: "A", messageId: "m1", properties: { price: "1" } },
      { type: "Track", event: "A", properties: { price: 1 } },
      { type: "track", event: "A", properties: { price: "2" } },
    ];
    const violation = { type: "track", event: "A", kind: "wrong_type", path: "properties.price", count: 2 };
    expect((await call("POST", `${address}/check`, { document: plan, calls })).body).toEqual({
      judged: 3,
      conforming: 1,
      rejected: 2,
      violations: [{ ...violation, example: { index: 0, messageId: "m1" } }],
      isCut: false,
    });
    expect((await call("GET", address)).body).toMatchObject({ version: 0 });
  });

  it("has its violations told by page", async () => {
    const counted = { source: "web", version: 1, type: "track" as const, kind: "wrong_type" as const, count: 3 };
    const more = { firstAt: noon, lastAt: noon, samples: [{ position: 9, messageId: "m9" }] };
    services.plans.counted.push(
      { ...counted, ...more, event: "A", path: "properties.price", number: 1 },
      { ...counted, ...more, event: "", path: "", number: 2 },
    );
    const first = await call("GET", `${address}/violations?limit=1&order=frequent`);
    expect(first.body).toMatchObject({
      items: [{ version: 1, event: "A", path: "properties.price", kind: "wrong_type", count: 3, samples: ["m9"] }],
      next: "3.1",
    });
    const second = await call("GET", `${address}/violations?after=${String(first.body["next"])}`);
    expect(second.body).toMatchObject({ items: [{ event: null, path: null }], next: null });
  });
});
