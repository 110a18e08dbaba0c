import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type TestedApi, testedApi } from "../apiCaller.fake.ts";

let api: TestedApi;
beforeEach(async () => {
  api = await testedApi();
});
afterEach(() => api.app.close());

describe("a backup", () => {
  it("is started with what is asked for, and followed to its end", async () => {
    const started = await api.post("/api/backups", { directory: "/backups/c360", withDerived: true, maxMiBPerS: 2 });
    expect(started).toMatchObject({ status: 202, body: { status: "running", result: null, error: null } });
    await api.post("/api/backups", { directory: "/backups/other" });
    expect(api.services.backups.wished).toEqual([
      { directory: "/backups/c360", withDerived: true, bytesPerS: 2_097_152 },
      { directory: "/backups/other", withDerived: false, bytesPerS: 16_777_216 },
    ]);
    const path = `/api/backups/${started.body.id}`;
    await api.call("GET", path);
    expect((await api.call("GET", path)).body).toMatchObject({ status: "done", result: { statePosition: 7 } });
  });

  it("is started once for an Idempotency-Key", async () => {
    const once = { "idempotency-key": "k1" };
    const first = await api.post("/api/backups", { directory: "/b" }, once);
    const again = await api.post("/api/backups", { directory: "/b" }, once);
    expect(again.body).toEqual(first.body);
    expect(api.services.backups.wished.length).toBe(1);
  });

  it("is refused without a token, with a wrong wish, and told as not there", async () => {
    expect((await api.call("POST", "/api/backups", { token: null, payload: { directory: "/b" } })).status).toBe(401);
    for (const wish of [{}, { directory: "" }, { directory: "/b", maxMiBPerS: 0 }, { directory: "/b", other: 1 }]) {
      expect((await api.post("/api/backups", wish)).status).toBe(400);
    }
    expect((await api.post("/api/backups", { directory: "/full" })).status).toBe(409);
    expect(await api.post("/api/backups", { directory: "/etc" })).toMatchObject({
      status: 403,
      body: { error: { code: "backup_directory_not_allowed", message: "Not by t1." } },
    });
    expect(api.services.backups.wished).toEqual([]);
    expect(await api.call("GET", "/api/backups/b_9")).toMatchObject({
      status: 404,
      body: { error: { code: "backup_not_found", field: "id" } },
    });
  });
});
