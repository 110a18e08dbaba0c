import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Problem } from "../model/problem.ts";
import type { Profile } from "../model/profile.ts";
import type { SmallChange } from "./followed.ts";
import { maxQueryChars, type ProfileSearch, type SearchAnswer, type SearchQuery } from "./profileSearch.ts";

/** What the suite needs of an adapter: decided profiles that a test sets, and a search that follows them. */
export interface ProfileSearchHarness {
  /** Opens over the same storage as before; the one opened before is closed by then. */
  open(): Promise<ProfileSearch>;
  /** Decides: null where the id lives no more. `cause`: all that changed. */
  decide(id: string, profile: Profile | null, cause?: SmallChange): void;
  /** While true, reading what was decided fails. */
  setFault(isFailing: boolean): void;
  dispose(): Promise<void>;
}

interface Given {
  id: string;
  name?: string;
  city?: string;
  identifiers?: string[];
  sources?: string[];
  lastSeenAt?: string;
  revenue?: number;
  consents?: Record<string, "granted" | "denied">;
  retiredIds?: string[];
}

const at = "2026-01-15T12:00:00.000Z";

export function personOf(given: Given): Profile {
  const trait = (value: string) => ({ value, source: "crm", messageId: "m", occurredAt: at });
  const identifiers = (given.identifiers ?? [`user_id:${given.id}`]).map((key) => {
    const colon = key.indexOf(":");
    return {
      type: key.slice(0, colon),
      value: key.slice(colon + 1),
      firstSeenAt: at,
      lastSeenAt: at,
      sources: ["crm"],
    };
  });
  const revenue = { amount: given.revenue ?? 0, currency: "GBP" };
  return {
    id: given.id,
    identifiers,
    traits: {
      ...(given.name === undefined ? {} : { name: trait(given.name) }),
      ...(given.city === undefined ? {} : { city: trait(given.city) }),
    },
    computed: {
      eventCount: 1,
      orderCount: 0,
      refundCount: 0,
      revenue,
      revenueByCurrency: {},
      averageOrderValue: {},
      firstOrderAt: null,
      lastOrderAt: null,
      daysBetweenOrders: null,
      favouriteCategory: null,
      favouriteChannel: null,
      rfm: { lastOrderAt: null, frequency: 0, monetary: revenue },
    },
    consents: Object.fromEntries(
      Object.entries(given.consents ?? {}).map(([name, status]) => [name, { status, source: "crm", occurredAt: at }]),
    ),
    firstSeenAt: at,
    lastSeenAt: given.lastSeenAt ?? at,
    sources: given.sources ?? ["crm"],
    retiredIds: given.retiredIds ?? [],
  };
}

/** The promises of `ProfileSearch`, which every adapter keeps. */
export function profileSearchContract(name: string, create: () => Promise<ProfileSearchHarness>): void {
  describe(`ProfileSearch contract: ${name}`, () => {
    let harness: ProfileSearchHarness;
    let search: ProfileSearch;
    beforeEach(async () => {
      harness = await create();
      search = await harness.open();
    });
    afterEach(async () => {
      await search.close();
      await harness.dispose();
    });
    const world: World = {
      decide: (...given) => given.forEach((one) => harness.decide(one.id, personOf(one))),
      harness: () => harness,
      reopen: async () => {
        await search.close();
        search = await harness.open();
      },
      ask: async (query) => {
        await search.caughtUp();
        return search.search({ limit: 50, ...query });
      },
      searchNow: (q) => search.search({ q, limit: 50 }),
      found: async (q) => (await world.ask({ q })).items.map(({ entry }) => entry.id),
    };
    describe("finds", () => {
      finds(world);
    });
    describe("ranks and pages", () => {
      ranks(world);
    });
    describe("follows", () => {
      follows(world);
    });
    describe("takes any question", () => {
      hostile(world);
    });
  });
}

interface World {
  decide(...given: Given[]): void;
  harness(): ProfileSearchHarness;
  reopen(): Promise<void>;
  ask(query: Partial<SearchQuery>): Promise<SearchAnswer>;
  searchNow(q: string): Promise<SearchAnswer>;
  found(q: string): Promise<string[]>;
}

