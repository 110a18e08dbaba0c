import type { JsonValue } from "../model/event.ts";
import type { MappedValue, Mapping, Transform } from "./mappingSchema.ts";

const fault: unique symbol = Symbol("fault");

/** A cell that cannot be what the mapping says it is. */
export interface FieldFault {
  readonly [fault]: true;
  readonly code: string;
  readonly message: string;
}

/** Undefined: the cell has no value. */
export type Converted = JsonValue | undefined | FieldFault;
export type ConvertCell = (cell: string | null) => Converted;

export function isFault(value: Converted): value is FieldFault {
  return typeof value === "object" && value !== null && fault in value;
}

function fieldFault(code: string, message: string): FieldFault {
  return { [fault]: true, code, message };
}

const notANumber = fieldFault(
  "not_a_number",
  "is no number; write it as 1234.56, or say in `numbers` how it is written",
);
const notAnInteger = fieldFault("not_an_integer", "is no whole number, as the transform `integer` needs it");
const notABoolean = fieldFault("not_a_boolean", "is neither true nor false (nor yes, no, y, n, t, f, 1, 0)");
const notJson = fieldFault("not_json", "is no JSON");
const badText = fieldFault("text_invalid", "has a NUL or half a Unicode character; clean the file");
export const identifierTooLong = fieldFault(
  "identifier_too_long",
  "is longer than an identifier may be (256 characters)",
);
const missing = fieldFault("value_missing", "is empty, and the mapping requires it");

/**
 * Makes the function that turns a column's cell into the value that the mapping asks for. `emptyTexts` are the texts
 * that mean "no value", as NULL does.
 */
export function compileValue(value: MappedValue, mapping: Mapping): ConvertCell {
  const { constant } = value;
  // What was parsed from JSON is JSON.
  if (constant !== undefined) return () => constant as JsonValue;
  const convert = converter(value.type ?? "string", mapping);
  const change = compileTransforms(value.transforms ?? []);
  const emptyTexts = new Set(mapping.empty ?? []);
  const whenEmpty = value.required === true ? missing : undefined;
  return (cell) => {
    if (cell === null || cell === "" || emptyTexts.has(cell)) return whenEmpty;
    const text = change(cell);
    if (typeof text !== "string") return text;
    return text === "" ? whenEmpty : convert(text);
  };
}

function converter(type: NonNullable<MappedValue["type"]>, mapping: Mapping): (text: string) => Converted {
  switch (type) {
    case "string":
      return (text) => (isCleanText(text) ? text : badText);
    case "number":
      return compileNumber(mapping);
    case "boolean":
      return booleanOf;
    case "json":
      return jsonOf;
  }
}

export function isCleanText(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

const plainNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Decimal text to a number, with the mapping's decimal and thousands marks. NaN and Infinity are no numbers. */
export function compileNumber({ numbers }: Pick<Mapping, "numbers">): (text: string) => number | FieldFault {
  const decimal = numbers?.decimal ?? ".";
  const thousands = numbers?.thousands;
  // Marks stand between groups of three, so that 1,5 with a thousands comma is refused instead of read as 15.
  const grouped =
    thousands === undefined
      ? null
      : new RegExp(`^([+-]?\\d{1,3}(?:${RegExp.escape(thousands)}\\d{3})+)(?:${RegExp.escape(decimal)}(\\d*))?$`);
  return (text) => {
    let plain = text.trim();
    const groups = grouped?.exec(plain);
    if (groups !== null && groups !== undefined && thousands !== undefined)
      plain = `${groups[1]?.replaceAll(thousands, "") ?? ""}.${groups[2] ?? ""}`;
    else if (decimal === ",") plain = plain.includes(".") ? "" : plain.replace(",", ".");
    if (!plainNumber.test(plain)) return notANumber;
    const value = Number(plain);
    return Number.isFinite(value) ? value : notANumber;
  };
}

const truths = new Map<string, boolean>([
  ...["true", "t", "yes", "y", "1"].map((text) => [text, true] as const),
  ...["false", "f", "no", "n", "0"].map((text) => [text, false] as const),
]);

function booleanOf(text: string): boolean | FieldFault {
  return truths.get(text.trim().toLowerCase()) ?? notABoolean;
}

function jsonOf(text: string): Converted {
  try {
    const value: JsonValue = JSON.parse(text);
    let isClean = true;
    // Throws on what is nested too deeply to be written again.
    JSON.stringify(value, (key, inner: JsonValue) => {
      isClean &&= isCleanText(key) && (typeof inner !== "string" || isCleanText(inner));
      return inner;
    });
    return isClean ? value : badText;
  } catch {
    return notJson;
  }
}

type Change = (text: string) => string | FieldFault;

const changes: Readonly<Record<Transform, Change>> = {
  trim: (text) => text.trim(),
  lowercase: (text) => text.toLowerCase(),
  uppercase: (text) => text.toUpperCase(),
  digits: (text) => text.replaceAll(/\D/g, ""),
  integer: integerText,
};

function compileTransforms(names: readonly Transform[]): Change {
  const steps = names.map((name) => changes[name]);
  return (cell) => {
    let text = cell;
    for (const step of steps) {
      const changed = step(text);
      if (typeof changed !== "string") return changed;
      text = changed;
    }
    return text;
  };
}

/** `17850.0`, as a spreadsheet or a data frame writes a number, is 17850; leading zeros stay. */
function integerText(text: string): string | FieldFault {
  const [, digits] = /^\s*([+-]?\d+)(?:\.0*)?\s*$/.exec(text) ?? [];
  return digits === undefined ? notAnInteger : digits;
}
