import { mkdtempSync, readFileSync, rmSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createApi } from "../api/server.ts";
import { type FakeServices, fakeServices } from "../api/services.fake.ts";
import type { JsonObject } from "../model/event.ts";
import { sourceKinds } from "../model/source.ts";
import { fakeIo, run } from "./io.fake.ts";

let services: FakeServices;
let app: FastifyInstance;
let url: string;
let dir: string;
/** By write key. */
let batches: { key: string; isPacked: boolean; calls: JsonObject[] }[];
let refuse: ((reply: FastifyReply) => void) | null;

beforeEach(async () => {
  services = fakeServices();
  batches = [];
  refuse = null;
  app = await createApi(services);
  // Stands for the gateway.
  const preParsing = async ({ headers }: FastifyRequest, _reply: FastifyReply, body: Readable): Promise<Readable> => {
    const receivedEncodedLength = Number(headers["content-length"]);
    return isGzip(headers) ? Object.assign(body.pipe(createGunzip()), { receivedEncodedLength }) : body;
  };
  app.post("/v1/batch", { bodyLimit: 512_000, preParsing }, async (request, reply) => {
    if (refuse !== null) {
      refuse(reply);
      return reply;
    }
    const [, encoded = ""] = (request.headers.authorization ?? "").split(" ");
    const key = Buffer.from(encoded, "base64").toString().replace(/:$/, "");
    const { batch: calls } = request.body as { batch: JsonObject[] };
    batches.push({ key, isPacked: isGzip(request.headers), calls });
    return { success: true };
  });
  url = await app.listen({ port: 0, host: "127.0.0.1" });
  dir = mkdtempSync(join(tmpdir(), "c360-simulate-"));
});
afterEach(async () => {
  await app.close();
  rmSync(dir, { recursive: true, force: true });
});

const isGzip = ({ "content-encoding": encoding }: FastifyRequest["headers"]): boolean => encoding === "gzip";
const small = ["simulate", "--customers", "60", "--seed", "5", "--days", "20", "--end", "2026-02-01"];
/** The fake's own source `web` is there already. */
const toServer = ["--url", "", "--token", "", "--key", "web=wk_given"];
const reaching = () => toServer.map((flag, at) => (at === 1 ? url : at === 3 ? services.token : flag));
const linesOf = (file: string): JsonObject[] =>
  readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as JsonObject);

function withoutSource({ source, ...call }: JsonObject): JsonObject {
  expect(source).toBeTypeOf("string");
  return call;
}

