import { RE2JS } from "re2js";
import type { JsonObject, JsonValue } from "../../model/event.ts";
import { planProblem, quoted, type Place } from "./planProblem.ts";
import { knownFormats, olderKeywords, planLimits, schemaKeywords } from "./schemaKeywords.ts";

/** What is counted over all schemas of a plan. */
export interface Spent {
  schemas: number;
  patternSteps: number;
}

export interface SchemaParts {
  /** What `#/$defs/NAME` stands for, of the schema's own first; with where it stands. */
  defs: ReadonlyMap<string, { schema: JsonValue; at: Place }>;
  spent: Spent;
}

type Schema = JsonObject | boolean;
const simpleTypes = 7;

/**
 * A schema of the plan, known to use nothing but {@link schemaKeywords}, with every `$ref` put in place of what it names:
 * so nothing refers to itself, and where something stands in it tells all of what it is part of. What keywords say
 * (`minLength` is a number) is not looked at. Problem 400 `tracking_plan_invalid`.
 */
export function readSchema(schema: JsonValue, at: Place, parts: SchemaParts): JsonObject {
  const read = schemaIn(schema, at, { ...parts, depth: 0, open: [] });
  if (typeof read === "object") return read;
  throw planProblem(at, "must be a schema in braces", 'Begin with {"type": "object", "properties": {}}.');
}

interface Reading extends SchemaParts {
  depth: number;
  /** Names whose schemas are being put in place. */
  open: readonly string[];
}

function schemaIn(schema: JsonValue, at: Place, reading: Reading): Schema {
  if (typeof schema === "boolean") return schema;
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) {
    throw planProblem(at, "must be a schema", 'A schema is an object as {"type": "string"}, or true or false.');
  }
  reading.spent.schemas += 1;
  if (reading.spent.schemas > planLimits.schemas) {
    throw planProblem(at, `takes the plan beyond ${planLimits.schemas} schemas`, "Name fewer things by `$ref`.");
  }
  if (reading.depth >= planLimits.depth) {
    throw planProblem(at, `is nested deeper than ${planLimits.depth} schemas`, "Describe the inner ones less closely.");
  }
  const read: JsonObject = {};
  for (const [name, value] of Object.entries(schema)) {
    if (name === "$ref" || name === "$defs" || name === "$schema") continue;
    read[name] = keywordIn(name, value, [...at, name], { ...reading, depth: reading.depth + 1 });
  }
  if (!Object.hasOwn(schema, "$ref")) return read;
  const named = referred(schema["$ref"] ?? null, [...at, "$ref"], reading);
  // Both hold, as 2020-12 has it.
  return Object.keys(read).length === 0 ? named : { ...read, allOf: [...listIn(read["allOf"]), named] };
}

function listIn(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function keywordIn(name: string, value: JsonValue, at: Place, reading: Reading): JsonValue {
  const kind = schemaKeywords.get(name);
  if (kind === undefined) throw unknownKeyword(name, at);
  if (kind === "schema") return schemaIn(value, at, reading);
  if (kind === "schemas") {
    if (!Array.isArray(value)) throw planProblem(at, "must be a list of schemas", "Write [ … ].");
    return value.map((each, index) => schemaIn(each, [...at, index], reading));
  }
  if (kind === "named") return namedIn(name, value, at, reading);
  if (name === "type" && Array.isArray(value) && value.length > simpleTypes) {
    throw planProblem(at, `lists more than the ${simpleTypes} types that there are`, "Name each once.");
  }
  if (name === "pattern") checkPattern(value, at, reading.spent);
  if (name === "format") checkFormat(value, at);
  return value;
}

function namedIn(name: string, value: JsonValue, at: Place, reading: Reading): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw planProblem(at, "must hold schemas by name", 'Write {"sku": {"type": "string"}}.');
  }
  const read: JsonObject = {};
  for (const [key, schema] of Object.entries(value)) {
    if (name === "patternProperties") checkPattern(key, [...at, key], reading.spent);
    read[key] = schemaIn(schema, [...at, key], reading);
  }
  return read;
}

function unknownKeyword(name: string, at: Place): Error {
  const hint = olderKeywords.get(name) ?? "see docs/tracking-plans.md for those that are; look for a slip of the pen";
  return planProblem(at, "is no keyword of JSON Schema that plans know", `${hint[0]?.toUpperCase()}${hint.slice(1)}.`);
}

function referred(ref: JsonValue, at: Place, reading: Reading): Schema {
  const name = typeof ref === "string" ? /^#\/\$defs\/([^/]+)$/.exec(ref)?.[1] : undefined;
  if (name === undefined) {
    throw planProblem(at, "names nothing that a plan can look up", "Write `#/$defs/NAME`; nothing is fetched.");
  }
  const key = unescaped(name);
  const found = reading.defs.get(key);
  if (found === undefined) {
    throw planProblem(at, `names ${quoted(key)}, which is not in \`$defs\``, "Add it there, or mend the name.");
  }
  if (reading.open.includes(key)) {
    throw planProblem(at, "goes round in a circle", "Say how deep it goes: a plan's schemas may not hold themselves.");
  }
  return schemaIn(found.schema, found.at, { ...reading, depth: reading.depth + 1, open: [...reading.open, key] });
}

/** JSON Pointer (RFC 6901, sections 3 and 6). */
function unescaped(name: string): string {
  try {
    return decodeURIComponent(name).replaceAll("~1", "/").replaceAll("~0", "~");
  } catch {
    return name;
  }
}

function checkPattern(pattern: JsonValue, at: Place, spent: Spent): void {
  if (typeof pattern !== "string" || pattern.length > planLimits.patternChars) {
    const message = `must be a regular expression of at most ${planLimits.patternChars} characters`;
    throw planProblem(at, message, "Write it as a text.");
  }
  const steps = stepsOf(pattern, at);
  spent.patternSteps += steps;
  if (steps > planLimits.patternSteps || spent.patternSteps > planLimits.allPatternSteps) {
    throw planProblem(at, "takes too long to match", "Repeat less: {1,1000} counts a thousand times.");
  }
}

/** RE2's size is what each character of a text may cost (Cox, "Regular Expression Matching in the Wild", 2010). */
function stepsOf(pattern: string, at: Place): number {
  if (/\\[1-9]|\\k<|\(\?<?[=!]/.test(pattern)) {
    const message = "uses a back-reference, or looks ahead or behind, which patterns here do not know";
    throw planProblem(at, message, "Patterns are RE2: https://github.com/google/re2/wiki/Syntax");
  }
  try {
    return RE2JS.compile(pattern).programSize();
  } catch {
    throw planProblem(at, "is not a regular expression", "Patterns are RE2; mind that JSON wants \\\\d for \\d.");
  }
}

function checkFormat(format: JsonValue, at: Place): void {
  if (knownFormats.some((known) => known === format)) return;
  throw planProblem(at, "is no format that is checked", `One of: ${knownFormats.join(", ")}; or use \`pattern\`.`);
}
