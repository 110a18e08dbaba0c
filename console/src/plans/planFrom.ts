import { isObject, type JsonDocument } from "../parts/jsonDocument.ts";

/** How so many calls looked: names, and DuckDB's words for the types of their values (`json_structure`). */
export interface SeenShape {
  type: string;
  /** Of track calls. */
  event: string | null;
  shape: JsonDocument;
  calls: number;
}

/** What fewer calls of an event all have may be missing in the next. */
const minRequiredCalls = 20;
/** Of a plan. */
const maxEvents = 500;

const holders: Readonly<Record<string, string>> = {
  identify: "traits",
  group: "groupTraits",
  page: "pageProperties",
  screen: "screenProperties",
};

/**
 * A plan that the calls keep to: of each event and kind of call the properties with their types; required is what all
 * of at least 20 calls had. It only observes, so that nothing changes when it is published as it is.
 */
export function planFrom(shapes: readonly SeenShape[]): JsonDocument {
  const tracked = shapes.filter(({ type, event }) => type === "track" && event !== null && event.trim() !== "");
  const events = [...Map.groupBy(tracked, ({ event }) => event ?? "")].slice(0, maxEvents);
  const others = Object.entries(holders).flatMap(([type, holder]) => {
    const seen = shapes.filter((each) => each.type === type);
    return seen.length === 0 ? [] : [[holder, schemaOf(seen)] as const];
  });
  return {
    mode: "observe",
    unplannedEvents: "observe",
    events: Object.fromEntries(events.map(([name, seen]) => [name, schemaOf(seen)])),
    ...Object.fromEntries(others),
  };
}

function schemaOf(seen: readonly Pick<SeenShape, "shape" | "calls">[]): JsonDocument {
  const required = requiredIn(seen);
  return {
    type: "object",
    ...(required.length === 0 ? {} : { required }),
    ...propertiesOf(seen.map(({ shape }) => shape)),
  };
}

function requiredIn(seen: readonly Pick<SeenShape, "shape" | "calls">[]): string[] {
  const calls = seen.reduce((sum, each) => sum + each.calls, 0);
  if (calls < minRequiredCalls) return [];
  const [first, ...others] = seen.map(({ shape }) => shape);
  return Object.keys(first ?? {}).filter((name) => others.every((shape) => Object.hasOwn(shape, name)));
}

function propertiesOf(shapes: readonly JsonDocument[], isInList = false): JsonDocument {
  const names = [...new Set(shapes.flatMap((shape) => Object.keys(shape)))];
  if (names.length === 0) return {};
  const valuesOf = (name: string): unknown[] =>
    shapes.flatMap((shape) => (Object.hasOwn(shape, name) ? [shape[name]] : []));
  return { properties: Object.fromEntries(names.map((name) => [name, valueSchema(valuesOf(name), isInList)])) };
}

const types: Readonly<Record<string, string>> = {
  VARCHAR: "string",
  BOOLEAN: "boolean",
  BIGINT: "integer",
  UBIGINT: "integer",
  HUGEINT: "integer",
  UHUGEINT: "integer",
  DOUBLE: "number",
  NULL: "null",
};

/**
 * Of values that differ in more than their type, or of which the type is not told, nothing is said. Within a list
 * DuckDB tells no null that stands beside something else: there anything may be null.
 */
function valueSchema(values: readonly unknown[], isInList = false): JsonDocument {
  const typed = (type: string) => ({ type: isInList ? ["null", type] : type });
  if (values.every(isObject)) return { ...typed("object"), ...propertiesOf(values, isInList) };
  if (values.every((value) => Array.isArray(value))) {
    const items = values.flat().filter((item) => item !== "NULL");
    return { ...typed("array"), ...(items.length === 0 ? {} : { items: valueSchema(items, true) }) };
  }
  const told = values.map((value) => (typeof value === "string" ? types[value] : undefined));
  const found = [...new Set(isInList ? [...told, "null"] : told)];
  const known = found.filter((type) => type !== undefined);
  if (known.length < found.length) return {};
  const wide = known.includes("number") ? known.filter((type) => type !== "integer") : known;
  return { type: wide.length === 1 ? wide[0] : wide.sort() };
}
