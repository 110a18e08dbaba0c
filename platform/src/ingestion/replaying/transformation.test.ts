import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "../../model/event.ts";
import { parseTransformation } from "./parseTransformation.ts";
import { transform } from "./transformation.ts";

function after(call: unknown, ...operations: object[]): { call: JsonObject; reason: unknown } {
  const own = JSON.parse(JSON.stringify(call)) as JsonObject;
  const reason = transform(own, parseTransformation({ operations }));
  return { call: own, reason };
}

describe("operations", () => {
  it("set a value, and the objects on its way, in every place of a list", () => {
    const call = { properties: { products: [{ sku: "a" }, { sku: "b", currency: "EUR" }] } };
    const all = { op: "set", path: "/properties/products/*/currency", value: "GBP" };
    expect(after(call, all).call).toEqual({
      properties: {
        products: [
          { sku: "a", currency: "GBP" },
          { sku: "b", currency: "GBP" },
        ],
      },
    });
    expect(after(call, { ...all, onlyIfMissing: true }).call).toMatchObject({
      properties: { products: [{ currency: "GBP" }, { currency: "EUR" }] },
    });
    expect(after({}, { op: "set", path: "/context/app/name", value: "till" }).call).toEqual({
      context: { app: { name: "till" } },
    });
    // A list is not made up.
    expect(after({}, all).call).toEqual({ properties: {} });
  });

  it("rename and copy follow the places of lists, and remove takes them out", () => {
    const call = { properties: { items: [{ cost: 1 }, {}, { cost: 3 }] } };
    const path = "/properties/items/*/cost";
    expect(after(call, { op: "rename", path, to: "/properties/items/*/price" }).call).toEqual({
      properties: { items: [{ price: 1 }, {}, { price: 3 }] },
    });
    expect(after(call, { op: "copy", path: "/properties/items/0", to: "/properties/first" }).call).toEqual({
      properties: { items: [{ cost: 1 }, {}, { cost: 3 }], first: { cost: 1 } },
    });
    expect(after(call, { op: "remove", path: "/properties/items/*" }).call).toEqual({ properties: { items: [] } });
    expect(after(call, { op: "remove", path: "/properties/nothing/here" }).call).toEqual(call);
  });

  it.each([
    ["number", ".", "12.50", 12.5],
    ["number", ",", "1.234,50", 1_234.5],
    ["number", ".", "1,234.50", 1_234.5],
    ["integer", ".", " 7 ", 7],
    ["string", ".", 12.5, "12.5"],
    ["boolean", ".", "Yes", true],
    ["boolean", ".", 0, false],
    ["number", ".", null, null],
  ])("convert to %s (decimal %s): %j becomes %j", (to, decimal, given, wanted) => {
    expect(after({ v: given }, { op: "convert", path: "/v", to, decimal })).toEqual({
      call: { v: wanted },
      reason: null,
    });
  });

  it.each([
    ["number", "twelve"],
    ["number", true],
    ["integer", "7.5"],
    ["boolean", "perhaps"],
    ["string", [1]],
    ["number", { a: 1 }],
    ["number", "0x10"],
    ["number", ""],
  ])("convert to %s says where it cannot, and never quotes the value: %j", (to, given) => {
    const { reason } = after({ v: given }, { op: "convert", path: "/v", to });
    expect(reason).toMatchObject({ code: "transformation_failed", field: "/v" });
    expect(JSON.stringify(reason)).not.toContain("twelve");
  });

  it("map changes known values, and others where it is told to", () => {
    const map = { op: "map", path: "/properties/channel", values: { shop: "web", "1": "pos" } };
    const channel = (value: JsonValue, more = {}) =>
      (after({ properties: { channel: value } }, { ...map, ...more }).call["properties"] as JsonObject)["channel"];
    expect([channel("shop"), channel(1), channel("other"), channel("other", { otherwise: null })]).toEqual([
      "web",
      "pos",
      "other",
      null,
    ]);
    expect(channel("toString")).toBe("toString");
  });

  it("time reads a format in a zone", () => {
    const time = { op: "time", path: "/timestamp", format: "dd/MM/yyyy HH:mm", zone: "Europe/London" };
    expect(after({ timestamp: "01/07/2026 10:00" }, time).call).toEqual({ timestamp: "2026-07-01T09:00:00.000Z" });
    expect(after({ timestamp: 1_770_000_000 }, { ...time, format: "unix" }).call).toEqual({
      timestamp: "2026-02-02T02:40:00.000Z",
    });
    expect(after({ timestamp: "yesterday" }, time).reason).toMatchObject({ field: "/timestamp" });
  });
});

