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
  directory = mkdtempSync(join(tmpdir(), "c360-rejects-"));
  file = join(directory, "mend.json");
  writeFileSync(file, JSON.stringify({ operations: [{ op: "remove", path: "/a" }] }));
});
afterEach(async () => {
  await app.close();
  rmSync(directory, { recursive: true, force: true });
});

const c360 = (...argv: string[]) => run([...argv, "--url", url, "--token", services.token]);

describe("c360 rejects", () => {
  it("lists causes with what is to be mended", async () => {
    const listed = await c360("rejects");
    expect(listed.code).toBe(0);
    expect(listed.out).toMatch(/rc_web +1 +2 +web +event_missing +event +track/);
    expect(listed.err).toContain("2 calls of 2 causes are to be mended");
    expect((await c360("rejects", "--source", "tills", "--all", "--json")).json).toMatchObject({
      items: [{ id: "rc_tills" }],
    });
  });
});

describe("c360 replay", () => {
  it("tries out, and says what would come of it", async () => {
    const { code, out, err } = await c360("replay", "rc_web", "--with", file, "--dry-run");
    expect(code).toBe(3);
    expect(out).toMatch(/would be taken +1\nstill refused +1\n/);
    expect(out).toMatch(/event_missing +event +1 +it has no name/);
    expect(out).toMatch(/r0 *\n.*\nbefore +\{"a":1\}\nafter +\{"a":"1"\}/);
    expect(err).toContain("nothing was sent");
    expect(services.replays.started).toMatchObject([{ wanted: { cause: "rc_web", dryRun: true } }]);
  });

  it("follows a replay to its end, and goes on with one that was stopped", async () => {
    services.replays.endAfter = 2;
    const done = await c360("replay", "--source", "web", "--message", "r0", "r1");
    expect([done.code, done.out]).toEqual([0, expect.stringMatching(/taken +1\n/)]);
    expect(services.replays.started[0]?.wanted).toMatchObject({ source: "web", messageIds: ["r0", "r1"] });
    await services.replays.stop("rp_0");
    services.replays.endAfter = 1;
    expect((await c360("replay", "--resume", "rp_0", "--json")).json).toMatchObject({ id: "rp_0", status: "done" });
  });

  it("says how it is used", async () => {
    for (const argv of [
      [],
      ["rc_web", "--source", "web"],
      ["--source", "web"],
      ["rc_web", "--with", join(directory, "none")],
    ]) {
      expect(await c360("replay", ...argv)).toMatchObject({ code: 2 });
    }
    writeFileSync(file, "{");
    expect(await c360("replay", "rc_web", "--with", file)).toMatchObject({
      code: 2,
      err: expect.stringContaining("no JSON"),
    });
    expect(services.replays.started).toEqual([]);
  });
});
