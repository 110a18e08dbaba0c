import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { defaultIdentityRules } from "../../../identity/index.ts";
import type { JsonObject } from "../../../model/event.ts";
import type { Profile } from "../../../model/profile.ts";
import { type AnalyticsCore, type CoreOptions, openAnalytics } from "./core.ts";
import { eventOf, FakeFollowed, fragmentNamed, orderOf, profileOf, temporaryDirectory } from "./followedFakes.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function directory(): string {
  const made = temporaryDirectory();
  cleanups.push(made.remove);
  return made.path;
}

async function open(followed: FakeFollowed, path: string, more: Partial<CoreOptions> = {}): Promise<AnalyticsCore> {
  const core = await openAnalytics({
    homeCurrency: "GBP",
    directory: path,
    log: followed.reader(),
    decided: followed.decided(),
    now: () => Date.UTC(2026, 0, 15, 13),
    ...more,
  });
  cleanups.push(() => core.close().catch(() => undefined));
  return core;
}

async function rows(core: AnalyticsCore, sql: string): Promise<unknown[][]> {
  return (await core.query(sql, 1_000)).rows;
}

async function until(condition: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > giveUpAt) throw new Error("did not happen in time");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const a = fragmentNamed("A");
const b = fragmentNamed("B");
const guest = fragmentNamed("g");

