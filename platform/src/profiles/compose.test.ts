import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AcceptedEvent, JsonObject } from "../model/event.ts";
import type { FragmentState } from "../model/fragment.ts";
import { profileIdOf } from "../model/keyedHash.ts";
import type { OrderState } from "../model/order.ts";
import type { Profile } from "../model/profile.ts";
import { composeProfile, displayNameOf } from "./compose.ts";
import {
  day,
  eventOf,
  fragmentsFrom,
  hash,
  histories,
  homeCurrency,
  identify,
  march,
  order,
  ordersFrom,
  profileFrom,
  profileOf,
  shuffledHistories,
} from "./events.fake.ts";
import { mergeFragments } from "./fold.ts";

/** A person has an identifier. */
const peopled = ([events]: [AcceptedEvent[], AcceptedEvent[]]) => events.some((event) => event.identifiers.length > 0);

function known(fragments: Iterable<FragmentState>): FragmentState[] {
  return [...fragments].filter((fragment) => fragment.identifiers.length > 0);
}

function bytes(events: readonly AcceptedEvent[]): string {
  return JSON.stringify(profileOf(known(fragmentsFrom(events).values()), [...ordersFrom(events).values()]));
}

/** What a store does to state between batches. */
function stored<T>(state: T): T {
  return JSON.parse(JSON.stringify(state)) as T;
}

describe("Promise 5: order does not matter", () => {
  it("any permutation of a person's events gives byte-identical profiles", () => {
    fc.assert(
      fc.property(shuffledHistories.filter(peopled), ([events, shuffled]) => {
        expect(bytes(shuffled)).toBe(bytes(events));
      }),
      { numRuns: 200 },
    );
  });

  it("so does any order of fragments, orders and identifiers, and any order of their records' keys", () => {
    fc.assert(
      fc.property(shuffledHistories.filter(peopled), fc.infiniteStream(fc.nat()), ([events, shuffled], dice) => {
        const shuffle = <T>(items: T[]): T[] =>
          items
            .map((item) => ({ item, at: dice.next().value ?? 0 }))
            .sort((a, b) => a.at - b.at)
            .map(({ item }) => item);
        const fragments = shuffle(known(fragmentsFrom(shuffled).values())).map(stored);
        const orders = shuffle([...ordersFrom(shuffled).values()]).map(stored);
        expect(JSON.stringify(profileOf(fragments, orders))).toBe(bytes(events));
      }),
    );
  });

  it("so does any split into batches with the state stored in between", () => {
    fc.assert(
      fc.property(shuffledHistories.filter(peopled), fc.nat(23), ([events, shuffled], cut) => {
        const parts = [shuffled.slice(0, cut), shuffled.slice(cut)].map(fragmentsFrom);
        const ids = new Set(parts.flatMap((part) => [...part.keys()]));
        const fragments = [...ids].map((id): FragmentState => {
          const states = stored(parts.flatMap((part) => part.get(id) ?? []));
          const [first] = states;
          if (first === undefined) throw new TypeError("every id is of a part");
          return { ...first, ...mergeFragments(states) };
        });
        const orders = [...ordersFrom([...shuffled.slice(cut), ...shuffled]).values()];
        expect(JSON.stringify(profileOf(known(fragments), orders))).toBe(bytes(events));
      }),
    );
  });
});

describe("Promise 6: unmerge is exact", () => {
  it("a person whose fragments were merged with another's and taken apart reads as if they never had been", () => {
    fc.assert(
      fc.property(histories, histories, (ours, theirs) => {
        const others = theirs.map(asAnotherPerson);
        fc.pre(peopled([ours, ours]) && peopled([others, others]));
        const fragments = fragmentsFrom([...others, ...ours]);
        const orders = [...ordersFrom([...others, ...ours]).values()];
        const merged = profileOf(known(fragments.values()), orders);
        const apart = [ours, others].map((events) => {
          const own = known(fragmentsFrom(events).values()).flatMap(({ id }) => fragments.get(id) ?? []);
          return JSON.stringify(profileOf(own, orders));
        });
        expect(apart).toEqual([bytes(ours), bytes(others)]);
        expect(merged.identifiers).toHaveLength(
          JSON.parse(apart[0] ?? "").identifiers.length + JSON.parse(apart[1] ?? "").identifiers.length,
        );
      }),
    );
  });
});

function asAnotherPerson(event: AcceptedEvent): AcceptedEvent {
  const { properties } = event.body;
  const own = typeof properties === "object" && properties !== null && !Array.isArray(properties) ? properties : {};
  const ids: JsonObject = {};
  for (const name of ["order_id", "refund_id"]) {
    const id = own[name];
    if (typeof id === "number" || (typeof id === "string" && id !== "")) ids[name] = `other-${id}`;
  }
  return {
    ...event,
    messageId: `other-${event.messageId}`,
    identifiers: event.identifiers.map((key) => `${key}-other`),
    body: { ...event.body, properties: { ...own, ...ids } },
  };
}

