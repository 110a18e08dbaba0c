import { appendFileSync, writeFileSync } from "node:fs";
import type { Reject } from "../importing/importFile.ts";
import type { Output } from "./output.ts";
import { printable } from "./table.ts";
import { wrongUsage } from "./usage.ts";

const maxPrintedRejects = 20;
/** Kept for `--json`. */
const maxReportedRejects = 1_000;
const flushChars = 65_536;

/** Tells of lines that were refused: the first on standard error (or in the JSON), all in a file if one is wanted. */
export interface RejectLog {
  readonly reported: readonly Reject[];
  add(reject: Reject): void;
  /** Writes what is left and says how many were not shown. */
  finish(): void;
}

/** `file`: NDJSON of {line, column, code, message}, made anew, readable by its owner only. Problem `wrong_usage` when it cannot be. */
export function openRejectLog(output: Output, file: string | undefined): RejectLog {
  if (file !== undefined) makeFile(file);
  const reported: Reject[] = [];
  let count = 0;
  let pending = "";
  const flush = (): void => {
    if (file !== undefined && pending !== "") appendFileSync(file, pending);
    pending = "";
  };
  return {
    reported,
    add(reject) {
      count += 1;
      if (reported.length < maxReportedRejects) reported.push(reject);
      if (!output.json && count <= maxPrintedRejects) output.note(told(reject));
      if (file === undefined) return;
      pending += `${JSON.stringify(reject)}\n`;
      if (pending.length >= flushChars) flush();
    },
    finish() {
      flush();
      if (output.json || count <= maxPrintedRejects) return;
      const where = file === undefined ? "--rejects FILE writes them all" : `all are in ${file}`;
      output.note(`… and ${count - maxPrintedRejects} more lines; ${where}`);
    },
  };
}

function makeFile(file: string): void {
  try {
    writeFileSync(file, "", { mode: 0o600 });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw wrongUsage(`The file for rejects cannot be written: ${why}.`, "Name another with --rejects FILE.");
  }
}

function told({ line, column, code, message }: Reject): string {
  const where = column === undefined ? "" : `, column ${printable(column)}`;
  return `line ${line}${where}: ${message} (${code})`;
}