describe("what a transformation may not be", () => {
  it.each([
    [{}, "operations"],
    [{ operations: [] }, "operations"],
    [{ operations: [{ op: "remove", path: "/a" }], more: 1 }, "more"],
    [{ operations: [{ op: "eval", path: "/a" }] }, "operations[0].op"],
    [{ operations: [{ op: "constructor", path: "/a" }] }, "operations[0].op"],
    [{ operations: [{ op: "remove", path: "a" }] }, "operations[0].path"],
    [{ operations: [{ op: "remove", path: "/a~2" }] }, "operations[0].path"],
    [{ operations: [{ op: "remove", path: `/${"a/".repeat(25)}` }] }, "operations[0].path"],
    [{ operations: [{ op: "set", path: "/messageId", value: "x" }] }, "operations[0].path"],
    [{ operations: [{ op: "rename", path: "/a", to: "/messageId" }] }, "operations[0].to"],
    [{ operations: [{ op: "rename", path: "/a", to: "/a/b" }] }, "operations[0].to"],
    [{ operations: [{ op: "copy", path: "/a", to: "/b/*/c" }] }, "operations[0].to"],
    [{ operations: [{ op: "set", path: "/a" }] }, "operations[0].value"],
    [{ operations: [{ op: "set", path: "/a", value: 1, when: 2 }] }, "operations[0].when"],
    [{ operations: [{ op: "convert", path: "/a", to: "date" }] }, "operations[0].to"],
    [{ operations: [{ op: "map", path: "/a", values: {} }] }, "operations[0].values"],
    [{ operations: [{ op: "time", path: "/a", format: "never" }] }, "operations[0].format"],
    [{ operations: [{ op: "time", path: "/a", format: "iso", zone: "Mars" }] }, "operations[0].zone"],
    [{ operations: Array.from({ length: 51 }, () => ({ op: "remove", path: "/a" })) }, "operations"],
    [{ operations: [{ op: "set", path: "/a", value: "x".repeat(70_000) }] }, "operations"],
  ])("%j", (document, field) => {
    expect(() => parseTransformation(document)).toThrow(
      expect.objectContaining({ status: 400, code: "invalid_transformation", field, hint: expect.any(String) }),
    );
  });

  it("copies of copies end at a bound, before they fill the memory", () => {
    const doubling = Array.from({ length: 50 }, (_, index) => ({ op: "copy", path: "/p", to: `/p/c${index}` }));
    expect(after({ p: { text: "x".repeat(10_000) } }, ...doubling).reason).toMatchObject({
      code: "transformation_failed",
    });
  });
});

const key = fc.constantFrom("a", "b", "*", "0", "1", "__proto__", "constructor", "prototype", "messageId", "");
const path = fc.array(key, { minLength: 1, maxLength: 4 }).map((keys) => `/${keys.join("/")}`);
const value = fc.jsonValue({ maxDepth: 3 });
const operation = fc.oneof(
  fc.record({ op: fc.constant("set"), path, value, onlyIfMissing: fc.boolean() }),
  fc.record({ op: fc.constant("remove"), path }),
  fc.record({ op: fc.constantFrom("rename", "copy"), path, to: path }),
  fc.record({ op: fc.constant("convert"), path, to: fc.constantFrom("string", "number", "integer", "boolean") }),
  fc.record({ op: fc.constant("map"), path, values: fc.constant({ "1": "one", a: null }), otherwise: value }),
  fc.record({ op: fc.constant("time"), path, format: fc.constantFrom("iso", "unix", "dd/MM/yyyy") }),
);
const anyCall = fc.record({ messageId: fc.constant("m1"), a: value, b: fc.array(value), "0": value });

describe("any transformation of any call", () => {
  it("ends, keeps the messageId, touches no prototype, and leaves JSON", () => {
    const shape = (): string[] =>
      [Object.prototype, Array.prototype, String.prototype].flatMap((each) => Reflect.ownKeys(each).map(String));
    const before = shape();
    fc.assert(
      fc.property(anyCall, fc.array(operation, { minLength: 1, maxLength: 8 }), (given, operations) => {
        const parsed = (() => {
          try {
            return parseTransformation({ operations: JSON.parse(JSON.stringify(operations)) as JsonValue });
          } catch {
            return null;
          }
        })();
        if (parsed === null) return;
        const call = JSON.parse(JSON.stringify(given)) as JsonObject;
        const reason = transform(call, parsed);
        expect(call["messageId"]).toBe("m1");
        expect(Object.getPrototypeOf(call)).toBe(Object.prototype);
        if (reason === null) expect(JSON.parse(JSON.stringify(call))).toEqual(call);
        expect(shape()).toEqual(before);
      }),
      { numRuns: 500 },
    );
  });

  it("says the same again for the same call", () => {
    fc.assert(
      fc.property(anyCall, value, (given, to) => {
        const operations = [
          { op: "set", path: "/b", value: to },
          { op: "copy", path: "/b", to: "/c" },
        ];
        expect(after(given, ...operations)).toEqual(after(given, ...operations));
      }),
    );
  });
});
