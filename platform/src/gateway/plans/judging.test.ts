import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../model/event.ts";
import { processorTime } from "../../../test/processorTime.ts";
import { compilePlan, type Broken } from "./judging.ts";
import { readPlan } from "./readPlan.ts";

const schema = {
  type: "object",
  required: ["order_id"],
  additionalProperties: false,
  properties: {
    order_id: { type: "string", pattern: "^o-[0-9]+$" },
    total: { type: "number", minimum: 0 },
    currency: { enum: ["GBP", "EUR"] },
    at: { type: "string", format: "date-time" },
    coupons: { type: "array", uniqueItems: true, items: { type: "string", maxLength: 5 } },
    products: {
      type: "array",
      items: { type: "object", required: ["sku"], properties: { sku: { type: "string" }, price: { type: "number" } } },
    },
    either: { anyOf: [{ type: "string" }, { type: "object", properties: { anyOf: { type: "number" } } }] },
    anyOf: { type: "number" },
  },
};
const good = { order_id: "o-1", total: 5 };

function judged(properties: unknown, document: object = {}, type: "track" | "identify" = "track"): Broken | null {
  const plan = readPlan({ events: { "Order Completed": schema }, traits: schema, ...document });
  const body = {
    type,
    event: "Order Completed",
    [type === "track" ? "properties" : "traits"]: properties,
  } as JsonObject;
  return compilePlan(plan, 3).judge({ type, event: type === "track" ? "Order Completed" : null, body });
}

const found = (properties: unknown): string[] =>
  (judged(properties)?.mark.violations ?? []).map(({ kind, path }) => `${kind} ${path}`);

