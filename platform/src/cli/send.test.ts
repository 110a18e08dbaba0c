import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance, FastifyReply } from "fastify";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createApi } from "../api/server.ts";
import { type FakeServices, fakeServices } from "../api/services.fake.ts";
import type { JsonObject } from "../model/event.ts";
import { Problem } from "../model/problem.ts";
import { run } from "./io.fake.ts";
import { readCalls } from "./ndjson.ts";

let services: FakeServices;
let app: FastifyInstance;
let url: string;
let dir: string;
let batches: JsonObject[][];
let refuse: ((reply: FastifyReply) => void) | null;

beforeEach(async () => {
  services = fakeServices();
  batches = [];
  refuse = null;
  app = await createApi(services);
  // Stands for the gateway.
  app.post("/v1/batch", { bodyLimit: 512_000 }, async (request, reply) => {
    if (request.headers.authorization !== `Basic ${Buffer.from("wk_test:").toString("base64")}`) {
      return reply.code(401).send({ error: { code: "write_key_unknown", message: "no" } });
    }
    if (refuse !== null) {
      refuse(reply);
      return reply;
    }
    batches.push((request.body as { batch: JsonObject[] }).batch);
    return { success: true };
  });
  url = await app.listen({ port: 0, host: "127.0.0.1" });
  dir = mkdtempSync(join(tmpdir(), "c360-send-"));
});
afterEach(async () => {
  await app.close();
  rmSync(dir, { recursive: true, force: true });
});

function fileOf(...lines: (object | string)[]): string {
  const file = join(dir, "calls.ndjson");
  writeFileSync(file, lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"));
  return file;
}
const withKey = (file: string, ...more: string[]) =>
  run(["send", file, "--write-key", "wk_test", "--url", url, ...more]);
const asSource = (file: string, ...more: string[]) =>
  run(["send", file, "--source", "pos", "--url", url, "--token", services.token, ...more]);

const ada = { type: "identify", userId: "ada", messageId: "m1" };

describe("c360 send", () => {
  it("sends with a write key, in batches the tracking API takes", async () => {
    const calls = Array.from({ length: 2_345 }, (_, at) => ({
      ...ada,
      messageId: `m${at}`,
      traits: { note: "x".repeat(500) },
    }));
    const { code, out } = await withKey(fileOf(...calls));
    expect([code, out]).toEqual([0, expect.stringMatching(/^accepted 2345, rejected 0 /)]);
    expect(batches.flat()).toEqual(calls);
    for (const batch of batches) expect(JSON.stringify({ batch }).length).toBeLessThan(512_000);
    expect(batches.length).toBeGreaterThan(2);
  });

  it("takes the key from the environment, and standard input as a file", async () => {
    const env = { C360_WRITE_KEY: "wk_test", C360_URL: url };
    const { code } = await run(["send", "-"], { env, stdin: `${JSON.stringify(ada)}\n` });
    expect([code, batches]).toEqual([0, [[ada]]]);
  });

  it("sends as a source, and gives what is rejected with its line", async () => {
    const file = fileOf(ada, "", { userId: "no type" }, "not json", "[1]", '{"__proto__":1}', '{"type":"track"', {
      type: "track",
      messageId: "m2",
    });
    const { code, out, err } = await asSource(file);
    expect(code).toBe(3);
    expect(out).toMatch(/^accepted 2, rejected 5 /);
    const lines = err.trim().split("\n");
    expect(lines.map((line) => line.split(": ").slice(0, 2))).toEqual([
      ["line 3", "type_missing"],
      ["line 4", "malformed_json"],
      ["line 5", "not_an_object"],
      ["line 6", "prototype_key"],
      ["line 7", "malformed_json"],
    ]);
    const { json } = await asSource(file, "--json");
    expect(json).toMatchObject({ accepted: 2, rejected: 5 });
    expect(json.rejects[0]).toEqual({ line: 3, code: "type_missing", message: "has no type" });
    expect(services.submitted[0]).toEqual({ source: "pos", call: ada });
  });

  it("sends each line as the source that it names, and makes those that are kinds", async () => {
    const page = { type: "page", anonymousId: "c1", messageId: "m2" };
    const file = fileOf(
      { source: "pos", ...ada },
      { source: "iot", ...page },
      { source: "nobody-made-it", ...page },
      page,
      { source: "iot", type: "track", messageId: "m3" },
      { source: 7, ...page },
    );
    const { code, err, json } = await run(["send", file, "--url", url, "--token", services.token, "--json"]);
    expect([code, err]).toEqual([3, ""]);
    expect(json).toMatchObject({ accepted: 3, rejected: 3 });
    expect(json.rejects.map(({ line, code: why }: { line: number; code: string }) => [line, why])).toEqual([
      [3, "source_not_found"],
      [4, "source_missing"],
      [6, "source_missing"],
    ]);
    expect(services.submitted.slice(0, 2)).toEqual([
      { source: "pos", call: ada },
      { source: "iot", call: page },
    ]);
    expect((await services.access.sources()).map(({ id }) => id)).toContain("iot");
  });

  it("rejects alone a line that is too large for where it goes", async () => {
    const large = { ...ada, messageId: "large", traits: { note: "x".repeat(40_000) } };
    const file = fileOf(ada, large, { ...ada, messageId: "m3" });
    expect(await withKey(file)).toMatchObject({ code: 3, err: expect.stringContaining("line 2: event_too_large") });
    expect(batches.flat().map(({ messageId }) => messageId)).toEqual(["m1", "m3"]);
    expect((await asSource(file)).code).toBe(0);
  });

  it("makes a messageId where there is none, the same each time", async () => {
    const file = fileOf({ type: "track" }, { type: "track" }, { type: "track", messageId: "" });
    await withKey(file);
    await withKey(file);
    const ids = batches.map((batch) => batch.map(({ messageId }) => messageId));
    expect(ids[0]).toEqual(ids[1]);
    expect(new Set(ids[0]).size).toBe(3);
  });

  it("waits as long as a busy server asks, and goes on", async () => {
    let refused = 0;
    refuse = (reply) => {
      if (++refused === 3) refuse = null;
      void reply
        .code(429)
        .header("retry-after", "7")
        .send({ error: { code: "behind", message: "Ingestion is behind." } });
    };
    const { code, err, io } = await withKey(fileOf(ada));
    expect([code, io.slept, batches]).toEqual([0, [7_000, 7_000, 7_000], [[ada]]]);
    expect(err).toBe("Ingestion is behind. Trying again in 7 s.\n");
    services.failWith = new Problem(503, "stopped", "Stopped.", { retryAfterSeconds: 3_600 });
    const never = await asSource(fileOf(ada));
    expect(never.code).toBe(1);
    expect(never.io.slept).toEqual(Array.from({ length: 7 }, () => 60_000));
  });

  it("fails at once for a wrong key or a broken answer", async () => {
    const wrong = await run(["send", fileOf(ada), "--write-key", "wk_wrong", "--url", url]);
    expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining("does not know this write key") });
    refuse = (reply) => void reply.code(204).send();
    expect(await withKey(fileOf(ada))).toMatchObject({
      code: 1,
      err: expect.stringContaining("in a way it never does"),
    });
    refuse = (reply) => void reply.code(500).send({ error: { code: "internal", message: "Broken." } });
    expect(await withKey(fileOf(ada))).toMatchObject({ code: 1, err: "error: Broken.\n" });
  });

  it("asks who sends, and for a file", async () => {
    const file = fileOf(ada);
    expect((await run(["send", file, "--url", url])).code).toBe(2);
    expect((await run(["send", file, "--source", "a", "--write-key", "b", "--url", url])).code).toBe(2);
    expect(await withKey(join(dir, "none"))).toMatchObject({ code: 2, err: expect.stringContaining("ENOENT") });
    expect((await withKey(dir)).code).toBe(2);
    expect(await run(["send", file, "--write-key", "k", "--data-dir", dir])).toMatchObject({
      code: 1,
      err: expect.stringContaining("none is running here"),
    });
  });
});