describe("events", () => {
  test("appear with their columns, in the log's order, without those that were not processed", async () => {
    const followed = new FakeFollowed();
    const occurredAt = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
    followed.append(
      a,
      eventOf({
        messageId: "m1",
        event: "Order Completed",
        occurredAt,
        receivedAt: occurredAt + 5,
        originalTimestamp: occurredAt - 7,
        identifiers: ["anonymous_id:x", "email:a:b@example.com", "loyalty_card:7"],
        body: { properties: { total: "12.345", currency: "gbp", näme: "☃ \u0001" }, context: { ip: "10.0.0.1" } },
      }),
    );
    followed.append(a, eventOf({ messageId: "refused" }), "not processed");
    followed.append(
      guest,
      eventOf({ messageId: "m2", type: "identify", event: null, identifiers: [], body: { traits: { plan: "gold" } } }),
    );
    const core = await open(followed, directory());
    await core.caughtUp();
    expect(await rows(core, "SELECT * FROM events ORDER BY message_id")).toEqual([
      [
        "m1",
        "web",
        "web",
        "track",
        "Order Completed",
        "2026-01-02T03:04:05.678Z",
        "2026-01-02T03:04:05.683Z",
        "2026-01-02T03:04:05.671Z",
        "loyalty_card",
        "7",
        null,
        '{"total":"12.345","currency":"gbp","näme":"☃ \\u0001"}',
        '{"ip":"10.0.0.1"}',
        1_235,
        "GBP",
      ],
      [
        "m2",
        "web",
        "web",
        "identify",
        null,
        "2026-01-15T12:00:00.000Z",
        "2026-01-15T12:00:01.000Z",
        null,
        null,
        null,
        null,
        '{"plan":"gold"}',
        "{}",
        null,
        null,
      ],
    ]);
  });

  test("name the identifier that was surest by the rules that held when each was decided", async () => {
    const followed = new FakeFollowed();
    const identifiers = ["crm_id:1", "loyalty_card:7"];
    const { types } = defaultIdentityRules;
    const [crm, card] = [types["crm_id"], types["loyalty_card"]];
    if (crm === undefined || card === undefined) throw new Error("the defaults name both");
    const swapped = { ...types, crm_id: { ...crm, rank: card.rank }, loyalty_card: { ...card, rank: crm.rank } };
    for (const at of [1, 2]) followed.append(a, eventOf({ messageId: `before${at}`, identifiers }));
    followed.publish({ ...defaultIdentityRules, types: swapped });
    followed.append(a, eventOf({ messageId: "between", identifiers }));
    followed.publish(defaultIdentityRules);
    followed.append(a, eventOf({ messageId: "last", identifiers }));
    const path = directory();
    const core = await open(followed, path);
    await core.caughtUp();
    const all = "SELECT message_id, identifier_type, identifier_value FROM events ORDER BY 1";
    const expected = [
      ["before1", "crm_id", "1"],
      ["before2", "crm_id", "1"],
      ["between", "loyalty_card", "7"],
      ["last", "crm_id", "1"],
    ];
    expect(await rows(core, all)).toEqual(expected);
    followed.publish({ ...defaultIdentityRules, types: swapped });
    followed.append(a, eventOf({ messageId: "since", identifiers }));
    core.advance();
    await core.caughtUp();
    expect(await rows(core, all)).toEqual([...expected, ["since", "loyalty_card", "7"]]);
  });

  test("of orders state the amount that their orders are read from, whatever they are called", async () => {
    const followed = new FakeFollowed();
    const said: [event: string, properties: JsonObject, expected: number | null][] = [
      ["Order Completed", { total: 10 }, 1_000],
      ["order_completed", { total: "10.00", currency: "gbp" }, 1_000],
      ["orderRefunded", { total: -5 }, 500],
      ["Order Completed", { total: "1,200.00", revenue: 12 }, 1_200],
      ["Order Completed", { total: null, value: 7 }, 700],
      ["Order Canceled", { revenue: 3 }, 300],
      ["Order Completed", { products: [{ sku: "s", price: 3 }] }, null],
      ["Border Completed", { total: 10 }, null],
      ["Product Viewed", { event: "Order Completed", total: 10 }, null],
    ];
    for (const [at, [event, properties]] of said.entries()) {
      followed.append(a, eventOf({ messageId: `m${at}`, event, body: { event, properties } }));
    }
    const core = await open(followed, directory());
    await core.caughtUp();
    expect(await rows(core, "SELECT revenue_minor FROM events ORDER BY message_id")).toEqual(
      said.map(([, , expected]) => [expected]),
    );
  });

  test("that no reader of JSON takes leave the others of their batch alone, and are told", async () => {
    const followed = new FakeFollowed();
    const troubles: string[] = [];
    followed.append(a, eventOf({ messageId: "before" }));
    followed.appendBytes(a, Buffer.from("{ not JSON"));
    followed.append(a, eventOf({ messageId: "lone \ud800", body: { properties: { "\ud801k": "\\ud800 \udfff" } } }));
    followed.append(a, {
      status: "rejected",
      source: "web",
      sourceKind: "web",
      messageId: "rejected",
      receivedAt: 1,
      reason: { code: "x", message: "y" },
      body: "{}",
    });
    followed.append(a, eventOf({ messageId: "after" }));
    const core = await open(followed, directory(), { onTrouble: (message) => troubles.push(message) });
    await core.caughtUp();
    expect(await rows(core, "SELECT message_id, properties FROM events ORDER BY 1")).toEqual([
      ["after", "{}"],
      ["before", "{}"],
      ["lone \ufffd", '{"\ufffdk":"\\\\ud800 \ufffd"}'],
    ]);
    expect(troubles.join()).toContain("1 records");
  });

  test("of many batches are each there once", async () => {
    const followed = new FakeFollowed();
    for (let at = 0; at < 25_000; at++) followed.append(a, eventOf({ messageId: `m${at}` }));
    const core = await open(followed, directory());
    await core.caughtUp();
    expect(await rows(core, "SELECT count(*), count(DISTINCT message_id) FROM events")).toEqual([[25_000, 25_000]]);
  });

  test("are fresh soon after they are announced", async () => {
    const followed = new FakeFollowed();
    const core = await open(followed, directory());
    await core.caughtUp();
    followed.append(a, eventOf({ messageId: "new" }));
    const announcedAt = performance.now();
    core.advance();
    let count = 0;
    while (count === 0 && performance.now() - announcedAt < 5_000) {
      count = Number((await rows(core, "SELECT count(*) FROM events"))[0]?.[0]);
    }
    expect(count).toBe(1);
    expect(performance.now() - announcedAt).toBeLessThan(2_000);
  });
});

