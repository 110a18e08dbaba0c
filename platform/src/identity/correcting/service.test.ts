import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AcceptedEvent } from "../../model/event.ts";
import { accepted, foldingHarness, type Folding } from "../../../test/pipelineHarness.ts";
import { defaultIdentityRules } from "../retailRules.ts";
import type { IdentityRules } from "../rules.ts";
import type { WantedCorrections } from "./wanted.ts";
import { runs } from "../../../test/runs.ts";

let folding: Folding;
beforeEach(async () => {
  folding = await foldingHarness();
});
afterEach(() => folding.close());

const said = { by: "t1", reason: "I asked them" };
const all = { before: null, limit: 9, profileId: null, verdict: null, by: null };
const bytes = async (): Promise<string> => JSON.stringify(await folding.profiles());
const keysOf = async (one: Folding): Promise<string[][]> =>
  (await one.profiles()).map(({ identifiers }) => identifiers.map(({ type, value }) => `${type}:${value}`).sort());

const day = 86_400_000;
const at = Date.UTC(2026, 0, 1);
const key = fc.oneof(
  fc.nat(3).map((n) => `user_id:u${n}`),
  fc.nat(6).map((n) => `email:e${n}@example.com`),
  fc.nat(3).map((n) => `anonymous_id:a${n}`),
);
const events: fc.Arbitrary<AcceptedEvent[]> = fc
  .array(
    fc.record({ identifiers: fc.uniqueArray(key, { minLength: 1, maxLength: 3 }), time: fc.nat(5), order: fc.nat(3) }),
    {
      minLength: 2,
      maxLength: 15,
    },
  )
  .map((list) =>
    list.map(({ identifiers, time, order }, index) => {
      const properties = { order_id: `o${order}`, total: index, currency: "GBP" };
      const body = { type: "track", event: "Order Completed", properties, traits: { city: time } };
      const what =
        index % 2 === 0 ? { body, event: "Order Completed" } : { body: { traits: { city: time } }, event: null };
      const type = index % 2 === 0 ? ("track" as const) : ("identify" as const);
      return accepted({ messageId: `m${index}`, identifiers, occurredAt: at + time * day, type, ...what });
    }),
  );
const wish: fc.Arbitrary<WantedCorrections> = fc.oneof(
  fc.record({ merge: fc.record({ a: key, b: key }) }),
  fc.record({ unmerge: fc.record({ a: key, b: key }) }),
  fc.record({ apart: fc.record({ a: key, b: key }) }),
  fc.record({
    corrections: fc.array(
      fc.record({
        verdict: fc.constantFrom("same" as const, "different" as const, "withdrawn" as const),
        a: key,
        b: key,
      }),
      { minLength: 1, maxLength: 3 },
    ),
  }),
);

async function withFolding(
  check: (one: Folding) => Promise<void>,
  rules: IdentityRules = defaultIdentityRules,
): Promise<void> {
  const one = await foldingHarness(rules);
  try {
    await check(one);
  } finally {
    await one.close();
  }
}

/** Previews it, says it, and compares; false where both were refused. */
async function isAsPreviewed(one: Folding, wanted: WantedCorrections): Promise<boolean> {
  const before = await one.profiles();
  const preview = await tried(one.corrections.preview(wanted));
  expect(await one.profiles()).toEqual(before);
  const answer = await tried(one.corrections.correct(wanted, said));
  expect(answer === null).toBe(preview === null);
  if (preview === null || answer === null) return false;
  const now = new Map((await one.profiles()).map((profile) => [profile.id, JSON.stringify(profile)]));
  for (const { profile } of preview.after) expect(JSON.stringify(profile)).toBe(now.get(profile.id));
  const standing = new Map(before.map((profile) => [profile.id, JSON.stringify(profile)]));
  for (const { profile } of preview.before) expect(JSON.stringify(profile)).toBe(standing.get(profile.id));
  const told = new Set([...preview.before, ...preview.after].map(({ profile }) => profile.id));
  for (const [id, text] of now) if (!told.has(id)) expect(standing.get(id)).toBe(text);
  expect(answer.decided).toBe(true);
  expect(answer.corrections.map(({ verdict }) => verdict)).toEqual(preview.corrections.map(({ verdict }) => verdict));
  return true;
}

/** Null where it is refused. */
async function tried<T>(work: Promise<T>): Promise<T | null> {
  return work.catch((error: unknown) => {
    expect(error).toMatchObject({ code: expect.any(String), status: expect.any(Number) });
    expect((error as { status: number }).status).toBeLessThan(500);
    return null;
  });
}

