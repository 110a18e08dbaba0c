import type { FastifyInstance } from "fastify";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createApi } from "../api/server.ts";
import { type FakeServices, fakeServices } from "../api/services.fake.ts";
import { run } from "./io.fake.ts";

let services: FakeServices;
let app: FastifyInstance;
let url: string;
let directory: string;
let file: string;
beforeEach(async () => {
  services = fakeServices();
  app = await createApi(services);
  url = await app.listen({ port: 0, host: "127.0.0.1" });
  directory = mkdtempSync(join(tmpdir(), "c360-rules-"));
  file = join(directory, "rules.json");
  writeFileSync(file, JSON.stringify({ hubThreshold: 4 }));
});
afterEach(async () => {
  await app.close();
  rmSync(directory, { recursive: true, force: true });
});

const c360 = (...argv: string[]) => run(["rules", ...argv, "--url", url, "--token", services.token]);

describe("c360 rules", () => {
  it("shows the document that holds, or another, to be kept in a file", async () => {
    const shown = await c360("show");
    expect([shown.code, shown.json]).toEqual([0, { hubThreshold: 3 }]);
    expect(shown.err).toContain("version 1, which holds");
    await c360("publish", file, "--reason", "families");
    expect((await c360("show")).json).toEqual({ hubThreshold: 4 });
    expect((await c360("show", "1")).json).toEqual({ hubThreshold: 3 });
    expect((await c360("show", "2", "--json")).json).toMatchObject({ number: 2, reason: "families" });
    expect(await c360("show", "9")).toMatchObject({ code: 1, err: expect.stringContaining("no such version") });
  });

  it("lists who published what, when and why", async () => {
    await c360("publish", file, "--reason", "families");
    const listed = await c360("versions");
    expect(listed.out).toMatch(/2 +holds +2026-\S+ +t1 +h2 +families\n1 /);
    expect(listed.err).toContain("version 9 is being applied");
    expect((await c360("versions", "--json", "--limit", "1")).json).toMatchObject({
      items: [{ number: 2 }],
      next: "2",
    });
  });

  it("tries a document out, and changes nothing", async () => {
    const { code, out, err } = await c360("preview", file);
    expect(code).toBe(0);
    expect(out).toMatch(/types\.email\.limit +5 +2/);
    expect(out).toMatch(/people +10 → 11\n/);
    expect(out).toMatch(/email, ordinary → hub +3/);
    expect(out).toMatch(/split +profile +identifiers\n.*\nbefore +p_ada +email:a@x\.co email:b@x\.co\nafter/);
    expect(out).toContain("because of types.email.limit\nA person has at most 2 of email.\n");
    expect(err).toContain("nothing is changed");
    expect(services.rules.published).toHaveLength(1);
    expect((await c360("preview", file, "--json")).json).toMatchObject({ status: "done", effect: { splits: 1 } });
  });

  it("tells why a document cannot be tried out", async () => {
    services.rules.nextPreview = "failed";
    expect(await c360("preview", file)).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringContaining("join too many"),
    });
    writeFileSync(file, "{}");
    expect(await c360("preview", file)).toMatchObject({ code: 1, err: expect.stringContaining("hubThreshold") });
    writeFileSync(file, "{");
    expect(await c360("preview", file)).toMatchObject({ code: 2, err: expect.stringContaining("is no JSON") });
    expect(await c360("preview", join(directory, "none"))).toMatchObject({ code: 2 });
  });

  it("publishes with a reason, and not without; nor over a version that came between", async () => {
    expect(await c360("publish", file)).toMatchObject({ code: 2, err: expect.stringContaining("--reason") });
    const told = await c360("publish", file, "--reason", "families");
    expect([told.code, told.out]).toEqual([0, "version 2 h2\n"]);
    expect(told.err).toContain("it holds");
    const late = await c360("publish", file, "--reason", "again", "--based-on", "1");
    expect(late).toMatchObject({ code: 1, err: expect.stringContaining("Another version holds") });
    expect(services.rules.published).toHaveLength(2);
  });
});