describe("a call held to a plan", () => {
  it("is fine when it keeps to it", () => {
    expect(judged(good)).toBeNull();
    expect(judged({ ...good, either: "x", coupons: ["a", "b"], products: [{ sku: "s", more: 1 }] })).toBeNull();
  });

  it.each<[properties: unknown, violations: string[]]>([
    [{}, ["required_missing properties.order_id"]],
    [null, ["required_missing properties.order_id"]],
    [undefined, ["required_missing properties.order_id"]],
    [{ ...good, colour: "red" }, ["unplanned_property properties.colour"]],
    [{ ...good, total: "5" }, ["wrong_type properties.total"]],
    [{ ...good, total: -5 }, ["out_of_bounds properties.total"]],
    [{ ...good, order_id: "1" }, ["pattern_not_matched properties.order_id"]],
    [{ ...good, currency: "USD" }, ["value_not_allowed properties.currency"]],
    [{ ...good, at: "yesterday" }, ["wrong_format properties.at"]],
    [{ ...good, coupons: ["a", "b", "a"] }, ["not_unique properties.coupons"]],
    [{ ...good, coupons: ["a", "too long", "also too long"] }, ["out_of_bounds properties.coupons[*]"]],
    [
      { ...good, products: [{ sku: "s" }, { price: "1" }, { price: "2" }] },
      ["required_missing properties.products[*].sku", "wrong_type properties.products[*].price"],
    ],
    // What each branch says is no fault by itself; a property of that name is one like any other.
    [{ ...good, either: { anyOf: "x" } }, ["schema_not_matched properties.either"]],
    [{ ...good, anyOf: "x" }, ["wrong_type properties.anyOf"]],
  ])("breaks it: %j", (properties, violations) => {
    expect(found(properties).toSorted()).toEqual(violations.toSorted());
  });

  const kindsBy = (own: object, properties: object, mode = "observe"): string[] =>
    (judged(properties, { mode, events: { "Order Completed": own } })?.mark.violations ?? []).map(
      ({ kind, path }) => `${kind} ${path.replace("properties.", "")}`,
    );

  it("holds each text to its own pattern, and each name", () => {
    const own = {
      properties: { order_id: { pattern: "^o-" }, sku: { pattern: "^S-" } },
      patternProperties: { "^x_": { type: "number" }, "^y_": { type: "string" } },
      additionalProperties: false,
    };
    expect(kindsBy(own, { order_id: "o-1", sku: "S-7", x_1: 1, y_1: "a" })).toEqual([]);
    expect(kindsBy(own, { order_id: "S-7", sku: "o-1", x_1: "a", y_1: 1 }).toSorted()).toEqual([
      "pattern_not_matched order_id",
      "pattern_not_matched sku",
      "wrong_type x_1",
      "wrong_type y_1",
    ]);
    expect(kindsBy(own, { z_1: 1 })).toEqual(["unplanned_property z_1"]);
  });

  it.each([19.99, 4.35, 0.07, 0.3, 5, 0, -19.99, 1e21, 1234567.89])("takes %d for pounds and pence", (price) => {
    expect(kindsBy({ properties: { price: { multipleOf: 0.01 } } }, { price })).toEqual([]);
  });

  it.each([0.015, 19.991, 1e-9])("does not take %d for pounds and pence", (price) => {
    expect(kindsBy({ properties: { price: { multipleOf: 0.01 } } }, { price })).toEqual(["out_of_bounds price"]);
  });

  it.each(["2026-13-01", "2026-00-10", "2026-02-31"])("finds that there is no %s", (day) => {
    const own = { properties: { day: { format: "date" }, at: { format: "date-time" } } };
    expect(kindsBy(own, { day, at: `${day}T10:00:00Z` })).toEqual(["wrong_format day", "wrong_format at"]);
    expect(kindsBy(own, { day: "2024-02-29", at: "2024-02-29T10:00:00.5+01:00" })).toEqual([]);
  });

  it("compares objects by what they hold, whatever senders name `valueOf`", () => {
    const tier = { tier: "gold", constructor: 1 };
    const own = { properties: { a: { const: tier }, b: { enum: [null, [tier], "x"] } } };
    expect(kindsBy(own, { a: { constructor: 1, tier: "gold" }, b: [tier] })).toEqual([]);
    expect(kindsBy(own, { a: { valueOf: 1, toString: 1 }, b: [{ valueOf: 1 }] }).toSorted()).toEqual([
      "value_not_allowed a",
      "value_not_allowed b",
    ]);
  });

  it("tells the first of very many faults, keeps none of them, and drops the properties that hold them", () => {
    const item = { type: "object", required: Array.from({ length: 10 }, (_, at) => `name${at}`) };
    const own = { properties: { products: { items: item }, total: { type: "number" } } };
    const many = { products: Array.from({ length: 10_000 }, () => ({})), total: "5", note: "kept" };
    const before = process.memoryUsage().heapUsed;
    expect(kindsBy(own, many)).toEqual(["required_missing products[*].name0", "more_violations "]);
    const dropped = judged(many, { mode: "drop", events: { "Order Completed": own } });
    // That something is missing takes nothing out.
    expect(Object.keys(dropped?.body["properties"] ?? {})).toEqual(["products", "note"]);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1_048_576);
    const fine = { ...many, products: many.products.map(() => Object.fromEntries(item.required.map((n) => [n, 1]))) };
    expect(kindsBy(own, { ...fine, total: 5 })).toEqual([]);
  });

  it("says at most ten of many, and that there are more", () => {
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`x${at}`, at]));
    const violations = found({ ...good, ...many });
    expect(violations).toHaveLength(10);
    expect(violations.at(-1)).toBe("more_violations ");
    const long = found({ ...good, ["y".repeat(5_000)]: 1 });
    expect(long[0]?.length).toBeLessThan(230);
  });

  it("loses what broke it where the plan drops, and nothing else", () => {
    const kept = (properties: unknown, type: "track" | "identify" = "track") =>
      judged(properties, { mode: "drop" }, type)?.body[type === "track" ? "properties" : "traits"];
    expect(kept({ ...good, colour: "red", total: "5" })).toEqual({ order_id: "o-1" });
    expect(kept({ ...good, products: [{ sku: "s", price: "1" }, { price: 2 }] })).toEqual({
      ...good,
      products: [{ sku: "s" }, { price: 2 }],
    });
    expect(kept({ ...good, coupons: ["a", 7] })).toEqual(good);
    expect(kept({ total: 5 })).toEqual({ total: 5 });
    expect(kept({ ...good, email: "ada@example.com", phone: "1" }, "identify")).toMatchObject({
      email: "ada@example.com",
    });
    const own = JSON.parse('{"order_id": "o-1", "__proto__": {"x": 1}, "constructor": 1}') as JsonObject;
    expect(JSON.stringify(kept(own))).toBe('{"order_id":"o-1"}');
    expect(judged(good, { mode: "drop" })).toBeNull();
  });

  it("that is wrong in thousands of places loses the properties that hold them, what identifies people excepted", () => {
    const kept = (properties: JsonObject) => judged(properties, { mode: "drop" })?.body["properties"];
    const numbers = Array.from({ length: 5_000 }, (_, at) => at);
    const many = Object.fromEntries(numbers.map((at) => [`a/~${at}`, at]));
    expect(kept({ ...good, coupons: numbers })).toEqual(good);
    expect(kept({ ...good, products: numbers.map(() => ({ sku: "s", price: "1" })) })).toEqual(good);
    expect(kept({ ...many, ...good, email: "ada@example.com" })).toEqual({ ...good, email: "ada@example.com" });
    const missing = numbers.map(() => ({ price: 1 }));
    expect(kept({ ...good, products: missing })).toEqual({ ...good, products: missing });
    expect(found({ ...good, coupons: numbers })).toEqual(["wrong_type properties.coupons[*]", "more_violations "]);
  });

  it("is refused by place, never by value, where the plan rejects", () => {
    const broken = judged(
      { ...good, products: [{ sku: "s" }, { sku: "secret-value", price: "x" }] },
      { mode: "reject" },
    );
    expect(broken?.refusal).toEqual({
      code: "plan_violation",
      message: "by the tracking plan (version 3), `properties.products[1].price` is of another type than it says",
      field: "properties.products[1].price",
    });
  });

  it("may be of an event that the plan does not name", () => {
    const unplanned = (unplannedEvents: string): Broken | null =>
      compilePlan(readPlan({ unplannedEvents, mode: "reject" }), 1).judge({
        type: "track",
        event: "toString",
        body: {},
      });
    expect(unplanned("allow")).toBeNull();
    expect(unplanned("observe")).toMatchObject({ refusal: null, mark: { violations: [{ kind: "unplanned_event" }] } });
    expect(unplanned("reject")?.refusal).toMatchObject({ code: "plan_violation", field: "event" });
  });

  it("is held to what the plan says of its type alone", () => {
    const wrong = { required: ["x"] };
    const plan = { groupTraits: wrong, pageProperties: wrong, screenProperties: wrong };
    const { judge } = compilePlan(readPlan(plan), 1);
    const path = (type: "group" | "page" | "screen" | "identify" | "alias") =>
      judge({ type, event: null, body: {} })?.mark.violations[0]?.path;
    expect(["group", "page", "screen", "identify", "alias"].map((type) => path(type as "group"))).toEqual([
      "traits.x",
      "properties.x",
      "properties.x",
      undefined,
      undefined,
    ]);
  });
});

