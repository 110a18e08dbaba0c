import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CorrectionAnswer, CorrectionView } from "../../src/api/correctionViews.ts";
import { apiToken, openSite, type Site } from "./server.ts";
import { watch } from "./watching.ts";

let site: Site;
beforeEach(async () => {
  site = await openSite();
});
afterEach(() => site.close());

const ada = { a: "user_id:ada", b: "user_id:a.lovelace" };
const calls = [
  { type: "identify", messageId: "1", userId: "ada", traits: { email: "ada@example.com", firstName: "Ada" } },
  { type: "identify", messageId: "2", userId: "a.lovelace", traits: { email: "al@example.com", firstName: "A." } },
  order("3", "ada", 12),
  order("4", "a.lovelace", 30),
];

function order(messageId: string, userId: string, total: number) {
  const properties = { order_id: messageId, total, currency: "GBP" };
  return { type: "track", messageId, userId, event: "Order Completed", properties };
}

async function said(path: string, body: unknown): Promise<CorrectionAnswer> {
  const { status, body: answer } = await site.reads.request("POST", `/api/identity/${path}`, body);
  if (status !== 200) throw new Error(JSON.stringify(answer));
  return answer as CorrectionAnswer;
}

async function record(): Promise<CorrectionView[]> {
  const { body } = await site.reads.request("GET", "/api/identity/corrections");
  return (body as { items: CorrectionView[] }).items;
}

async function found(text: string): Promise<string[]> {
  const { body } = await site.reads.request("POST", "/api/profiles/search", { q: text });
  return (body as { items: { id: string }[] }).items.map(({ id }) => id);
}

/** As bytes: profiles, timelines, search and SQL as anybody sees them. */
async function picture(): Promise<string> {
  await site.reads.settled();
  const profiles = [await site.reads.someone("user_id", "ada"), await site.reads.someone("user_id", "a.lovelace")];
  const timelines = [];
  for (const { id } of profiles) timelines.push(await site.reads.timeline(id));
  const rows = await site.reads.query(
    "SELECT profile_id, event_count, revenue_minor FROM profiles ORDER BY profile_id",
  );
  const owners = await site.reads.query("SELECT order_id, profile_id FROM orders ORDER BY order_id");
  return JSON.stringify([profiles, timelines, rows, owners, await found("ada"), await found("al@example.com")]);
}

async function expectRebuilt(): Promise<void> {
  const { code, stdout } = await site.verb(["rebuild", "--verify", "--json"]);
  expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ differences: [] })]);
}

describe("Promise 6: unmerge is exact", () => {
  it("merge, and profile, timeline, search and SQL are one's; unmerge, and they are the two from before", async () => {
    const server = await site.start();
    await site.reads.import("default", calls);
    const before = await picture();

    const preview = await said("preview", { merge: ada });
    expect(preview).toMatchObject({ corrections: [{ verdict: "same" }], conflicts: [] });
    expect([preview.before.length, preview.after.length]).toEqual([2, 1]);
    expect(await picture()).toBe(before);

    const watching = await watch(site.url, apiToken, { query: "?status=joined" });
    await watching.message("the history", ({ event }) => event === "history");
    const merged = await said("corrections", { merge: ada, reason: "She called: both are hers." });
    expect(merged).toMatchObject({ decided: true, corrections: [{ by: "administrator" }] });
    expect(merged.after).toEqual(preview.after);
    const [correction] = merged.corrections;
    const joined = await watching.message("the join", ({ event }) => event === "joined");
    watching.stop();
    expect(joined.data).toMatchObject({
      source: "_corrections",
      sourceKind: null,
      messageId: correction?.id,
      rule: "same",
      profileId: merged.after[0]?.profile.id,
    });
    await site.reads.settled();
    const one = await site.reads.someone("email", "al@example.com");
    expect(one).toMatchObject({ id: merged.after[0]?.profile.id, computed: { eventCount: 4, orderCount: 2 } });
    expect(await site.reads.timeline(one.id)).toHaveLength(4);
    expect(await found("al@example.com")).toEqual([one.id]);
    expect(await site.reads.query("SELECT count(*), max(revenue_minor) FROM profiles")).toEqual([[1, 4_200]]);
    expect(await site.reads.fate(correction?.id ?? "")).toMatchObject({ fate: "processed", profileId: null });

    // It outlives a restart and a rebuild, and what comes meanwhile.
    await server.stop();
    await expectRebuilt();
    await site.start();
    expect(await site.reads.someone("user_id", "ada")).toEqual(one);
    await said(`corrections/${correction?.id}/withdraw`, { reason: "Two sisters after all." });
    expect(await picture()).toBe(before);
    expect(await record()).toMatchObject([
      { verdict: "withdrawn", status: "in_effect", reason: "Two sisters after all." },
      { id: correction?.id, verdict: "same", status: "overruled" },
    ]);
  });

  it("kept apart stays apart through new evidence, a rebuild in its place, and the command line", async () => {
    const server = await site.start();
    await site.reads.import("default", calls);
    const both = { type: "track", userId: "ada", event: "Seen", properties: { email: "al@example.com" } };
    const apart = ["apart", "user_id:ada", "email:al@example.com", "--reason", "sisters who share a mailbox"];
    expect(await site.verb([...apart, "--preview"])).toMatchObject({ code: 0 });
    expect(await site.verb(apart)).toMatchObject({ code: 0, stdout: expect.stringContaining("different") });
    await site.reads.import("default", [{ ...both, messageId: "5" }]);
    await site.reads.settled();
    const why = await site.verb(["why", "user_id:ada", "email:al@example.com"]);
    expect(why.stdout).toContain("not the same person");
    expect(why.stdout).toContain("Somebody said on");
    await server.stop();
    await expectRebuilt();
    expect(await site.verb(["rebuild"])).toMatchObject({ code: 0 });
    await site.start();
    await site.reads.import("default", [{ ...both, messageId: "6" }]);
    await site.reads.settled();
    const sister = await site.reads.someone("email", "al@example.com");
    expect(sister.identifiers.map(({ value }) => value).toSorted()).toEqual(["a.lovelace", "al@example.com"]);
    expect(await site.verb(["corrections"])).toMatchObject({ stdout: expect.stringContaining("sisters who share") });
  });
});
