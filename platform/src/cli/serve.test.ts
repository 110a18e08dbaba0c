import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { readSettings } from "../runtime/settings.ts";
import { type FakeWorld, fakeIo, run } from "./io.fake.ts";
import type { ServedPlatform } from "./platformRuntime.ts";
import { whatNext } from "./serve.ts";

const firstRun = { writeKey: "wk_first", token: "tok_first" };

function serving(platform: Partial<ServedPlatform> = {}, world: FakeWorld = {}) {
  const plain = { url: "http://127.0.0.1:3600", firstRun, hasDied: () => false, close: async () => {} };
  const served: ServedPlatform = { ...plain, ...platform };
  return fakeIo({
    ...world,
    runtime: {
      servePlatform: async (_settings, { log }) => {
        log.info({ route: "/x" }, "request");
        return served;
      },
    },
  });
}
const turn = () => new Promise((resolve) => setTimeout(resolve, 20));

describe("c360 serve", () => {
  it("says what to do next, and stops at a signal", async () => {
    let closed = 0;
    const io = serving({ close: async () => void closed++ });
    const done = run(["serve"], io);
    await turn();
    for (const part of [
      "http://127.0.0.1:3600",
      "wk_first",
      "curl",
      "npx c360 profile user_id ada",
      "/api/docs",
      "tok_first",
      "Ctrl-C",
    ]) {
      expect(io.out).toContain(part);
    }
    expect(closed).toBe(0);
    io.signal();
    expect((await done).code).toBe(0);
    expect([closed, io.exits]).toEqual([1, []]);
    expect(io.out).toMatch(/Stopping…\nStopped\./);
  });

  it("fails where it had to stop by itself, so that whoever watches over it starts it again", async () => {
    const io = serving({ hasDied: () => true });
    const done = run(["serve"], io);
    await turn();
    io.signal();
    expect((await done).code).toBe(1);
    expect(io.err).toContain("error: processing events stopped by itself (the log says why)");
    expect(io.out).not.toContain("Stopped.");
  });

  it.each([
    [true, 1, "error: processing events stopped by itself"],
    [false, 0, "Stopping…\nStopped. Start it again"],
  ])("a stop after the upgrade, before it serves (died: %s), is that of a platform", async (hasDied, code, word) => {
    const opening = Promise.withResolvers<void>();
    const plain = { url: "http://127.0.0.1:3600", firstRun, hasDied: () => hasDied, close: async () => {} };
    const io = fakeIo({
      runtime: {
        servePlatform: async (_settings, { onUpgrade, onUpgraded }) => {
          onUpgrade?.();
          await turn();
          onUpgraded?.();
          await opening.promise;
          return plain;
        },
      },
    });
    const done = run(["serve"], io);
    await turn();
    await turn();
    io.signal();
    await turn();
    opening.resolve();
    expect((await done).code).toBe(code);
    expect(io.exits).toEqual([]);
    expect(io.out + io.err).toContain(word);
    expect(io.out).not.toContain("as it was; the next start upgrades");
  });

  it("a stop in the middle of an upgrade ends it at once, and says that nothing has changed", async () => {
    const io = fakeIo({
      runtime: {
        servePlatform: async (_settings, { onUpgrade }) => {
          onUpgrade?.();
          return new Promise(() => {});
        },
      },
    });
    void run(["serve"], io);
    await turn();
    io.signal();
    await turn();
    expect(io.exits).toEqual([0]);
    expect(io.out).toContain("the next start upgrades from the beginning");
  });

  it.each(["Worker initialization failure: EMFILE", "EMFILE: too many open files, open 'x'"])(
    "says what to do where it may not open enough files: %s",
    async (message) => {
      const io = fakeIo({
        runtime: {
          servePlatform: async () => {
            throw new Error(message);
          },
        },
      });
      expect((await run(["serve"], io)).code).not.toBe(0);
      expect(io.err).toMatch(/^error: This process may not open as many files as it needs\.\nhint: Allow it more/);
    },
  );

  it("writes its log to standard error, without keys", async () => {
    const io = serving();
    const done = run(["serve"], io);
    await turn();
    io.signal();
    await done;
    expect(JSON.parse(io.err)).toMatchObject({ route: "/x", msg: "request" });
    expect(io.err).not.toMatch(/wk_first|tok_first/);
  });

  it("logs no requests where a person watches, unless told to", async () => {
    for (const [env, logs] of [
      [{}, false],
      [{ C360_LOG_LEVEL: "" }, false],
      [{ C360_LOG_LEVEL: "info" }, true],
    ] as const) {
      const io = serving({}, { isTerminal: true, env });
      const done = run(["serve"], io);
      await turn();
      io.signal();
      await done;
      expect([env, io.err.includes("request")]).toEqual([env, logs]);
    }
  });

  it("takes the two signals that npm makes of one Ctrl-C as one, and a later one as hurry", async () => {
    const closing = Promise.withResolvers<void>();
    const io = serving({ close: () => closing.promise });
    io.sleep = () => new Promise(() => {});
    const done = run(["serve"], io);
    await turn();
    io.signal();
    io.clock += 300;
    io.signal();
    await turn();
    expect(io.exits).toEqual([]);
    io.clock += 2_000;
    io.signal();
    expect(io.exits).toEqual([1]);
    closing.resolve();
    await done;
  });

  it("cuts off a stop that hangs, before ten seconds are over", async () => {
    const io = serving({ close: () => new Promise(() => {}) });
    const done = run(["serve"], io);
    await turn();
    io.signal();
    await done;
    expect(io.slept).toEqual([9_000]);
    expect(io.exits).toEqual([1]);
    expect(io.err).toContain("did not stop within 9 s");
  });

  it("does not start with a wrong setting", async () => {
    expect(await run(["serve", "--port", "high"], serving())).toMatchObject({ code: 2, out: "" });
  });
});