describe("a profile", () => {
  it("has the shape of the API", () => {
    const profile = profileFrom([
      identify(
        { firstName: "Ada", gone: null },
        { messageId: "m-a", identifiers: ["email:ada@example.com", "user_id:u1"] },
      ),
      eventOf({
        source: "crm",
        occurredAt: march + day,
        body: { context: { consent: { categoryPreferences: { "marketing.email": true } } } },
      }),
      order("Order Completed", { order_id: 1, total: 12.34 }, "pos", {
        occurredAt: march - day,
        identifiers: ["loyalty_card:7:8"],
      }),
    ]);
    const ids = ["loyalty_card:7:8", "email:ada@example.com", "user_id:u1"].map((key) => profileIdOf(hash, key));
    expect(profile).toEqual({
      id: ids[0],
      identifiers: [
        {
          type: "loyalty_card",
          value: "7:8",
          firstSeenAt: "2026-02-28T00:00:00.000Z",
          lastSeenAt: "2026-02-28T00:00:00.000Z",
          sources: ["pos"],
        },
        {
          type: "email",
          value: "ada@example.com",
          firstSeenAt: "2026-03-01T00:00:00.000Z",
          lastSeenAt: "2026-03-02T00:00:00.000Z",
          sources: ["crm", "web"],
        },
        {
          type: "user_id",
          value: "u1",
          firstSeenAt: "2026-03-01T00:00:00.000Z",
          lastSeenAt: "2026-03-01T00:00:00.000Z",
          sources: ["web"],
        },
      ],
      traits: { firstName: { value: "Ada", source: "web", messageId: "m-a", occurredAt: "2026-03-01T00:00:00.000Z" } },
      computed: {
        eventCount: 3,
        orderCount: 1,
        refundCount: 0,
        revenue: { amount: 1234, currency: "GBP" },
        revenueByCurrency: { GBP: 1234 },
        averageOrderValue: { GBP: 1234 },
        firstOrderAt: "2026-02-28T00:00:00.000Z",
        lastOrderAt: "2026-02-28T00:00:00.000Z",
        daysBetweenOrders: null,
        favouriteCategory: null,
        favouriteChannel: "pos",
        rfm: { lastOrderAt: "2026-02-28T00:00:00.000Z", frequency: 1, monetary: { amount: 1234, currency: "GBP" } },
      },
      consents: { "marketing.email": { status: "granted", source: "crm", occurredAt: "2026-03-02T00:00:00.000Z" } },
      firstSeenAt: "2026-02-28T00:00:00.000Z",
      lastSeenAt: "2026-03-02T00:00:00.000Z",
      sources: ["crm", "pos", "web"],
      retiredIds: [ids[1], ids[2]].sort((a, b) => ((a ?? "") < (b ?? "") ? -1 : 1)),
    });
  });

  it("hides a trait whose last value is null, and shows it again when written again", () => {
    const events = [identify({ city: "Rome" }), identify({ city: null }, { occurredAt: march + 1 })];
    expect(profileFrom(events).traits).toEqual({});
    expect(profileFrom([...events, identify({ city: "Oslo" }, { occurredAt: march + 2 })]).traits["city"]?.value).toBe(
      "Oslo",
    );
  });

  it("lets a null in one fragment hide an older value in another", () => {
    const events = [
      identify({ city: "Rome" }, { identifiers: ["anonymous_id:a"] }),
      identify({ city: null }, { occurredAt: march + 1, identifiers: ["anonymous_id:a", "user_id:u"] }),
    ];
    expect(profileFrom(events).traits).toEqual({});
  });

  it("carries prototype names through as plain traits", () => {
    const traits = JSON.parse('{"__proto__": {"admin": true}, "constructor": "c", "toString": "t", "valueOf": null}');
    const { traits: read } = stored(profileFrom([identify(traits)]));
    expect(Object.keys(read)).toEqual(["__proto__", "constructor", "toString"]);
    expect(Object.entries(read).map(([, { value }]) => value)).toEqual([{ admin: true }, "c", "t"]);
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect("admin" in {}).toBe(false);
  });

  it("lives under its earliest identifier, ties by key, and retires the rest", () => {
    const parts = { fragments: [], orders: [], hash, homeCurrency };
    const at = (key: string, firstAt: number) => ({ key, firstAt });
    const id = (key: string) => profileIdOf(hash, key);
    const profile = composeProfile({
      ...parts,
      identifiers: [at("user_id:b", march), at("user_id:a", march), at("email:x", march + 1)],
    });
    expect(profile.id).toBe(id("user_id:a"));
    expect(profile.retiredIds).toEqual([id("user_id:b"), id("email:x")].toSorted((a, b) => (a < b ? -1 : 1)));
    expect(composeProfile({ ...parts, identifiers: [at("user_id:a", march), at("email:x", march - 1)] }).id).toBe(
      id("email:x"),
    );
  });

  it("tells of an identifier that only another person's fragments hold", () => {
    const profile = composeProfile({
      identifiers: [{ key: "email:x", firstAt: march }],
      fragments: [],
      orders: [],
      hash,
      homeCurrency,
    });
    expect(profile).toMatchObject({
      identifiers: [
        { value: "x", firstSeenAt: "2026-03-01T00:00:00.000Z", lastSeenAt: "2026-03-01T00:00:00.000Z", sources: [] },
      ],
      firstSeenAt: "2026-03-01T00:00:00.000Z",
      lastSeenAt: "2026-03-01T00:00:00.000Z",
      computed: { eventCount: 0 },
      sources: [],
    });
    expect(() => composeProfile({ identifiers: [], fragments: [], orders: [], hash, homeCurrency })).toThrow(TypeError);
  });

  it("leaves identifiers out that its fragments hold but the person does not have", () => {
    const [fragment] = fragmentsFrom([identify({ a: 1 }, { identifiers: ["device_id:shared", "user_id:u"] })]).values();
    const profile = composeProfile({
      identifiers: [{ key: "user_id:u", firstAt: march }],
      fragments: fragment === undefined ? [] : [fragment],
      orders: [],
      hash,
      homeCurrency,
    });
    expect(profile.identifiers.map(({ type }) => type)).toEqual(["user_id"]);
    expect(profile.retiredIds).toEqual([]);
  });
});

