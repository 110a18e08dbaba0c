import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import formatsPlugin from "ajv-formats";
import { RE2JS } from "re2js";
import type { JsonObject } from "../../model/event.ts";
import { canonicalJson } from "./canonicalJson.ts";
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
export function compileSchema(schema: JsonObject): ValidateFunction {
  const ajv = new Ajv2020({
    allErrors: true,
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
    const format = formatsPlugin.default.get(name, "fast");
    ajv.addFormat(name, { type: "string", validate: (text: string) => isShort(text) && matches(format, text) });
  }
  // Ajv's own compares every two items.
  ajv.removeKeyword("uniqueItems");
  ajv.addKeyword({
    keyword: "uniqueItems",
    type: "array",
    schemaType: "boolean",
    validate: (isWanted: boolean, items: unknown[]) => !isWanted || areUnique(items),
  });
  return ajv.compile(schema);
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
    return { test: (text: string) => isShort(text) && compiled.matcher(text).find() };
  },
  // For code that is written to files, which nobody does here.
  { code: "undefined" },
);
