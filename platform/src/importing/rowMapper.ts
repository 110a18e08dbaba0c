import type { JsonObject, JsonValue } from "../model/event.ts";
import { maxIdentifierLength } from "../model/identifier.ts";
import type { FileRow, RowFault } from "../storage/rowFile.ts";
import { compileCondition } from "./conditions.ts";
import {
  type ConvertCell,
  type Converted,
  type FieldFault,
  compileValue,
  identifierTooLong,
  isFault,
} from "./fieldValues.ts";
import { contentHash } from "./messageIds.ts";
import type { EventRule, MappedFields, MappedValue, Mapping } from "./mappingSchema.ts";
import { compileTimeFormat } from "../model/timeFormat.ts";
import { zoneOffsets } from "../model/zonedTime.ts";

/** Before 1971 the platform takes a time for a mistake (WIRE: time). */
const minTimeMs = Date.UTC(1971, 0, 1);
const maxFutureMs = 86_400_000;

/** A row as the mapping reads it; rows of one key become one event, or equal events. */
export interface MappedRow {
  readonly key: string;
  readonly line: number;
  /** Index into the mapping's events. */
  readonly rule: number;
  /** UTC milliseconds; 0 where `fault` is set. */
  readonly time: number;
  /** JSON array: the values of the event's own fields, in the order of `eventFields`; null for none. */
  readonly head: string;
  /** JSON object: the order's line; "" where rows are not grouped. */
  readonly body: string;
  readonly fault: RowFault | null;
}

/** `skipped`: the mapping leaves such rows out. A fault without a key belongs to no event that could be told. */
export type MapResult = MappedRow | "skipped" | { readonly line: number; readonly fault: RowFault };

/** Where a value of the head goes in the call. */
export type EventField =
  | { readonly kind: "event" }
  | { readonly kind: "identifier"; readonly type: string }
  | { readonly kind: "field"; readonly path: readonly string[] };

interface CompiledField {
  readonly column: number;
  readonly name: string;
  readonly convert: ConvertCell;
  readonly negates: boolean;
}

interface CompiledRule {
  readonly matches: ((cells: FileRow["cells"]) => boolean) | null;
  readonly isSkipped: boolean;
  readonly head: readonly CompiledField[];
  readonly lines: readonly (CompiledField & { readonly path: readonly string[] })[];
}

export interface RowMapper {
  /** The columns that the mapping reads; rows have their cells in this order. */
  readonly columns: readonly string[];
  mapRow(row: FileRow): MapResult;
}

/** Compiles a checked mapping. `nowMs` bounds the times that are believed. */
export function compileMapper(mapping: Mapping, nowMs: number): RowMapper {
  const columns: string[] = [];
  const columnOf = (name: string): number => {
    const known = columns.indexOf(name);
    return known === -1 ? columns.push(name) - 1 : known;
  };
  const compileField = (value: MappedValue, negates = false): CompiledField => ({
    column: value.column === undefined ? -1 : columnOf(value.column),
    name: value.column ?? "",
    convert: compileValue(value, mapping),
    negates,
  });
  const keyFields = mapping.group?.by.map((value) => compileField({ ...value, required: true })) ?? null;
  const rules = mapping.events.map((rule): CompiledRule => compileRule(rule, mapping, columnOf, compileField));
  const readTime = compileTime(mapping, columnOf(mapping.time.column), nowMs);
  return {
    columns,
    mapRow(row) {
      const { cells, line } = row;
      const index = rules.findIndex(({ matches }) => matches === null || matches(cells));
      const rule = rules[index];
      if (rule === undefined) return { line, fault: row.fault ?? noRule };
      if (rule.isSkipped && row.fault === null) return "skipped";
      const key = keyFields === null ? "" : keyOf(index, keyFields, cells);
      if (typeof key !== "string") return { line, fault: row.fault ?? key };
      const mapped = row.fault ?? mapFields(rule, readTime, cells);
      if ("code" in mapped)
        return key === ""
          ? { line, fault: mapped }
          : { key, line, rule: index, time: 0, head: "", body: "", fault: mapped };
      const contentKey = key === "" ? contentHash(`${index}\n${mapped.time}\n${mapped.head}`) : key;
      return { key: contentKey, line, rule: index, ...mapped, fault: null };
    },
  };
}

const noRule: RowFault = {
  code: "no_event",
  message: "no event of the mapping takes this row; add one without a condition, or one with skip: true",
};

function compileRule(
  rule: EventRule,
  mapping: Mapping,
  columnOf: (name: string) => number,
  compileField: (value: MappedValue, negates?: boolean) => CompiledField,
): CompiledRule {
  const conditions = rule.when?.map((condition) => {
    const column = columnOf(condition.column);
    const holds = compileCondition(condition, mapping);
    return (cells: FileRow["cells"]) => holds(cells[column] ?? null);
  });
  const negated = new Set(rule.negate ?? []);
  const isGrouped = mapping.group !== undefined;
  const head = eventFields(rule, mapping).map(({ value, path, target }) => {
    const field = compileField(value, !isGrouped && path !== null && negated.has(path));
    return target.kind === "identifier" ? { ...field, convert: identifierOf(field.convert) } : field;
  });
  const lines = sortedFields(mapping.group?.lines.properties ?? {}).map(([path, value]) => ({
    ...compileField(value, negated.has(path)),
    path: path.split("."),
  }));
  return {
    matches: conditions === undefined ? null : (cells) => conditions.every((holds) => holds(cells)),
    isSkipped: rule.skip === true,
    head: rule.skip === true ? [] : head,
    lines,
  };
}

