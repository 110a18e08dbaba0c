import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { accepted, corrected, foldingHarness, foldings, hash, homeCurrency } from "../../../test/pipelineHarness.ts";
import type { Folding } from "../../../test/pipelineHarness.ts";
import type { LogRecord } from "../../model/event.ts";
import type { Household } from "../../model/household.ts";
import { householdRules } from "../../profiles/index.ts";
import { openAnalytics, type AnalyticsCore } from "./analytics/core.ts";
import { temporaryDirectory } from "./analytics/followedFakes.ts";
import { openDecided } from "./decided.ts";
import { runs } from "../../../test/runs.ts";

const folding = foldings();
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const at = Date.UTC(2026, 0, 1);
let made = 0;

function said(identifiers: string[], address?: object | null, more: { occurredAt?: number } = {}): LogRecord {
  made += 1;
  const traits = address === undefined ? {} : { address: address as never };
  const body = { type: "identify", traits };
  return accepted({ messageId: `h${made}`, identifiers, type: "identify", event: null, body, ...more });
}

const elm = { street: "12 Elm Street", postalCode: "BS1 4DJ" };
const oak = { street: "3 Oak Road", postalCode: "BS1 4DJ" };

async function idOf(one: Folding, key: string): Promise<string> {
  const [type = "", value = ""] = key.split(":");
  return (await one.profile(type, value))?.id ?? "";
}

async function householdOf(one: Folding, key: string): Promise<Household | null> {
  return one.households.ofProfile(await idOf(one, key));
}

async function membersWith(one: Folding, key: string): Promise<string[]> {
  return (await householdOf(one, key))?.members.map(({ profileId }) => profileId) ?? [];
}

