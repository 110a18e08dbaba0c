import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { extname } from "node:path";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { Problem } from "../model/problem.ts";
import type { FileRow, ReadRowFile, RowBatch } from "../storage/rowFile.ts";
import { type CsvLayout, csvReader } from "./csvRows.ts";
import { invalidMapping } from "./mappingProblem.ts";
import type { FileFormat } from "./mappingSchema.ts";
import { readNdjson } from "./ndjsonRows.ts";
import { type TextBlock, textBlocks } from "./textBlocks.ts";
import { utf8Bytes } from "./textBytes.ts";

const readChunkBytes = 1_048_576;
/** Column names that an error lists. */
const maxListedColumns = 30;

const formatsByExtension: Readonly<Record<string, FileFormat>> = {
  ".csv": { type: "csv" },
  ".tsv": { type: "csv", delimiter: "\t" },
  ".ndjson": { type: "ndjson" },
  ".jsonl": { type: "ndjson" },
  ".parquet": { type: "parquet" },
};

/** The mapping's format, or what the file's name says (`.gz` aside). Throws Problem 422 `format_unknown`. */
export function formatOf(file: string, declared: FileFormat | undefined): FileFormat {
  const found = declared ?? formatsByExtension[extname(file.replace(/\.gz$/i, "")).toLowerCase()];
  if (found !== undefined) return found;
  throw new Problem(422, "format_unknown", "neither the mapping nor the file's name says what format the file has", {
    hint: 'set "format": {"type": "csv"} (or ndjson, parquet) in the mapping',
    field: "format",
  });
}

/** Bytes of the file. Throws Problem 404 `file_missing` and 422 `file_unreadable`. */
export async function fileBytes(file: string): Promise<number> {
  try {
    const found = await stat(file);
    if (found.isFile()) return found.size;
  } catch {
    throw new Problem(404, "file_missing", `there is no file ${file}`, { hint: "check the path" });
  }
  throw new Problem(422, "file_unreadable", `${file} is no file`, { hint: "name one file" });
}

/**
 * The rows of a CSV, NDJSON or Parquet file (text files also gzipped, by the name's `.gz`), in its order, with the
 * wanted columns only. Before the first batch: Problem 422 `column_missing`, `header_missing`, `column_repeated`,
 * `encoding_wrong`; at any time `file_unreadable`.
 */
export function openRows(
  file: string,
  format: FileFormat,
  columns: readonly string[],
  readParquet: ReadRowFile,
): AsyncIterable<RowBatch> {
  switch (format.type) {
    case "csv":
      return csvBatches(file, format, columns);
    case "ndjson":
      return ndjsonBatches(file, format, columns);
    case "parquet":
      if (file.toLowerCase().endsWith(".gz"))
        throw invalidMapping("format.type", "is parquet, and the file is gzipped", "unpack it first");
      return readParquet(file, columns);
  }
}

async function* ndjsonBatches(file: string, format: FileFormat, columns: readonly string[]): AsyncGenerator<RowBatch> {
  const source = openText(file, format);
  for await (const block of source.blocks) yield { rows: readNdjson(block, columns), bytesRead: source.bytesRead() };
}

async function* csvBatches(file: string, format: FileFormat, columns: readonly string[]): AsyncGenerator<RowBatch> {
  const reader = csvReader({ delimiter: format.delimiter ?? ",", quote: format.quote ?? '"' });
  const source = openText(file, format);
  let layout: CsvLayout | null = format.columns === undefined ? null : layoutOf(format.columns, columns);
  const read = (block: TextBlock, isLast: boolean): FileRow[] => {
    if (layout !== null) return reader.read(block, layout, isLast);
    const header = reader.read(block, { slots: null, width: 0 }, isLast, 1)[0];
    if (header === undefined) return [];
    layout = layoutOf(headerNames(header), columns);
    return reader.read({ ...block, text: "" }, layout, isLast);
  };
  for await (const block of source.blocks) yield { rows: read(block, false), bytesRead: source.bytesRead() };
  const rows = read({ text: "", firstLine: 0, faults: new Map() }, true);
  if (layout === null)
    throw new Problem(422, "header_missing", "the file is empty: it has not even a header line", {
      hint: "check the file; a CSV without a header needs format.header: false and format.columns",
    });
  yield { rows, bytesRead: source.bytesRead() };
}

function headerNames({ cells, fault }: FileRow): string[] {
  if (fault !== null)
    throw new Problem(422, "header_missing", `the header line ${fault.message}`, { hint: "mend the first line" });
  return cells.map((cell) => cell?.trim() ?? "");
}

function layoutOf(names: readonly string[], columns: readonly string[]): CsvLayout {
  for (const column of columns) {
    const found = names.filter((name) => name === column).length;
    if (found === 0) throw columnMissing(column, names);
    if (found > 1)
      throw new Problem(422, "column_repeated", `the header names the column ${column} ${found} times`, {
        hint: "give each its own name in the file, or use format.header: false and format.columns",
        field: column,
      });
  }
  return { slots: names.map((name) => columns.indexOf(name)), width: columns.length };
}

function columnMissing(column: string, names: readonly string[]): Problem {
  const listed = names.slice(0, maxListedColumns).join(", ");
  const more = names.length > maxListedColumns ? ", …" : "";
  const single = names[0] ?? "";
  const other = [";", "\t", "|", "\r"].find((mark) => names.length === 1 && single.includes(mark));
  return new Problem(422, "column_missing", `the file has no column ${column}; it has ${listed}${more}`, {
    hint:
      other === undefined
        ? "use the header's own spelling in the mapping"
        : other === "\r"
          ? "the lines end in CR alone: convert the file's line ends"
          : `the header is one column with ${JSON.stringify(other)} in it: set format.delimiter`,
    field: column,
  });
}

function openText(file: string, format: FileFormat): { blocks: AsyncIterable<TextBlock>; bytesRead(): number } {
  const stream = createReadStream(file, { highWaterMark: readChunkBytes });
  const chunks = file.toLowerCase().endsWith(".gz") ? unpacked(stream) : stream;
  return {
    blocks: textBlocks(utf8Bytes(readable(chunks), format.encoding ?? "utf-8")),
    bytesRead: () => stream.bytesRead,
  };
}

/** An error of either stream ends the reading of the other, and reaches the reader. */
function unpacked(stream: Readable): Readable {
  const gunzip = createGunzip({ chunkSize: readChunkBytes });
  pipeline(stream, gunzip, () => {});
  return gunzip;
}

async function* readable(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new Problem(422, "file_unreadable", `the file cannot be read to its end (${code})`, {
      hint: code.startsWith("Z_")
        ? "the gzip data is damaged or cut off: get the file again"
        : "check the file and its permissions",
    });
  }
}
