import type { FileRow, RowFault } from "../storage/rowFile.ts";
import { type CsvDialect, finder, quotedRow } from "./csvQuotes.ts";
import type { TextBlock } from "./textBlocks.ts";

/** A row may span lines, inside quotes, up to this; a quote that is still open then is a mistake. */
export const maxRowChars = 1_048_576;

/**
 * Where the cells of a row go: `slots[i]` is the place of the file's i-th column among the wanted ones, or −1.
 * Null: every cell is wanted (the header).
 */
export interface CsvLayout {
  readonly slots: readonly number[] | null;
  readonly width: number;
}

export interface CsvReader {
  /** The rows that end in this block, after those before it; at most `maxRows`. `isLast`: no more blocks follow. */
  read(block: TextBlock, layout: CsvLayout, isLast: boolean, maxRows?: number): FileRow[];
}

interface Scan {
  readonly block: TextBlock;
  readonly dialect: CsvDialect;
  readonly layout: CsvLayout;
  readonly isLast: boolean;
  readonly maxRows: number;
}

const carriageReturn = 13;
const unclosedQuote: RowFault = { code: "quote_unclosed", message: "opens a quote that nothing closes" };

/**
 * RFC 4180, and what files in the wild do besides: LF or CRLF, quotes inside an unquoted field are text, empty lines
 * are no rows. Line numbers are the file's own, also after line ends inside quotes. After a faulty row the reading goes
 * on at the next line, so that one stray quote costs one row and not the rest of the file.
 *
 * Hand-written, and held against csv-parse by its tests: csv-parse can neither name the line of invalid text nor go on
 * after an unclosed quote, and takes most of the time of an import.
 */
export function csvReader(dialect: CsvDialect): CsvReader {
  let carried: TextBlock = { text: "", firstLine: 1, faults: new Map() };
  return {
    read(block, layout, isLast, maxRows = Number.POSITIVE_INFINITY) {
      const { rows, rest } = scanRows({ block: joined(carried, block), dialect, layout, isLast, maxRows });
      carried = rest;
      return rows;
    },
  };
}

function joined(carried: TextBlock, { text, firstLine, faults }: TextBlock): TextBlock {
  if (carried.text === "") return { text, firstLine, faults };
  return {
    text: carried.text + text,
    firstLine: carried.firstLine,
    faults: carried.faults.size === 0 ? faults : new Map([...carried.faults, ...faults]),
  };
}

function scanRows({ block, dialect, layout, isLast, maxRows }: Scan): { rows: FileRow[]; rest: TextBlock } {
  const { text, faults } = block;
  const rows: FileRow[] = [];
  const nextQuote = finder(text, dialect.quote);
  const plainRow = plainRows(text, dialect, layout);
  let line = block.firstLine;
  let at = 0;
  while (at < text.length && rows.length < maxRows) {
    const lineEnd = text.indexOf("\n", at);
    const end = lineEnd === -1 ? text.length : lineEnd;
    const contentEnd = end > at && text.charCodeAt(end - 1) === carriageReturn ? end - 1 : end;
    const quoted = nextQuote(at) < end ? quotedRow(text, at, dialect) : null;
    if (quoted === "incomplete" && !isLast && text.length - at <= maxRowChars) break;
    if (quoted !== null && quoted !== "incomplete" && "cells" in quoted) {
      const lines = lineEndsIn(text, at, quoted.end);
      rows.push(placed(quoted.cells, line, layout, faultBetween(faults, line, line + lines)));
      at = quoted.end;
      line += lines;
      continue;
    }
    const misquoted = quoted === "incomplete" ? unclosedQuote : (quoted?.fault ?? null);
    const fault = misquoted ?? (faults.size === 0 ? null : (faults.get(line) ?? null));
    if (contentEnd > at || fault !== null) rows.push(plainRow(at, contentEnd, line, fault));
    at = end + 1;
    line += 1;
  }
  return { rows, rest: { text: text.slice(at), firstLine: line, faults } };
}

type PlainRow = (start: number, end: number, line: number, fault: RowFault | null) => FileRow;

/** A row on one line, its quotes taken as text: rows without quotes, and the best guess at faulty ones. */
function plainRows(text: string, { delimiter }: CsvDialect, { slots, width }: CsvLayout): PlainRow {
  const nextDelimiter = finder(text, delimiter);
  return (start, end, line, fault) => {
    const cells: (string | null)[] = slots === null ? [] : Array.from<null>({ length: width }).fill(null);
    let column = 0;
    for (let at = start; ; column++) {
      const found = nextDelimiter(at);
      const cellEnd = found >= end ? end : found;
      const slot = slots === null ? column : (slots[column] ?? -1);
      if (slot >= 0) cells[slot] = text.slice(at, cellEnd);
      if (cellEnd === end) break;
      at = cellEnd + delimiter.length;
    }
    return { line, cells, fault: fault ?? columnCountFault(column + 1, slots) };
  };
}

function placed(cells: readonly string[], line: number, { slots, width }: CsvLayout, fault: RowFault | null): FileRow {
  if (slots === null) return { line, cells, fault };
  const wanted: (string | null)[] = Array.from<null>({ length: width }).fill(null);
  cells.forEach((cell, column) => {
    const slot = slots[column] ?? -1;
    if (slot >= 0) wanted[slot] = cell;
  });
  return { line, cells: wanted, fault: fault ?? columnCountFault(cells.length, slots) };
}

function columnCountFault(count: number, slots: readonly number[] | null): RowFault | null {
  if (slots === null || count === slots.length) return null;
  return {
    code: "wrong_column_count",
    message: `has ${count} columns where ${slots.length} are expected; a value with a delimiter in it needs quotes`,
  };
}

function faultBetween(faults: ReadonlyMap<number, RowFault>, from: number, until: number): RowFault | null {
  for (const [line, fault] of faults) if (line >= from && line < until) return fault;
  return null;
}

function lineEndsIn(text: string, from: number, until: number): number {
  let count = 0;
  for (let at = text.indexOf("\n", from); at !== -1 && at < until; at = text.indexOf("\n", at + 1)) count += 1;
  // The file's last line may have no end of its own.
  return text[until - 1] === "\n" ? count : count + 1;
}
