import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createApi } from "../api/server.ts";
import { type FakeServices, fakeServices } from "../api/services.fake.ts";
import { Problem } from "../model/problem.ts";
import { type FakeWorld, run } from "./io.fake.ts";
import type { PlatformRuntime } from "./platformRuntime.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "c360-cli-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const at = "2026-11-30T14:05:00.000Z";
const result = { position: 7, lastReceivedAt: at, statePosition: null, files: 3, bytes: 10, copiedBytes: 4 };

function world(runtime: Partial<PlatformRuntime>): FakeWorld {
  return { env: { C360_DATA_DIR: dir }, runtime };
}

describe("c360 backup", () => {
  it("opens the directory itself where no server runs, as fast as it goes or as it is told", async () => {
    const asked: unknown[] = [];
    const runtime = world({
      backUpDirectory: async (settings, { directory, withDerived, bytesPerS }) => {
        asked.push([settings.dataDir, { directory, withDerived, bytesPerS }]);
        return result;
      },
    });
    const plain = await run(["backup", "to"], runtime);
    expect(plain).toMatchObject({ code: 0, out: expect.stringContaining("3 files, 10 bytes, of which 4 were copied") });
    expect(plain.err).toContain("customers' data and secrets");
    const json = await run(["backup", "to", "--with-derived", "--max-rate", "3", "--json"], runtime);
    expect(json.json).toMatchObject({ ...result, directory: expect.stringMatching(/^\/.*\/to$/) });
    expect(asked).toEqual([
      [dir, { directory: "to", withDerived: false, bytesPerS: null }],
      [dir, { directory: "to", withDerived: true, bytesPerS: 3_145_728 }],
    ]);
  });

  it("has a server do it, waits, and tells how it ended", async () => {
    const services: FakeServices = fakeServices();
    const app = await createApi(services, { administratorToken: "administrator-token" });
    const url = await app.listen({ port: 0, host: "127.0.0.1" });
    const env = { C360_URL: url, C360_API_TOKEN: "administrator-token" };
    try {
      expect(await run(["backup", "/b", "--json"], { env })).toMatchObject({ code: 0, json: { position: 7 } });
      expect(services.backups.wished).toMatchObject([{ directory: "/b", withDerived: false }]);
      expect(await run(["backup", "/broken"], { env })).toMatchObject({
        code: 1,
        err: "error: There is no room left.\nhint: Make room.\n",
      });
      expect((await run(["backup", "relative"], { env })).code).toBe(2);
      expect((await run(["doctor"], { env })).code).toBe(2);
      expect((await run(["restore", "/b"], { env })).code).toBe(2);
    } finally {
      await app.close();
    }
  });

  it("checks one, and says what is not as it was stored", async () => {
    const manifest = { ...result, platform: "0.1.0", madeAt: at, files: [{ bytes: 4 }, { bytes: 6 }] };
    const checking = (faults: string[]): FakeWorld => world({ checkBackup: async () => ({ manifest, faults }) });
    expect(await run(["backup", "b", "--check"], checking([]))).toMatchObject({
      code: 0,
      out: expect.stringContaining("2 files, 10 bytes: all as it was stored"),
    });
    const bad = await run(["backup", "b", "--check"], checking(["log/1: it is missing"]));
    expect([bad.code, bad.out]).toEqual([3, expect.stringContaining("  log/1: it is missing\n")]);
    expect((await run(["backup", "b", "--check", "--json"], checking([]))).json).toMatchObject({
      faults: [],
      bytes: 10,
    });
  });
});

describe("c360 restore", () => {
  const restored = { position: 7, lastReceivedAt: at, madeAt: at, foldedRecords: 2 };

  it("passes on the moment, a time with its zone or a position", async () => {
    const asked: unknown[] = [];
    const runtime = world({
      restorePlatform: async ({ dataDir }, { from, until, progress }) => {
        for (const step of ["checking", "copying", "folding"] as const) progress(step, 1, 2);
        asked.push([dataDir, from, until]);
        return restored;
      },
    });
    const [a, b] = [join(dir, "a"), join(dir, "b")];
    expect(await run(["restore", "from", "--data-dir", a], runtime)).toMatchObject({
      code: 0,
      out: expect.stringContaining("2 records folded"),
      err: expect.stringContaining("made again at the next start"),
    });
    const timed = await run(
      ["restore", "from", "--data-dir", b, "--until", "2026-11-30T15:05:00+01:00", "--json"],
      runtime,
    );
    expect(timed.json).toMatchObject({ ...restored, dataDir: b });
    await run(["restore", "from", "--until", "4194304"], runtime);
    expect(asked).toEqual([
      [a, "from", null],
      [b, "from", { time: Date.parse(at) }],
      [dir, "from", { position: 4_194_304 }],
    ]);
  });

  it.each(["yesterday", "2026-11-30", "2026-11-30T14:05:00", "2026-13-41T00:00:00Z", "-1"])(
    "takes %s for no moment",
    async (until) => {
      const { code, err } = await run(["restore", "from", `--until=${until}`], world({}));
      expect([code, err]).toEqual([2, expect.stringContaining("neither a time nor a position")]);
    },
  );

  it("tells what stops it", async () => {
    const restorePlatform = async (): Promise<never> => {
      throw new Problem(409, "data_dir_not_empty", "It is not empty.", { hint: "Name a new folder." });
    };
    expect(await run(["restore", "from"], world({ restorePlatform }))).toMatchObject({
      code: 1,
      err: "error: It is not empty.\nhint: Name a new folder.\n",
    });
  });
});