describe("profiles and orders", () => {
  test("belong to whoever holds their fragment, through merge, split and retirement; guests to nobody", async () => {
    const followed = new FakeFollowed();
    followed.append(a, eventOf({ messageId: "ea" }));
    followed.append(b, eventOf({ messageId: "eb" }));
    followed.append(guest, eventOf({ messageId: "eg", identifiers: [] }));
    followed.setOrder("oa", orderOf("1", a, { grossMinor: 500 }));
    followed.setOrder("ob", orderOf("2", b, { grossMinor: 700, refundedMinor: 100 }));
    followed.setOrder("og", orderOf("3", guest, { grossMinor: 900 }));
    followed.setProfile("p_a", { profile: profileOf("p_a", 500), fragments: [a] });
    followed.setProfile("p_b", { profile: profileOf("p_b", 600), fragments: [b] });
    const core = await open(followed, directory());
    const owners = async () => {
      await core.caughtUp();
      return {
        events: await rows(core, "SELECT message_id, profile_id FROM events ORDER BY 1"),
        orders: await rows(core, "SELECT order_id, profile_id, net_minor FROM orders ORDER BY 1"),
        lines: await rows(core, "SELECT order_id, profile_id, value_minor, kind FROM order_lines ORDER BY 1"),
        profiles: await rows(core, "SELECT profile_id, revenue_minor, currency FROM profiles ORDER BY 1"),
        identifiers: await rows(core, "SELECT profile_id, type, value FROM identifiers ORDER BY 1"),
      };
    };
    const apart = await owners();
    expect(apart.events).toEqual([
      ["ea", "p_a"],
      ["eb", "p_b"],
      ["eg", null],
    ]);
    expect(apart.orders).toEqual([
      ["1", "p_a", 500],
      ["2", "p_b", 600],
      ["3", null, 900],
    ]);
    expect(apart.lines.map(([order, profile]) => [order, profile])).toEqual([
      ["1", "p_a"],
      ["2", "p_b"],
      ["3", null],
    ]);
    followed.setProfile("p_b", null);
    followed.setProfile("p_a", { profile: profileOf("p_a", 1_100), fragments: [a, b] });
    const merged = await owners();
    expect(merged.events.slice(0, 2)).toEqual([
      ["ea", "p_a"],
      ["eb", "p_a"],
    ]);
    expect(merged.profiles).toEqual([["p_a", 1_100, "GBP"]]);
    expect(merged.identifiers).toEqual([["p_a", "email", "p_a@example.com"]]);
    followed.setProfile("p_a", { profile: profileOf("p_a", 500), fragments: [a] });
    followed.setProfile("p_b", { profile: profileOf("p_b", 600), fragments: [b] });
    expect(await owners()).toEqual(apart);
  });

  test("a changed order replaces its row and lines, one that is gone leaves none", async () => {
    const followed = new FakeFollowed();
    const core = await open(followed, directory());
    followed.setOrder("k", orderOf("1", a));
    await core.caughtUp();
    followed.setOrder("k", orderOf("1", a, { grossMinor: 2_000, refundedMinor: 300 }));
    await core.caughtUp();
    expect(await rows(core, "SELECT gross_minor, refunded_minor, net_minor FROM orders")).toEqual([
      [2_000, 300, 1_700],
    ]);
    expect(await rows(core, "SELECT price_minor, value_minor FROM order_lines")).toEqual([[1_000, 2_000]]);
    followed.setOrder("k", null);
    await core.caughtUp();
    expect(await rows(core, "SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM order_lines)")).toEqual([
      [0, 0],
    ]);
  });

  test("sums of money are exact beyond what a double holds", async () => {
    const followed = new FakeFollowed();
    const big = Number.MAX_SAFE_INTEGER;
    for (let at = 0; at < 3; at++) followed.setOrder(`k${at}`, orderOf(`${at}`, a, { grossMinor: big, lines: [] }));
    const core = await open(followed, directory());
    await core.caughtUp();
    expect(await rows(core, "SELECT sum(net_minor), max(net_minor) FROM orders")).toEqual([
      [String(3n * BigInt(big)), big],
    ]);
  });

  test("traits are an object of values", async () => {
    const followed = new FakeFollowed();
    const trait = { value: { city: "Łódź" }, source: "crm", messageId: "m", occurredAt: "2026-01-15T12:00:00.000Z" };
    followed.setProfile("p_a", { profile: profileOf("p_a", 0, { address: trait }), fragments: [a] });
    const core = await open(followed, directory());
    await core.caughtUp();
    expect(await rows(core, "SELECT traits, traits->>'$.address.city' FROM profiles")).toEqual([
      ['{"address":{"city":"Łódź"}}', "Łódź"],
    ]);
  });
});

