import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { administratorToken, testedApi, type TestedApi } from "../apiCaller.fake.ts";

let api: TestedApi;
beforeEach(async () => {
  api = await testedApi();
});
afterEach(() => api.app.close());

const merge = { a: "user_id:ada", b: "email:x@example.com" };
const reason = "She called";

describe("corrections", () => {
  it("are looked at before they are said", async () => {
    const { status, body } = await api.post("/api/identity/preview", { merge });
    expect(status).toBe(200);
    expect(body.corrections).toEqual([{ verdict: "same", a: merge.b, b: merge.a, overrules: null, before: null }]);
    expect(body.basis).toBe("as it is");
    expect(body.before).toHaveLength(2);
    expect(body.after).toHaveLength(1);
    expect(body.conflicts[0].correctionId).toBe("c_0");
    expect(api.services.corrections.said).toEqual([]);
  });

  it("are said by whom the token names, with a reason", async () => {
    const { status, body } = await api.post("/api/identity/corrections", { merge, reason });
    expect(status).toBe(200);
    expect(body).toMatchObject({ decided: true, corrections: [{ id: "c_0", verdict: "same", by: "t1", reason }] });
    const byAdministrator = await api.call("POST", "/api/identity/corrections", {
      token: administratorToken,
      payload: { apart: merge, reason },
    });
    expect(byAdministrator.body.corrections[0]).toMatchObject({ verdict: "different", by: "administrator" });
  });

  it("are not said when they would do something else than the preview showed", async () => {
    const changed = await api.post("/api/identity/corrections", { merge, reason, basis: "as it was" });
    expect([changed.status, changed.body.error.code]).toEqual([409, "changed_meanwhile"]);
    expect(api.services.corrections.said).toEqual([]);
    expect((await api.post("/api/identity/corrections", { merge, reason, basis: "as it is" })).status).toBe(200);
  });

  it("are said once under one Idempotency-Key", async () => {
    const key = { "idempotency-key": "k1" };
    const first = await api.post("/api/identity/corrections", { merge, reason }, key);
    const again = await api.post("/api/identity/corrections", { merge, reason }, key);
    expect(again.text).toBe(first.text);
    expect(api.services.corrections.said).toHaveLength(1);
  });

  it("are listed newest first, in pages, with whether they hold", async () => {
    for (let count = 0; count < 3; count++) await api.post("/api/identity/corrections", { merge, reason });
    const { body } = await api.call("GET", "/api/identity/corrections?limit=2");
    expect(body.items.map(({ id }: { id: string }) => id)).toEqual(["c_2", "c_1"]);
    expect(body.items[0]).toMatchObject({ status: "in_effect", overruledBy: null, receivedAt: expect.any(String) });
    const rest = await api.call("GET", `/api/identity/corrections?after=${body.next}`);
    expect(rest.body).toMatchObject({ items: [{ id: "c_0" }], next: null });
    const others = await api.call("GET", "/api/identity/corrections?verdict=different&profileId=p_a&by=t1");
    expect(others.body.items).toEqual([]);
    for (const query of ["verdict=maybe", "by=", "profileId=", "who=me"]) {
      expect((await api.call("GET", `/api/identity/corrections?${query}`)).status).toBe(400);
    }
    const wrong = await api.call("GET", "/api/identity/corrections?after=x");
    expect([wrong.status, wrong.body.error.code]).toEqual([400, "cursor_invalid"]);
  });

  it("are taken back by their id", async () => {
    await api.post("/api/identity/corrections", { merge, reason });
    const { body } = await api.post("/api/identity/corrections/c_0/withdraw", { reason: "A mistake" });
    expect(body.corrections).toMatchObject([{ verdict: "withdrawn", reason: "A mistake" }]);
    const unknown = await api.post("/api/identity/corrections/c_9/withdraw", { reason });
    expect([unknown.status, unknown.body.error.code]).toEqual([404, "correction_not_found"]);
  });

  it.each([
    ["/api/identity/corrections", { merge }],
    ["/api/identity/corrections", { merge, reason: "" }],
    ["/api/identity/corrections", { merge, reason: "x".repeat(501) }],
    ["/api/identity/corrections", { merge: { a: "ada", b: "user_id:ada" }, reason }],
    ["/api/identity/corrections", { corrections: [{ verdict: "maybe", ...merge }], reason }],
    ["/api/identity/corrections", { join: merge, reason }],
    ["/api/identity/preview", { merge, reason }],
    ["/api/identity/preview", {}],
  ])("%s does not take %j", async (url, body) => {
    expect((await api.post(url, body)).status).toBe(400);
    expect(api.services.corrections.said).toEqual([]);
  });
});