describe("what it takes to judge a call", () => {
  const within = (ms: number, properties: unknown, of: object): Broken | null => {
    const { judge } = compilePlan(readPlan({ events: { E: of } }), 1);
    judge({ type: "track", event: "E", body: {} });
    const computed = processorTime();
    const broken = judge({ type: "track", event: "E", body: { properties } as JsonObject });
    expect(computed()).toBeLessThan(ms);
    return broken;
  };

  it("does not grow out of bounds with patterns, formats and texts", () => {
    const evil = `${"a".repeat(2_000)}!`;
    for (const pattern of ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(.*a){20}$"]) {
      expect(within(2_000, { x: evil }, { properties: { x: { pattern } } })).not.toBeNull();
    }
    expect(within(500, { x: "a".repeat(900_000) }, { properties: { x: { pattern: "^a*$" } } })).not.toBeNull();
    for (const format of ["email", "uri", "hostname", "ipv6", "date-time", "duration", "uuid"]) {
      const texts = [evil, "1:".repeat(1_000), "a@a.".repeat(500), `a@${"a-".repeat(900)}`, "P1".repeat(900)];
      for (const x of texts) within(500, { x }, { properties: { x: { format } } });
    }
  });

  it("does not grow with the square of a list", () => {
    const items = Array.from({ length: 50_000 }, (_, at) => ({ at }));
    expect(within(2_000, { items }, { properties: { items: { uniqueItems: true } } })).toBeNull();
    expect(
      within(2_000, { items: [...items, { at: 7 }] }, { properties: { items: { uniqueItems: true } } }),
    ).not.toBeNull();
    const unordered = [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ];
    expect(within(500, { items: unordered }, { properties: { items: { uniqueItems: true } } })).not.toBeNull();
  });
});
