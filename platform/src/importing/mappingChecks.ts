import { invalidMapping } from "./mappingProblem.ts";
import type { Condition, EventRule, MappedFields, MappedValue, Mapping } from "./mappingSchema.ts";
import { compileTimeFormat } from "../model/timeFormat.ts";
import { zoneOffsets } from "../model/zonedTime.ts";

/** What the schema cannot say: fields that exclude, need or refer to each other. Throws Problem 422 `mapping_invalid`. */
export function checkMapping(mapping: Mapping): void {
  checkFormat(mapping);
  checkNumbers(mapping);
  checkTime(mapping.time);
  mapping.events.forEach((rule, index) => checkEvent(mapping, rule, index));
  checkFields(mapping.properties, "properties");
  checkFields(mapping.traits, "traits");
  if (mapping.group !== undefined) checkGroup(mapping.group);
  checkIdentifiers(mapping);
  const isUsed = (types: readonly string[]) => mapping.events.some(({ type }) => types.includes(type ?? ""));
  if (mapping.traits !== undefined && !isUsed(["identify"]))
    throw invalidMapping("traits", "goes into identify calls, and no event of this mapping is one");
  if (mapping.properties !== undefined && !isUsed(["track", "page", "screen"]))
    throw invalidMapping("properties", "goes into track, page and screen calls, and no event of this mapping is one");
}