describe("readCalls", () => {
  async function read(text: string, cuts: number[], maxLineBytes = 100) {
    const bytes = Buffer.from(text);
    const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
    const chunks = (async function* () {
      for (let index = 1; index < at.length; index++) yield bytes.subarray(at[index - 1], at[index]);
    })();
    return Array.fromAsync(readCalls(chunks, maxLineBytes));
  }

  it("reads the same however the bytes are cut, and counts every byte of what it gives", async () => {
    const line = fc.oneof(fc.json(), fc.constantFrom("", "  ", '{"é":"𝒜"}', "{}", "x".repeat(120), "\r"));
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.array(fc.nat()), async (lines, cuts) => {
        const text = lines.join("\n");
        const whole = await read(text, []);
        expect(await read(text, cuts)).toEqual(whole);
        const filled = lines.flatMap((one, index) => (one.trim() === "" ? [] : [index + 1]));
        expect(whole.map((entry) => entry.line)).toEqual(filled);
      }),
    );
  });

  it("does not hold a line that never ends", async () => {
    const chunk = Buffer.alloc(1_048_576, 0x61);
    const chunks = (async function* () {
      for (let mb = 0; mb < 64; mb++) yield chunk;
      yield Buffer.from("\n{}");
    })();
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const entries = [];
    for await (const entry of readCalls(chunks, 1_000)) {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      entries.push(entry);
    }
    expect(entries).toMatchObject([
      { line: 1, problem: { code: "event_too_large" } },
      { line: 2, size: 2 },
    ]);
    expect(most).toBeLessThan(32 * 1_048_576);
  });
});