function finds({ decide, found, ask }: World): void {
  const people: Given[] = [
    {
      id: "p1",
      name: "John Smith",
      city: "São Paulo",
      identifiers: ["email:j.smith@example.com", "phone:+442079460958"],
    },
    { id: "p2", name: "Jürgen Müller", city: "Köln", identifiers: ["crm_id:CRM-00123", "loyalty_card:7788990011"] },
    { id: "p3", name: "王小明", identifiers: ["user_id:wang"] },
    { id: "p4", name: "Елена Кузнецова", identifiers: ["user_id:elena"] },
    { id: "p5", name: "محمد الهاشمي", identifiers: ["anonymous_id:6f9619ff-8b86-4011-b42d-00c04fc964ff"] },
  ];

  test.each([
    ["jhon smtih", "p1"],
    ["smith JOHN", "p1"],
    ["smi", "p1"],
    ["sao", "p1"],
    ["j.smith@example.com", "p1"],
    ["j.smith", "p1"],
    ["example.com", "p1"],
    ["+44 (20) 7946-0958", "p1"],
    ["020 7946 0958", "p1"],
    ["0044 20 79460958", "p1"],
    ["0958", "p1"],
    ["muller", "p2"],
    ["mueller", "p2"],
    ["MÜLLER koln", "p2"],
    ["mulelr", "p2"],
    ["crm-00123", "p2"],
    ["crm00123", "p2"],
    ["00123", "p2"],
    ["7788990011", "p2"],
    ["77889", "p2"],
    ["王", "p3"],
    ["小明", "p3"],
    ["елена", "p4"],
    ["Кузнецваа", "p4"],
    ["محمد", "p5"],
    ["6f9619ff-8b86", "p5"],
  ])("%j", async (q, id) => {
    decide(...people);
    expect(await found(q)).toEqual([id]);
  });

  test("says what matched, and how", async () => {
    decide(...people);
    const { items } = await ask({ q: "jhon smi 0958" });
    expect(items[0]?.matched).toEqual([
      { field: "name", value: "John Smith", kind: "prefix" },
      { field: "phone", value: "+442079460958", kind: "prefix" },
    ]);
    expect((await ask({ q: "CRM-00123" })).items[0]?.matched).toEqual([
      { field: "crm_id", value: "CRM-00123", kind: "exact" },
    ]);
    expect((await ask({ q: "Smtih" })).items[0]?.matched).toEqual([
      { field: "name", value: "John Smith", kind: "typo" },
    ]);
  });

  test("every word, or nobody: then near spellings that somebody has", async () => {
    decide(...people);
    expect(await ask({ q: "jhon zzzz" })).toMatchObject({
      items: [],
      total: { value: 0, exact: true },
      suggestions: ["john"],
    });
    expect((await ask({ q: "jhon muller" })).suggestions).toEqual(expect.arrayContaining(["john", "muller"]));
  });

  test("short words only as they are spelled", async () => {
    decide({ id: "p1", name: "Ann Lee" });
    expect(await found("anm")).toEqual([]);
    expect(await found("ann")).toEqual(["p1"]);
  });
}

function ranks({ decide, found, ask, harness }: World): void {
  test("an exact identifier, an exact name, an exact word elsewhere, a beginning, a misspelling", async () => {
    decide(
      { id: "typo", name: "Pariz Hill", lastSeenAt: "2026-05-01T00:00:00.000Z" },
      { id: "beginning", name: "Parisa Hill", lastSeenAt: "2026-04-01T00:00:00.000Z" },
      { id: "city", name: "Bo", city: "Paris", lastSeenAt: "2026-03-01T00:00:00.000Z" },
      { id: "name", name: "Paris Hill", lastSeenAt: "2026-02-01T00:00:00.000Z" },
      { id: "identifier", identifiers: ["user_id:paris"], lastSeenAt: "2026-01-01T00:00:00.000Z" },
    );
    expect(await found("paris")).toEqual(["identifier", "name", "city", "beginning", "typo"]);
  });

  test("among equals the most recently seen first, and by pages without gaps or repeats", async () => {
    const ids = Array.from({ length: 25 }, (_, index) => `p${String(index).padStart(2, "0")}`);
    decide(
      ...ids.map((id, index) => ({
        id,
        name: "Ada King",
        lastSeenAt: `2026-01-${String(28 - index).padStart(2, "0")}T00:00:00.000Z`,
      })),
    );
    for (const q of ["ada", undefined]) {
      const seen: string[] = [];
      let after: string | null = null;
      do {
        const page: SearchAnswer = await ask({
          limit: 4,
          ...(q === undefined ? {} : { q }),
          ...(after === null ? {} : { after }),
        });
        seen.push(...page.items.map(({ entry }) => entry.id));
        expect(page.total).toEqual({ value: 25, exact: true });
        after = page.next;
      } while (after !== null);
      expect(seen).toEqual(ids);
    }
  });

  test("filters hold together, with words and without", async () => {
    decide(
      { id: "p1", name: "Ada", sources: ["web", "till"], revenue: 500, consents: { "marketing.email": "granted" } },
      { id: "p2", name: "Ada", sources: ["web"], revenue: 900, consents: { "marketing.email": "denied" } },
      { id: "p3", name: "Bob", sources: ["till"], revenue: 100, lastSeenAt: "2026-06-01T00:00:00.000Z" },
    );
    const ids = async (query: Partial<SearchQuery>) => (await ask(query)).items.map(({ entry }) => entry.id).sort();
    expect(await ids({ sources: ["till"] })).toEqual(["p1", "p3"]);
    expect(await ids({ sources: ["till"], q: "ada" })).toEqual(["p1"]);
    expect(await ids({ sources: [] })).toEqual([]);
    expect(await ids({ minRevenue: 500 })).toEqual(["p1", "p2"]);
    expect(await ids({ minRevenue: 501, q: "ada" })).toEqual(["p2"]);
    expect(await ids({ consent: { name: "marketing.email", status: "granted" } })).toEqual(["p1"]);
    expect(await ids({ consent: { name: "marketing.email", status: "denied" }, q: "ada" })).toEqual(["p2"]);
    expect(await ids({ consent: { name: "email", status: "granted" } })).toEqual([]);
    expect(await ids({ seenSince: Date.UTC(2026, 5, 1) })).toEqual(["p3"]);
    expect((await ask({ sources: ["web"] })).total).toEqual({ value: 2, exact: true });
  });

  test("what was only seen again moves up", async () => {
    decide({ id: "p1", name: "Ada" }, { id: "p2", name: "Ada", lastSeenAt: "2026-01-16T00:00:00.000Z" });
    expect(await found("ada")).toEqual(["p2", "p1"]);
    harness().decide("p1", personOf({ id: "p1", name: "Ada", lastSeenAt: "2026-01-17T00:00:00.000Z" }), "activity");
    expect(await found("ada")).toEqual(["p1", "p2"]);
    harness().decide("p1", personOf({ id: "p1", name: "Ada", sources: ["crm", "web"] }), "activity");
    expect((await ask({ sources: ["web"] })).items.map(({ entry }) => entry.id)).toEqual(["p1"]);
  });
}

