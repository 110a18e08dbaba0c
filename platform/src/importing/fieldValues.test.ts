import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { compileCondition } from "./conditions.ts";
import { compileNumber, compileValue, isFault } from "./fieldValues.ts";
import type { Condition, MappedValue, Mapping } from "./mappingSchema.ts";

const mapping: Mapping = { version: 1, time: { column: "at", zone: "UTC" }, events: [{ skip: true }] };

/** The value, or the fault's code. */
function converted(value: MappedValue, cell: string | null, more: Partial<Mapping> = {}): unknown {
  const result = compileValue(value, { ...mapping, ...more })(cell);
  return isFault(result) ? result.code : result;
}

describe("a value", () => {
  it.each<[cell: string, type: MappedValue["type"], expected: unknown]>([
    ["a b ", "string", "a b "],
    ["2.55", "number", 2.55],
    [" -12 ", "number", -12],
    ["+.5", "number", 0.5],
    ["1e3", "number", 1_000],
    ["NaN", "number", "not_a_number"],
    ["Infinity", "number", "not_a_number"],
    ["1e999", "number", "not_a_number"],
    ["0x10", "number", "not_a_number"],
    ["1,5", "number", "not_a_number"],
    ["£5", "number", "not_a_number"],
    ["12 34", "number", "not_a_number"],
    ["-", "number", "not_a_number"],
    ["YES", "boolean", true],
    ["0", "boolean", false],
    ["maybe", "boolean", "not_a_boolean"],
    ['{"a":[1]}', "json", { a: [1] }],
    ["{", "json", "not_json"],
    ['"\\u0000"', "json", "text_invalid"],
    ['{"\\ud800":1}', "json", "text_invalid"],
    ["a\0b", "string", "text_invalid"],
    ["\uD800", "string", "text_invalid"],
  ])("%j as %s is %j", (cell, type, expected) => {
    expect(converted({ column: "a", ...(type === undefined ? {} : { type }) }, cell)).toEqual(expected);
  });

  it("that is JSON nested too deeply is none", () => {
    expect(converted({ column: "a", type: "json" }, "[".repeat(100_000) + "]".repeat(100_000))).toBe("not_json");
  });

  it.each<[cell: string, transforms: MappedValue["transforms"], expected: unknown]>([
    ["17850.0", ["integer"], "17850"],
    ["17850", ["integer"], "17850"],
    [" 0042. ", ["integer"], "0042"],
    ["17850.5", ["integer"], "not_an_integer"],
    ["nan", ["integer"], "not_an_integer"],
    [" Ada@Example.COM ", ["trim", "lowercase"], "ada@example.com"],
    ["+44 (0)20-7946", ["digits"], "440207946"],
    ["no digits", ["digits"], undefined],
    ["ab", ["uppercase"], "AB"],
  ])("%j by %j is %j", (cell, transforms = [], expected) => {
    expect(converted({ column: "a", transforms }, cell)).toEqual(expected);
  });

  it("is absent where the cell has none, or a fault where one is required", () => {
    for (const cell of [null, "", "NULL"]) {
      expect(converted({ column: "a" }, cell, { empty: ["NULL"] })).toBeUndefined();
      expect(converted({ column: "a", required: true }, cell, { empty: ["NULL"] })).toBe("value_missing");
    }
    expect(converted({ column: "a", transforms: ["digits"], required: true }, "x")).toBe("value_missing");
    expect(converted({ constant: false }, null)).toBe(false);
  });

  it.each<[string, Mapping["numbers"], number | null]>([
    ["1.234,56", { decimal: ",", thousands: "." }, 1_234.56],
    ["1234,56", { decimal: ",", thousands: "." }, 1_234.56],
    ["1234,56", { decimal: "," }, 1_234.56],
    ["-1 234 567", { thousands: " " }, -1_234_567],
    ["1,234,567.8", { thousands: "," }, 1_234_567.8],
    ["1,5", { thousands: "," }, null],
    ["1.5", { decimal: ",", thousands: "." }, null],
    ["1.5", { decimal: "," }, null],
    ["1'000", { thousands: "'" }, 1_000],
  ])("%j with %j is %j", (text, numbers, expected) => {
    const value = compileNumber(numbers === undefined ? {} : { numbers })(text);
    expect(typeof value === "number" ? value : null).toBe(expected);
  });

  it("keeps every number that JavaScript can write", () => {
    const read = compileNumber({});
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(read(String(value))).toBe(value + 0);
      }),
    );
  });
});

describe("a condition", () => {
  it.each<[Omit<Condition, "column">, string | null, boolean]>([
    [{ startsWith: "C" }, "C1", true],
    [{ startsWith: "C" }, "1C", false],
    [{ startsWith: "C" }, null, false],
    [{ startsWith: "C", not: true }, "1C", true],
    [{ equals: "a" }, "a", true],
    [{ equals: "" }, null, true],
    [{ oneOf: ["a", "b"] }, "b", true],
    [{ lessThan: 0 }, "-0.5", true],
    [{ lessThan: 0 }, "0", false],
    [{ lessThan: 0 }, "x", false],
    [{ greaterThan: 5 }, "6", true],
    [{ greaterThan: 5 }, "", false],
    [{ empty: true }, null, true],
    [{ empty: true }, "NULL", true],
    [{ empty: false }, "x", true],
  ])("%j of %j is %j", (condition, cell, expected) => {
    const holds = compileCondition({ column: "a", ...condition }, { ...mapping, empty: ["NULL"] });
    expect(holds(cell)).toBe(expected);
  });
});
