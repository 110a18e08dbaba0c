import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LinkView, ListedReviewView, ReviewSummaryView, RunView } from "../../src/api/reviewViews.ts";
import { fakeRecords, traitsOf } from "../../src/identity/linkage/people.fake.ts";
import type { JsonObject } from "../../src/model/event.ts";
import { until } from "./polling.ts";
import { openSite, type Site } from "./server.ts";

let site: Site;
beforeEach(async () => {
  site = await openSite();
});
afterEach(() => site.close());

/** In seconds, not weekly; a machine that others use too takes longer than the second it needs. */
const maxOfferedMs = 15_000;
const maxRunMs = 120_000;

const ada = {
  firstName: "Ada",
  lastName: "Lovelace",
  birthday: "1985-12-10",
  address: { street: "12 Oak Street", city: "Leeds", postalCode: "LS1 4AP" },
};

function identify(messageId: string, crmId: string, traits: Record<string, unknown>): JsonObject {
  const context = { externalIds: [{ id: crmId, type: "crm_id" }] };
  return JSON.parse(JSON.stringify({ type: "identify", messageId, traits, context })) as JsonObject;
}

async function ask<Body>(method: string, path: string, body?: unknown): Promise<Body> {
  const answer = await site.reads.request(method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body as Body;
}
const reviews = () => ask<{ items: ListedReviewView[]; summary: ReviewSummaryView }>("GET", "/api/identity/reviews");
const runs = "/api/identity/linkage/runs";

async function ended(id: string): Promise<RunView> {
  return until("the linkage's end", maxRunMs, async () => {
    const run = await ask<RunView>("GET", `${runs}/${id}`);
    return run.state === "running" ? null : run;
  });
}

async function people(): Promise<string[]> {
  await site.reads.settled();
  const rows = await site.reads.query(
    "SELECT profile_id, string_agg(value, ' ' ORDER BY value) FROM identifiers WHERE type = 'crm_id' GROUP BY profile_id ORDER BY 2",
  );
  return rows.map(([, values]) => String(values));
}

async function expectRebuilt(): Promise<void> {
  const { code, stdout } = await site.verb(["rebuild", "--verify", "--json"]);
  expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ differences: [] })]);
}

describe("a fuzzy duplicate", () => {
  it("is offered within seconds; said to be one, it is one; undone, it is two; and outlives restarts", async () => {
    const server = await site.start();
    await site.reads.import("default", [identify("1", "7", ada)]);
    await site.reads.settled();
    await site.reads.import("default", [identify("2", "8", { ...ada, lastName: "Lovelase" })]);
    const [pair] = await until("the pair", maxOfferedMs, async () => {
      const { items } = await reviews();
      return items.length > 0 ? items : null;
    });
    expect(pair).toMatchObject({ origin: "live", state: "open", model: 0 });
    const path = `/api/identity/reviews/${pair?.id}`;
    expect(await ask("GET", path)).toMatchObject({
      effect: { joined: [{ from: [expect.any(String), expect.any(String)] }] },
    });
    expect(await ask("POST", path, { answer: "same" })).toMatchObject({ state: "same", decided: true });
    expect(await people()).toEqual(["7 8"]);
    await server.stop();
    await expectRebuilt();
    await site.start();
    expect(await reviews()).toMatchObject({ items: [], summary: { own: { pairs: 1, agreement: 1 } } });
    const undone = await site.verb(["review", pair?.id ?? "", "undo"]);
    expect([undone.code, undone.stderr]).toEqual([0, ""]);
    expect(await people()).toEqual(["7", "8"]);
    expect((await site.verb(["reviews"])).stdout).toContain(pair?.id ?? "-");
    const { body } = await site.reads.request("GET", "/metrics");
    expect(body).toMatch(/c360_reviews_waiting 1\n/);
    expect(body).toMatch(/c360_reviews_lag_seconds [\d.]+\n/);
  });
});

