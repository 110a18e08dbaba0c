import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createApi } from "../api/server.ts";
import { type FakeServices, fakeServices } from "../api/services.fake.ts";
import { run } from "./io.fake.ts";

let services: FakeServices;
let app: FastifyInstance;
let url: string;
beforeEach(async () => {
  services = fakeServices();
  app = await createApi(services);
  url = await app.listen({ port: 0, host: "127.0.0.1" });
});
afterEach(() => app.close());

const c360 = (...argv: string[]) => run([...argv, "--url", url, "--token", services.token]);
const pair = ["user_id:ada", "email:x@example.com"];

describe("correcting", () => {
  it("shows what a merge would do, and does nothing", async () => {
    const { code, out, err } = await c360("merge", ...pair, "--preview");
    expect(code).toBe(0);
    expect(out).toMatch(/same +email:x@example.com +user_id:ada/);
    expect(out).toMatch(/before +p_other +email:x@example.com\nafter/);
    expect(out).toContain("without effect:\nsame a:1 b:1: kept apart\n");
    expect(err).toContain("nothing is changed");
    expect(services.corrections.said).toEqual([]);
  });

  it("says it with a reason, and not without", async () => {
    expect(await c360("merge", ...pair)).toMatchObject({ code: 2, out: "", err: expect.stringContaining("--reason") });
    const told = await c360("merge", ...pair, "--reason", "she called");
    expect([told.code, told.out]).toEqual([0, expect.stringMatching(/c_0 +same/)]);
    const { json } = await c360("apart", ...pair, "--reason", "two sisters", "--json");
    expect(json.corrections).toMatchObject([{ verdict: "different", reason: "two sisters", by: "t1" }]);
  });

  it("lists what was said, and takes it back", async () => {
    expect((await c360("corrections")).err).toContain("nobody has corrected anything");
    await c360("merge", ...pair, "--reason", "she called");
    expect((await c360("corrections")).out).toMatch(
      /c_0 +same +email:x@example.com +user_id:ada .* in effect +she called/,
    );
    const back = await c360("withdraw", "c_0", "--reason", "the wrong Ada");
    expect(back.out).toMatch(/c_1 +withdrawn/);
    expect((await c360("corrections", "--json", "--limit", "1")).json.items).toMatchObject([{ id: "c_1" }]);
    expect(await c360("withdraw", "c_9", "--reason", "x")).toMatchObject({ code: 1 });
    expect(await c360("withdraw", "c_0")).toMatchObject({ code: 2 });
  });
});
