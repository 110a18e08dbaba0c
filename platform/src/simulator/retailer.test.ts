import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { acceptCall } from "../gateway/accept.ts";
import { maxEventBytes } from "../gateway/limits.ts";
import { isBlocked } from "../identity/blocked.ts";
import { defaultIdentityRules } from "../identity/index.ts";
import type { AcceptedEvent, JsonObject } from "../model/event.ts";
import { parseIdentifierKey, type IdentifierKey } from "../model/identifier.ts";
import { sourceKinds, type SourceKind } from "../model/source.ts";
import type { RetailerPlan } from "./persona.ts";
import { openRetailer } from "./retailer.ts";
import type { SimulatedCall } from "./scene.ts";
import { truthOf } from "./truth.ts";

const dayMs = 86_400_000;
const plan: RetailerPlan = { seed: 7, customers: 600, startMs: Date.UTC(2025, 8, 1), days: 200 };

function callsOf(given: RetailerPlan, days = given.days) {
  const retailer = openRetailer(given);
  const calls = Array.from({ length: days }, (_, day) => retailer.day(day)).flat();
  return { calls, truth: [...truthOf(given, retailer.sent)], retailer };
}

function judged({ source, call }: SimulatedCall): AcceptedEvent {
  const sender = { id: source, name: source, kind: source, enabled: true, maxEventsPerSecond: null, createdAt: 0 };
  const { record } = acceptCall(
    call,
    sender,
    { at: plan.startMs + 400 * dayMs },
    { maxEventBytes, allowGuests: false, newMessageId: () => "made", mayBeUnstorable: true },
  );
  if (record.status === "rejected") throw new Error(`${record.reason.message}: ${record.body}`);
  return record;
}

let calls: SimulatedCall[];
let events: AcceptedEvent[];
let people: Map<IdentifierKey, Set<string>>;

beforeAll(() => {
  const made = callsOf(plan);
  calls = made.calls;
  events = calls.map(judged);
  people = new Map();
  for (const { person, type, value } of made.truth) {
    const key = `${type}:${value}`;
    people.set(key, (people.get(key) ?? new Set()).add(person));
  }
});

const isNobody = (key: IdentifierKey): boolean => isBlocked(parseIdentifierKey(key), defaultIdentityRules);
const propertiesOf = (event: AcceptedEvent): JsonObject => (event.body["properties"] ?? {}) as JsonObject;
const named = (name: string) => events.filter(({ event }) => event === name);
const orderIdOf = (event: AcceptedEvent): string => propertiesOf(event)["order_id"] as string;
const minorOf = (event: AcceptedEvent): number => Math.round(Number(propertiesOf(event)["total"]) * 100);