describe("Property 10: households", () => {
  it("people of one address, card or phone stay people of their own, and are a household", async () => {
    const one = await folding();
    await one.deliver([
      said(["user_id:ada", "phone:+442079460018"], elm),
      said(["user_id:ben", "phone:+442079460018"], { ...elm, street: "12 ELM STREET" }),
      said(["user_id:cy", "payment_card:4242"]),
      said(["user_id:di", "payment_card:4242"], oak),
    ]);
    expect(await one.profiles()).toHaveLength(4);
    const [ada, ben] = [await idOf(one, "user_id:ada"), await idOf(one, "user_id:ben")];
    const home = await householdOf(one, "user_id:ada");
    expect(home).toMatchObject({ kind: "address", isWhole: true });
    expect(home?.members.map(({ profileId }) => profileId)).toEqual([ada, ben].toSorted());
    expect(home?.shared.map(({ kind, profileIds }) => [kind, profileIds.length])).toEqual([
      ["address", 2],
      ["phone", 2],
    ]);
    expect(home?.members[0]?.shares).toEqual(["address", "phone"]);
    expect(await householdOf(one, "user_id:ben")).toEqual(home);
    expect(await one.households.byId(home?.id ?? "")).toEqual(home);
    expect(await householdOf(one, "user_id:di")).toMatchObject({ kind: "payment_card" });
    expect(JSON.stringify([home?.id])).not.toContain("Elm");
  });

  it("who has no address lives where those of the same card or phone do", async () => {
    const one = await folding();
    await one.deliver([
      said(["user_id:ada", "payment_card:1"], elm),
      said(["user_id:ben"], elm),
      said(["user_id:kid", "payment_card:1"]),
    ]);
    expect(await membersWith(one, "user_id:kid")).toHaveLength(3);
    expect(await householdOf(one, "user_id:kid")).toEqual(await householdOf(one, "user_id:ben"));
    const phone = await householdOf(one, "user_id:kid");
    expect(phone?.members.find(({ profileId }) => profileId === phone.members[0]?.profileId)?.shares).toBeDefined();
  });

  it("an address is the one that a person has now: who moved in later is no relation", async () => {
    const one = await folding();
    await one.deliver([said(["user_id:ada"], elm, { occurredAt: at }), said(["user_id:ben"], elm, { occurredAt: at })]);
    expect(await membersWith(one, "user_id:ada")).toHaveLength(2);
    // Ben moves, told by another system under another combination of identifiers.
    await one.deliver([said(["email:ben@example.com", "user_id:ben"], oak, { occurredAt: at + 1 })]);
    expect(await membersWith(one, "user_id:ada")).toEqual([]);
    expect(await membersWith(one, "user_id:ben")).toEqual([]);
    await one.deliver([said(["user_id:cy"], elm, { occurredAt: at + 2 })]);
    expect(await membersWith(one, "user_id:cy")).toHaveLength(2);
    // What was true before comes late, and changes nothing.
    await one.deliver([said(["user_id:ben", "crm_id:7"], elm, { occurredAt: at - 5 })]);
    expect(await membersWith(one, "user_id:cy")).toHaveLength(2);
  });

  it("an office, a hostel, a switchboard and a placeholder are nobody's home", async () => {
    const one = await folding();
    const most = householdRules.mostPeople.address;
    await one.deliver(Array.from({ length: most }, (_, n) => said([`user_id:u${n}`], elm)));
    expect(await membersWith(one, "user_id:u0")).toHaveLength(most);
    await one.deliver([said(["user_id:more"], elm)]);
    expect(await membersWith(one, "user_id:u0")).toEqual([]);
    const carriers = Array.from({ length: householdRules.mostRecords + 1 }, (_, n) =>
      said(["user_id:v", `anonymous_id:a${n}`], oak),
    );
    await one.deliver([...carriers, said(["user_id:w"], oak)]);
    expect(await membersWith(one, "user_id:w")).toEqual([]);
    const nobody = "phone:+15555555555";
    await one.deliver([said(["user_id:x", nobody]), said(["user_id:y", nobody])]);
    expect(await membersWith(one, "user_id:x")).toEqual([]);
  });

  it("a hub's own record is no member: nobody lives at a switchboard", async () => {
    const one = await folding();
    const landline = "phone:+442079460018";
    await one.deliver(["ada", "ben", "cy"].map((name) => said([`user_id:${name}`, landline])));
    await one.deliver([said([landline])]);
    expect((await one.identity.why(landline, "user_id:ada")).samePerson).toBe(false);
    expect(await membersWith(one, "user_id:ada")).toHaveLength(3);
  });

  it("follow merges and splits at once, without anything being written about them", async () => {
    const one = await folding();
    await one.deliver([said(["user_id:ada"], elm), said(["user_id:a.l"]), said(["user_id:ben"], elm)]);
    const before = await householdOf(one, "user_id:ben");
    await one.deliver([corrected("same", "user_id:ada", "user_id:a.l", { id: "c1" })]);
    const merged = await idOf(one, "user_id:a.l");
    expect(await membersWith(one, "user_id:ben")).toContain(merged);
    expect(await membersWith(one, "user_id:a.l")).toHaveLength(2);
    await one.deliver([corrected("same", "user_id:ada", "user_id:ben", { id: "c2" })]);
    expect(await membersWith(one, "user_id:ben")).toEqual([]);
    await one.deliver([
      corrected("withdrawn", "user_id:ada", "user_id:ben", { id: "c3", receivedAt: at * 2 }),
      corrected("withdrawn", "user_id:ada", "user_id:a.l", { id: "c4", receivedAt: at * 2 }),
    ]);
    expect(await householdOf(one, "user_id:ben")).toEqual(before);
    expect(await householdOf(one, "user_id:a.l")).toBeNull();
  });
});

/** A small town: homes, cards and phones in common, people who move, meet, and are corrected. */
const person = fc.nat(7).map((n) => `user_id:u${n}`);
const other = fc.oneof(
  fc.nat(3).map((n) => `phone:+4420794600${10 + n}`),
  fc.nat(3).map((n) => `payment_card:${n}`),
  fc.nat(5).map((n) => `email:e${n}@example.com`),
);
const homes = [elm, oak, { street: "9 Ash", city: "Bath" }, { city: "Bath" }, null];
const happening = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .record({
        identifiers: fc.tuple(fc.option(person), fc.uniqueArray(other, { maxLength: 2 })),
        home: fc.nat(homes.length),
        when: fc.nat(6),
      })
      .map(({ identifiers: [who, more], home, when }) => ({
        keys: who === null ? more : [who, ...more],
        address: homes[home],
        when,
      }))
      .filter(({ keys }) => keys.length > 0),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      verdict: fc.constantFrom("same" as const, "different" as const, "withdrawn" as const),
      one: person,
      other: person,
    }),
  },
);
const town = fc.array(happening, { minLength: 1, maxLength: 30 }).map((list) =>
  list.flatMap((each, index): LogRecord[] => {
    if (!("verdict" in each)) return [said(each.keys, each.address, { occurredAt: at + each.when })];
    if (each.one === each.other) return [];
    return [corrected(each.verdict, each.one, each.other, { id: `c${index}`, receivedAt: at + index })];
  }),
);

