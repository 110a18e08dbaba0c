import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { administratorToken, testedApi, type TestedApi } from "../apiCaller.fake.ts";

let api: TestedApi;
beforeEach(async () => {
  api = await testedApi();
});
afterEach(() => api.app.close());

const reviews = "/api/identity/reviews";
const runs = "/api/identity/linkage/runs";
const pair = `${reviews}/${encodeURIComponent("p_AAAAAAAAAAAAAAAA~p_other")}`;

describe("reviews", () => {
  it("are listed with names and how answers came out", async () => {
    const { status, body } = await api.call("GET", reviews);
    expect(status).toBe(200);
    expect(body.items).toMatchObject([
      { id: "p_AAAAAAAAAAAAAAAA~p_other", probability: 0.97, a: { name: "Ada Lovelace" }, answer: null },
    ]);
    expect(body.items[0].steps).toBeUndefined();
    expect(body.summary).toMatchObject({ open: 1, own: { pairs: 0, agreement: null } });
    await api.post(pair, { answer: "different" });
    const after = await api.call("GET", `${reviews}?limit=5`);
    expect(after.body).toMatchObject({ items: [], summary: { answered: { pairs: 1, same: 0, agreement: 0 } } });
  });

  it("are told in full", async () => {
    const { body } = await api.call("GET", pair);
    expect(body).toMatchObject({
      a: { profileId: "p_AAAAAAAAAAAAAAAA", profile: { id: "p_AAAAAAAAAAAAAAAA" } },
      steps: [{ comparison: "given_name" }, { comparison: "surname" }],
      fields: [{ name: "first_name", likeness: "alike" }],
      effect: { conflicts: [] },
      elsewhere: null,
      offeredAt: "2026-11-24T12:00:00.000Z",
    });
    expect((await api.call("GET", `${reviews}/p_x~p_y`)).body.error.code).toBe("review_not_found");
  });

  it("are answered by whom the token names, and undone", async () => {
    const { status, body } = await api.post(pair, { answer: "same", reason: "She called" });
    expect(status).toBe(200);
    expect(body).toMatchObject({ state: "same", answer: { by: "t1" }, corrections: ["c_0"], decided: true });
    const again = await api.post(pair, { answer: "same" });
    expect([again.status, again.body.error.code]).toEqual([409, "review_answered"]);
    const undone = await api.call("POST", pair, { token: administratorToken, payload: { answer: "undo" } });
    expect(undone.body).toMatchObject({ state: "open", answer: null });
  });

  it("are answered by what was seen, where that is said", async () => {
    const seen = await api.call("GET", pair);
    const other = await api.post(pair, { answer: "same", basis: "as.it.was" });
    expect([other.status, other.body.error.code]).toEqual([409, "review_changed"]);
    expect((await api.post(pair, { answer: "same", basis: seen.body.basis })).status).toBe(200);
  });

  it("are answered once under one Idempotency-Key", async () => {
    const key = { "idempotency-key": "k1" };
    const first = await api.post(pair, { answer: "skip" }, key);
    expect((await api.post(pair, { answer: "skip" }, key)).text).toBe(first.text);
  });

  it.each([
    { answer: "maybe" },
    {},
    { answer: "same", reason: "" },
    { answer: "same", reason: "x".repeat(501) },
    { answer: "same", why: "x" },
    { answer: "same", basis: "x".repeat(101) },
  ])("do not take %j", async (body) => {
    expect((await api.post(pair, body)).status).toBe(400);
  });
});

describe("linkages", () => {
  it("are started, told, listed and cancelled", async () => {
    const started = await api.post(runs, {});
    expect(started.status).toBe(202);
    expect(started.body).toMatchObject({ id: "lr_1", state: "running", by: "t1", automaticFrom: null, endedAt: null });
    expect((await api.post(runs, {})).body.error.code).toBe("linkage_running");
    const cancelled = await api.call("POST", `${runs}/lr_1/cancel`);
    expect(cancelled.body).toMatchObject({ state: "cancelled", endedAt: "2026-11-24T12:00:00.000Z" });
    expect((await api.call("GET", `${runs}/lr_1`)).body.state).toBe("cancelled");
    await api.post(runs, { automaticFrom: 0.99 });
    const { body } = await api.call("GET", `${runs}?limit=1`);
    expect(body).toMatchObject({ items: [{ id: "lr_2", automaticFrom: 0.99 }], next: null });
    expect((await api.call("GET", `${runs}?after=x`)).body.error.code).toBe("cursor_invalid");
    expect((await api.call("GET", `${runs}/lr_9`)).status).toBe(404);
  });

  it.each([{ automaticFrom: 0.5 }, { automaticFrom: 2 }, { automaticFrom: "0.95" }, { reviewFrom: 0.5 }])(
    "do not take %j",
    async (body) => {
      expect((await api.post(runs, body)).status).toBe(400);
    },
  );

  it("tell what they joined, and take it back, all or one", async () => {
    await api.post(runs, {});
    const reason = "the model was wrong";
    const early = await api.post(`${runs}/lr_1/withdraw`, { reason });
    expect([early.status, early.body.error.code]).toEqual([409, "linkage_running"]);
    const { body } = await api.call("GET", `${runs}/lr_1/links`);
    expect(body.items).toEqual([
      {
        id: "l_1",
        a: "crm_id:7",
        b: "crm_id:8",
        probability: 0.999,
        run: "lr_1",
        linkedAt: "2026-11-24T12:00:00.000Z",
        status: "in_effect",
        explanation: null,
      },
    ]);
    expect((await api.post(`${runs}/lr_1/withdraw`, { reason })).body).toEqual({ withdrawn: 1, next: "1" });
    const rest = await api.post(`${runs}/lr_1/withdraw`, { reason, after: "1" });
    expect(rest.body).toEqual({ withdrawn: 0, next: null });
    expect((await api.post(`${runs}/lr_1/withdraw`, { reason, after: "x" })).body.error.code).toBe("cursor_invalid");
    expect((await api.post(`${runs}/lr_9/withdraw`, { reason })).status).toBe(404);
    const links = "/api/identity/linkage/links";
    expect((await api.post(`${links}/l_1/withdraw`, { reason })).body).toEqual({ withdrawn: 1 });
    expect((await api.post(`${links}/l_9/withdraw`, { reason })).status).toBe(404);
    expect((await api.post(`${links}/l_1/withdraw`, {})).status).toBe(400);
  });

  it("say that there is no model yet", async () => {
    const { status, body } = await api.call("GET", "/api/identity/linkage/model");
    expect([status, body.error.code]).toEqual([404, "linkage_model_not_found"]);
  });
});
