import { identifyingNames } from "../../model/callIdentifiers.ts";
import type { JsonObject, JsonValue } from "../../model/event.ts";
import { compileSchema, type ErrorObject } from "./engine.ts";
import { findingsReader, outermostName, outermostPart, type Findings } from "./findings.ts";

/** Null where the holder keeps to the schema. */
export type Check = (holder: JsonObject) => Findings | null;

/** The engine finds everything at once, and keeps it until it is asked again: at most so much. */
const maxErrors = 100_000;
/** Of a call that may be wrong in more places, so many properties are taken out one by one; then all go. */
const maxRounds = 20;

/**
 * What is wrong with a call's properties by one schema. Where that could be wrong in more than {@link maxErrors} places
 * the first one is told, and what is to be taken out is the outermost property of each, as they turn up.
 */
export function checkBy(schema: JsonObject, mode: "drop" | "other"): Check {
  const everything = asked(compileSchema(schema));
  const read = findingsReader();
  const weight = weightOf(schema);
  let first: ReturnType<typeof asked> | null = null;
  return (holder) => {
    const most = Math.floor(maxErrors / weight);
    if (placesIn(holder, most) <= most) {
      const errors = everything(holder);
      return errors.length === 0 ? null : read(errors, holder);
    }
    first ??= asked(compileSchema(schema, "first"));
    const errors = first(holder);
    if (errors.length === 0) return null;
    const { told } = read(errors, holder);
    return { told: told.slice(0, 1), others: mode === "drop" ? offendingNames(holder, first) : new Set(), count: 2 };
  };
}

/** Nothing of a call stays with the compiled check. */
function asked(validate: ReturnType<typeof compileSchema>): (holder: JsonObject) => readonly ErrorObject[] {
  return (holder) => {
    const isFine = validate(holder);
    const errors = validate.errors ?? [];
    validate.errors = null;
    return isFine ? [] : errors;
  };
}

function offendingNames(holder: JsonObject, first: ReturnType<typeof asked>): Set<string> {
  const left: JsonObject = { ...holder };
  const names = new Set<string>();
  for (let round = 0; round < maxRounds; round++) {
    const errors = first(left);
    const found = errors.find((error) => Object.hasOwn(left, outermostPart(error) ?? ""));
    // What is wrong with all of it nothing that is taken out can mend.
    if (found === undefined) return names;
    const part = outermostPart(found) ?? "";
    // What is missing in it is no reason to take it out; what else is wrong is looked for without it.
    if (outermostName(found) !== null) names.add(part);
    delete left[part];
  }
  for (const name of Object.keys(left)) if (!identifyingNames.has(name)) names.add(name);
  return names;
}

const inPlace = ["allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"] as const;
/** But for `properties`, of which one looks at a place. */
const inner = [
  "patternProperties",
  "items",
  "prefixItems",
  "contains",
  "propertyNames",
  "additionalProperties",
  "unevaluatedProperties",
  "unevaluatedItems",
] as const;

/** Most that can be wrong with one place: keywords and required names of all schemas that look at it. */
function weightOf(schema: JsonObject): number {
  const { own, inside } = weights(schema);
  return Math.max(1, own, inside);
}

/** `own`: at the place that the schema looks at; `inside`: at any place in it. */
function weights(schema: JsonValue): { own: number; inside: number } {
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) return { own: 1, inside: 0 };
  const required = schema["required"];
  const beside = inPlace.flatMap((name) => schemasAt(schema, name)).map(weights);
  const most = ({ own, inside }: { own: number; inside: number }): number => Math.max(own, inside);
  const named = schemasAt(schema, "properties").map((each) => most(weights(each)));
  const more = inner.flatMap((name) => schemasAt(schema, name)).map((each) => most(weights(each)));
  return {
    own:
      Object.keys(schema).length + (Array.isArray(required) ? required.length : 0) + sum(beside.map(({ own }) => own)),
    inside: named.reduce((a, b) => Math.max(a, b), 0) + sum(more) + sum(beside.map(({ inside }) => inside)),
  };
}

const listed: ReadonlySet<string> = new Set(["properties", "patternProperties", "dependentSchemas"]);

function schemasAt(schema: JsonObject, keyword: string): JsonValue[] {
  const value = Object.hasOwn(schema, keyword) ? schema[keyword] : undefined;
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  return listed.has(keyword) && typeof value === "object" && value !== null ? Object.values(value) : [value];
}

function sum(all: readonly number[]): number {
  return all.reduce((total, each) => total + each, 0);
}

/** Values in values, counted until there are more than `most`. */
function placesIn(value: JsonValue, most: number): number {
  let count = 1;
  const waiting: JsonValue[] = [value];
  while (count <= most) {
    const next = waiting.pop();
    if (next === undefined) break;
    if (typeof next !== "object" || next === null) continue;
    const inner = Array.isArray(next) ? next : Object.values(next);
    count += inner.length;
    for (const each of inner) waiting.push(each);
  }
  return count;
}