describe("a correction", () => {
  it("has just the effect that its preview shows: people, profiles, orders", async () => {
    let saidCount = 0;
    await fc.assert(
      fc.asyncProperty(events, fc.array(wish, { minLength: 1, maxLength: 4 }), (list, wishes) =>
        withFolding(async (one) => {
          await one.deliver(list);
          for (const wanted of wishes) saidCount += (await isAsPreviewed(one, wanted)) ? 1 : 0;
        }),
      ),
      // Of five tries it may be that all say nothing.
      { numRuns: Math.max(runs(30), 20) },
    );
    expect(saidCount).toBeGreaterThan(0);
  });

  it("has it also where the cap parts what hangs together, and lets it hang together again", async () => {
    let saidCount = 0;
    const most = fc.integer({ min: 2, max: 6 });
    await fc.assert(
      fc.asyncProperty(events, fc.array(wish, { minLength: 4, maxLength: 8 }), most, (list, wishes, cap) =>
        withFolding(
          async (one) => {
            await one.deliver(list);
            for (const wanted of wishes) saidCount += (await isAsPreviewed(one, wanted)) ? 1 : 0;
          },
          { ...defaultIdentityRules, maxEvidenceIdentifiers: cap },
        ),
      ),
      { numRuns: 40 },
    );
    expect(saidCount).toBeGreaterThan(0);
  });

  it("shows who comes to hang together once a correction that filled the cap is taken back", async () => {
    const ada = accepted({ messageId: "1", identifiers: ["user_id:u0", "email:e0@example.com"] });
    const other = accepted({ messageId: "2", identifiers: ["user_id:u1"] });
    const later = accepted({ messageId: "3", identifiers: ["anonymous_id:a0", "email:e0@example.com"] });
    const wanted = { merge: { a: "user_id:u0", b: "user_id:u1" } };
    await withFolding(
      async (one) => {
        await one.deliver([ada, other]);
        expect(await isAsPreviewed(one, wanted)).toBe(true);
        await one.deliver([{ ...later, occurredAt: later.occurredAt + day }]);
        expect(await keysOf(one)).toContainEqual(["anonymous_id:a0"]);
        expect(await isAsPreviewed(one, { unmerge: wanted.merge })).toBe(true);
        expect(await keysOf(one)).toContainEqual(["anonymous_id:a0", "email:e0@example.com", "user_id:u0"]);
      },
      { ...defaultIdentityRules, maxEvidenceIdentifiers: 3 },
    );
  });

  it("Identity property 12: merge then unmerge is never merged, byte for byte, whatever came in between", async () => {
    await fc.assert(
      fc.asyncProperty(events, events, fc.nat(), fc.nat(), (list, later, x, y) =>
        withFolding(async (one) => {
          await one.deliver(list);
          const people = await keysOf(one);
          const [a, b] = [people[x % people.length]?.[0] ?? "", people[y % people.length]?.[0] ?? ""];
          const merged = await tried(one.corrections.correct({ merge: { a, b } }, said));
          fc.pre(merged !== null);
          expect((await one.identity.why(a, b)).samePerson).toBe(true);
          const more = later.map((each) => ({ ...each, messageId: `later ${each.messageId}` }));
          await one.deliver(more);
          for (const { id } of merged?.corrections ?? []) await one.corrections.withdraw(id, said);
          await withFolding(async (never) => {
            await never.deliver([...list, ...more]);
            expect(JSON.stringify(await one.profiles())).toBe(JSON.stringify(await never.profiles()));
          });
        }),
      ),
      { numRuns: runs(20) },
    );
  });

  it("is undone by saying of each pair what held before, byte for byte", async () => {
    const merges = fc.array(fc.record({ merge: fc.record({ a: key, b: key }) }), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(events, merges, wish, (list, merged, wanted) =>
        withFolding(async (one) => {
          await one.deliver(list);
          for (const each of merged) await tried(one.corrections.correct(each, said));
          const before = JSON.stringify(await one.profiles());
          const answer = await tried(one.corrections.correct(wanted, said));
          fc.pre(answer !== null);
          const undoing = (answer?.corrections ?? [])
            .toReversed()
            .map(({ a, b, before: held }) => ({ a, b, verdict: held ?? ("withdrawn" as const) }));
          await tried(one.corrections.correct({ corrections: undoing }, said));
          expect(JSON.stringify(await one.profiles())).toBe(before);
        }),
      ),
      { numRuns: runs(30) },
    );
  });

  it("is not said when it would do something else than its preview showed", async () => {
    await folding.deliver([
      accepted({ messageId: "1", identifiers: ["user_id:1"] }),
      accepted({ messageId: "2", identifiers: ["user_id:2"] }),
    ]);
    const merge = { a: "user_id:1", b: "user_id:2" };
    const { basis } = await folding.corrections.preview({ merge });
    // Another event of either changes nothing of who they are.
    await folding.deliver([accepted({ messageId: "3", identifiers: ["user_id:1"] })]);
    expect((await folding.corrections.preview({ merge })).basis).toBe(basis);
    await folding.deliver([accepted({ messageId: "4", identifiers: ["user_id:1", "email:x@x.co"] })]);
    await expect(folding.corrections.correct({ merge }, { ...said, basis })).rejects.toMatchObject({
      status: 409,
      code: "changed_meanwhile",
    });
    expect(await folding.profiles()).toHaveLength(2);
    const again = await folding.corrections.preview({ merge });
    await folding.corrections.correct({ merge }, { ...said, basis: again.basis });
    expect(await folding.profiles()).toHaveLength(1);
  });

  it("Identity property 14, 16: merges at once come one after the other; no identifier is lost or owned twice", async () => {
    await folding.deliver(
      Array.from({ length: 12 }, (_, n) =>
        accepted({ messageId: `m${n}`, identifiers: [`user_id:u${n}`, `email:e${n}@x.co`] }),
      ),
    );
    const ids = (await folding.profiles()).map(({ id }) => id);
    const pairs = Array.from({ length: 12 }, (_, n) => ({ a: `user_id:u${n}`, b: `email:e${(n + 1) % 12}@x.co` }));
    const done = await Promise.all(pairs.map((merge) => tried(folding.corrections.correct({ merge }, said))));
    expect(done.filter((each) => each === null)).toHaveLength(1);
    const profiles = await folding.profiles();
    expect(profiles).toHaveLength(1);
    expect(profiles[0]?.identifiers).toHaveLength(24);
    for (const id of ids) expect([profiles[0]?.id, ...(profiles[0]?.retiredIds ?? [])]).toContain(id);
  });
});

