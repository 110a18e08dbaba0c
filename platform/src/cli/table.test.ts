import * as fc from "fast-check";
import { parse } from "csv-parse/sync";
import { describe, expect, it } from "vitest";
import { csvOf, moneyText, printable, tableOf } from "./table.ts";

describe("tables", () => {
  it("cuts a long cell and keeps columns aligned", () => {
    const [head, rule, ...rows] = tableOf(
      ["a", "n"],
      [
        ["x".repeat(100), 5],
        [null, -10],
      ],
    )
      .trimEnd()
      .split("\n");
    expect(rows.map((row) => row.length)).toEqual([85, 85]);
    expect([head?.length, rule?.length]).toEqual([85, 85]);
    expect(rows[0]).toContain("x…    5");
  });

  it("shows an empty answer as its columns", () => {
    expect(tableOf(["a", "b"], [])).toBe("a  b\n-  -\n");
  });

  it("lets no control character through", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(tableOf([text], [[text]]).split("\n")).toHaveLength(4);
        // oxlint-disable-next-line no-control-regex -- the very thing
        expect(printable(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
      }),
    );
  });
});

describe("CSV", () => {
  it("is read back as it was", () => {
    const text = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r", " ", "é", ";") });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, fc.integer())), (rows) => {
        const read = parse(csvOf(["a", "b"], rows), { record_delimiter: "\n" });
        expect(read).toEqual([["a", "b"], ...rows.map(([a, b]) => [a, String(b)])]);
      }),
    );
  });

  it("tells null from an empty text", () => {
    expect(csvOf(["a", "b"], [[null, ""]])).toBe('a,b\n,""\n');
  });
});

describe("money", () => {
  it.each([
    [974_774_793, "GBP", "GBP 9,747,747.93"],
    [-5, "EUR", "EUR -0.05"],
    [900, "JPY", "JPY 900"],
    [1_234_567, "KWD", "KWD 1,234.567"],
    [0, "USD", "USD 0.00"],
    [100, "nonsense", "nonsense 1.00"],
  ])("shows %i minor units of %s as %s", (amount, currency, text) => {
    expect(moneyText(amount, currency)).toBe(text);
  });
});
