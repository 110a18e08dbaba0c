import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { corrected, foldingHarness } from "../../../test/pipelineHarness.ts";
import { identified, reviewingHarness, type Reviewing } from "../../../test/reviewHarness.ts";
import { linkRecordOf } from "../../model/correction.ts";
import { Problem } from "../../model/problem.ts";
import { linkFiles } from "../../runtime/linkFiles.ts";
import { csvText, fakeRecords, profileFileColumns, traitsOf } from "../linkage/people.fake.ts";
import { profileColumns } from "../linkage/profileRecord.ts";
import { defaultIdentityRules } from "../retailRules.ts";
import { linkFates } from "./linkFates.ts";

let world: Reviewing;
beforeEach(async () => {
  world = await reviewingHarness();
});
afterEach(() => world.close());

const ada = {
  firstName: "Ada",
  lastName: "Lovelace",
  birthday: "1985-12-10",
  address: { street: "12 Oak Street", city: "Leeds", postalCode: "LS1 4AP" },
};
const adas = [
  identified("1", "crm_id:1", ada),
  identified("2", "crm_id:2", { ...ada, lastName: "Lovelase", phone: "020 7946 0958" }),
];
const by = "t1";
const usual = { by, reason: null };

async function waiting() {
  await world.reviews.caughtUp();
  return world.service.list({ after: null, limit: 50, by });
}
async function onlyPair(): Promise<string> {
  const { items } = await waiting();
  expect(items).toHaveLength(1);
  return items[0]?.id ?? "";
}
const people = async (): Promise<string[]> =>
  (await world.folding.profiles())
    .map(({ identifiers }) =>
      identifiers
        .map(({ type, value }) => `${type}:${value}`)
        .toSorted()
        .join(" "),
    )
    .toSorted();