describe("Promise 2: once, whatever fails", () => {
  test("a reopened database goes on where its last transaction ended", async () => {
    const followed = new FakeFollowed();
    const path = directory();
    for (let round = 0; round < 3; round++) {
      followed.append(a, eventOf({ messageId: `m${round}` }));
      followed.setProfile("p_a", { profile: profileOf("p_a", round), fragments: [a] });
      const core = await open(followed, path);
      await core.caughtUp();
      expect(await rows(core, "SELECT count(*) FROM events WHERE profile_id = 'p_a'")).toEqual([[round + 1]]);
      expect(await rows(core, "SELECT revenue_minor FROM profiles")).toEqual([[round]]);
      await core.close();
    }
  });

  test("faults in every call delay the rows but neither lose nor double them", async () => {
    const followed = new FakeFollowed();
    const path = directory();
    for (let at = 0; at < 30; at++) followed.append(a, eventOf({ messageId: `m${at}` }));
    followed.setProfile("p_a", { profile: profileOf("p_a", 1), fragments: [a] });
    followed.setOrder("k", orderOf("1", a));
    for (const failing of ["profiles", "orders", "log"]) {
      let failed = false;
      followed.fault = (call) => {
        if (call !== failing) return;
        failed = true;
        throw new Error("injected");
      };
      const core = await open(followed, path);
      await until(() => failed);
      // It went wrong once, then the process goes away.
      await core.close();
    }
    followed.fault = () => undefined;
    const core = await open(followed, path);
    await core.caughtUp();
    expect(
      await rows(
        core,
        "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM profiles), (SELECT count(*) FROM orders)",
      ),
    ).toEqual([[30, 1, 1]]);
    expect(await rows(core, "SELECT count(*) FROM events WHERE profile_id = 'p_a'")).toEqual([[30]]);
  });

  test("a failure is told without what it may quote, and following goes on by itself", async () => {
    const followed = new FakeFollowed();
    const troubles: string[] = [];
    followed.append(a, eventOf({ messageId: "m" }));
    let failures = 0;
    followed.fault = () => {
      if (failures++ < 1) throw new Error("disk on fire\nat secret path");
    };
    const core = await open(followed, directory(), { onTrouble: (message) => troubles.push(message) });
    await core.caughtUp();
    expect(troubles).toEqual(["following failed (1 in a row): disk on fire"]);
    expect(await rows(core, "SELECT count(*) FROM events")).toEqual([[1]]);
  });

  test("a damaged database is refused with the way to mend it", async () => {
    const path = directory();
    writeFileSync(join(path, "analytics.duckdb"), "this is not a database".repeat(1_000));
    await expect(open(new FakeFollowed(), path)).rejects.toMatchObject({
      code: "analytics_unreadable",
      hint: expect.stringContaining("rebuilt from the event log") as string,
    });
  });
});

test("status and answers say as of when", async () => {
  const followed = new FakeFollowed();
  let now = 1_000;
  const core = await open(followed, directory(), { now: () => now });
  await core.caughtUp();
  now = 5_000;
  followed.append(a, eventOf({ messageId: "m" }));
  await core.caughtUp();
  await core.caughtUp();
  expect(await core.status()).toMatchObject({ position: 1, asOf: 5_000 });
  expect((await core.query("SELECT 1", 1)).asOf).toBe(5_000);
});

test("what they say is as of now while nothing waits, and stays as of then while something does", async () => {
  const followed = new FakeFollowed();
  followed.append(a, eventOf({ messageId: "m" }));
  followed.setProfile("p_a", { profile: profileOf("p_a", 7), fragments: [a] });
  let now = 1_000;
  const core = await open(followed, directory(), { now: () => now, retryDelayMs: 60_000 });
  await core.caughtUp();
  for (const at of [5_000, 90_000, 9_000]) {
    now = at;
    expect((await core.status()).asOf).toBe(at);
    expect((await core.query("SELECT 1", 1)).asOf).toBe(at);
    expect((await core.timeline({ fragments: [a], limit: 1 })).asOf).toBe(at);
  }
  followed.fault = () => {
    throw new Error("injected");
  };
  followed.append(a, eventOf({ messageId: "later" }));
  now = 12_000;
  expect((await core.status()).asOf).toBe(9_000);
  expect((await core.query("SELECT 1", 1)).asOf).toBe(9_000);
  // A clock that was set back knows nothing of what was then.
  now = 5_000;
  expect((await core.status()).asOf).toBe(0);
});

