import { maxRecordBytes } from "../model/event.ts";
import type { RowFault } from "../storage/rowFile.ts";
import type { MappedRow } from "./rowMapper.ts";

/** Rows of a file that have one key, in the file's order. Plain data: it goes to disk as JSON. */
export interface RowGroup {
  readonly key: string;
  readonly rule: number;
  rowCount: number;
  /** The first {@link maxLinesPerGroup}. */
  lines: number[];
  /** UTC milliseconds, of the rows without fault; null before the first. */
  times: { first: number; earliest: number; latest: number } | null;
  /** The rows' heads, each that differs from the one before it. */
  heads: string[];
  bodies: string[];
  faults: { line: number; fault: RowFault }[];
  /** More than one event may hold; heads and bodies are then dropped. */
  isTooLarge: boolean;
  /** Of heads and bodies. */
  chars: number;
}

/** Also the most lines of one order. */
export const maxLinesPerGroup = 100_000;

export function newGroup({ key, rule }: Pick<RowGroup, "key" | "rule">): RowGroup {
  return {
    key,
    rule,
    rowCount: 0,
    lines: [],
    times: null,
    heads: [],
    bodies: [],
    faults: [],
    isTooLarge: false,
    chars: 0,
  };
}

/** Adds the group's next row. */
export function addRow(group: RowGroup, row: MappedRow): void {
  const { line, time, head, body, fault } = row;
  group.rowCount += 1;
  if (group.lines.length < maxLinesPerGroup) group.lines.push(line);
  if (fault !== null) {
    if (group.faults.length < maxLinesPerGroup) group.faults.push({ line, fault });
    return;
  }
  group.times = joinTimes(group.times, { first: time, earliest: time, latest: time });
  if (group.isTooLarge) return;
  addHead(group, head);
  if (body !== "") addBody(group, body);
  dropTooLarge(group);
}

/** Adds rows of the same key that come after those of the group. */
export function addGroup(group: RowGroup, next: RowGroup): void {
  group.rowCount += next.rowCount;
  append(group.lines, next.lines);
  append(group.faults, next.faults);
  if (next.times !== null) group.times = joinTimes(group.times, next.times);
  group.isTooLarge ||= next.isTooLarge;
  if (!group.isTooLarge) {
    for (const head of next.heads) addHead(group, head);
    for (const body of next.bodies) addBody(group, body);
  }
  dropTooLarge(group);
}

function joinTimes(a: RowGroup["times"], b: NonNullable<RowGroup["times"]>): NonNullable<RowGroup["times"]> {
  if (a === null) return b;
  if (b.earliest >= a.earliest && b.latest <= a.latest) return a;
  return { first: a.first, earliest: Math.min(a.earliest, b.earliest), latest: Math.max(a.latest, b.latest) };
}

function addHead(group: RowGroup, head: string): void {
  if (group.heads.at(-1) === head) return;
  group.heads.push(head);
  group.chars += head.length;
}

function addBody(group: RowGroup, body: string): void {
  group.bodies.push(body);
  group.chars += body.length;
}

function append<T>(target: T[], more: readonly T[]): void {
  for (const item of more.slice(0, maxLinesPerGroup - target.length)) target.push(item);
}

/** A character is at least a byte, so what has more characters than an event's bytes cannot become one. */
function dropTooLarge(group: RowGroup): void {
  group.isTooLarge ||= group.chars > maxRecordBytes || group.bodies.length > maxLinesPerGroup;
  if (!group.isTooLarge) return;
  group.heads = [];
  group.bodies = [];
  group.chars = 0;
}