/** Who lives with whom by the definition, over everybody at once. */
function oracle(ties: ReadonlyMap<string, { id: string; records: number; isHeld: boolean }[]>): Map<string, string[]> {
  const held = new Map<string, string[]>();
  const records = new Map<string, number>();
  for (const [profile, own] of ties) {
    for (const { id, records: count, isHeld } of own) {
      records.set(id, (records.get(id) ?? 0) + count);
      if (isHeld) held.set(id, [...(held.get(id) ?? []), profile]);
    }
  }
  const kinds = ["address", "payment_card", "phone"] as const;
  for (const [id, people] of held) {
    const most = householdRules.mostPeople[kinds[Number(id[2]) - 1] ?? "phone"];
    const isHome = people.length >= 2 && people.length <= most && (records.get(id) ?? 0) <= householdRules.mostRecords;
    if (!isHome) held.delete(id);
  }
  const homeOf = new Map<string, string>();
  for (const [id, people] of held) {
    for (const each of people) if (id < (homeOf.get(each) ?? "~")) homeOf.set(each, id);
  }
  const rootOf = (id: string): string => {
    const next = (held.get(id) ?? []).map((each) => homeOf.get(each) ?? id).toSorted()[0] ?? id;
    return next === id ? id : rootOf(next);
  };
  return Map.groupBy(homeOf.keys(), (each) => rootOf(homeOf.get(each) ?? ""));
}

async function analyticsOf(one: Folding): Promise<AnalyticsCore> {
  const directory = temporaryDirectory();
  const core = await openAnalytics({
    homeCurrency,
    directory: directory.path,
    log: {
      read: async (_from, until) => ({ records: [], next: until }),
      at: async () => null,
      close: async () => undefined,
    },
    decided: openDecided({ file: one.file, hash, homeCurrency }),
    now: () => at,
  });
  cleanups.push(directory.remove, () => core.close().catch(() => undefined));
  return core;
}

async function inSql(core: AnalyticsCore): Promise<string[]> {
  await core.caughtUp();
  const { rows } = await core.query("SELECT household_id, profile_id, people FROM households", 1_000);
  return rows.map((row) => row.join(" ")).toSorted();
}

async function inState(one: Folding): Promise<string[]> {
  const told: string[] = [];
  for (const { id } of await one.profiles()) {
    const household = await one.households.ofProfile(id);
    if (household !== null) told.push(`${household.id} ${id} ${household.members.length}`);
    for (const { profileId } of household?.members ?? []) {
      expect((await one.households.ofProfile(profileId))?.id).toBe(household?.id);
    }
  }
  return told.toSorted();
}

function tiesIn(one: Folding, ids: string[]) {
  const decided = openDecided({ file: one.file, hash, homeCurrency });
  try {
    return new Map([...decided.profiles(ids)].map(([id, found]) => [id, found?.ties ?? []]));
  } finally {
    decided.close();
  }
}

describe("households of a whole town", () => {
  it("are as defined in the state and in SQL, the same after a rebuild, and change nobody", async () => {
    await fc.assert(
      fc.asyncProperty(town, fc.integer({ min: 1, max: 10 }), async (records, size) => {
        const one = await foldingHarness();
        const again = await foldingHarness();
        try {
          const core = await analyticsOf(one);
          for (let from = 0; from < records.length; from += size) {
            await one.deliver(records.slice(from, from + size), [size]);
            expect(await inSql(core)).toEqual(await inState(one));
          }
          const ids = (await one.profiles()).map(({ id }) => id);
          const defined = [...oracle(tiesIn(one, ids))].flatMap(([home, people]) =>
            people.map((id) => `${home} ${id} ${people.length}`),
          );
          expect(await inState(one)).toEqual(defined.toSorted());
          await again.deliver(records, [1]);
          expect(await one.differences(again)).toEqual([]);
          expect(await inState(again)).toEqual(await inState(one));
          for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
        } finally {
          await one.close();
          await again.close();
        }
      }),
      { numRuns: runs(15) },
    );
  });

  it("nobody is another person for an address: without addresses the people are the same", async () => {
    await fc.assert(
      fc.asyncProperty(town, async (records) => {
        const one = await foldingHarness();
        const bare = await foldingHarness();
        try {
          await one.deliver(records);
          await bare.deliver(
            records.map((record) =>
              record.status === "accepted" ? { ...record, body: { type: "identify", traits: {} } } : record,
            ),
          );
          const keysOf = async (folded: Folding) =>
            (await folded.profiles()).map(({ id, identifiers }) => [id, identifiers.map(({ value }) => value)]);
          expect(await keysOf(one)).toEqual(await keysOf(bare));
        } finally {
          await one.close();
          await bare.close();
        }
      }),
      { numRuns: runs(20) },
    );
  });
});
