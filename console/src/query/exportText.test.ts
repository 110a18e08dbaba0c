import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvText, jsonText, uniqueNames } from "./exportText.ts";

const columns = [
  { name: "a", type: "VARCHAR" },
  { name: "b", type: "BIGINT" },
];
const plain = fc.string({ unit: "grapheme" }).filter((text) => !/^[=+\-@\t\r]/.test(text));

describe("a CSV file", () => {
  it("is read back as it was, whatever is in it", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(plain, fc.integer()), { minLength: 1 }), (rows) => {
        const read: string[][] = parse(csvText({ columns, rows }), { bom: true, record_delimiter: "\r\n" });
        expect(read).toEqual([["a", "b"], ...rows.map(([a, b]) => [a, String(b)])]);
      }),
    );
  });

  it("runs no formula, and leaves phones and numbers alone", () => {
    const rows = [
      ["=1+1", 1],
      ["@SUM(A1)", 2],
      ["+351 912 345 678", -3],
      ["-5", 4],
      [null, 5],
    ] as const;
    expect(csvText({ columns, rows }).split("\r\n").slice(1, -1)).toEqual([
      "'=1+1,1",
      "'@SUM(A1),2",
      "+351 912 345 678,-3",
      "-5,4",
      ",5",
    ]);
  });
});

describe("a JSON file", () => {
  it("has an object a row, and loses no column of the same name", () => {
    const twice = { columns: [...columns, { name: "a", type: "VARCHAR" }], rows: [["x", 1, "y"]] };
    expect(JSON.parse(jsonText(twice))).toEqual([{ a: "x", b: 1, a_2: "y" }]);
  });

  it("names every column once", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("a", "a_2", "b")), (names) => {
        const unique = uniqueNames(names);
        expect(new Set(unique).size).toBe(names.length);
      }),
    );
  });
});
