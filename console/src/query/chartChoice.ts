import type { Answer, Cell } from "./exportText.ts";

export type ChartKind = "bar" | "line";
/** Indexes of columns. */
export interface ChartChoice {
  kind: ChartKind;
  across: number;
  up: number;
}

/** More bars or points cannot be told apart. */
export const maxDrawnRows = { bar: 60, line: 5_000 } as const;

export function isNumeric(type: string): boolean {
  return /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?\b|FLOAT|DOUBLE|DECIMAL)/i.test(type);
}

export function isTemporal(type: string): boolean {
  return /^(DATE|TIME)/i.test(type);
}

/**
 * Lines over time, bars over anything else; the last column of numbers goes up, since a query names what it counts
 * last. Null for a result that has no numbers, or nothing to spread them over.
 */
export function chooseChart({ columns }: Pick<Answer, "columns">): ChartChoice | null {
  const numbers = columns.flatMap(({ type }, index) => (isNumeric(type) ? [index] : []));
  const up = numbers.at(-1);
  if (up === undefined || columns.length < 2) return null;
  const others = columns.map((column, index) => ({ ...column, index })).filter(({ index }) => index !== up);
  const time = others.find(({ type }) => isTemporal(type));
  const across = time ?? others.find(({ type }) => !isNumeric(type)) ?? others[0];
  return across === undefined ? null : { kind: time === undefined ? "bar" : "line", across: across.index, up };
}

export interface Drawn {
  labels: string[];
  /** Null where the value is none. */
  values: (number | null)[];
}

/** What is drawn of the rows, in their order; lines in the order of time. */
export function drawnOf({ columns, rows }: Answer, { kind, across, up }: ChartChoice): Drawn {
  const isInTime = kind === "line" && isTemporal(columns[across]?.type ?? "");
  const ordered = isInTime ? [...rows].sort((a, b) => String(a[across]).localeCompare(String(b[across]))) : rows;
  const shown = ordered.slice(0, maxDrawnRows[kind]);
  return { labels: shown.map((row) => cellText(row[across] ?? null)), values: shown.map((row) => numberOf(row[up])) };
}

const dayStart = /^(\d{4}-\d{2}-\d{2})(T00:00:00(\.0+)?Z?)?$/;

/** Times as short as they can be told apart: months, days, else moments. All of them are UTC, as the platform's are. */
export function timeTexts(labels: readonly string[], locale?: string): string[] {
  const times = labels.filter((label) => !Number.isNaN(Date.parse(label)));
  const areDays = times.every((label) => dayStart.test(label));
  const areMonths = areDays && times.length > 1 && times.every((label) => label.slice(8, 10) === "01");
  const format = new Intl.DateTimeFormat(locale, {
    ...(areMonths ? { month: "short", year: "numeric" } : { dateStyle: "medium" }),
    ...(areDays ? {} : { timeStyle: "short" }),
    timeZone: "UTC",
  });
  return labels.map((label) => (Number.isNaN(Date.parse(label)) ? label : format.format(Date.parse(label))));
}

export function cellText(value: Cell): string {
  return value === null ? "–" : String(value);
}

function numberOf(value: Cell | undefined): number | null {
  if (value === null || value === undefined || value === "") return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}