describe("a linkage of the profiles", () => {
  const records = fakeRecords(400, 5).map((record) => ({ ...record, email: "", phone: "" }));
  const calls = records.map((record) => identify(record.id, record.id, traitsOf(record)));

  it("joins from a probability on, as records of the log: a rebuild has them, and they are taken back by run", async () => {
    const server = await site.start();
    await site.reads.import("default", calls);
    const before = await people();
    expect(before).toHaveLength(records.length);
    const { code, stdout } = await site.verb(["link", "--profiles", "--automatic-from", "0.99", "--json"]);
    const run = JSON.parse(stdout) as RunView;
    expect([code, run]).toEqual([0, expect.objectContaining({ state: "done", records: records.length, model: 1 })]);
    expect(run.linked).toBeGreaterThan(200);
    const joined = await people();
    expect(joined.length).toBeLessThan(before.length - 100);
    const { items } = await ask<{ items: LinkView[] }>("GET", `${runs}/${run.id}/links?limit=1000`);
    expect(items).toHaveLength(run.linked);
    const [link] = items;
    const why = await ask<{ path: { rule: string }[] }>("POST", "/api/identity/why", { a: link?.a, b: link?.b });
    expect(why.path.map(({ rule }) => rule)).toContain("probable");
    // Nobody called: it is the API's own record, and no event.
    expect(await site.reads.fate(link?.id ?? "")).toMatchObject({
      fate: "processed",
      source: "_linkage",
      profileId: null,
    });
    await server.stop();
    await expectRebuilt();
    expect(await site.verb(["rebuild"])).toMatchObject({ code: 0 });
    await site.start();
    expect(await people()).toEqual(joined);
    const back = await site.verb(["unlink", run.id, "--reason", "the model was wrong"]);
    expect(back.stdout).toBe(`${run.linked} links withdrawn\n`);
    expect(await people()).toEqual(before);
  });

  it("outlives its queue's file: the platform starts, says what it did, and what a linkage joined can be taken back", async () => {
    const server = await site.start();
    await site.reads.import("default", calls);
    const before = await people();
    const { stdout } = await site.verb(["link", "--profiles", "--automatic-from", "0.99", "--json"]);
    const run = JSON.parse(stdout) as RunView;
    await server.stop();
    const file = join(site.dataDir, "reviews.sqlite");
    writeFileSync(file, "no database at all");
    const examined = await site.verb(["doctor", "--json"]);
    expect([examined.code, JSON.parse(examined.stdout)]).toEqual([
      3,
      expect.objectContaining({ findings: [expect.objectContaining({ part: "reviews", severity: "data" })] }),
    ]);
    const again = await site.start();
    expect(`${again.stdout()}${again.stderr()}`).toContain("set aside as reviews.sqlite.damaged");
    expect(readFileSync(`${file}.damaged`, "utf8")).toBe("no database at all");
    expect(await ask<RunView>("GET", `${runs}/${run.id}`)).toMatchObject({ state: "done", linked: run.linked });
    expect((await site.verb(["unlink", run.id, "--reason", "wrong"])).stdout).toBe(`${run.linked} links withdrawn\n`);
    expect(await people()).toEqual(before);
    expect((await site.verb(["link", "--profiles"])).code).toBe(0);
    expect((await reviews()).items.length).toBeGreaterThan(0);
    // What it had no memory for is gone with it.
    await again.stop();
    expect(existsSync(join(site.dataDir, "linking"))).toBe(false);
  });

  it("can be cancelled, and one that a kill cut short has failed", async () => {
    const server = await site.start();
    await site.reads.import("default", calls);
    await site.reads.settled();
    const first = await ask<RunView>("POST", runs, {});
    const cancelled = await site.reads.request("POST", `${runs}/${first.id}/cancel`);
    expect([200, 409]).toContain(cancelled.status);
    expect(["cancelled", "done"]).toContain((await ended(first.id)).state);
    const second = await ask<RunView>("POST", runs, {});
    await server.kill();
    await site.start();
    expect(await ended(second.id)).toMatchObject({ state: expect.stringMatching(/failed|done/) });
    const third = await ask<RunView>("POST", runs, {});
    expect(await ended(third.id)).toMatchObject({ state: "done", linked: 0 });
    expect((await reviews()).items.length).toBeGreaterThan(0);
  });
});
