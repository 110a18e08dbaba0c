import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { testedApi, type TestedApi } from "../apiCaller.fake.ts";

let api: TestedApi;
beforeEach(async () => {
  api = await testedApi();
});
afterEach(() => api.app.close());

const path = "/api/identity/rules";
const document = { hubThreshold: 4 };
const reason = "Families share an e-mail here.";

describe("identity rules", () => {
  it("are published by whom the token names, based on the version that holds", async () => {
    const { status, body } = await api.post(path, { document, basedOn: 1, reason });
    expect([status, body.decided]).toEqual([200, true]);
    expect(body.version).toMatchObject({ number: 2, by: "t1", reason, inForce: true, document });
    const late = await api.post(path, { document, basedOn: 1, reason });
    expect([late.status, late.body.error.code, late.body.error.field]).toEqual([
      409,
      "rules_changed_meanwhile",
      "basedOn",
    ]);
  });

  it("are published once under one Idempotency-Key", async () => {
    const key = { "idempotency-key": "k1" };
    const first = await api.post(path, { document, basedOn: 1, reason }, key);
    const again = await api.post(path, { document, basedOn: 1, reason }, key);
    expect([first.status, again.text]).toEqual([200, first.text]);
    expect(api.services.rules.published).toHaveLength(2);
  });

  it("are listed newest first, in pages, without their documents but for the one that holds", async () => {
    for (const basedOn of [1, 2]) await api.post(path, { document, basedOn, reason });
    const { body } = await api.call("GET", `${path}?limit=2`);
    expect(body.current).toMatchObject({ number: 3, document });
    expect(body.applying).toMatchObject({ number: 9, since: expect.stringMatching(/Z$/) });
    expect(body.items).toMatchObject([
      { number: 3, inForce: true },
      { number: 2, inForce: false },
    ]);
    expect(body.items[0].document).toBeUndefined();
    const rest = await api.call("GET", `${path}?after=${body.next}`);
    expect(rest.body).toMatchObject({ items: [{ number: 1, by: null, publishedAt: null }], next: null });
    const wrong = await api.call("GET", `${path}?after=x`);
    expect([wrong.status, wrong.body.error.code]).toEqual([400, "cursor_invalid"]);
  });

  it("are given whole by their number", async () => {
    const found = await api.call("GET", `${path}/1`);
    expect(found.body).toMatchObject({ number: 1, document: { hubThreshold: 3 } });
    const missing = await api.call("GET", `${path}/7`);
    expect([missing.status, missing.body.error.code]).toEqual([404, "rules_version_not_found"]);
    expect((await api.call("GET", `${path}/first`)).status).toBe(400);
  });

  it("are tried out: asked for, followed, found", async () => {
    const { status, body } = await api.post(`${path}/preview`, { document });
    expect([status, body.status, body.effect]).toEqual([200, "running", null]);
    const done = await api.call("GET", `${path}/previews/${body.id}`);
    expect(done.body).toMatchObject({
      status: "done",
      against: 1,
      effect: { splits: 1, examples: [{ kind: "split" }] },
    });
    expect((await api.call("GET", `${path}/previews/r_9`)).status).toBe(404);
  });

  it("stop being tried out", async () => {
    const { body } = await api.post(`${path}/preview`, { document });
    const stopped = await api.post(`${path}/previews/${body.id}/cancel`, {});
    expect(stopped.body).toMatchObject({ status: "cancelled", effect: null });
    expect((await api.post(`${path}/previews/r_9/cancel`, {})).status).toBe(404);
  });

  it.each([
    [path, { document: {}, basedOn: 1, reason }, "invalid_identity_rules"],
    [path, { document, basedOn: 0, reason }, null],
    [path, { document, basedOn: 1 }, null],
    [path, { document, basedOn: 1, reason: "" }, null],
    [path, { document: "x", basedOn: 1, reason }, null],
    [`${path}/preview`, { document: {} }, "invalid_identity_rules"],
    [`${path}/preview`, {}, null],
  ])("%s refuses %j, saying where", async (to, body, code) => {
    const answer = await api.post(to, body);
    expect(answer.status).toBe(400);
    expect(answer.body.error.field).toEqual(expect.any(String));
    if (code !== null) expect(answer.body.error.code).toBe(code);
  });
});