describe("c360 simulate", () => {
  it("writes calls that name their source, and the truth about them", async () => {
    const out = join(dir, "calls.ndjson");
    const truth = join(dir, "truth.csv");
    const { code, json } = await run([...small, "--out", out, "--truth", truth, "--json"]);
    expect(code).toBe(0);
    const lines = linesOf(out);
    expect(json).toMatchObject({
      customers: 60,
      seed: 5,
      start: "2026-01-12T00:00:00.000Z",
      days: 20,
      events: lines.length,
    });
    expect(new Set(lines.map(({ source }) => source))).toEqual(new Set(sourceKinds));
    const [header, ...rows] = readFileSync(truth, "utf8").trimEnd().split("\n");
    expect(header).toBe("person,identifier_type,identifier_value");
    expect(new Set(rows.map((row) => row.split(",")[0])).size).toBe(60);
  });

  it("sends each source's calls with that source's key, making the sources that are missing", async () => {
    const out = join(dir, "calls.ndjson");
    await run([...small, "--out", out]);
    const { code, json } = await run([...small, ...reaching(), "--json"]);
    expect(code).toBe(0);
    expect((await services.access.sources()).map(({ id }) => id)).toEqual(expect.arrayContaining([...sourceKinds]));
    const written = linesOf(out);
    for (const kind of sourceKinds) {
      const own = written.filter(({ source }) => source === kind).map(withoutSource);
      const keys = new Set(
        batches.filter(({ calls }) => calls[0]?.["messageId"] === own[0]?.["messageId"]).map(({ key }) => key),
      );
      expect(keys.size).toBe(1);
      const [key = ""] = keys;
      if (kind === "web") expect(key).toBe("wk_given");
      else expect(key).toMatch(new RegExp(`^wk_${kind}_`));
      expect(batches.filter((batch) => batch.key === key).flatMap(({ calls }) => calls)).toEqual(own);
      expect(json.bySource[kind]).toBe(own.length);
    }
  });

  it("packs what the app, the ERP and the CRM send, and nothing else", async () => {
    const keys = ["crm", "erp", "mobile", "web"].map((kind) => ["--key", `${kind}=wk_${kind}_given`]).flat();
    const { code } = await run([...small, "--url", url, "--token", services.token, ...keys]);
    expect(code).toBe(0);
    const packed = new Set(batches.filter(({ isPacked }) => isPacked).map(({ key }) => key));
    expect(packed).toEqual(new Set(["wk_crm_given", "wk_erp_given", "wk_mobile_given"]));
    expect(new Set(batches.filter(({ isPacked }) => !isPacked).map(({ key }) => key)).size).toBe(4);
  });

  it("sends bad calls among the same good ones only where it is asked for them; the truth stays", async () => {
    const written = async (name: string, ...flags: string[]) => {
      const [out, truth] = [join(dir, `${name}.ndjson`), join(dir, `${name}.csv`)];
      const { code } = await run([
        ...small,
        "--customers",
        "300",
        "--days",
        "90",
        ...flags,
        "--out",
        out,
        "--truth",
        truth,
      ]);
      expect(code).toBe(0);
      return { calls: linesOf(out), truth: readFileSync(truth, "utf8") };
    };
    const good = await written("good");
    const real = await written("real", "--bad-calls");
    const isBad = ({ messageId }: JsonObject): boolean => (messageId as string).endsWith("-bad");
    expect(good.calls.filter(isBad)).toEqual([]);
    expect(real.calls.filter(isBad).length).toBeGreaterThan(0);
    expect(real.calls.filter((call) => !isBad(call))).toEqual(good.calls);
    expect(real.truth).toBe(good.truth);
  });

  it("does not take a key away from whoever sends with it, unless told to", async () => {
    const withoutKeys = [...small, "--url", url, "--token", services.token];
    expect(await run(withoutKeys)).toMatchObject({ code: 1, err: expect.stringContaining("--rotate-keys") });
    expect(batches).toEqual([]);
    expect((await run([...withoutKeys, "--rotate-keys"])).code).toBe(0);
    expect(batches.length).toBeGreaterThan(6);
  });

  it("waits as long as a busy server asks, and loses nothing", async () => {
    let refused = 0;
    refuse = (reply) => {
      if (++refused === 9) refuse = null;
      void reply
        .code(429)
        .header("retry-after", "3")
        .send({ error: { code: "behind", message: "Behind." } });
    };
    const { code, json, io } = await run([...small, ...reaching(), "--json"]);
    expect(code).toBe(0);
    expect(io.slept.filter((ms) => ms === 3_000)).toHaveLength(9);
    expect(batches.flatMap(({ calls }) => calls)).toHaveLength(json.events);
  });

  it("keeps to a rate", async () => {
    const io = fakeIo();
    const slow = { ...io, sleep: async (ms: number) => void (io.clock += ms), now: () => io.clock };
    const { main } = await import("./main.ts");
    expect(await main([...small, ...reaching(), "--rate", "100"], slow)).toBe(0);
    const events = batches.flatMap(({ calls }) => calls).length;
    expect(io.clock / 1_000).toBeGreaterThan(events / 100 - 1);
    expect(io.clock / 1_000).toBeLessThan(events / 100 + 2);
  });

  it("goes on live with the same people until a signal, stamped with now", async () => {
    const io = fakeIo();
    io.clock = Date.UTC(2026, 1, 1, 9);
    const begun = io.clock;
    let sleeps = 0;
    const live = {
      ...io,
      now: () => io.clock,
      sleep: async (ms: number) => {
        io.clock += ms;
        if (io.err.includes("Live at") && ++sleeps === 10) io.signal();
        await new Promise((resolve) => setImmediate(resolve));
      },
    };
    const { main } = await import("./main.ts");
    expect(await main([...small, ...reaching(), "--live", "--rate", "20"], live)).toBe(0);
    const calls = batches.flatMap((batch) => batch.calls);
    const now = calls.filter(({ sentAt }) => sentAt !== undefined);
    expect(now.length).toBeGreaterThan(5);
    for (const { timestamp, sentAt } of now) {
      expect(timestamp).toBe(sentAt);
      expect(Date.parse(timestamp as string)).toBeGreaterThanOrEqual(begun);
    }
    expect(new Set(calls.map(({ messageId }) => messageId)).size).toBe(calls.length);
  });

  it.each([
    [["--out", "x", "--live"], "--live and --rate"],
    [["--days", "3", "--months", "2"], "exclude each other"],
    [["--end", "2026-02-30"], "not a date"],
    [["--end", "yesterday"], "not a date"],
    [["--key", "shop=wk"], "not a source"],
    [["--customers", "0"], "whole number from 1"],
    [["--seed", "x"], "whole number"],
    [["--out", join("no-such-folder", "x", "y")], "cannot be written"],
  ])("refuses %j", async (flags, reason) => {
    const { code, err } = await run(["simulate", "--customers", "2", ...flags]);
    expect([code, err]).toEqual([2, expect.stringContaining(reason)]);
    expect(existsSync("x")).toBe(false);
  });

  it("ends a year before the last midnight, or the months asked for", async () => {
    const io = fakeIo();
    io.clock = Date.UTC(2026, 2, 31, 15);
    const planned = async (...flags: string[]) =>
      (await run(["simulate", "--customers", "1", "--out", join(dir, "x"), "--json", ...flags], io)).out;
    expect(await planned()).toContain('"start": "2025-03-31T00:00:00.000Z"');
    io.out = "";
    // February has no 31st.
    expect(await planned("--months", "1")).toContain('"start": "2026-02-28T00:00:00.000Z"');
  });
});
