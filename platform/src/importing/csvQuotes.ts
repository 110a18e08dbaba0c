import type { RowFault } from "../storage/rowFile.ts";

export interface CsvDialect {
  readonly delimiter: string;
  readonly quote: string;
}

/** `end`: index after the row's line end. `incomplete`: the text ends inside quotes. */
export type QuotedRow = { end: number; cells: string[] } | { fault: RowFault } | "incomplete";

const lineFeed = 10;
const carriageReturn = 13;
const textAfterQuote: RowFault = {
  code: "quote_misplaced",
  message: "has text after a closing quote; a quote inside quotes is written twice",
};

/** The row that starts at `start`, which has quotes in it. */
export function quotedRow(text: string, start: number, { delimiter, quote }: CsvDialect): QuotedRow {
  const cells: string[] = [];
  let at = start;
  for (;;) {
    if (text[at] === quote) {
      const close = closingQuote(text, at + 1, quote);
      if (close === -1) return "incomplete";
      cells.push(text.slice(at + 1, close).replaceAll(quote + quote, quote));
      at = close + 1;
    } else {
      const end = fieldEnd(text, at, delimiter);
      cells.push(text.slice(at, end));
      at = end;
    }
    if (text.startsWith(delimiter, at)) {
      at += delimiter.length;
      continue;
    }
    if (at >= text.length) return { end: text.length, cells };
    if (text[at] === "\n") return { end: at + 1, cells };
    if (text[at] === "\r" && (text[at + 1] === "\n" || at + 1 === text.length)) return { end: at + 2, cells };
    return { fault: textAfterQuote };
  }
}

/** Index of the quote that ends the field, or −1. */
function closingQuote(text: string, from: number, quote: string): number {
  let at = text.indexOf(quote, from);
  while (at !== -1 && text[at + 1] === quote) at = text.indexOf(quote, at + 2);
  return at;
}

/** End of an unquoted field: the next delimiter or line end, without its CR. */
function fieldEnd(text: string, from: number, delimiter: string): number {
  const delimiterCode = delimiter.charCodeAt(0);
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === lineFeed || (code === delimiterCode && text.startsWith(delimiter, at))) return at;
    if (code === carriageReturn && (text[at + 1] === "\n" || at + 1 === text.length)) return at;
  }
  return text.length;
}

/**
 * `indexOf` for positions that only grow, which remembers its answer: a text without the mark is searched once.
 * Infinity when there is none.
 */
export function finder(text: string, mark: string): (from: number) => number {
  let found = -1;
  return (from) => {
    if (found >= from) return found;
    found = text.indexOf(mark, from);
    if (found === -1) found = Number.POSITIVE_INFINITY;
    return found;
  };
}
