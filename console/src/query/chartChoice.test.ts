import { describe, expect, it } from "vitest";
import { chooseChart, drawnOf, isNumeric, maxDrawnRows, timeTexts } from "./chartChoice.ts";

const columnsOf = (...types: string[]) => types.map((type, index) => ({ name: `c${index}`, type }));

describe("the chart that a result gets by itself", () => {
  it("is lines over time and bars over anything else", () => {
    expect(chooseChart({ columns: columnsOf("VARCHAR", "BIGINT") })).toEqual({ kind: "bar", across: 0, up: 1 });
    expect(chooseChart({ columns: columnsOf("VARCHAR", "DATE", "HUGEINT") })).toEqual({
      kind: "line",
      across: 1,
      up: 2,
    });
    expect(chooseChart({ columns: columnsOf("BIGINT", "DOUBLE") })).toEqual({ kind: "bar", across: 0, up: 1 });
    for (const types of [["VARCHAR", "VARCHAR"], ["BIGINT"], []]) {
      expect(chooseChart({ columns: columnsOf(...types) })).toBeNull();
    }
  });

  it("writes times as short as they can be told apart", () => {
    const months = ["2026-07-01T00:00:00.000Z", "2026-08-01T00:00:00.000Z", "–"];
    expect(timeTexts(months, "en")).toEqual(["Jul 2026", "Aug 2026", "–"]);
    expect(timeTexts(["2026-07-01", "2026-07-02"], "en")).toEqual(["Jul 1, 2026", "Jul 2, 2026"]);
    expect(timeTexts(["2026-07-01T00:00:00.000Z", "2026-07-01T13:05:00.000Z"], "en")[1]).toMatch(
      /^Jul 1, 2026, 1:05\sPM$/,
    );
    expect(timeTexts(["2026-07-01"], "en")).toEqual(["Jul 1, 2026"]);
    expect(timeTexts([], "en")).toEqual([]);
  });

  it("knows what counts as a number", () => {
    for (const type of ["BIGINT", "INTEGER", "DECIMAL(18,3)", "UBIGINT", "HUGEINT", "DOUBLE"])
      expect(isNumeric(type)).toBe(true);
    for (const type of ["INTERVAL", "VARCHAR", "TIMESTAMP"]) expect(isNumeric(type)).toBe(false);
  });

  it("draws lines in the order of time, numbers beyond JavaScript's too, and no more than can be seen", () => {
    const columns = columnsOf("DATE", "HUGEINT");
    const rows = [
      ["2026-02-01", "9007199254740993"],
      ["2026-01-01", null],
    ];
    expect(drawnOf({ columns, rows }, { kind: "line", across: 0, up: 1 })).toEqual({
      labels: ["2026-01-01", "2026-02-01"],
      values: [null, 9_007_199_254_740_992],
    });
    const many = Array.from({ length: 1_000 }, (_, index) => [String(index), index]);
    expect(drawnOf({ columns, rows: many }, { kind: "bar", across: 0, up: 1 }).labels).toHaveLength(maxDrawnRows.bar);
  });
});
