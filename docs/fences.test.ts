import { describe, expect, it } from "vitest";
import { jsonDifferences, missingLine } from "./answers.ts";
import { fencesOf, stepsOf } from "./fences.ts";

const block = (info: string, ...lines: string[]): string => ["```" + info, ...lines, "```"].join("\n");

describe("a guide's steps", () => {
  it("are its marked blocks, in their order, with what they answer", () => {
    const guide = [
      "# Guide",
      block("csv file=a.csv", "a,b", "1,2"),
      block("sh", "not run"),
      block("sh run exit=3", "c360 import a.csv"),
      block("text output", "2 lines"),
      block("json output", "{}"),
      block("js run", "await 1;"),
      block("sh run stopped", "c360 rebuild"),
    ].join("\n");
    expect(stepsOf(guide)).toMatchObject([
      { kind: "file", line: 2, name: "a.csv", text: "a,b\n1,2", outputs: [] },
      { kind: "shell", exitCode: 3, isStopped: false, outputs: [{ language: "text" }, { language: "json" }] },
      { kind: "node", exitCode: 0, text: "await 1;" },
      { kind: "shell", isStopped: true },
    ]);
  });

  it("may hold fences within fences", () => {
    expect(fencesOf("````md\n```sh run\nls\n```\n````").map(({ language }) => language)).toEqual(["md"]);
  });

  it.each([
    [block("sh runn", "ls"), "line 1: nobody knows the mark runn"],
    [block("sql run", "SELECT 1"), "line 1: sql cannot be run"],
    [block("json output", "{}"), "line 1: an output of nothing"],
    [`${block("csv file=a.csv", "a")}\n${block("text output", "a")}`, "line 4: an output of nothing"],
  ])("are refused when a mark is wrong: %j", (guide, reason) => {
    expect(() => stepsOf(guide)).toThrow(reason);
  });
});

describe("a shown text", () => {
  const real = "profile  p_LNwg\norders   1, refunds 0\n\nemail    ada@example.com\n";
  it.each(["profile p_…", "profile p_…\n…\nemail ada@example.com", "orders 1, refunds 0\n"])("agrees: %j", (shown) => {
    expect(missingLine(shown, real)).toBeNull();
  });
  it.each([
    ["profile q_…", "profile q_…"],
    ["email ada@example.com\norders 1, refunds 0", "orders 1, refunds 0"],
    ["orders 1", "orders 1"],
    ["email ada@example.org", "email ada@example.org"],
  ])("does not: %j", (shown, missing) => {
    expect(missingLine(shown, real)).toBe(missing);
  });
});

describe("shown JSON", () => {
  const real = { id: "p_1", n: 2, tookMs: 7, list: [{ a: null }], at: "2026-11-24T00:00:00.000Z" };
  it.each<unknown>([
    real,
    { ...real, id: "p_…", tookMs: 1, at: "…" },
    { ...real, list: "…" },
    { ...real, at: "2026-…Z" },
  ])("agrees: %j", (shown) => {
    expect(jsonDifferences(shown, real)).toEqual([]);
  });
  it.each<[unknown, string]>([
    [{ ...real, n: 3 }, "$.n: 3 is shown, 2 came"],
    [{ ...real, n: "2" }, `$.n: "2" is shown, 2 came`],
    [{ ...real, id: "q_…" }, `$.id: "q_…" is shown, "p_1" came`],
    [{ ...real, more: 1 }, "$.more: is shown and did not come"],
    [{ id: "…", n: 2, tookMs: 7, list: "…" }, "$.at: came and is not shown"],
    [{ ...real, list: [] }, "$.list: 0 elements are shown, 1 came"],
    [{ ...real, list: [{ a: 0 }] }, "$.list[0].a: 0 is shown, null came"],
    [[real], "$: "],
  ])("does not: %j", (shown, difference) => {
    expect(jsonDifferences(shown, real)).toEqual([expect.stringContaining(difference)]);
  });
});