function checkFormat({ format }: Mapping): void {
  if (format === undefined) return;
  for (const key of ["delimiter", "quote", "header", "columns"] as const)
    if (format[key] !== undefined && format.type !== "csv")
      throw invalidMapping(`format.${key}`, `is for csv only, and this file is ${format.type}`);
  if (format.encoding !== undefined && format.type === "parquet")
    throw invalidMapping("format.encoding", "is for text files, and Parquet is none");
  if (/["\r\n]/.test(format.delimiter ?? "") || format.delimiter === (format.quote ?? '"'))
    throw invalidMapping("format.delimiter", "may be neither a quote nor a line end");
  if (/[\r\n]/.test(format.quote ?? "")) throw invalidMapping("format.quote", "may not be a line end");
  if (format.header === false && format.columns === undefined)
    throw invalidMapping("format.columns", "is missing: without a header line, it names the columns in their order");
  if (format.header === true && format.columns !== undefined)
    throw invalidMapping("format.columns", "stands beside header: true; leave one of the two out");
  const repeated = format.columns?.find((name, index, all) => all.indexOf(name) !== index);
  if (repeated !== undefined) throw invalidMapping("format.columns", `names ${repeated} twice`);
}

function checkNumbers({ numbers }: Mapping): void {
  if (numbers?.thousands !== undefined && numbers.thousands === (numbers.decimal ?? "."))
    throw invalidMapping("numbers.thousands", "must differ from numbers.decimal");
}

function checkTime({ format = "iso", zone }: Mapping["time"]): void {
  if (zone === undefined && format !== "unix" && format !== "unix_ms")
    throw invalidMapping(
      "time.zone",
      "is missing",
      'name the zone of the times, as "Europe/London", "+01:00" or "UTC"',
    );
  try {
    compileTimeFormat(format);
  } catch (error) {
    throw invalidMapping("time.format", error instanceof Error ? error.message : "is not known");
  }
  try {
    if (zone !== undefined) zoneOffsets(zone);
  } catch {
    throw invalidMapping("time.zone", "is no zone known here", 'as "Europe/London", "+01:00" or "UTC"');
  }
}

function checkEvent(mapping: Mapping, rule: EventRule, index: number): void {
  const at = `events[${index}]`;
  rule.when?.forEach((condition, i) => checkCondition(condition, `${at}.when[${i}]`));
  const isLast = index === mapping.events.length - 1;
  if (rule.when === undefined && !isLast)
    throw invalidMapping(`${at}.when`, "is missing: an event without a condition takes every row, so it must be last");
  if (rule.skip === true) return checkSkipped(rule, at);
  if (rule.type === undefined) throw invalidMapping(`${at}.type`, "is missing");
  checkFields(rule.properties, `${at}.properties`);
  checkFields(rule.traits, `${at}.traits`);
  if (rule.type === "track" && rule.event === undefined)
    throw invalidMapping(`${at}.event`, "is missing: a track call has the name of an event");
  if (rule.type === "identify" && rule.event !== undefined)
    throw invalidMapping(`${at}.event`, "has no place in an identify call");
  if (rule.event !== undefined) checkValue(rule.event, `${at}.event`);
  if (rule.event?.constant !== undefined && (typeof rule.event.constant !== "string" || rule.event.constant === ""))
    throw invalidMapping(`${at}.event`, "must be a text");
  if (rule.type === "identify" && rule.properties !== undefined)
    throw invalidMapping(`${at}.properties`, "has no place in an identify call: use traits");
  if (rule.type !== "identify" && rule.traits !== undefined)
    throw invalidMapping(`${at}.traits`, "goes into identify calls only");
  if (rule.type === "identify" && mapping.group !== undefined)
    throw invalidMapping(`${at}.type`, "cannot be identify where rows are grouped into orders");
  checkNegated(mapping, rule, at);
  checkPaths(mapping, rule, at);
}

/** A call has one userId and one anonymousId. */
function checkIdentifiers({ identifiers = [] }: Mapping): void {
  for (const single of ["user_id", "anonymous_id"])
    if (identifiers.filter(({ type }) => type === single).length > 1)
      throw invalidMapping("identifiers", `has ${single} twice, and a call has one`);
}

function checkSkipped(rule: EventRule, at: string): void {
  for (const key of ["type", "event", "properties", "traits", "negate"] as const)
    if (rule[key] !== undefined) throw invalidMapping(`${at}.${key}`, "has no place beside skip: true");
}

function checkNegated(mapping: Mapping, rule: EventRule, at: string): void {
  const fields: MappedFields =
    mapping.group === undefined ? { ...mapping.properties, ...rule.properties } : mapping.group.lines.properties;
  for (const path of rule.negate ?? [])
    if (fields[path]?.type !== "number")
      throw invalidMapping(
        `${at}.negate`,
        `names ${path}, which is no number property of ${mapping.group === undefined ? "the event" : "the lines"}`,
      );
}

/** Of an event's properties, none may lie inside another. */
function checkPaths(mapping: Mapping, rule: EventRule, at: string): void {
  const isIdentify = rule.type === "identify";
  const fields = isIdentify ? { ...mapping.traits, ...rule.traits } : { ...mapping.properties, ...rule.properties };
  const paths = Object.keys(fields);
  if (mapping.group !== undefined) paths.push(linesPath(mapping.group));
  const clash = clashing(paths);
  if (clash !== null)
    throw invalidMapping(`${at}.${isIdentify ? "traits" : "properties"}`, `has both ${clash[0]} and ${clash[1]}`);
}

export function linesPath(group: NonNullable<Mapping["group"]>): string {
  return group.lines.path ?? "products";
}

function clashing(paths: readonly string[]): [string, string] | null {
  const sorted = [...paths].sort();
  for (const outer of sorted) for (const inner of sorted) if (inner.startsWith(`${outer}.`)) return [outer, inner];
  const repeated = sorted.find((path, index) => sorted[index + 1] === path);
  return repeated === undefined ? null : [repeated, repeated];
}

function checkCondition(condition: Condition, at: string): void {
  const tests = ["equals", "oneOf", "startsWith", "lessThan", "greaterThan", "empty"] as const;
  const given = tests.filter((test) => condition[test] !== undefined);
  if (given.length !== 1) throw invalidMapping(at, `must have exactly one of ${tests.join(", ")}`);
}

function checkGroup(group: NonNullable<Mapping["group"]>): void {
  group.by.forEach((value, index) => {
    if (value.column === undefined) throw invalidMapping(`group.by[${index}]`, "must name a column");
    checkValue(value, `group.by[${index}]`);
  });
  checkFields(group.lines.properties, "group.lines.properties");
  if (Object.keys(group.lines.properties).length === 0)
    throw invalidMapping("group.lines.properties", "must map at least one column");
  const clash = clashing(Object.keys(group.lines.properties));
  if (clash !== null) throw invalidMapping("group.lines.properties", `has both ${clash[0]} and ${clash[1]}`);
  checkPath(linesPath(group), "group.lines.path");
}

function checkFields(fields: MappedFields | undefined, at: string): void {
  for (const [path, value] of Object.entries(fields ?? {})) {
    checkPath(path, `${at}.${path}`);
    checkValue(value, `${at}.${path}`);
  }
}

const prototypeNames = new Set(["__proto__", "constructor", "prototype"]);
const maxPathParts = 16;

function checkPath(path: string, at: string): void {
  const parts = path.split(".");
  const isBad = (part: string) => part === "" || prototypeNames.has(part) || /\p{Cc}/u.test(part);
  if (parts.length > maxPathParts || parts.some(isBad) || !path.isWellFormed())
    throw invalidMapping(at, "is no path: names, with dots between them");
}

function checkValue(value: MappedValue, at: string): void {
  if ((value.column === undefined) === (value.constant === undefined))
    throw invalidMapping(at, "must have either a column or a constant");
  if (value.constant === undefined) return;
  for (const key of ["type", "transforms", "required"] as const)
    if (value[key] !== undefined) throw invalidMapping(`${at}.${key}`, "has no place beside a constant");
}
