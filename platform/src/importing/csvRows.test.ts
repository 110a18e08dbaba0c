import { parse } from "csv-parse/sync";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FileRow } from "../storage/rowFile.ts";
import { type CsvLayout, csvReader, maxRowChars } from "./csvRows.ts";
import { textBlocks } from "./textBlocks.ts";
import { utf8Bytes } from "./textBytes.ts";
import { processorTime } from "../../test/processorTime.ts";

const all: CsvLayout = { slots: null, width: 0 };
const wide = (width: number): CsvLayout => ({ slots: Array.from({ length: width }, (_, i) => i), width });

async function* pieces(bytes: Uint8Array, sizes: readonly number[] = []): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const size of sizes) {
    if (at >= bytes.length) break;
    yield bytes.subarray(at, at + size);
    at += size;
  }
  if (at < bytes.length) yield bytes.subarray(at);
}

async function rowsOf(
  text: string | Uint8Array,
  { layout = all, sizes = [] as number[], delimiter = ",", quote = '"' } = {},
): Promise<FileRow[]> {
  const reader = csvReader({ delimiter, quote });
  const rows: FileRow[] = [];
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  for await (const block of textBlocks(utf8Bytes(pieces(bytes, sizes), "utf-8")))
    for (const row of reader.read(block, layout, false)) rows.push(row);
  rows.push(...reader.read({ text: "", firstLine: 0, faults: new Map() }, layout, true));
  return rows;
}
const cellsOf = async (...args: Parameters<typeof rowsOf>) => (await rowsOf(...args)).map(({ cells }) => cells);
const toldOf = async (...args: Parameters<typeof rowsOf>) =>
  (await rowsOf(...args)).map(({ line, fault }) => [line, fault?.code ?? null]);

describe("CSV", () => {
  it("is read as csv-parse reads it, however it is cut", async () => {
    const text = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r\n", " ", "é", "😀", ";", "\t") });
    const field = fc.oneof(
      text.map((value) => `"${value.replaceAll('"', '""')}"`),
      fc.string({ unit: fc.constantFrom("b", "1", " ", "ü", ";") }),
    );
    const file = fc.array(fc.array(field, { minLength: 1, maxLength: 4 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        file,
        fc.constantFrom("\n", "\r\n"),
        fc.boolean(),
        fc.array(fc.integer({ min: 1, max: 9 })),
        async (lines, end, isEnded, sizes) => {
          const csv = lines.map((fields) => fields.join(",")).join(end) + (isEnded ? end : "");
          const expected = parse(csv, { relax_column_count: true, skip_empty_lines: true, record_delimiter: end });
          expect(await cellsOf(csv, { sizes })).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("counts the file's own lines", async () => {
    expect(await toldOf('a,b\r\n"x\r\ny","\n\n"\r\n\r\n1,2\n\n3,4')).toEqual([
      [1, null],
      [2, null],
      [7, null],
      [9, null],
    ]);
  });

  it("takes quotes inside an unquoted field as text", async () => {
    expect(await cellsOf('5" pipe,6"\n"7"" pipe",x\n')).toEqual([
      ['5" pipe', '6"'],
      ['7" pipe', "x"],
    ]);
  });

  it("has any delimiter and quote", async () => {
    expect(await cellsOf("'a;b';c\n", { delimiter: ";", quote: "'" })).toEqual([["a;b", "c"]]);
    expect(await cellsOf('a||"b||"||c|d\n', { delimiter: "||" })).toEqual([["a", "b||", "c|d"]]);
    expect(await cellsOf("a\tb\n", { delimiter: "\t" })).toEqual([["a", "b"]]);
  });

  it("gives only the wanted columns, in their order", async () => {
    const layout = { slots: [1, -1, 0], width: 2 };
    expect(await cellsOf('a,b,c\n"d",e,"f"\n', { layout })).toEqual([
      ["c", "a"],
      ["f", "d"],
    ]);
  });

  it("names a row with too few or too many columns, and guesses its cells", async () => {
    const rows = await rowsOf('1,2\n3\n4,5,6\n"7","8","9"\n10,11\n', { layout: wide(2) });
    expect(rows.map(({ line, fault }) => [line, fault?.code])).toEqual([
      [1, undefined],
      [2, "wrong_column_count"],
      [3, "wrong_column_count"],
      [4, "wrong_column_count"],
      [5, undefined],
    ]);
    expect(rows[2]?.cells).toEqual(["4", "5"]);
    expect(rows[3]?.cells).toEqual(["7", "8"]);
    expect(rows[1]?.fault?.message).toMatch(/1 columns where 2/);
  });

  it("goes on after a quote that nothing closes, or that closes too early", async () => {
    expect(await toldOf('1,2\n3,"4\n5,6\n7,8', { layout: wide(2) })).toEqual([
      [1, null],
      [2, "quote_unclosed"],
      [3, null],
      [4, null],
    ]);
    expect(await toldOf('1,"2"x\n3,"4 "5" 6"\n7,8\n', { layout: wide(2) })).toEqual([
      [1, "quote_misplaced"],
      [2, "quote_misplaced"],
      [3, null],
    ]);
  });

  it("does not let an open quote swallow the file", async () => {
    const line = `${"x".repeat(99)}\n`;
    const count = Math.ceil((maxRowChars / line.length) * 3);
    const rows = await rowsOf(`"${line.repeat(count)}`, { sizes: Array.from({ length: 400 }, () => 10_000) });
    expect(rows).toHaveLength(count);
    expect(rows.filter(({ fault }) => fault !== null).map(({ line }) => line)).toEqual([1]);
  });

  it("reads a file of single-column lines in linear time", async () => {
    const workedMs = processorTime();
    expect(await rowsOf("x\n".repeat(500_000), { layout: wide(1) })).toHaveLength(500_000);
    expect(workedMs()).toBeLessThan(5_000);
  });

  it("names the line of invalid text, and of a quoted row that holds one", async () => {
    const bad = Buffer.concat([
      Buffer.from("a,b\nc,"),
      Buffer.from([0xff]),
      Buffer.from('\ne,f\0\n"g\n'),
      Buffer.from([0xe4]),
      Buffer.from('h",i\nj,k\n'),
    ]);
    for (const sizes of [[], [1, 2, 3, 4, 5, 1, 1, 1, 1, 1, 1]])
      expect(await toldOf(bad, { sizes, layout: wide(2) })).toEqual([
        [1, null],
        [2, "text_invalid"],
        [3, "text_invalid"],
        [4, "text_invalid"],
        [6, null],
      ]);
  });

  it("holds no more than it must of bytes that are no CSV at all", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(fc.integer({ min: 1, max: 50 })),
        async (noise, sizes) => {
          // Not at the start, where noise can be a byte order mark.
          const bytes = Buffer.concat([Buffer.from("a"), noise]);
          const whole = await rowsOf(bytes);
          expect(await rowsOf(bytes, { sizes })).toEqual(whole);
          for (const { line } of whole) expect(line).toBeGreaterThan(0);
        },
      ),
      { numRuns: 300 },
    );
  });
});
