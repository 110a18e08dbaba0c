import type { FileRow, RowFault } from "../storage/rowFile.ts";
import type { TextBlock } from "./textBlocks.ts";

const notAnObject: RowFault = { code: "not_an_object", message: 'is no JSON object; each line is one, as {"id": 1}' };
const unsafeNumber = "is a number that JavaScript cannot hold exactly; write it as a text, in quotes";
const noObject: Record<string, unknown> = {};

/**
 * One JSON object a line. A column is a key of the object, or a path into it (`customer.id`) when no key has that name.
 * Numbers come as their shortest text, objects and arrays as JSON, what is not there as null.
 */
export function readNdjson({ text, firstLine, faults }: TextBlock, columns: readonly string[]): FileRow[] {
  const paths = columns.map((column) => column.split("."));
  const rows: FileRow[] = [];
  let line = firstLine;
  for (let at = 0; at < text.length; line++) {
    const lineEnd = text.indexOf("\n", at);
    const end = lineEnd === -1 ? text.length : lineEnd;
    const json = text.slice(at, end).trim();
    at = end + 1;
    const fault = faults.get(line) ?? null;
    if (json !== "" || fault !== null) rows.push(rowOf(json, line, fault, columns, paths));
  }
  return rows;
}

function rowOf(
  json: string,
  line: number,
  given: RowFault | null,
  columns: readonly string[],
  paths: readonly string[][],
): FileRow {
  const parsed = parseObject(json);
  let fault = given ?? (parsed === null ? notAnObject : null);
  const cells = columns.map((column, index) => {
    const value = valueAt(parsed ?? noObject, column, paths[index] ?? []);
    if (typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value))
      fault ??= { code: "number_too_large", message: unsafeNumber, column };
    return cellText(value);
  });
  return { line, cells, fault };
}

function parseObject(json: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(json);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function valueAt(object: Record<string, unknown>, column: string, path: readonly string[]): unknown {
  if (Object.hasOwn(object, column)) return object[column];
  if (path.length < 2) return undefined;
  let value: unknown = object;
  for (const name of path) {
    if (!isRecord(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** JSON that is nested too deeply to be written again is no value here; the mapping's own checks then apply. */
function cellText(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return null;
  try {
    return JSON.stringify(value);
  } catch {
    return null;
  }
}
