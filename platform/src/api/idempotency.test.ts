import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Problem } from "../model/problem.ts";
import { administratorToken, type TestedApi, testedApi } from "./apiCaller.fake.ts";

let api: TestedApi;
beforeEach(async () => {
  api = await testedApi();
});
afterEach(() => api.app.close());

const call: TestedApi["call"] = (...args) => api.call(...args);
const post: TestedApi["post"] = (...args) => api.post(...args);

describe("Idempotency-Key", () => {
  const key = { "idempotency-key": "k1" };

  it("repeats the first answer and does nothing again", async () => {
    const first = await post("/api/sources", { id: "pos", kind: "pos" }, key);
    const again = await post("/api/sources", { id: "pos", kind: "pos" }, key);
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(again.headers["idempotent-replay"]).toBe("true");
    const revoked = await call("DELETE", "/api/tokens/t1", { headers: key, token: administratorToken });
    const revokedAgain = await call("DELETE", "/api/tokens/t1", { headers: key, token: administratorToken });
    expect([revoked.status, revokedAgain.status]).toEqual([204, 204]);
  });

  it("refuses another request under the same key: another body, another address", async () => {
    await post("/api/sources", { id: "pos", kind: "pos" }, key);
    const otherBody = await post("/api/sources", { id: "till", kind: "pos" }, key);
    expect(otherBody).toMatchObject({ status: 422, body: { error: { code: "idempotency_key_reused" } } });
    await call("POST", "/api/sources/pos/rotate", { headers: key });
    expect((await call("POST", "/api/sources/web/rotate", { headers: key })).status).toBe(422);
  });

  it("keeps keys apart by token and by route, and forgets them after a day", async () => {
    const body = { name: "n" };
    const first = await post("/api/tokens", body, key);
    const other = await call("POST", "/api/tokens", { payload: body, headers: key, token: administratorToken });
    expect(other.body.token).not.toBe(first.body.token);
    api.clock.now += 24 * 60 * 60 * 1_000 + 1;
    expect((await post("/api/tokens", body, key)).body.id).not.toBe(first.body.id);
  });

  it("does not keep an answer that a retry may better", async () => {
    api.services.failWith = new Problem(503, "stopped", "Not now.");
    expect((await post("/api/imports/pos", { calls: [{ type: "track" }] }, key)).status).toBe(503);
    api.services.failWith = null;
    expect((await post("/api/imports/pos", { calls: [{ type: "track" }] }, key)).status).toBe(200);
  });

  it("answers 409 while the first request runs", async () => {
    const gate = Promise.withResolvers<void>();
    const submit = api.services.submit.bind(api.services);
    api.services.submit = async (...args) => {
      await gate.promise;
      return submit(...args);
    };
    const first = post("/api/imports/pos", { calls: [{ type: "track" }] }, key);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const second = await post("/api/imports/pos", { calls: [{ type: "track" }] }, key);
    expect(second).toMatchObject({ status: 409, body: { error: { code: "idempotency_in_progress" } } });
    gate.resolve();
    expect((await first).status).toBe(200);
    expect(api.services.submitted).toHaveLength(1);
  });

  it("refuses a key without end", async () => {
    const answer = await post("/api/tokens", { name: "n" }, { "idempotency-key": "k".repeat(256) });
    expect(answer.body.error.code).toBe("idempotency_key_invalid");
  });
});
