import { isUtf8 } from "node:buffer";
import type { RowFault } from "../storage/rowFile.ts";

/** A line that is longer is refused, and the reading goes on after it. */
export const maxLineBytes = 4_194_304;

/** Whole lines of a text file, each with its line end (the file's last may have none). */
export interface TextBlock {
  readonly text: string;
  /** Number of the first line, from 1. */
  readonly firstLine: number;
  /** Lines that cannot be trusted, by number. */
  readonly faults: ReadonlyMap<number, RowFault>;
}

const invalidText: RowFault = {
  code: "text_invalid",
  message:
    "has a NUL, or bytes that are no text in the file's encoding: name the right one in format.encoding, or mend the line",
};
const tooLong: RowFault = { code: "line_too_long", message: `is longer than ${maxLineBytes} bytes` };
const lineEnd = 0x0a;

/**
 * Cuts UTF-8 bytes into blocks of whole lines. A byte order mark is taken off; a line that is invalid or too long is
 * named, and is not the end of the reading. Memory: one chunk and one line.
 */
export async function* textBlocks(chunks: AsyncIterable<Buffer>): AsyncGenerator<TextBlock> {
  let firstLine = 1;
  for await (const lines of wholeLines(chunks)) {
    const block = lines === null ? { text: "\n", faults: new Map([[firstLine, tooLong]]) } : decoded(lines, firstLine);
    const text = firstLine === 1 ? block.text.replace(/^\uFEFF/, "") : block.text;
    yield { text, faults: block.faults, firstLine };
    firstLine += lineEnds(block.text);
  }
}

/** Null stands for a line that is too long. */
async function* wholeLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer | null> {
  let pieces: Buffer[] = [];
  let carriedBytes = 0;
  let isSkipping = false;
  for await (const chunk of chunks) {
    const cut = chunk.lastIndexOf(lineEnd) + 1;
    if (cut > 0) {
      if (isSkipping) yield null;
      const start = isSkipping ? chunk.indexOf(lineEnd) + 1 : 0;
      const lines = chunk.subarray(start, cut);
      if (carriedBytes > 0) yield Buffer.concat([...pieces, lines]);
      else if (lines.length > 0) yield lines;
      pieces = [];
      carriedBytes = 0;
      isSkipping = false;
    }
    const rest = chunk.subarray(cut);
    if (isSkipping || rest.length === 0) continue;
    pieces.push(rest);
    carriedBytes += rest.length;
    if (carriedBytes <= maxLineBytes) continue;
    pieces = [];
    carriedBytes = 0;
    isSkipping = true;
  }
  if (isSkipping) yield null;
  if (carriedBytes > 0) yield Buffer.concat(pieces);
}

/** Lines are looked at one by one only where their block as a whole is found to be bad. */
function decoded(bytes: Buffer, firstLine: number): { text: string; faults: ReadonlyMap<number, RowFault> } {
  const text = bytes.toString("utf8");
  const faults = new Map<number, RowFault>();
  if (isUtf8(bytes) && !bytes.includes(0)) return { text, faults };
  for (let start = 0, line = firstLine; start < bytes.length; line++) {
    const end = bytes.indexOf(lineEnd, start);
    const part = bytes.subarray(start, end === -1 ? bytes.length : end);
    if (!isUtf8(part) || part.includes(0)) faults.set(line, invalidText);
    start += part.length + 1;
  }
  return { text, faults };
}

function lineEnds(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}
