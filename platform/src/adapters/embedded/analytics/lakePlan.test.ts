import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LakeFile } from "./lakeCatalog.ts";
import { type FileGroup, fileGroups, type MergeLimits, monthsText, nextMerge, spanOf } from "./lakePlan.ts";

const limits: MergeLimits = { maxFilesPerBucket: 3, maxMergedRows: 1_000, maxSparseFiles: 5, sparseRows: 200 };

const month = fc.integer({ min: 0, max: 119 }).map(monthNamed);

function monthNamed(nth: number): string {
  return `${2015 + Math.floor(nth / 12)}-${String((nth % 12) + 1).padStart(2, "0")}`;
}

const file = fc
  .record({ months: fc.tuple(month, month), bucket: fc.nat(2), rows: fc.integer({ min: 1, max: 300 }) })
  .map(({ months, bucket, rows }): Omit<LakeFile, "path"> => {
    const [from = "", until = ""] = months.toSorted();
    return { month: from, untilMonth: until, bucket, first: 0, last: 0, rows, checksum: null };
  });
const files = fc.array(file, { maxLength: 80 }).map((all) => all.map((one, nth) => ({ ...one, path: `f${nth}` })));

/** All merges until none is due, and how many rows they wrote. */
function settled(given: readonly LakeFile[]): { files: LakeFile[]; written: number } {
  let left = [...given];
  let written = 0;
  for (let nth = 0; ; nth++) {
    const merge = nextMerge(left, limits);
    if (merge === null) return { files: left, written };
    expect(merge.length).toBeGreaterThan(1);
    expect(new Set(merge.map(({ bucket }) => bucket)).size).toBe(1);
    const gone = new Set(merge.map(({ path }) => path));
    const merged = { ...spanOf(merge), path: `m${nth}`, checksum: null };
    written += merged.rows;
    left = [...left.filter(({ path }) => !gone.has(path)), merged];
  }
}

function rowsOf(some: readonly { rows: number }[]): number {
  return some.reduce((sum, { rows }) => sum + rows, 0);
}

describe("merges", () => {
  test("end, keep every row within its months and bucket, and leave few files", () => {
    fc.assert(
      fc.property(files, (given) => {
        const after = settled(given).files;
        for (let bucket = 0; bucket < 3; bucket++) {
          const [was, is] = [given, after].map((all) => all.filter((each) => each.bucket === bucket));
          expect(rowsOf(is ?? [])).toBe(rowsOf(was ?? []));
          const span = (all: readonly LakeFile[]) => (all.length === 0 ? null : monthsText(spanOf(all)));
          expect(span(is ?? [])).toBe(span(was ?? []));
          const small = (is ?? []).filter(({ rows }) => rows < limits.sparseRows);
          const most = limits.maxSparseFiles * (1 + rowsOf(small) / limits.sparseRows);
          expect(small.length).toBeLessThan(most);
        }
      }),
    );
  });

  test("do not write what is there again for every few rows that come", () => {
    let lake: LakeFile[] = [];
    let written = 0;
    const moves = 400;
    for (let nth = 0; nth < moves; nth++) {
      const at = monthNamed(nth % 120);
      lake.push({
        month: at,
        untilMonth: at,
        bucket: 0,
        first: nth,
        last: nth,
        rows: 1,
        path: `n${nth}`,
        checksum: null,
      });
      const after = settled(lake);
      lake = after.files.map((each, place) => ({ ...each, path: `k${nth}-${place}` }));
      written += after.written;
    }
    expect(rowsOf(lake)).toBe(moves);
    // Each merge writes at most `sparseRows`, and comes once for so many files as it makes fewer.
    expect(written).toBeLessThanOrEqual((moves / (limits.maxFilesPerBucket - 1)) * limits.sparseRows);
  });
});

describe("what a move writes", () => {
  test("is a file for each month of many rows, and one for several of few", () => {
    const rows = (at: string, count: number, bucket = 0): FileGroup => {
      return { month: at, untilMonth: at, bucket, first: 1, last: 9, rows: count };
    };
    const months = [
      rows("2020-01", 4),
      rows("2020-03", 5),
      rows("2020-02", 3, 1),
      rows("2021-01", 500),
      rows("2021-02", 2),
    ];
    expect(fileGroups(months, 10).map((group) => [group.bucket, monthsText(group), group.rows])).toEqual([
      [0, "2020-01--2020-03", 9],
      [0, "2021-01", 500],
      [0, "2021-02", 2],
      [1, "2020-02", 3],
    ]);
    expect(fileGroups(months, 0)).toHaveLength(5);
    expect(fileGroups([], 10)).toEqual([]);
  });

  test("has every row once, in files that do not overlap", () => {
    const months = fc.uniqueArray(fc.tuple(month, fc.nat(2)), { maxLength: 60, selector: String }).chain((keys) =>
      fc.tuple(
        ...keys.map(([at, bucket]) =>
          fc.nat(50).map((count): FileGroup => {
            return { month: at, untilMonth: at, bucket, first: count, last: count + 5, rows: count + 1 };
          }),
        ),
      ),
    );
    fc.assert(
      fc.property(months, fc.nat(80), (given, least) => {
        const groups = fileGroups(given, least);
        expect(rowsOf(groups)).toBe(rowsOf(given));
        for (const { month: at, bucket } of given) {
          const holding = groups.filter((each) => each.bucket === bucket && each.month <= at && at <= each.untilMonth);
          expect(holding).toHaveLength(1);
        }
        // Two that follow each other would have been one, had they fitted.
        for (const [nth, group] of groups.entries()) {
          const next = groups[nth + 1];
          if (next?.bucket === group.bucket) expect(group.rows + next.rows).toBeGreaterThan(least);
        }
      }),
    );
  });
});
