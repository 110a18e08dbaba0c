import { Compile } from "typebox/compile";
import { maxDepth } from "../model/event.ts";
import { Problem } from "../model/problem.ts";
import { checkMapping } from "./mappingChecks.ts";
import { invalidMapping } from "./mappingProblem.ts";
import { type Mapping, mappingSchema } from "./mappingSchema.ts";

const validator = Compile(mappingSchema);

type SchemaError = ReturnType<typeof validator.Errors>[number];
type Loose = Record<string, unknown>;

/**
 * Reads a mapping file's text. Throws Problem 422 `mapping_invalid` whose `field` is the path of the first thing that
 * is wrong (`events[0].type`), and whose message says what it should be.
 */
export function parseMapping(text: string): Mapping {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    throw new Problem(422, "mapping_invalid", "the mapping is not JSON", {
      hint: "check it with a JSON-aware editor: quotes around names, no comma after the last one, no comments",
    });
  }
  if (depthOf(value) > maxDepth) throw invalidMapping("", `is nested deeper than ${maxDepth} levels`);
  const expanded = expandShorthands(value);
  if (validator.Check(expanded)) {
    checkMapping(expanded);
    return expanded;
  }
  const [field, what] = firstError(validator.Errors(expanded));
  throw invalidMapping(field, what);
}

/** A value that is only a string is the name of a column; an event that is only a string is a constant. */
function expandShorthands(value: unknown): unknown {
  if (!isLoose(value)) return value;
  const mapping: Loose = { ...value };
  for (const name of ["properties", "traits"]) expandIn(mapping, name, fieldsOf);
  expandIn(mapping, "events", (events) => (Array.isArray(events) ? events.map(expandEvent) : events));
  expandIn(mapping, "group", (group) => {
    if (!isLoose(group)) return group;
    const copy = { ...group };
    expandIn(copy, "by", (by) => (Array.isArray(by) ? by.map(asColumn) : by));
    expandIn(copy, "lines", (lines) => {
      if (!isLoose(lines)) return lines;
      const copyOfLines = { ...lines };
      expandIn(copyOfLines, "properties", fieldsOf);
      return copyOfLines;
    });
    return copy;
  });
  return mapping;
}

function expandEvent(event: unknown): unknown {
  if (!isLoose(event)) return event;
  const copy = { ...event };
  for (const name of ["properties", "traits"]) expandIn(copy, name, fieldsOf);
  expandIn(copy, "event", (name) => (typeof name === "string" ? { constant: name } : name));
  expandIn(copy, "when", (when) => (isLoose(when) ? [when] : when));
  return copy;
}

function expandIn(holder: Loose, name: string, expand: (value: unknown) => unknown): void {
  if (Object.hasOwn(holder, name)) holder[name] = expand(holder[name]);
}

function fieldsOf(fields: unknown): unknown {
  if (!isLoose(fields)) return fields;
  return Object.fromEntries(Object.entries(fields).map(([path, value]) => [path, asColumn(value)]));
}

function asColumn(value: unknown): unknown {
  return typeof value === "string" ? { column: value } : value;
}

function isLoose(value: unknown): value is Loose {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function depthOf(value: unknown): number {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0 && depth <= maxDepth; depth++) {
    level = level.flatMap((item) => (typeof item === "object" && item !== null ? Object.values(item) : []));
    if (level.length === 0) return depth;
  }
  return maxDepth + 1;
}

/** The error that says most: an unknown key before what it made missing, then the first in the mapping's order. */
function firstError(errors: readonly SchemaError[]): [field: string, what: string] {
  const told = errors.filter(({ keyword }) => keyword !== "boolean");
  const error = told.find(({ keyword }) => keyword === "additionalProperties") ?? told[0];
  if (error === undefined) return ["", "is not as it should be"];
  const at = error.instancePath;
  switch (error.keyword) {
    case "additionalProperties":
      return [fieldName(`${at}/${error.params.additionalProperties[0] ?? ""}`), "is not known here"];
    case "required":
      return [fieldName(`${at}/${error.params.requiredProperties[0] ?? ""}`), "is missing"];
    case "enum":
      return [fieldName(at), `must be one of ${error.params.allowedValues.join(", ")}`];
    case "const":
      return [fieldName(at), `must be ${JSON.stringify(error.params.allowedValue)}`];
    default:
      return [fieldName(at), error.message];
  }
}

/** `/events/0/type` → `events[0].type`. */
function fieldName(pointer: string): string {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join("");
}
