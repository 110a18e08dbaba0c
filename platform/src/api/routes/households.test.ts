import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { testedApi, type TestedApi } from "../apiCaller.fake.ts";
import { ada, lovelaces } from "../services.fake.ts";

let api: TestedApi;
beforeEach(async () => {
  api = await testedApi();
});
afterEach(() => api.app.close());

describe("households", () => {
  it("are told with their members and what they share", async () => {
    const { status, body } = await api.call("GET", `/api/households/${lovelaces.id}`);
    expect([status, body]).toEqual([200, lovelaces]);
  });

  it("that are none are told apart from what is no id", async () => {
    const none = await api.call("GET", "/api/households/h_3BBBBBBBBBBBBBBBB");
    expect([none.status, none.body.error.code]).toEqual([404, "household_not_found"]);
    for (const id of ["p_AAAAAAAAAAAAAAAA", "h_1short", "h_0AAAAAAAAAAAAAAAA"]) {
      expect((await api.call("GET", `/api/households/${id}`)).status).toBe(400);
    }
  });

  it("stand in a profile's answer, and alone where only they are wanted", async () => {
    const whole = await api.call("GET", `/api/profiles/id/${ada.id}`);
    expect(whole.body).toEqual({ ...ada, household: { id: lovelaces.id, people: 2 } });
    const narrow = await api.call("GET", `/api/profiles/id/${ada.id}?fields=household`);
    expect(narrow.body).toEqual({ id: ada.id, household: { id: lovelaces.id, people: 2 } });
    const without = await api.call("GET", `/api/profiles/id/${ada.id}?fields=sources`);
    expect(without.body).toEqual({ id: ada.id, sources: ada.sources });
  });
});
