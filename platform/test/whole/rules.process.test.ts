import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RulesListView, RulesPreviewView, RulesVersionView } from "../../src/api/rulesViews.ts";
import { openSite, type Site } from "./server.ts";

let site: Site;
beforeEach(async () => {
  site = await openSite();
});
afterEach(() => site.close());

const path = "/api/identity/rules";
type Document = Record<string, unknown> & { types: Record<string, Record<string, unknown>> };

async function asked<Answer>(method: string, of: string, body?: unknown): Promise<Answer> {
  const answer = await site.reads.request(method, of, body);
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  return answer.body as Answer;
}

async function defaults(): Promise<Document> {
  return (await asked<RulesVersionView>("GET", `${path}/1`)).document as Document;
}

async function withEmailLimit(limit: number): Promise<Document> {
  const document = await defaults();
  return { ...document, types: { ...document.types, email: { ...document.types["email"], limit } } };
}

async function tried(document: Document): Promise<RulesPreviewView> {
  let preview = await asked<RulesPreviewView>("POST", `${path}/preview`, { document });
  while (preview.status === "running") preview = await asked("GET", `${path}/previews/${preview.id}`);
  return preview;
}

function publish(document: Document, basedOn: number) {
  const body = { document, basedOn, reason: "to see" };
  return asked<{ version: RulesVersionView; decided: boolean }>("POST", path, body);
}

/** One card, three e-mails, an order each. */
const family = ["a", "b", "c"].flatMap((name, at) => {
  const common = { type: "track", timestamp: `2026-01-0${at + 1}T12:00:00Z` };
  const who = { email: `${name}@example.com`, loyalty_card: "778" };
  const order = { order_id: `o${name}`, total: 10 + at, currency: "GBP", email: who.email };
  return [
    { ...common, messageId: `s${name}`, event: "Card Shown", properties: who },
    { ...common, messageId: `o${name}`, event: "Order Completed", properties: order },
  ];
});

/** As bytes: profiles, timelines, search and SQL as anybody sees them. */
async function picture(): Promise<string> {
  await site.reads.settled();
  const profiles = [];
  for (const name of ["a", "b", "c"]) profiles.push(await site.reads.someone("email", `${name}@example.com`));
  const timelines = [];
  for (const { id } of profiles) timelines.push(await site.reads.timeline(id));
  const rows = await site.reads.query(
    "SELECT profile_id, event_count, revenue_minor FROM profiles ORDER BY profile_id",
  );
  const owners = await site.reads.query("SELECT order_id, profile_id FROM orders ORDER BY order_id");
  const { body } = await site.reads.request("POST", "/api/profiles/search", { q: "c@example.com" });
  const found = (body as { items: { id: string }[] }).items.map(({ id }) => id);
  return JSON.stringify([profiles, timelines, rows, owners, found]);
}

async function expectRebuilt(): Promise<void> {
  const { code, stdout } = await site.verb(["rebuild", "--verify", "--json"]);
  expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ differences: [] })]);
}

describe("identity rules", () => {
  it("tried out, published, taken back: everybody follows, and is as before, through restarts and rebuilds", async () => {
    const server = await site.start();
    await site.reads.import("default", family);
    const before = await picture();
    const narrow = await withEmailLimit(2);

    const preview = await tried(narrow);
    expect(preview).toMatchObject({ status: "done", against: 1, effect: { joins: 0, splits: 1, affected: 1 } });
    expect(preview.effect?.people).toEqual({ before: 1, after: 2 });
    expect(preview.effect?.examples[0]?.because).toMatchObject([
      { change: { path: "types.email.limit" }, alone: true },
    ]);
    expect(await picture()).toBe(before);

    expect(await publish(narrow, 1)).toMatchObject({ decided: true, version: { number: 2, by: "administrator" } });
    await site.reads.settled();
    const split = await site.reads.someone("email", "c@example.com");
    expect(split.identifiers.map(({ value }) => value)).toEqual(["c@example.com"]);
    expect(await site.reads.timeline(split.id)).toHaveLength(1);
    expect(await site.reads.query("SELECT profile_id FROM orders WHERE order_id = 'oc'")).toEqual([[split.id]]);
    const narrowed = await picture();

    // It outlives a restart and a rebuild, and what comes meanwhile is decided by it.
    await server.stop();
    await expectRebuilt();
    expect(await site.verb(["rebuild"])).toMatchObject({ code: 0 });
    await site.start();
    expect(await picture()).toBe(narrowed);
    expect(await asked<RulesListView>("GET", path)).toMatchObject({
      current: { number: 2, reason: "to see" },
      items: [
        { number: 2, inForce: true },
        { number: 1, inForce: false, by: null },
      ],
    });
    const late = await site.reads.request("POST", path, { document: await withEmailLimit(3), basedOn: 1, reason: "x" });
    expect([late.status, late.body]).toMatchObject([409, { error: { code: "rules_changed_meanwhile" } }]);
    await publish(await defaults(), 2);
    expect(await picture()).toBe(before);
  });

  it("from the command line, running or not; a wrong document is told with its path", async () => {
    const server = await site.start();
    await site.reads.import("default", family);
    const shown = await site.verb(["rules", "show"]);
    expect(JSON.parse(shown.stdout)).toEqual(await defaults());
    const file = join(site.folder, "narrow.json");
    const narrow = await withEmailLimit(2);
    writeFileSync(file, JSON.stringify(narrow));
    expect(await site.verb(["rules", "preview", file])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("because of types.email.limit"),
    });
    await server.stop();
    expect(await site.verb(["rules", "publish", file, "--reason", "to see"])).toMatchObject({ code: 0 });
    expect(await site.verb(["rules", "versions"])).toMatchObject({ stdout: expect.stringMatching(/2 +holds/) });
    writeFileSync(file, JSON.stringify({ ...narrow, hubThreshold: 1 }));
    expect(await site.verb(["rules", "preview", file])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("hubThreshold"),
    });
    const hanging = { ...narrow, blocked: { values: [], patterns: ["(a+)+\\1$"] } };
    writeFileSync(file, JSON.stringify(hanging));
    expect(await site.verb(["rules", "preview", file])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("blocked.patterns[0]"),
    });
  });

  it("killed while it applies rules, it has the old ones or the new ones, whole; a dry run can be stopped", async () => {
    let server = await site.start();
    const simulated = ["simulate", "--customers", "800", "--days", "60", "--end", "2026-03-01", "--seed", "3"];
    expect(await site.verb(simulated)).toMatchObject({ code: 0 });
    await site.reads.settled();
    const narrow = await withEmailLimit(1);
    const begun = await asked<RulesPreviewView>("POST", `${path}/preview`, { document: narrow });
    const stopped = await asked<RulesPreviewView>("POST", `${path}/previews/${begun.id}/cancel`, {});
    expect(["cancelled", "done"]).toContain(stopped.status);
    for (const [round, waitMs] of [5, 60, 200, 500].entries()) {
      const document = round % 2 === 0 ? narrow : await defaults();
      const { current } = await asked<RulesListView>("GET", path);
      const publication = publish(document, current.number).catch(() => null);
      await sleep(waitMs);
      await server.kill();
      const answered = await publication;
      server = await site.start();
      await site.reads.settled();
      const { current: now } = await asked<RulesListView>("GET", path);
      expect([current.number, current.number + 1]).toContain(now.number);
      if (answered !== null) expect(now.number).toBe(current.number + 1);
      // Where nothing of it was durable, the next round says the same again.
      if (now.number === current.number) await publish(document, current.number);
    }
    await server.stop();
    await expectRebuilt();
  });
});