describe("orders of a profile", () => {
  it("reported by two sources count once, with their refund, in every order of arrival", () => {
    const events = [
      order("Order Completed", { order_id: 7, total: 50 }, "web"),
      order("Order Completed", { order_id: "7", total: 49 }, "erp", { occurredAt: march + 1 }),
      order("Order Refunded", { order_id: 7, total: 10 }, "web", { occurredAt: march + 2 }),
      order("Order Refunded", { order_id: 7, total: 10 }, "erp", { occurredAt: march + 3 }),
      order("Order Completed", { order_id: 8, total: 50, currency: "EUR" }, "web"),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(events, { minLength: events.length }), (shuffled) => {
        expect(profileFrom(shuffled).computed).toMatchObject({
          orderCount: 2,
          refundCount: 1,
          revenue: { amount: 3900, currency: "GBP" },
          revenueByCurrency: { EUR: 5000, GBP: 3900 },
        });
      }),
    );
  });

  it("whose sum no longer fits a number exactly still give the same bytes in any order", () => {
    const events = Array.from({ length: 120 }, (_, index) =>
      order("Order Completed", { order_id: index, total: `${999_999_999_999 - index}.${10 + (index % 90)}` }),
    );
    const fragments = [...fragmentsFrom(events).values()];
    const orders = [...ordersFrom(events).values()];
    const descending = orders.toSorted((a, b) => (b.sales[0]?.grossMinor ?? 0) - (a.sales[0]?.grossMinor ?? 0));
    const expected = JSON.stringify(profileOf(fragments, orders));
    for (const order of [orders.toReversed(), descending, descending.toReversed()]) {
      expect(JSON.stringify(profileOf(fragments, order))).toBe(expected);
    }
  });

  it("of all people and guests add up to all orders", () => {
    fc.assert(
      fc.property(histories, (events) => {
        const fragments = [...fragmentsFrom(events).values()];
        const orders: OrderState[] = [...ordersFrom(events).values()];
        const everybody = { identifiers: [{ key: "user_id:all", firstAt: march }], fragments, hash, homeCurrency };
        const whole = composeProfile({ ...everybody, orders }).computed.revenueByCurrency;
        const sums: Record<string, number> = {};
        for (const order of orders) {
          for (const [currency, amount] of Object.entries(
            composeProfile({ ...everybody, orders: [order] }).computed.revenueByCurrency,
          )) {
            sums[currency] = (sums[currency] ?? 0) + amount;
          }
        }
        expect(sums).toEqual(whole);
      }),
    );
  });
});

describe("displayNameOf", () => {
  const named = (
    traits: Parameters<typeof identify>[0],
    identifiers = ["email:ada@example.com", "user_id:u1"],
  ): string => {
    const profile: Profile = profileFrom([identify(traits, { identifiers })]);
    return displayNameOf(profile);
  };

  it.each([
    [{ name: " Ada Lovelace ", firstName: "A" }, "Ada Lovelace"],
    [{ name: "", firstName: "Ada", lastName: "Lovelace" }, "Ada Lovelace"],
    [{ first_name: "Ada" }, "Ada"],
    [{ lastName: "Lovelace", firstName: 7 }, "Lovelace"],
    [{ name: { first: "Ada" } }, "ada@example.com"],
    [{}, "ada@example.com"],
  ])("of %j is %j", (traits, name) => {
    expect(named(traits)).toBe(name);
  });

  it("falls back to phone, user id, then any identifier", () => {
    expect(named({}, ["user_id:u1", "phone:+441"])).toBe("+441");
    expect(named({}, ["device_id:d", "user_id:u1"])).toBe("u1");
    expect(named({}, ["device_id:d"])).toBe("device_id:d");
  });

  it("is bounded and well-formed", () => {
    const name = named({ name: `${"x".repeat(199)}😀` });
    expect(name).toHaveLength(200);
    expect(name.isWellFormed()).toBe(true);
  });
});