describe("a retailer", () => {
  it("sends nothing that the gateway refuses or finds odd, each under an id of its own, in order of time", () => {
    expect(new Set(calls.map(({ call }) => call["messageId"])).size).toBe(calls.length);
    expect(events.flatMap(({ flags }) => flags)).toEqual([]);
    const times = calls.map(({ at }) => at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(events.map(({ occurredAt }) => occurredAt)).toEqual(times);
    expect([times[0] ?? 0, (times.at(-1) ?? 0) - 200 * dayMs].every((at) => at - plan.startMs < dayMs)).toBe(true);
  });

  it("is a function of its plan; another seed is another retailer", () => {
    const small = fc.record({
      seed: fc.nat(1_000),
      customers: fc.integer({ min: 1, max: 40 }),
      days: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(small, (given) => {
        const one = { ...given, startMs: plan.startMs };
        const { calls: first, truth } = callsOf(one);
        expect(callsOf(one)).toMatchObject({ calls: first, truth });
        const other = new Set(callsOf({ ...one, seed: one.seed + 1 }).calls.map(({ call }) => call["messageId"]));
        expect(first.filter(({ call }) => other.has(call["messageId"] ?? ""))).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  it("goes on where it was when it is opened in the middle, past its history too", () => {
    const small = { ...plan, customers: 150, days: 50 };
    const { retailer } = callsOf(small, 70);
    const later = openRetailer(small, 70);
    for (const day of [70, 71, 72]) expect(later.day(day)).toEqual(retailer.day(day));
  });

  it("has every person in a source, and all seven kinds of them", () => {
    const known = new Set([...people.values()].flatMap((owners) => [...owners]));
    expect(known.size).toBe(plan.customers);
    expect(new Set(calls.map(({ source }) => source))).toEqual(new Set(sourceKinds));
  });

  it("knows the truth of every identifier that it sends, and sends every identifier of its truth", () => {
    const sent = new Set(events.flatMap(({ identifiers }) => identifiers).filter((key) => !isNobody(key)));
    expect([...sent].filter((key) => !people.has(key))).toEqual([]);
    expect([...people.keys()].filter((key) => !sent.has(key))).toEqual([]);
    expect([...people.keys()].filter(isNobody)).toEqual([]);
  });

  it("never says of two people that they are one, but by what is shared", () => {
    const wrong = events.filter(({ identifiers }) => {
      const owners = identifiers.map((key) => people.get(key)).filter((found) => found !== undefined);
      const [first = new Set<string>(), ...rest] = owners;
      return owners.length > 0 && ![...first].some((person) => rest.every((others) => others.has(person)));
    });
    expect(wrong).toEqual([]);
  });

  it("gives logins, customer numbers and bank cards to one person each, and shares what is shared in life", () => {
    const shared = [...people].filter(([, owners]) => owners.size > 1).map(([key]) => key);
    const types = new Set(shared.map((key) => key.slice(0, key.indexOf(":"))));
    expect(
      [...types].filter((type) => ["user_id", "crm_id", "erp_id", "pos_card", "device_id"].includes(type)),
    ).toEqual([]);
    expect(shared.filter((key) => key.startsWith("email:") && !key.startsWith("email:till."))).toEqual([]);
    expect(types).toEqual(new Set(["anonymous_id", "loyalty_card", "phone", "email"]));
    const several = (type: string): number => countOfPeople(type).filter((count) => count > 1).length;
    for (const type of ["email", "phone", "loyalty_card", "crm_id", "device_id"])
      expect([type, several(type) > 0]).toEqual([type, true]);
  });

  function countOfPeople(type: string): number[] {
    const counts = new Map<string, number>();
    for (const [key, owners] of people) {
      if (key.startsWith(`${type}:`)) for (const person of owners) counts.set(person, (counts.get(person) ?? 0) + 1);
    }
    return [...counts.values()];
  }

  it("types names as people do: wrong, capital, without accents, and right", () => {
    const names = events
      .filter(({ source }) => source === "crm")
      .map(({ body }) => (body["traits"] as JsonObject | undefined)?.["lastName"]);
    const texts = names.filter((name) => typeof name === "string");
    for (const kind of [
      /^[A-Z]{3,}$/,
      /^\p{Ll}{3,}$/u,
      /[łéøüñşğ]/,
      /\p{Script=Han}|\p{Script=Arabic}|\p{Script=Cyrillic}/u,
      /^\p{Lu}\p{Ll}+$/u,
    ]) {
      expect([kind, texts.some((name) => kind.test(name))]).toEqual([kind, true]);
    }
  });
});

describe("a retailer's orders", () => {
  it("come from the shop and from the ERP with one number and one total; shops' own from the till alone", () => {
    const reports = Map.groupBy(named("Order Completed"), (event) => orderIdOf(event));
    const kindsOf = (id: string): SourceKind[] => (reports.get(id) ?? []).map(({ source }) => source as SourceKind);
    for (const [id, both] of reports) {
      expect([["pos"], ["web", "erp"], ["mobile", "erp"], ["web"], ["mobile"]]).toContainEqual(kindsOf(id));
      expect(new Set(both.map(minorOf)).size).toBe(1);
    }
    const online = [...reports.keys()].filter((id) => id.startsWith("W"));
    // The ERP books the last ones after the history's end.
    expect(online.filter((id) => kindsOf(id).includes("erp")).length).toBeGreaterThan(online.length * 0.97);
  });

  it("add up: goods, less the discount, with shipping; a refund follows its order and never exceeds it", () => {
    const totals = new Map<string, { total: number; at: number }>();
    for (const event of named("Order Completed")) {
      const properties = propertiesOf(event);
      const products = properties["products"] as { price: number; quantity: number }[];
      const goods = products.reduce((sum, { price, quantity }) => sum + Math.round(price * 100) * quantity, 0);
      const extra =
        Math.round(Number(properties["shipping"] ?? 0) * 100) - Math.round(Number(properties["discount"] ?? 0) * 100);
      expect(minorOf(event)).toBe(goods + extra);
      const id = orderIdOf(event);
      totals.set(id, totals.get(id) ?? { total: minorOf(event), at: event.occurredAt });
    }
    const refunds = named("Order Refunded");
    expect(refunds.length).toBeGreaterThan(20);
    for (const refund of refunds) {
      const order = totals.get(orderIdOf(refund));
      expect([
        minorOf(refund) > 0,
        minorOf(refund) <= (order?.total ?? 0),
        refund.occurredAt > (order?.at ?? Infinity),
      ]).toEqual([true, true, true]);
    }
    expect(new Set(refunds.map((refund) => propertiesOf(refund)["refund_id"])).size).toBe(refunds.length);
  });

  it("are mostly in the home currency, in a season, and never on Christmas Day in a shop", () => {
    const orders = named("Order Completed");
    const home = orders.filter((event) => propertiesOf(event)["currency"] === "GBP").length / orders.length;
    expect(home).toBeGreaterThan(0.85);
    expect(home).toBeLessThan(1);
    const inDays = (from: number, to: number): number =>
      orders.filter(({ occurredAt }) => occurredAt >= from && occurredAt < to).length / ((to - from) / dayMs);
    expect(inDays(Date.UTC(2025, 11, 1), Date.UTC(2025, 11, 22))).toBeGreaterThan(
      1.2 * inDays(Date.UTC(2026, 0, 8), Date.UTC(2026, 1, 20)),
    );
    const christmas = orders.filter(
      ({ occurredAt, source }) => source === "pos" && occurredAt - (occurredAt % dayMs) === Date.UTC(2025, 11, 25),
    );
    expect(christmas).toEqual([]);
  });

  it("are made mostly by few: a fifth of the people make half of the events, and half of them an eighth to a third", () => {
    const counts = new Map<string, number>();
    for (const { identifiers } of events) {
      const owners = identifiers.map((key) => people.get(key)).find((found) => found?.size === 1);
      for (const person of owners ?? []) counts.set(person, (counts.get(person) ?? 0) + 1);
    }
    const sorted = [...counts.values()].sort((a, b) => b - a);
    const shareOf = (from: number, to: number): number =>
      sorted
        .slice(Math.floor(from * sorted.length), Math.floor(to * sorted.length))
        .reduce((sum, count) => sum + count, 0) / sorted.reduce((sum, count) => sum + count, 0);
    expect(shareOf(0, 0.2)).toBeGreaterThan(0.5);
    expect(shareOf(0.5, 1)).toBeGreaterThan(0.05);
    expect(shareOf(0.5, 1)).toBeLessThan(0.34);
  });
});
