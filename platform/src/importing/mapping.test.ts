import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Problem } from "../model/problem.ts";
import { parseMapping } from "./mapping.ts";

const orders = {
  version: 1,
  source: { id: "erp", kind: "erp" },
  time: { column: "at", zone: "UTC" },
  identifiers: [{ type: "user_id", column: "customer" }],
  events: [{ type: "track", event: "Order Completed", properties: { order_id: "invoice" } }],
  properties: { currency: { constant: "GBP" } },
  group: { by: ["invoice"], lines: { properties: { sku: "sku", quantity: { column: "qty", type: "number" } } } },
};
const flat = {
  version: 1,
  time: { column: "at", zone: "UTC" },
  events: [{ type: "track", event: "Page Seen" }],
};

function problemOf(mapping: unknown): Problem {
  try {
    parseMapping(typeof mapping === "string" ? mapping : JSON.stringify(mapping));
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error("the mapping was taken");
}

describe("a mapping", () => {
  it("expands its shorthands", () => {
    const mapping = parseMapping(
      JSON.stringify({ ...orders, events: [{ ...orders.events[0], when: { column: "kind", equals: "sale" } }] }),
    );
    expect(mapping.events[0]).toEqual({
      type: "track",
      event: { constant: "Order Completed" },
      when: [{ column: "kind", equals: "sale" }],
      properties: { order_id: { column: "invoice" } },
    });
    expect(mapping.group?.by).toEqual([{ column: "invoice" }]);
    expect(mapping.group?.lines.properties["sku"]).toEqual({ column: "sku" });
  });

  it("may begin with a byte order mark", () => {
    expect(parseMapping(`\uFEFF${JSON.stringify(flat)}`).version).toBe(1);
  });

  it("of the example is right", () => {
    const file = new URL("../../../examples/online-retail/mapping.json", import.meta.url);
    expect(parseMapping(readFileSync(file, "utf8")).source).toEqual({ id: "online-retail", kind: "erp" });
  });

  const event = flat.events[0];
  const wrong: [name: string, mapping: unknown, field: string | undefined, message: RegExp][] = [
    ["no JSON", "{version: 1}", undefined, /not JSON/],
    ["an array", [], undefined, /object/],
    ["null", null, undefined, /object/],
    ["too deep", `${"[".repeat(100)}${"]".repeat(100)}`, undefined, /nested deeper/],
    ["an unknown key", { ...flat, tiem: 1 }, "tiem", /not known/],
    ["another version", { ...flat, version: 2 }, "version", /must be 1/],
    ["no time", { ...flat, time: undefined }, "time", /missing|object/],
    ["no zone", { ...flat, time: { column: "at" } }, "time.zone", /missing/],
    ["a wrong zone", { ...flat, time: { column: "at", zone: "Europe/Londn" } }, "time.zone", /no zone/],
    ["a wrong offset", { ...flat, time: { column: "at", zone: "+25:00" } }, "time.zone", /no zone/],
    ["a wrong pattern", { ...flat, time: { column: "at", zone: "UTC", format: "DD/MM" } }, "time.format", /DD/],
    ["half a pattern", { ...flat, time: { column: "at", zone: "UTC", format: "HH:mm" } }, "time.format", /year/],
    ["no events", { ...flat, events: [] }, "events", /fewer than 1/],
    ["a wrong type", { ...flat, events: [{ type: "trak" }] }, "events[0].type", /track, identify/],
    ["no type", { ...flat, events: [{ event: "X" }] }, "events[0].type", /missing/],
    ["a track call without a name", { ...flat, events: [{ type: "track" }] }, "events[0].event", /missing/],
    ["an empty name", { ...flat, events: [{ type: "track", event: "" }] }, "events[0].event", /text/],
    ["identify with a name", { ...flat, events: [{ type: "identify", event: "X" }] }, "events[0].event", /no place/],
    ["two without a condition", { ...flat, events: [event, event] }, "events[0].when", /last/],
    [
      "a condition without a test",
      { ...flat, events: [{ ...event, when: { column: "a" } }] },
      "events[0].when[0]",
      /exactly one/,
    ],
    [
      "a condition with two tests",
      { ...flat, events: [{ ...event, when: { column: "a", equals: "1", empty: true } }] },
      "events[0].when[0]",
      /exactly one/,
    ],
    ["skip beside a type", { ...flat, events: [{ skip: true, type: "track" }] }, "events[0].type", /no place/],
    [
      "properties for identify",
      { ...flat, properties: { a: "a" }, events: [{ type: "identify" }] },
      "properties",
      /no event/,
    ],
    ["traits for track", { ...flat, traits: { a: "a" } }, "traits", /no event/],
    ["a column and a constant", { ...flat, properties: { a: { column: "a", constant: 1 } } }, "properties.a", /either/],
    ["neither", { ...flat, properties: { a: { type: "number" } } }, "properties.a", /either/],
    [
      "a wrong value type",
      { ...flat, properties: { a: { column: "a", type: "date" } } },
      "properties.a.type",
      /number/,
    ],
    ["a misspelt value", { ...flat, properties: { a: { colum: "a" } } }, "properties.a.colum", /not known/],
    ["a path inside another", { ...flat, properties: { a: "a", "a.b": "b" } }, "events[0].properties", /both/],
    ["an empty path part", { ...flat, properties: { "a..b": "a" } }, "properties.a..b", /no path/],
    [
      "a prototype key",
      `${JSON.stringify(flat).slice(0, -1)},"properties":{"__proto__.x":"a"}}`,
      "properties.__proto__.x",
      /no path/,
    ],
    [
      "an own __proto__",
      `${JSON.stringify(flat).slice(0, -1)},"properties":{"__proto__":"a"}}`,
      "properties.__proto__",
      /no path/,
    ],
    [
      "a wrong identifier type",
      { ...flat, identifiers: [{ type: "User", column: "a" }] },
      "identifiers[0].type",
      /pattern/,
    ],
    [
      "a wrong transform",
      { ...flat, identifiers: [{ type: "a", column: "a", transforms: ["sha"] }] },
      "identifiers[0].transforms[0]",
      /trim/,
    ],
    [
      "two user ids",
      {
        ...flat,
        identifiers: [
          { type: "user_id", column: "a" },
          { type: "user_id", column: "b" },
        ],
      },
      "identifiers",
      /twice/,
    ],
    ["a wrong source", { ...flat, source: { id: "My Shop" } }, "source.id", /pattern/],
    ["a wrong kind", { ...flat, source: { id: "shop", kind: "shop" } }, "source.kind", /crm, erp/],
    ["a wrong format", { ...flat, format: { type: "xlsx" } }, "format.type", /csv, ndjson, parquet/],
    ["a delimiter for NDJSON", { ...flat, format: { type: "ndjson", delimiter: ";" } }, "format.delimiter", /csv only/],
    ["a wrong encoding", { ...flat, format: { type: "csv", encoding: "ebcdic" } }, "format.encoding", /utf-8/],
    [
      "an encoding for Parquet",
      { ...flat, format: { type: "parquet", encoding: "latin1" } },
      "format.encoding",
      /text files/,
    ],
    ["a quote as delimiter", { ...flat, format: { type: "csv", delimiter: '"' } }, "format.delimiter", /neither/],
    ["no header and no columns", { ...flat, format: { type: "csv", header: false } }, "format.columns", /missing/],
    [
      "a column twice",
      { ...flat, format: { type: "csv", header: false, columns: ["a", "a"] } },
      "format.columns",
      /twice/,
    ],
    ["one mark for two things", { ...flat, numbers: { decimal: ",", thousands: "," } }, "numbers.thousands", /differ/],
    [
      "identify in a group",
      { ...orders, properties: undefined, events: [{ type: "identify" }] },
      "events[0].type",
      /grouped/,
    ],
    [
      "grouping by a constant",
      { ...orders, group: { ...orders.group, by: [{ constant: 1 }] } },
      "group.by[0]",
      /column/,
    ],
    [
      "no line properties",
      { ...orders, group: { by: ["invoice"], lines: { properties: {} } } },
      "group.lines.properties",
      /at least one/,
    ],
    [
      "lines where a property is",
      { ...orders, properties: { products: "a" } },
      "events[0].properties",
      /both products and products/,
    ],
    [
      "negating what is no number",
      { ...orders, events: [{ ...orders.events[0], negate: ["sku"] }] },
      "events[0].negate",
      /no number property of the lines/,
    ],
  ];
  it.each(wrong)("with %s is refused, and the field named", (_, mapping, field, message) => {
    const problem = problemOf(mapping);
    expect([problem.code, problem.status, problem.field]).toEqual(["mapping_invalid", 422, field]);
    expect(problem.message).toMatch(message);
    expect(problem.hint).toBeTruthy();
  });
});