describe("what to do next", () => {
  const url = "http://127.0.0.1:3600";

  it("gives a line of curl that a shell reads as it is meant", () => {
    for (const [env, key] of [
      [{}, "wk_first:"],
      [{ C360_WRITE_KEY: "wk_environment" }, "wk_environment:"],
    ] as const) {
      const text = whatNext(readSettings(env), { url, firstRun: { writeKey: "wk_first" } });
      const line = text.split("\n").find((one) => one.trim().startsWith("curl")) ?? "";
      const script = `curl() { for a in "$@"; do echo "$a"; done; }; ${line.trim()}`;
      const args = spawnSync("sh", ["-c", script], { encoding: "utf8", env: { ...env } }).stdout.split("\n");
      expect(args).toContain(`${url}/v1/track`);
      expect(args[args.indexOf("-u") + 1]).toBe(key);
      expect(JSON.parse(args[args.indexOf("-d") + 1] ?? "")).toMatchObject({
        userId: "ada",
        event: expect.any(String),
      });
    }
  });

  it("tells later runs how to get a new key, and never prints the environment's", () => {
    const later = whatNext(readSettings({}), { url, firstRun: {} });
    expect(later).toContain("npx c360 sources rotate default\n");
    expect(later).toContain("npx c360 tokens create docs\n");
    const own = whatNext(readSettings({ C360_WRITE_KEY: "wk_environment" }), { url, firstRun: {} });
    expect(own).not.toContain("wk_environment");
  });

  it("names the data directory to the commands that must find it", () => {
    const text = whatNext(readSettings({ C360_DATA_DIR: "/srv/my data" }), { url, firstRun: {} });
    expect(text).toContain("npx c360 profile user_id ada --data-dir '/srv/my data'\n");
    expect(text).toContain("npx c360 sources rotate default --data-dir '/srv/my data'\n");
  });
});
