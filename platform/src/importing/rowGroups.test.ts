import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { maxRecordBytes } from "../model/event.ts";
import type { RowGroup } from "./rowGroup.ts";
import { openRowGroups } from "./rowGroups.ts";
import type { MappedRow } from "./rowMapper.ts";
import { runs } from "../../test/runs.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "c360-groups-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function grouped(
  rows: readonly MappedRow[],
  maxMemoryChars: number,
): Promise<{ groups: RowGroup[]; spilledRows: number }> {
  const store = openRowGroups({ maxMemoryChars, temporaryFolder: folder });
  try {
    for (const row of rows) {
      store.add(row);
      await store.relieve();
    }
    const groups: RowGroup[] = [];
    for await (const group of store.groups()) groups.push(group);
    return { groups, spilledRows: store.spilledRows };
  } finally {
    await store.close();
  }
}

const byKey = (groups: readonly RowGroup[]) => [...groups].sort((a, b) => (a.key < b.key ? -1 : 1));
const row = (key: string, line: number, more: Partial<MappedRow> = {}): MappedRow => ({
  key,
  line,
  rule: 0,
  time: line * 1_000,
  head: `["${key}"]`,
  body: `{"line":${line}}`,
  fault: null,
  ...more,
});

describe("rows by key", () => {
  it("are the same groups on disk as in memory, wherever they stand", async () => {
    const generated = fc.array(
      fc.record({
        key: fc.string({ unit: fc.constantFrom("a", "é", "\n", '"', "\uD800"), maxLength: 3 }),
        head: fc.constantFrom('["x"]', '["y"]', "[null]"),
        time: fc.integer({ min: 0, max: 9 }),
        fault: fc.option(fc.constant({ code: "not_a_number", message: "m", column: "c" }), { freq: 8 }),
      }),
      { maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(generated, fc.constantFrom(0, 600, 5_000), async (made, maxChars) => {
        const rows = made.map(({ key, ...more }, index) => row(key, index + 1, more));
        const memory = await grouped(rows, Number.POSITIVE_INFINITY);
        const disk = await grouped(rows, maxChars);
        expect(byKey(disk.groups)).toEqual(byKey(memory.groups));
        if (maxChars === 0 && rows.length > 0) expect(disk.spilledRows).toBeGreaterThanOrEqual(rows.length);
        expect(readdirSync(folder)).toEqual([]);
      }),
      { numRuns: runs(60) },
    );
  });

  it("stay in the file's order", async () => {
    const rows = [row("a", 1), row("b", 2), row("a", 3), row("c", 4), row("b", 5)];
    const { groups } = await grouped(rows, Number.POSITIVE_INFINITY);
    expect(groups.map(({ key, lines }) => [key, lines])).toEqual([
      ["a", [1, 3]],
      ["b", [2, 5]],
      ["c", [4]],
    ]);
    expect(groups[0]).toMatchObject({ times: { first: 1_000, earliest: 1_000, latest: 3_000 }, heads: ['["a"]'] });
  });

  it("remember that a group is too large when its rows went to disk", async () => {
    const body = JSON.stringify({ text: "x".repeat(maxRecordBytes / 4) });
    const rows = Array.from({ length: 9 }, (_, i) =>
      row(i % 2 === 0 ? "large" : "small", i + 1, i % 2 === 0 ? { body } : {}),
    );
    for (const maxChars of [0, Number.POSITIVE_INFINITY]) {
      const { groups } = await grouped(rows, maxChars);
      expect(byKey(groups)).toMatchObject([
        { key: "large", rowCount: 5, isTooLarge: true, bodies: [], lines: [1, 3, 5, 7, 9] },
        { key: "small", rowCount: 4, isTooLarge: false },
      ]);
    }
  });
});
