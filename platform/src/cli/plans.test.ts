import type { FastifyInstance } from "fastify";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createApi } from "../api/server.ts";
import { type FakeServices, fakeServices, noon } from "../api/services.fake.ts";
import { run } from "./io.fake.ts";

let services: FakeServices;
let app: FastifyInstance;
let url: string;
let directory: string;
beforeEach(async () => {
  services = fakeServices();
  app = await createApi(services);
  url = await app.listen({ port: 0, host: "127.0.0.1" });
  directory = mkdtempSync(join(tmpdir(), "c360-plans-"));
});
afterEach(async () => {
  await app.close();
  rmSync(directory, { recursive: true, force: true });
});

const plan = { events: { A: { properties: { price: { type: "number" } } } } };
const file = (name: string, text: string): string => {
  writeFileSync(join(directory, name), text);
  return join(directory, name);
};
const planFile = (document: unknown = plan): string => file("plan.json", JSON.stringify(document));
const c360 = (...argv: string[]) => run(["plans", ...argv, "--url", url, "--token", services.token]);

describe("c360 plans", () => {
  it("sets a plan, shows it, lists its versions, and takes it away", async () => {
    expect(await c360("show", "web")).toMatchObject({ code: 1, err: expect.stringContaining("no tracking plan") });
    const set = await c360("set", "web", planFile(), "--reason", "prices are numbers");
    expect(set).toMatchObject({ code: 0, out: "version 1\n", err: expect.stringContaining("from now on") });
    const shown = await c360("show", "web");
    expect(shown.json).toEqual(plan);
    expect(shown.err).toMatch(/version 1, which holds, published 2026-\S+ with t1: prices are numbers/);
    expect((await c360("show", "web", "1", "--json")).json).toMatchObject({ version: 1, reason: "prices are numbers" });
    expect(await c360("remove", "web")).toMatchObject({ code: 0, err: expect.stringContaining("plans show web 1") });
    expect((await c360("versions", "web")).out).toMatch(
      /2 +holds none +2026-\S+ +t1 *\n1 +2026-\S+ +t1 +prices are numbers/,
    );
  });

  it("says what is wrong", async () => {
    expect(await c360("set", "web", planFile())).toMatchObject({ code: 2, err: expect.stringContaining("--reason") });
    expect(await c360("set", "web", file("no.json", "{"), "--reason", "x")).toMatchObject({ code: 2 });
    expect(await c360("set", "web", join(directory, "none"), "--reason", "x")).toMatchObject({ code: 2 });
    const typo = await c360("set", "web", planFile({ traits: { typ: 1 } }), "--reason", "x");
    expect(typo).toMatchObject({ code: 1, err: expect.stringContaining("traits.typ") });
    const late = await c360("set", "web", planFile(), "--reason", "x", "--based-on", "4");
    expect(late).toMatchObject({ code: 1, err: expect.stringContaining("Another version holds") });
  });

  it("tries a plan on calls, and ends with 3 where they break it", async () => {
    const good = { type: "track", event: "A", messageId: "m1", properties: { price: 1 } };
    const bad = { ...good, messageId: "m2", properties: { price: "1" } };
    const calls = file("calls.ndjson", `${JSON.stringify(good)}\n\n${JSON.stringify(bad)}\n`);
    const checked = await c360("check", "web", "--plan", planFile(), "--calls", calls);
    expect(checked.code).toBe(3);
    expect(checked.out).toMatch(/^1 of 2 calls keep to the plan, 0 would be refused\n/);
    expect(checked.out).toMatch(/1 +A +wrong_type +properties.price +m2/);
    const latest = await c360("check", "web", "--plan", planFile(), "--latest", "9", "--json");
    expect(latest).toMatchObject({ code: 0, json: { judged: 0 }, err: expect.stringContaining("--calls") });
  });

  it("lists how the plan was broken", async () => {
    expect((await c360("violations", "web")).err).toContain("no call that was taken broke a plan");
    const samples = [{ position: 9, messageId: "m9" }];
    const kept = { source: "web", version: 2, type: "identify" as const, kind: "required_missing" as const, samples };
    services.plans.counted.push({
      ...kept,
      number: 1,
      event: "",
      path: "traits.plan",
      count: 7,
      firstAt: noon,
      lastAt: noon,
    });
    const { out } = await c360("violations", "web", "--frequent");
    expect(out).toMatch(/7 +identify +required_missing +traits.plan +2 +2026-\S+ +m9/);
    expect((await c360("violations", "web", "--plan-version", "1", "--json")).json).toEqual({ items: [], next: null });
  });
});
