import {
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBValue,
} from "@duckdb/node-api";

export type AnswerValue = string | number | boolean | null;

/**
 * A value as an answer shows it: exact integers as numbers where JavaScript holds them and as text beyond, times in
 * ISO 8601 UTC with milliseconds, lists and structs as JSON text, anything else as DuckDB prints it.
 */
export function answerValue(value: DuckDBValue): AnswerValue {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "bigint") return exactNumber(value) ?? value.toString();
  if (value instanceof DuckDBDecimalValue) return decimal(value.toString());
  const milliseconds = timestampMilliseconds(value);
  if (milliseconds !== null) return isoTime(milliseconds) ?? value.toString();
  if (value instanceof DuckDBDateValue) return isoTime(value.days * 86_400_000)?.slice(0, 10) ?? value.toString();
  if (isNested(value)) return JSON.stringify(nested(value));
  return value.toString();
}

function exactNumber(value: bigint): number | null {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : null;
}

/** A decimal of up to fifteen digits survives as a number; a longer one stays text. */
function decimal(text: string): number | string {
  return text.replaceAll(/\D/g, "").length <= 15 ? Number(text) : text;
}

function timestampMilliseconds(value: DuckDBValue): number | null {
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) {
    return floorDivide(value.micros, 1_000n);
  }
  if (value instanceof DuckDBTimestampMillisecondsValue) return Number(value.millis);
  if (value instanceof DuckDBTimestampSecondsValue) return Number(value.seconds) * 1_000;
  if (value instanceof DuckDBTimestampNanosecondsValue) return floorDivide(value.nanos, 1_000_000n);
  return null;
}

function floorDivide(value: bigint, by: bigint): number {
  return Number(value >= 0n ? value / by : (value - by + 1n) / by);
}

/** Null for what ISO 8601 has no year for (infinity, BC, beyond 9999). */
function isoTime(milliseconds: number): string | null {
  if (milliseconds < -62_135_596_800_000 || milliseconds > 253_402_300_799_999) return null;
  return new Date(milliseconds).toISOString();
}

function isNested(value: DuckDBValue): value is DuckDBListValue | DuckDBStructValue | DuckDBMapValue {
  return value instanceof DuckDBListValue || value instanceof DuckDBStructValue || value instanceof DuckDBMapValue;
}

type Nested = AnswerValue | Nested[] | { [key: string]: Nested };

function nested(value: DuckDBValue): Nested {
  if (value instanceof DuckDBListValue) return value.items.map(nested);
  if (value instanceof DuckDBStructValue) {
    return Object.fromEntries(Object.entries(value.entries).map(([key, inner]) => [key, nested(inner)]));
  }
  if (value instanceof DuckDBMapValue) {
    return Object.fromEntries(value.entries.map(({ key, value: inner }) => [String(answerValue(key)), nested(inner)]));
  }
  return answerValue(value);
}