describe("a pair for review", () => {
  it("is told side by side: values, likeness by column, the way to its weight, and who would be who", async () => {
    await world.folding.deliver(adas);
    const { items, summary } = await waiting();
    expect(items).toMatchObject([{ state: "open" }]);
    expect(items[0]?.names.toSorted()).toEqual(["Ada Lovelace", "Ada Lovelase"]);
    expect(summary).toMatchObject({ open: 1, skipped: 0, bands: [] });
    const full = await world.service.inFull(items[0]?.id ?? "");
    const [first, second] = [full.fields[0]?.a, full.fields[1]];
    expect(first).toBe("Ada");
    expect(new Set([second?.a, second?.b])).toEqual(new Set(["Lovelace", "Lovelase"]));
    expect(full.fields.map(({ name, likeness }) => [name, likeness])).toEqual([
      ["first_name", "same"],
      ["last_name", "alike"],
      ["birthday", "same"],
      ["street", "same"],
      ["city", "same"],
      ["postcode", "same"],
      ["phone", "missing"],
    ]);
    expect(full.effect?.before).toHaveLength(2);
    expect(full.effect?.after).toHaveLength(1);
    expect(full.elsewhere).toBeNull();
  });

  it("answered `same` becomes a correction, with who and why; undone, they are the two from before", async () => {
    await world.folding.deliver(adas);
    const before = JSON.stringify(await world.folding.profiles());
    const id = await onlyPair();
    const answered = await world.service.answer(id, "same", usual);
    expect(answered).toMatchObject({ decided: true, review: { state: "same", answer: { by } } });
    expect(await people()).toEqual(["crm_id:1 crm_id:2"]);
    const { items } = await world.folding.corrections.list({
      before: null,
      limit: 9,
      profileId: null,
      verdict: null,
      by: null,
    });
    expect(items).toMatchObject([{ verdict: "same", by, reason: expect.stringContaining("Review of a pair") }]);
    expect(await waiting()).toMatchObject({ items: [], summary: { own: [{ answered: 1, same: 1 }] } });
    await world.service.answer(id, "undo", usual);
    expect(JSON.stringify(await world.folding.profiles())).toBe(before);
    expect(await onlyPair()).toBe(id);
  });

  it("answered `different` keeps them apart, and is not asked again, whatever comes", async () => {
    await world.folding.deliver(adas);
    const id = await onlyPair();
    const answered = await world.service.answer(id, "different", { by, reason: "sisters" });
    expect(answered.corrections).toMatchObject([{ verdict: "different", reason: "sisters" }]);
    await world.folding.deliver([identified("3", "crm_id:2", { ...ada, phone: "020 7946 0958" })]);
    expect((await waiting()).items).toEqual([]);
    expect(await people()).toEqual(["crm_id:1", "crm_id:2"]);
    await world.service.answer(id, "undo", usual);
    expect(
      (await world.folding.corrections.list({ before: null, limit: 1, profileId: null, verdict: null, by: null }))
        .items,
    ).toMatchObject([{ verdict: "withdrawn" }]);
  });

  it("put off comes last, and can be answered then", async () => {
    await world.folding.deliver([...adas, identified("3", "crm_id:3", ada)]);
    const { items } = await waiting();
    expect(items).toHaveLength(3);
    const [first, second, third] = items.map(({ id }) => id);
    expect(await world.service.answer(first ?? "", "skip", usual)).toMatchObject({ corrections: [] });
    const later = await waiting();
    expect(later.items.map(({ id }) => id)).toEqual([second, third, first]);
    expect(later.summary).toMatchObject({ open: 2, skipped: 1 });
    await world.service.answer(first ?? "", "same", usual);
    expect(await people()).toHaveLength(2);
  });

  it("can be answered once: whoever is second is told, and nothing is said twice", async () => {
    await world.folding.deliver(adas);
    const id = await onlyPair();
    const both = await Promise.allSettled([
      world.service.answer(id, "same", usual),
      world.service.answer(id, "different", { by: "t2", reason: null }),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    const refused = both.find((each) => each.status === "rejected");
    expect(refused?.reason).toMatchObject({ code: "review_answered", message: expect.stringContaining("by t1") });
    expect(
      (await world.folding.corrections.list({ before: null, limit: 9, profileId: null, verdict: null, by: null }))
        .items,
    ).toHaveLength(1);
    await expect(world.service.answer("p_x~p_y", "same", usual)).rejects.toMatchObject({ code: "review_not_found" });
    await world.service.answer(id, "undo", usual);
    await expect(world.service.answer(id, "undo", usual)).rejects.toMatchObject({ code: "review_not_answered" });
  });

  it("answered by what was seen of it: whatever has changed since is told, and nothing is said", async () => {
    await world.folding.deliver(adas);
    const id = await onlyPair();
    const { basis } = await world.service.inFull(id);
    const refused = async (answer: "same" | "different" | "skip"): Promise<string> => {
      const problem = { status: 409, code: "review_changed", field: "basis" };
      const tried = world.service.answer(id, answer, { ...usual, basis });
      await expect(tried).rejects.toMatchObject(problem);
      return tried.then(
        () => "",
        (error: Error) => error.message,
      );
    };
    // Another event of one of them, that says nothing new, is no change.
    await world.folding.deliver([identified("3", "crm_id:1", ada)]);
    expect((await world.service.inFull(id)).basis).toBe(basis);

    await world.folding.deliver([
      identified("4", "crm_id:2", { ...ada, lastName: "Lovelase", phone: "020 7946 0999" }),
    ]);
    expect(await refused("same")).toContain("what the two say of themselves");
    await world.reviews.caughtUp();
    expect(await world.reviews.byId(id)).toMatchObject({ state: "open", answer: null });

    const now = await world.service.inFull(id);
    const card = { ...identified("5", "crm_id:2", {}), identifiers: ["crm_id:2", "email:ada@example.com"] };
    await world.folding.deliver([card]);
    for (const answer of ["different", "skip"] as const) {
      const tried = world.service.answer(id, answer, { ...usual, basis: now.basis });
      await expect(tried).rejects.toMatchObject({ message: expect.stringContaining("who would be who") });
    }
    expect(await people()).toHaveLength(2);
    const { basis: last } = await world.service.inFull(id);
    expect(await world.service.answer(id, "same", { ...usual, basis: last })).toMatchObject({ decided: true });
    expect(await people()).toHaveLength(1);
  });

  it("undone after it overruled what somebody had said: that holds again, to the byte", async () => {
    await world.folding.deliver(adas);
    const id = await onlyPair();
    // Two that are kept apart by the answer, one of which somebody had joined to a third, and that to the other.
    const third = identified("3", "crm_id:3", { nickname: "C" });
    await world.folding.deliver([third]);
    const { reviews, folding, service } = world;
    const claimed = await reviews.byId(id);
    await folding.deliver([
      corrected("same", "crm_id:1", "crm_id:3", { id: "s1" }),
      corrected("same", "crm_id:2", "crm_id:3", { id: "s2" }),
    ]);
    const before = JSON.stringify(await folding.profiles());
    expect(await people()).toEqual(["crm_id:1 crm_id:2 crm_id:3"]);
    if (claimed === null) throw new Error("the pair waits");
    const answered = await service.answer(id, "different", usual);
    expect(answered.corrections.map(({ verdict }) => verdict)).toEqual(["withdrawn", "different"]);
    expect(await people()).toHaveLength(2);
    const undone = await service.answer(id, "undo", usual);
    expect(undone.corrections.map(({ verdict }) => verdict).toSorted()).toEqual(["same", "withdrawn"]);
    expect(JSON.stringify(await folding.profiles())).toBe(before);
  });

  it("that somebody decided elsewhere says so, by whom and why, and leaves the queue", async () => {
    await world.folding.deliver(adas);
    const id = await onlyPair();
    await world.folding.deliver([corrected("different", "crm_id:1", "crm_id:2", { id: "c9" })]);
    expect(await world.service.inFull(id)).toMatchObject({
      effect: null,
      elsewhere: { code: "kept_apart", said: { verdict: "different", by: "t1", reason: "I asked" } },
    });
    // And so does whoever comes later.
    await expect(world.service.inFull(id)).rejects.toMatchObject({
      code: "review_not_found",
      message: expect.stringMatching(/keeps these two people apart.* Said by t1 on 2026-02-01/),
    });
  });

  it("that evidence or somebody has joined meanwhile is not listed any more", async () => {
    await world.folding.deliver(adas);
    const id = await onlyPair();
    // Not yet followed: the queue still has it.
    await world.folding.deliver([corrected("same", "crm_id:1", "crm_id:2", { id: "c9" })]);
    const listed = await world.service.list({ after: null, limit: 50, by });
    expect(listed.items).toEqual([]);
    expect(await world.reviews.byId(id)).toBeNull();
    await expect(world.service.inFull(id)).rejects.toMatchObject({
      message: expect.stringMatching(/are one person already.* Said by t1/),
    });
    await expect(world.service.inFull("p_x~p_y")).rejects.toMatchObject({ code: "review_not_found" });
  });

  it("which cannot be joined at all is not asked", async () => {
    const crowd = ["a", "b", "c"].map((login, at) =>
      identified(`9${at}`, `user_id:${login}`, { firstName: login, lastName: "X", city: "Y" }),
    );
    const hub = crowd.map((each, at) => ({
      ...each,
      messageId: `8${at}`,
      identifiers: [...each.identifiers, "email:info@example.com"].toSorted(),
    }));
    await world.folding.deliver(hub);
    for (const { id } of (await waiting()).items) {
      const { a, b } = await world.service.inFull(id);
      expect([a.anchor, b.anchor]).not.toContain("email:info@example.com");
    }
  });

  it("of two logins: only a person can say that they are one, and then limits do not stand in the way", async () => {
    await world.folding.deliver([identified("1", "user_id:ada", ada), identified("2", "user_id:a.lovelace", ada)]);
    const id = await onlyPair();
    await world.service.answer(id, "same", usual);
    expect(await people()).toEqual(["user_id:a.lovelace user_id:ada"]);
  });
});

describe("a linkage of all profiles", () => {
  const records = fakeRecords(60, 3).map((record) => ({ ...record, email: "", phone: "" }));
  const events = records.map((record) => identified(record.id, `crm_id:${record.id}`, traitsOf(record)));

  async function linked(automaticFrom?: number | null) {
    const started = await world.runs.start({ by, ...(automaticFrom === undefined ? {} : { automaticFrom }) });
    await world.runs.ended();
    return world.runs.run(started.id);
  }

  it("joins nobody unless it is told to: what is probable goes to the queue, with the model that it learned", async () => {
    await world.folding.deliver(events);
    const run = await linked();
    expect(run).toMatchObject({ state: "done", records: events.length, linked: 0, model: 1, automaticFrom: null });
    expect(run.offered).toBeGreaterThan(50);
    expect(await people()).toHaveLength(events.length);
    const { items } = await world.reviews.waiting({ after: null, limit: 1_000 });
    expect(items).toHaveLength(run.offered);
    expect(items.every(({ origin, model }) => origin === "run" && model === 1)).toBe(true);
    expect(await world.reviews.model(null)).toMatchObject({ version: 1, run: run.id });
    expect(await world.runs.list({ before: null, limit: 5 })).toMatchObject({ items: [{ id: run.id }], next: null });
  });

  it("joins those above the threshold, typed and by run; withdrawn, people are as if it had never been", async () => {
    await world.folding.deliver(events);
    const before = JSON.stringify(await world.folding.profiles());
    const run = await linked(0.97);
    expect(run.linked).toBeGreaterThan(30);
    const joined = await people();
    expect(joined.length).toBeLessThan(events.length);
    const { items } = await world.links.ofRun(run.id, { after: null, limit: 1_000 });
    expect(items).toHaveLength(run.linked);
    const [link] = items;
    expect(link).toMatchObject({
      verdict: "probable",
      by: run.id,
      reason: "Linkage with model 1.",
      status: "in_effect",
    });
    const why = await world.folding.identity.why(link?.a ?? "", link?.b ?? "");
    expect(why.path.some(({ rule, confidence }) => rule === "probable" && confidence >= 0.97)).toBe(true);

    // A rebuild comes to the same people.
    const rebuilt = await foldingHarness();
    await rebuilt.deliver([...events, ...(await logged(run.id))]);
    expect(JSON.stringify(await rebuilt.profiles())).toBe(JSON.stringify(await world.folding.profiles()));
    await rebuilt.close();

    await world.links.withdraw(link?.id ?? "", { by, reason: "two cousins" });
    await expect(world.links.withdraw(link?.id ?? "", { by, reason: "x" })).rejects.toMatchObject({
      code: "link_withdrawn",
    });
    const saying = { by, reason: "the model was wrong", after: null };
    expect(await world.links.withdrawRun(run.id, saying)).toEqual({ withdrawn: run.linked - 1, next: null });
    expect(JSON.stringify(await world.folding.profiles())).toBe(before);
    const after = await world.links.ofRun(run.id, { after: null, limit: 1_000 });
    expect(new Set(after.items.map(({ status }) => status))).toEqual(new Set(["withdrawn"]));

    // What somebody took back is not joined again: it is asked.
    const again = await linked(0.97);
    expect(again.linked).toBe(0);
    expect(await people()).toHaveLength(events.length);
  });

  it("links just the accepted pairs within the clusters that linking the same file gives, and people are their connected parts", async () => {
    await world.folding.deliver(events);
    const run = await linked(0.9);
    const { items } = await world.links.ofRun(run.id, { after: null, limit: 10_000 });
    expect(items.every(({ status }) => status === "in_effect")).toBe(true);
    expect(items.map(({ a, b }) => `${a} ${b}`).toSorted()).toEqual(await acceptedInClusters());
    const parts = new Map(events.map(({ identifiers: [key = ""] }) => [key, new Set([key])]));
    for (const { a, b } of items) {
      const both = new Set([...(parts.get(a) ?? []), ...(parts.get(b) ?? [])]);
      for (const key of both) parts.set(key, both);
    }
    const expected = [...new Set(parts.values())].map((keys) => [...keys].toSorted().join(" ")).toSorted();
    expect(await people()).toEqual(expected);
  });

  /** What `c360 link` writes of a file of these records: accepted pairs, both in one cluster. */
  async function acceptedInClusters(): Promise<string[]> {
    const directory = mkdtempSync(join(tmpdir(), "c360-file-"));
    const file = (name: string): string => join(directory, name);
    const rows = (name: string): string[][] =>
      readFileSync(file(name), "utf8")
        .trim()
        .split("\n")
        .slice(1)
        .map((line) => line.split(","));
    writeFileSync(file("records.csv"), csvText(records, profileFileColumns));
    const linkedFile = await linkFiles({
      tables: [{ file: file("records.csv"), label: "records", idColumn: "id" }],
      truthColumn: null,
      types: new Map(profileColumns.map(({ name, type }) => [name, type])),
    });
    await linkedFile.writePairs(file("pairs.csv"));
    await linkedFile.writeClusters(file("clusters.csv"));
    linkedFile.close();
    const clusterOf = new Map(rows("clusters.csv").map(([, id = "", cluster = ""]) => [id, cluster]));
    const accepted = rows("pairs.csv").filter(
      ([, left = "", , right = "", , isAccepted]) =>
        isAccepted === "true" && clusterOf.get(left) === clusterOf.get(right),
    );
    rmSync(directory, { recursive: true });
    return accepted.map(([, left, , right]) => [`crm_id:${left}`, `crm_id:${right}`].toSorted().join(" ")).toSorted();
  }

  it("never joins two logins, whatever the probability, and nobody whom people keep apart", async () => {
    const logins = [identified("1", "user_id:ada", ada), identified("2", "user_id:a.lovelace", ada)];
    await world.folding.deliver([...logins, ...adas.map((each) => ({ ...each, messageId: `x${each.messageId}` }))]);
    await world.folding.deliver([corrected("different", "crm_id:1", "crm_id:2", { id: "c9" })]);
    const run = await linked(0.9);
    const { items } = await world.links.ofRun(run.id, { after: null, limit: 100 });
    expect(items.some(({ a, b }) => a.startsWith("user_id:") && b.startsWith("user_id:"))).toBe(false);
    const all = await people();
    expect(all.some((keys) => keys.includes("crm_id:1") && keys.includes("crm_id:2"))).toBe(false);
    expect(all.some((keys) => keys.includes("user_id:ada") && keys.includes("user_id:a.lovelace"))).toBe(false);
    const apart = items.find(({ a, b }) => a === "crm_id:1" && b === "crm_id:2");
    if (apart !== undefined)
      expect(apart).toMatchObject({ status: "refused", explanation: expect.stringContaining("c9") });
  });

  it("that still links cannot be withdrawn: what it links afterwards would stay", async () => {
    await world.folding.deliver(adas);
    const { id } = await world.runs.start({ by, automaticFrom: 0.97 });
    await expect(world.runs.over(id)).rejects.toMatchObject({ status: 409, code: "linkage_running" });
    await world.runs.ended();
    expect(await world.runs.over(id)).toMatchObject({ id, state: "done" });
    await expect(world.runs.over("lr_none")).rejects.toMatchObject({ status: 404 });
  });

  it("tells what became of links also where there is too much evidence to read at once", async () => {
    await world.folding.deliver(events);
    const run = await linked(0.97);
    const { items } = await world.links.ofRun(run.id, { after: null, limit: 1_000 });
    await world.folding.deliver(
      items.slice(0, 3).map(({ a, b }, at) => corrected("different", a, b, { id: `c${at}` })),
    );
    await world.links.withdraw(items[4]?.id ?? "", { by, reason: "x" });
    const { items: whole } = await world.links.ofRun(run.id, { after: null, limit: 1_000 });
    expect(new Set(whole.map(({ status }) => status))).toEqual(new Set(["refused", "withdrawn", "in_effect"]));
    const people = {
      evidenceAround: async (keys: readonly string[]) => {
        if (keys.length > 5) throw new Problem(422, "evidence_too_large", "More than can be read.");
        return world.people.evidenceAround(keys);
      },
    };
    const parts = { people, links: world.linkRecord, rules: defaultIdentityRules };
    const fates = whole.map(({ status, explanation }) => ({ status, explanation }));
    expect(await linkFates(whole, parts)).toEqual(fates);
  });

  it("is one at a time, and tells what it is asked of one that is not there", async () => {
    await world.folding.deliver(adas);
    const first = await world.runs.start({ by });
    await expect(world.runs.start({ by })).rejects.toMatchObject({ code: "linkage_running" });
    await world.runs.ended();
    await expect(world.runs.cancel(first.id)).rejects.toMatchObject({ code: "linkage_not_running" });
    await expect(world.runs.run("lr_none")).rejects.toMatchObject({ code: "linkage_run_not_found" });
    await expect(world.links.withdraw("l_none", { by, reason: "x" })).rejects.toMatchObject({ code: "link_not_found" });
  });

  it("of nobody ends in peace", async () => {
    expect(await linked()).toMatchObject({ state: "done", records: 0, offered: 0, linked: 0 });
    expect(world.troubles).toEqual([]);
  });

  async function logged(run: string) {
    const { items } = await world.links.ofRun(run, { after: null, limit: 1_000 });
    return items.map((link) => linkRecordOf(link));
  }
});