describe("two people with a login each", () => {
  const [a, b] = ["email:ada@x.co", "email:lovelace@x.co"];
  beforeEach(async () => {
    await folding.deliver([
      accepted({ messageId: "1", identifiers: ["user_id:1", a] }),
      accepted({ messageId: "2", identifiers: ["user_id:2", b, "phone:+442079460018"] }),
      accepted({ messageId: "3", identifiers: ["email:info@x.co", "user_id:1"] }),
      accepted({ messageId: "4", identifiers: ["email:info@x.co", "user_id:2"] }),
      accepted({ messageId: "5", identifiers: ["email:info@x.co", "user_id:3"] }),
    ]);
  });

  it("become one by their logins, when they are merged by their e-mails", async () => {
    const { corrections, after, joined, conflicts } = await folding.corrections.correct({ merge: { a, b } }, said);
    expect(corrections).toMatchObject([{ verdict: "same", a: "user_id:1", b: "user_id:2", ...said, id: "c_1" }]);
    expect(after).toHaveLength(1);
    expect(joined).toMatchObject([{ from: [expect.any(String), expect.any(String)] }]);
    expect(conflicts).toEqual([]);
    const why = await folding.identity.why(a, b);
    expect(why.explanation).toContain("somebody said on 2026-02-01 that user_id:1 and user_id:2 are one person");
    expect(why.path[1]).toMatchObject({ rule: "same", firstMessageId: "c_1", said });
  });

  it("are unmerged by taking back what was said, and nothing more", async () => {
    const before = await bytes();
    await folding.corrections.correct({ merge: { a, b } }, said);
    const { corrections } = await folding.corrections.correct({ unmerge: { a, b } }, said);
    expect(corrections).toMatchObject([{ verdict: "withdrawn", a: "user_id:1", b: "user_id:2" }]);
    expect(await bytes()).toBe(before);
  });

  it("are kept apart where evidence joins them, at its weakest link", async () => {
    await folding.deliver([accepted({ messageId: "6", identifiers: [b, "loyalty_card:7"] })]);
    const pair = { a: "loyalty_card:7", b: "user_id:2" };
    const { corrections, split } = await folding.corrections.correct({ unmerge: pair }, said);
    expect(corrections).toMatchObject([{ verdict: "different", ...pair }]);
    expect(split).toHaveLength(1);
    await folding.deliver([accepted({ messageId: "7", identifiers: ["loyalty_card:7", "user_id:2"] })]);
    expect((await folding.identity.why(pair.a, pair.b)).samePerson).toBe(false);
  });

  it.each<[string, WantedCorrections, number, string]>([
    ["a hub", { merge: { a: "email:info@x.co", b: a } }, 409, "identifier_joins_nobody"],
    ["nobody known", { merge: { a: "email:nobody@x.co", b: a } }, 404, "identifier_not_found"],
    ["one person", { merge: { a: "user_id:1", b: a } }, 409, "already_one_person"],
    ["itself", { merge: { a, b: ` ${a.toUpperCase().replace("EMAIL", "email")}` } }, 400, "identifiers_equal"],
    ["no identifier", { merge: { a: "email:", b } }, 400, "identifier_invalid"],
    ["two wishes", { merge: { a, b }, apart: { a, b } }, 400, "correction_unclear"],
    ["what is two", { unmerge: { a, b } }, 409, "already_apart"],
    ["what nobody said", { corrections: [{ verdict: "withdrawn", a, b }] }, 409, "nothing_to_withdraw"],
  ])("%s is refused", async (_, wanted, status, code) => {
    await expect(folding.corrections.correct(wanted, said)).rejects.toMatchObject({ status, code });
    await expect(folding.corrections.preview(wanted)).rejects.toMatchObject({ status, code });
    expect((await folding.corrections.list(all)).items).toEqual([]);
  });

  it("a merge of whom somebody keeps apart is refused, naming the correction", async () => {
    await folding.corrections.correct({ apart: { a, b } }, said);
    await expect(folding.corrections.correct({ merge: { a: "user_id:1", b } }, said)).rejects.toMatchObject({
      code: "kept_apart",
      message: expect.stringContaining("c_1"),
    });
    const same = { verdict: "same" as const, a: "user_id:1", b: "user_id:2" };
    const { conflicts } = await folding.corrections.preview({ corrections: [same] });
    expect(conflicts).toEqual([]);
  });

  it("the record says what holds, what was overruled and by which, and what is refused", async () => {
    await folding.deliver([accepted({ messageId: "6", identifiers: ["user_id:9"] })]);
    const say = async (verdict: "same" | "different", one: string, other: string): Promise<void> => {
      await folding.corrections.correct({ corrections: [{ verdict, a: one, b: other }] }, said);
    };
    await say("same", "user_id:1", "user_id:2");
    await say("same", "user_id:2", "user_id:9");
    await say("different", "user_id:1", "user_id:9");
    await folding.corrections.correct({ apart: { a: "user_id:1", b: "user_id:2" } }, said);
    const { items } = await folding.corrections.list(all);
    expect(items.map(({ id, status, overruledBy }) => [id, status, overruledBy])).toEqual([
      ["c_4", "in_effect", null],
      ["c_3", "in_effect", null],
      ["c_2", "in_effect", null],
      ["c_1", "overruled", "c_4"],
    ]);
    await folding.corrections.withdraw("c_4", said);
    await say("same", "user_id:1", "user_id:2");
    const [latest] = (await folding.corrections.list({ ...all, limit: 1 })).items;
    expect(latest).toMatchObject({ id: "c_6", status: "refused", overruledBy: "c_3" });
    await expect(folding.corrections.withdraw("c_1", said)).rejects.toMatchObject({ code: "correction_overruled" });
    await expect(folding.corrections.withdraw("c_99", said)).rejects.toMatchObject({ code: "correction_not_found" });
  });

  it("the record tells what was said of one person, of one verdict, by one token", async () => {
    await folding.corrections.correct({ merge: { a, b } }, { ...said, by: "t2" });
    await folding.corrections.correct({ unmerge: { a, b } }, said);
    await folding.deliver([accepted({ messageId: "6", identifiers: ["user_id:9"] })]);
    await folding.corrections.correct({ apart: { a: "user_id:9", b } }, said);
    const told = async (wanted: Partial<Parameters<typeof folding.corrections.list>[0]>) =>
      (await folding.corrections.list({ ...all, ...wanted })).items.map(({ id }) => id);
    const idOf = async (user: string): Promise<string> => (await folding.profile("user_id", user))?.id ?? "";
    expect(await told({})).toEqual(["c_3", "c_2", "c_1"]);
    expect(await told({ profileId: await idOf("1") })).toEqual(["c_2", "c_1"]);
    expect(await told({ profileId: await idOf("2") })).toEqual(["c_3", "c_2", "c_1"]);
    expect(await told({ profileId: await idOf("9"), limit: 1 })).toEqual(["c_3"]);
    expect(await told({ profileId: "p_nobody" })).toEqual([]);
    expect(await told({ verdict: "same" })).toEqual(["c_1"]);
    expect(await told({ by: "t2" })).toEqual(["c_1"]);
  });

  it.each(["", "   ", "x".repeat(501), "a\u0007b", "\ud800"])("needs a reason, and %j is none", async (reason) => {
    await expect(folding.corrections.correct({ merge: { a, b } }, { by: "t1", reason })).rejects.toMatchObject({
      code: "reason_invalid",
    });
  });
});