/** What an event of this rule takes from a row, in a fixed order that does not depend on the mapping's. */
export function eventFields(
  rule: EventRule,
  mapping: Mapping,
): { value: MappedValue; path: string | null; target: EventField }[] {
  const event =
    rule.event === undefined ? [] : [{ value: eventName(rule.event), path: null, target: { kind: "event" as const } }];
  const sorted = [...(mapping.identifiers ?? [])].sort((a, b) => (a.type + a.column < b.type + b.column ? -1 : 1));
  const identifiers = sorted.map(({ type, ...value }) => ({
    value,
    path: null,
    target: { kind: "identifier" as const, type },
  }));
  const fields: MappedFields =
    rule.type === "identify" ? { ...mapping.traits, ...rule.traits } : { ...mapping.properties, ...rule.properties };
  const values = sortedFields(fields).map(([path, value]) => ({
    value,
    path,
    target: { kind: "field" as const, path: path.split(".") },
  }));
  return [...event, ...identifiers, ...values];
}

/** A call without its name would be refused by the platform: better to say so here, with the line. */
function eventName(value: MappedValue): MappedValue {
  return value.column === undefined ? value : { ...value, required: true };
}

function identifierOf(convert: ConvertCell): ConvertCell {
  return (cell) => {
    const value = convert(cell);
    if (typeof value === "string" && value.length > maxIdentifierLength) return identifierTooLong;
    return value;
  };
}

function sortedFields(fields: MappedFields): [string, MappedValue][] {
  return Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
}

function faultIn(name: string, { code, message }: FieldFault): RowFault {
  return { code, message, column: name };
}

function keyOf(rule: number, fields: readonly CompiledField[], cells: FileRow["cells"]): string | RowFault {
  const parts: JsonValue[] = [rule];
  for (const { column, name, convert } of fields) {
    const value = convert(cells[column] ?? null);
    if (isFault(value)) return faultIn(name, value);
    parts.push(value ?? null);
  }
  return JSON.stringify(parts);
}

type ReadCells<T> = (cells: FileRow["cells"]) => T | RowFault;

function compileTime(mapping: Mapping, column: number, nowMs: number): ReadCells<number> {
  const { format = "iso", zone = "UTC", column: name } = mapping.time;
  const read = compileTimeFormat(format);
  const toUtc = zoneOffsets(zone);
  const maxTimeMs = nowMs + maxFutureMs;
  // Rows of one order, and neighbours in a log, have the same time.
  let lastCell: string | null = null;
  let lastTime: number | RowFault = 0;
  return (cells) => {
    const cell = cells[column] ?? null;
    if (cell === lastCell && cell !== null) return lastTime;
    lastCell = cell;
    lastTime = timeOf(cell?.trim() ?? "");
    return lastTime;
  };

  function timeOf(text: string): number | RowFault {
    if (text === "") return { code: "value_missing", message: "is empty, and every event has a time", column: name };
    const found = read(text);
    if (found === null) return { code: "not_a_time", message: `is no time of the format ${format}`, column: name };
    const time = found.isUtc ? found.ms : toUtc(found.ms);
    if (time >= minTimeMs && time <= maxTimeMs) return time;
    return { code: "time_out_of_range", message: "is before 1971 or more than a day ahead", column: name };
  }
}

function mapFields(
  rule: CompiledRule,
  readTime: ReadCells<number>,
  cells: FileRow["cells"],
): Pick<MappedRow, "time" | "head" | "body"> | RowFault {
  const time = readTime(cells);
  if (typeof time !== "number") return time;
  const head: JsonValue[] = [];
  for (const field of rule.head) {
    const value = fieldValue(field, cells);
    if (isFault(value)) return faultIn(field.name, value);
    head.push(value ?? null);
  }
  if (rule.lines.length === 0) return { time, head: JSON.stringify(head), body: "" };
  const line: JsonObject = {};
  for (const field of rule.lines) {
    const value = fieldValue(field, cells);
    if (isFault(value)) return faultIn(field.name, value);
    if (value !== undefined) setAt(line, field.path, value);
  }
  return { time, head: JSON.stringify(head), body: JSON.stringify(line) };
}

function fieldValue({ column, convert, negates }: CompiledField, cells: FileRow["cells"]): Converted {
  const value = convert(column === -1 ? null : (cells[column] ?? null));
  // 0 − x, so that a zero does not become −0.
  return negates && typeof value === "number" ? 0 - value : value;
}

export function setAt(target: JsonObject, path: readonly string[], value: JsonValue): void {
  let holder = target;
  for (let i = 0; i < path.length - 1; i++) {
    const name = path[i] ?? "";
    const inner = holder[name];
    // The mapping's checks leave no value where a path goes through.
    holder = typeof inner === "object" && inner !== null && !Array.isArray(inner) ? inner : (holder[name] = {});
  }
  holder[path.at(-1) ?? ""] = value;
}