test("nothing is said as of now of a feed that may be another's", async () => {
  const followed = new FakeFollowed();
  followed.setProfile("p_a", { profile: profileOf("p_a", 7), fragments: [a] });
  const path = directory();
  const first = await open(followed, path, { now: () => 1_000 });
  await first.caughtUp();
  await first.close();
  followed.makeAnew();
  let failures = 0;
  followed.fault = () => {
    failures++;
    throw new Error("injected");
  };
  const second = await open(followed, path, { now: () => 5_000, retryDelayMs: 60_000 });
  await until(() => failures > 0);
  expect((await second.status()).asOf).toBeLessThanOrEqual(1_000);
});

describe("activity", () => {
  const everything = [
    "SELECT * FROM profiles ORDER BY ALL",
    "SELECT * FROM identifiers ORDER BY ALL",
    "SELECT profile_id, message_id FROM events ORDER BY ALL",
  ];
  const all = async (core: AnalyticsCore): Promise<unknown[][][]> => {
    await core.caughtUp();
    return Promise.all(everything.map((sql) => rows(core, sql)));
  };
  const seenTwice = (): Profile => {
    const lastSeenAt = "2026-01-16T09:30:00.000Z";
    const before = profileOf("p_a", 500, { city: { value: "Lund", source: "s", messageId: "m", occurredAt: "" } });
    const [identifier] = before.identifiers;
    return {
      ...before,
      lastSeenAt,
      computed: { ...before.computed, eventCount: 4 },
      identifiers: identifier === undefined ? [] : [{ ...identifier, lastSeenAt }],
    };
  };

  test("is written as a whole copy would have it, new fragments too", async () => {
    const followed = new FakeFollowed();
    followed.append(a, eventOf({ messageId: "m1" }));
    followed.append(b, eventOf({ messageId: "m2" }));
    const before = profileOf("p_a", 500, { city: { value: "Lund", source: "s", messageId: "m", occurredAt: "" } });
    followed.setProfile("p_a", { profile: before, fragments: [a] });
    followed.setProfile("p_c", { profile: profileOf("p_c", 7), fragments: [guest] });
    const core = await open(followed, directory());
    const atFirst = await all(core);
    followed.setProfile("p_a", { profile: seenTwice(), fragments: [a, b] }, "activity");
    const now = await all(core);
    expect(now).not.toEqual(atFirst);
    expect(now[2]).toEqual([
      ["p_a", "m1"],
      ["p_a", "m2"],
    ]);
    expect(now).toEqual(await all(await open(followed, directory())));
  });

  test("of somebody who is not there yet, or no more, is a change", async () => {
    const followed = new FakeFollowed();
    followed.setProfile("p_b", { profile: profileOf("p_b", 7), fragments: [b] });
    const core = await open(followed, directory());
    await core.caughtUp();
    // Their first entry names them by the id that they have now; what made them so comes later.
    followed.setProfile("p_a", { profile: seenTwice(), fragments: [a] }, "activity");
    followed.setProfile("p_b", null, "activity");
    expect(await all(core)).toEqual(await all(await open(followed, directory())));
    expect(await rows(core, "SELECT profile_id, event_count FROM profiles")).toEqual([["p_a", 4]]);
  });
});

