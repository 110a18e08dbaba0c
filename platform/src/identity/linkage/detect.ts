import type { ColumnType } from "./columnType.ts";
import { hintOf } from "./headerHints.ts";

/** What is known of a column before anybody has said what it is. */
export interface ColumnSample {
  /** As in the table, trimmed. */
  name: string;
  /** Values that are there, as they are, trimmed; a few thousand at most. */
  values: readonly string[];
  /** Of all rows of all tables. */
  filledRows: number;
  /** Different values among them, about. */
  distinctValues: number;
  /** With two tables, what is different in all rows of one may be there again in the other. */
  isOnlyTable: boolean;
}

const email = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const date =
  /^(?:(?:1[6-9]|20)\d\d[-./]?(?:0?[1-9]|1[0-2])[-./]?(?:0?[1-9]|[12]\d|3[01])(?:[T ].*)?|\d{1,2}[-./ ]\d{1,2}[-./ ](?:1[6-9]|20)?\d\d)$/;
const phone = /^\+?[\d\s()./-]{7,22}$/;
const postcode = /^(?=.*\d)[\p{L}\d][\p{L}\d -]{2,9}$/u;
const code = /^(?=.*\d)[\p{L}\d./_-]{4,40}$/u;
const wordy = /^[\p{L}][\p{L}'’.\- ]*$/u;

/** Below this share of the values a pattern does not tell a column's type. */
const mostValues = 0.7;
const someValues = 0.3;
const birthYearsSpread = 25;
const maxCategories = 200;

/**
 * The type that a column's header and values speak for; the values can overrule the header (a column `phone` full of
 * names is no phone number). `ignore` for what tells nothing about who somebody is: a number of its own for each
 * row, when a row was written, one value everywhere.
 */
export function detectColumnType(column: ColumnSample): ColumnType {
  const { values, filledRows, distinctValues } = column;
  const hint = hintOf(column.name);
  if (hint === "ignore") return "ignore";
  if (values.length === 0) return hint ?? "ignore";
  if (distinctValues <= 1 && filledRows > 1) return "ignore";
  if (share(values, email) >= mostValues) return "email";
  if (hint !== null && agrees(hint, values)) return hint;
  if (share(values, date) >= mostValues) return isSpread(values) ? "birth_date" : "ignore";
  if (column.isOnlyTable && isRowNumber(values, filledRows, distinctValues)) return "ignore";
  return typeByValues(values, filledRows, distinctValues);
}

function typeByValues(values: readonly string[], filledRows: number, distinctValues: number): ColumnType {
  if (distinctValues <= maxCategories && distinctValues <= filledRows / 10) return "category";
  const digits = values.map((value) => value.replaceAll(/\D/g, "").length);
  const isLong = digits.filter((count) => count >= 9 && count <= 15).length >= mostValues * values.length;
  if (isLong && share(values, phone) >= mostValues && share(values, /^\+|^0|[\s()-]/) >= mostValues) return "phone";
  if (share(values, /^\d+[a-z]?\s+\p{L}{2,}/iu) >= mostValues) return "street";
  if (share(values, code) >= mostValues) return "code";
  return "text";
}

/** Whether the values can be what the header says. */
function agrees(hint: ColumnType, values: readonly string[]): boolean {
  switch (hint) {
    case "given_name":
    case "surname":
      return share(values, wordy) >= someValues || share(values, /\p{L}/u) >= mostValues;
    case "full_name":
    case "street":
    case "city":
      return share(values, /\p{L}/u) >= someValues;
    case "birth_date":
      return share(values, date) >= someValues || share(values, /^(1[6-9]|20)\d\d$/) >= mostValues;
    case "email":
      return share(values, /@/) >= someValues;
    case "phone":
      return share(values, phone) >= someValues;
    case "postcode":
      return share(values, postcode) >= someValues;
    case "house_number":
      return share(values, /^\d/) >= mostValues;
    default:
      return true;
  }
}

/** Every row has another one: it can match nothing. */
function isRowNumber(values: readonly string[], filledRows: number, distinctValues: number): boolean {
  // The count of different values is an estimate, a few percent off.
  return distinctValues >= 0.93 * filledRows && values.length > 20 && share(values, /^[^\s@]*\d[^\s@]*$/) >= mostValues;
}

/** Dates of birth lie decades apart; when something was bought or changed does not. */
function isSpread(values: readonly string[]): boolean {
  const years = values.flatMap((value) => /(1[6-9]|20)\d\d/.exec(value)?.slice(0, 1).map(Number) ?? []);
  years.sort((a, b) => a - b);
  const at = (part: number): number => years[Math.floor(part * (years.length - 1))] ?? 0;
  return at(0.95) - at(0.05) >= birthYearsSpread;
}

function share(values: readonly string[], pattern: RegExp): number {
  return values.reduce((sum, value) => sum + (pattern.test(value) ? 1 : 0), 0) / Math.max(1, values.length);
}