function follows({ decide, found, ask, harness, reopen, searchNow }: World): void {
  test("a merge, and its undoing", async () => {
    decide(
      { id: "p1", name: "Ada", identifiers: ["user_id:ada"] },
      { id: "p2", identifiers: ["email:ada@example.com"] },
    );
    expect((await found("ada")).sort()).toEqual(["p1", "p2"]);
    harness().decide("p2", null);
    decide({ id: "p1", name: "Ada", identifiers: ["user_id:ada", "email:ada@example.com"], retiredIds: ["p2"] });
    expect(await found("ada@example.com")).toEqual(["p1"]);
    expect((await ask({})).total).toEqual({ value: 1, exact: true });
    decide(
      { id: "p1", name: "Ada", identifiers: ["user_id:ada"] },
      { id: "p2", identifiers: ["email:ada@example.com"] },
    );
    expect(await found("ada@example.com")).toEqual(["p2"]);
  });

  test("a name that changed, which is found no more, nor offered", async () => {
    decide({ id: "p1", name: "Wilhelmina Brown" });
    expect(await found("wilhelmina")).toEqual(["p1"]);
    decide({ id: "p1", name: "Ada King" });
    expect(await found("wilhelmina")).toEqual([]);
    expect((await ask({ q: "wilhelmina" })).suggestions).toEqual([]);
    expect(await found("ada king")).toEqual(["p1"]);
  });

  test("again what failed half-way, and nothing twice, over restarts", async () => {
    const many = Array.from({ length: 300 }, (_, index) => ({ id: `p${index}`, name: `Ada Number${index}` }));
    decide(...many.slice(0, 100));
    expect((await ask({ q: "ada" })).total.value).toBe(100);
    harness().setFault(true);
    decide(...many.slice(100));
    await reopen();
    expect((await searchNow("ada")).total.value).toBe(100);
    harness().setFault(false);
    await reopen();
    expect((await ask({ q: "ada" })).total).toEqual({ value: 300, exact: true });
    await reopen();
    expect((await ask({})).total).toEqual({ value: 300, exact: true });
  });
}

function hostile({ decide, ask }: World): void {
  const questions = [
    '"',
    "'",
    "*",
    "ada*",
    "(",
    "NEAR(a b)",
    "ada AND OR NOT",
    "terms:ada",
    "-ada",
    "^ada",
    "ada\0king",
    "\u0000",
    "%",
    "_",
    "'; DROP TABLE entries; --",
    "👩‍👩‍👧‍👦",
    "\u202Eada",
    "\u200F",
    "\ud800",
    "a".repeat(maxQueryChars),
    "é".repeat(maxQueryChars),
    "\u0301".repeat(50),
    "1 2 3 4 5",
    "+",
    "+++",
    "((((",
    "\t\n",
    "⇥ada",
    "⇞ada ⇤1",
    "__proto__",
    "constructor",
  ];
  test.each(questions)("%j", async (q) => {
    decide(
      { id: "p1", name: "Ada King" },
      { id: "p2", name: "__proto__ constructor", identifiers: ["user_id:__proto__"] },
    );
    const { items, total } = await ask({ q });
    expect(items.length).toBe(total.value);
  });

  test.each([
    ["query_too_long", "a".repeat(10_000)],
    ["query_too_many_words", "a b c d e f g h i j k l m n o p"],
  ])("but for %s", async (code, q) => {
    const error: unknown = await ask({ q }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Problem);
    expect(error).toMatchObject({ status: 400, code, field: "q" });
  });

  test.each(["x", "W10", "bm90IGpzb24", "WzEsMiwieCJd", "\0"])("and refuses the cursor %j", async (after) => {
    const error: unknown = await ask({ after }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status: 400, code: "cursor_invalid", field: "after" });
  });
}
