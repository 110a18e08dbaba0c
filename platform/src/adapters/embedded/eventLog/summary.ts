import { stat } from "node:fs/promises";
import { ordinalOf, position, segmentOf } from "../../../model/position.ts";
import type { Position } from "../../../model/position.ts";
import { openListed, scanRecords } from "./recovery.ts";
import { closeSegment } from "./segment.ts";
import { listSegments, segmentPath } from "./segmentFiles.ts";

export interface LogSummary {
  /** Of the first record that is kept; where the log is empty, the same as `end`. */
  readonly first: Position;
  /** After the last whole record. */
  readonly end: Position;
  readonly segments: number;
  readonly bytes: number;
}

/** What the log in `directory` holds, whether or not a writer has it open. A directory that is not there is empty. */
export async function logSummary(directory: string): Promise<LogSummary> {
  const segments = await listSegments(directory);
  let bytes = 0;
  for (const segment of segments) bytes += (await stat(segmentPath(directory, segment))).size;
  const first = position(segments[0] ?? 0, 0);
  const last = segments.at(-1);
  const end = last === undefined ? first : await endOf(directory, last);
  return { first, end, segments: segments.length, bytes };
}

/** How many records stand from `from` on, stubs included. */
export async function recordsFrom(directory: string, from: Position): Promise<number> {
  let records = 0;
  for (const segment of await listSegments(directory)) {
    if (segment < segmentOf(from)) continue;
    const before = segment === segmentOf(from) ? ordinalOf(from) : 0;
    records += Math.max(0, ordinalOf(await endOf(directory, segment)) - before);
  }
  return records;
}

async function endOf(directory: string, last: number): Promise<Position> {
  const segment = await openListed(directory, last);
  try {
    const count = segment.footer?.recordCount ?? (await scanRecords(segment)).recordCount;
    return position(last, count);
  } finally {
    closeSegment(segment);
  }
}