describe("a full copy", () => {
  const tables = [
    "SELECT message_id, profile_id FROM events ORDER BY 1",
    "SELECT profile_id, revenue_minor, event_count FROM profiles ORDER BY 1",
    "SELECT profile_id, type, value FROM identifiers ORDER BY 1, 2, 3",
    "SELECT order_id, profile_id, net_minor FROM orders ORDER BY 1",
    "SELECT order_id, profile_id, sku, value_minor FROM order_lines ORDER BY 1, 3",
  ];
  const all = async (core: AnalyticsCore): Promise<unknown[][][]> => {
    await core.caughtUp();
    const answers: unknown[][][] = [];
    for (const sql of tables) answers.push((await core.query(sql, 10_000)).rows);
    return answers;
  };
  const people = 2_600;
  /** Of 5,000 entries, half of them people and half orders, 250 are read at a time. */
  const slicesOfFirstPage = 10;
  const fragmentOf = (at: number): string => fragmentNamed(`f${String(at).padStart(4, "0")}`);
  /** More people and orders than a page of the copy. */
  function filled(): FakeFollowed {
    const followed = new FakeFollowed();
    followed.append(fragmentOf(5), eventOf({ messageId: "ma" }));
    for (let at = 0; at < people; at++) {
      followed.setOrder(`o${at}`, orderOf(String(at), fragmentOf(at), { grossMinor: 100 + at }));
      followed.setProfile(`p_${at}`, { profile: profileOf(`p_${at}`, at), fragments: [fragmentOf(at)] });
    }
    return followed;
  }
  function change(followed: FakeFollowed): void {
    // Two merge, one on each side of any place in the copy; an order changes hands.
    followed.setProfile(`p_${people - 1}`, null);
    const fragments = [fragmentOf(5), fragmentOf(people - 1)];
    followed.setProfile("p_5", { profile: profileOf("p_5", 1), fragments });
    followed.setOrder("o7", orderOf("7", fragmentOf(5), { grossMinor: 1 }));
  }

  test("gives a database that was removed all that it had, though the feed is pruned", async () => {
    const followed = filled();
    change(followed);
    const path = directory();
    const first = await open(followed, path);
    const before = await all(first);
    await first.close();
    followed.prune(followed.feedVersion());
    rmSync(path, { recursive: true });
    expect(await all(await open(followed, path))).toEqual(before);
    expect(before.map((rows) => rows.length)).toEqual([1, people - 1, people - 1, people, people]);
    expect(before[0]).toEqual([["ma", "p_5"]]);
  });

  test("is made when what it needs of the feed is gone, or the feed is another, and then only the feed is followed", async () => {
    const followed = filled();
    const path = directory();
    const first = await open(followed, path);
    await all(first);
    await first.close();
    change(followed);
    followed.prune(followed.feedVersion());
    const heard: number[] = [];
    const behind = await open(followed, path, { onFollowed: (version) => heard.push(version) });
    const expected = await all(await open(followed, directory()));
    expect(await all(behind)).toEqual(expected);
    followed.prune(Math.max(...heard));
    followed.setOrder("new", orderOf("new", a));
    await behind.caughtUp();
    expect(heard.at(-1)).toBe(followed.feedVersion());
    expect(await rows(behind, "SELECT count(*) FROM orders")).toEqual([[people + 1]]);
    await behind.close();
    followed.makeAnew();
    followed.setOrder("new", null);
    expect(await all(await open(followed, path))).toEqual(expected);
  });

  test("goes on where it was cut short, once for each page", async () => {
    const followed = filled();
    followed.prune(followed.feedVersion());
    const path = directory();
    const reads = { profiles: 0, orders: 0 };
    for (let kills = 0; kills < 2; kills++) {
      let failed = false;
      let allowed = kills === 0 ? 2 * slicesOfFirstPage : 2;
      followed.fault = (call) => {
        if (call === "log") return;
        if (allowed-- <= 0) {
          failed = true;
          throw new Error("injected");
        }
        reads[call]++;
      };
      const core = await open(followed, path);
      await until(() => failed);
      expect((await core.status()).asOf).toBe(0);
      await core.close();
      if (kills === 0) change(followed);
    }
    followed.fault = (call) => void (call === "log" || reads[call]++);
    const core = await open(followed, path);
    expect(await all(core)).toEqual(await all(await open(filledAndChanged(), directory())));
    // Two pages, the second a slice of each, and the changes meanwhile; nothing was begun again.
    const each = slicesOfFirstPage + 2;
    expect(reads).toEqual({ profiles: each, orders: each });
    expect((await core.status()).asOf).toBeGreaterThan(0);
  });
  function filledAndChanged(): FakeFollowed {
    const followed = filled();
    change(followed);
    return followed;
  }
});
