import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import formatsPlugin from "ajv-formats";
import { RE2JS } from "re2js";
import { canonicalJson } from "../../model/canonicalJson.ts";
import type { JsonObject } from "../../model/event.ts";
import { knownFormats } from "./schemaKeywords.ts";

export type { ErrorObject } from "ajv/dist/2020.js";

/** Longer texts match no pattern and have no format: what it takes to check one is bounded, whoever sent it. */
export const maxCheckedChars = 2_048;

/**
 * Reads the schemas' own shape. What it finds are errors of the person who wrote the plan; the first one tells.
 * `format: regex` and the like are not looked at: patterns are read by their own engine.
 */
let metaCheck: ValidateFunction | null = null;

export function schemaErrors(schema: unknown): ErrorObject[] {
  metaCheck ??= metaSchemaCheck();
  return metaCheck(schema) ? [] : (metaCheck.errors ?? []);
}

function metaSchemaCheck(): ValidateFunction {
  const ajv = new Ajv2020({ validateFormats: false, logger: false });
  const check = ajv.getSchema("https://json-schema.org/draft/2020-12/schema");
  if (check === undefined) throw new Error("Ajv has no meta-schema of 2020-12");
  return check as ValidateFunction;
}

/**
 * Compiles schemas that `readSchema` has let through. Each has an engine of its own, so that one that is dropped leaves
 * nothing behind. Own properties only: `constructor` is a name like any other.
 */
export function compileSchema(schema: JsonObject, finds: "all" | "first" = "all"): ValidateFunction {
  const ajv = new Ajv2020({
    allErrors: finds === "all",
    ownProperties: true,
    messages: false,
    meta: false,
    validateSchema: false,
    addUsedSchema: false,
    // What keywords there may be is read already.
    strict: false,
    logger: false,
    code: { regExp: linearRegExp },
  });
  for (const name of knownFormats) {
    const format = formatsPlugin.default.get(name, ofTime.has(name) ? "full" : "fast");
    ajv.addFormat(name, { type: "string", validate: (text: string) => isShort(text) && matches(format, text) });
  }
  for (const keyword of ownKeywords) {
    ajv.removeKeyword(keyword.keyword);
    ajv.addKeyword(keyword);
  }
  return ajv.compile(schema);
}

/** The quick ones take the 31st of February. */
const ofTime: ReadonlySet<string> = new Set(["date", "time", "date-time"]);

/**
 * In place of Ajv's own: which compare every two items, call what a sender names `valueOf`, and find that 19.99 is no
 * multiple of 0.01.
 */
const ownKeywords = [
  {
    keyword: "uniqueItems",
    type: "array" as const,
    schemaType: "boolean" as const,
    validate: (isWanted: boolean, items: unknown[]) => !isWanted || areUnique(items),
  },
  {
    keyword: "multipleOf",
    type: "number" as const,
    schemaType: "number" as const,
    validate: (step: number, value: number) => isMultiple(value, step),
  },
  { keyword: "const", compile: (wanted: unknown) => isAmong([wanted]) },
  { keyword: "enum", schemaType: "array" as const, compile: (wanted: unknown[]) => isAmong(wanted) },
];

function isAmong(wanted: readonly unknown[]): (value: unknown) => boolean {
  const isHeld = (value: unknown): boolean => typeof value === "object" && value !== null;
  const plain = new Set(wanted.filter((value) => !isHeld(value)));
  const texts = new Set(wanted.filter(isHeld).map(canonicalJson));
  return (value) => (isHeld(value) ? texts.size > 0 && texts.has(canonicalJson(value)) : plain.has(value));
}

/** Of decimals as doubles hold them: each is off by half a unit in its last place, and their quotient by a unit more. */
function isMultiple(value: number, step: number): boolean {
  const quotient = value / step;
  if (!Number.isFinite(quotient)) return true;
  return Math.abs(quotient - Math.round(quotient)) <= 4 * Number.EPSILON * Math.max(1, Math.abs(quotient));
}

function isShort(text: string): boolean {
  return text.length <= maxCheckedChars;
}

function matches(format: ReturnType<typeof formatsPlugin.default.get>, text: string): boolean {
  if (format instanceof RegExp) return format.test(text);
  if (typeof format === "function") return format(text);
  if (typeof format !== "object" || typeof format.validate === "string") return true;
  const { validate } = format;
  if (validate instanceof RegExp) return validate.test(text);
  return typeof validate === "function" ? validate(text as never) === true : true;
}

function areUnique(items: readonly unknown[]): boolean {
  return new Set(items.map(canonicalJson)).size === items.length;
}

/** Time is bounded by the length of the text times the size of the pattern; JavaScript's own can be made to hang. */
const linearRegExp = Object.assign(
  (pattern: string) => {
    const compiled = RE2JS.compile(pattern);
    // Ajv keeps one of each text.
    return { test: (text: string) => isShort(text) && compiled.matcher(text).find(), toString: () => pattern };
  },
  // For code that is written to files, which nobody does here.
  { code: "undefined" },
);
