import { closeSync, openSync } from "node:fs";
import { stat } from "node:fs/promises";
import { position, ordinalOf, segmentOf, type Position } from "../../../model/position.ts";
import { openEventLogReader } from "../eventLog/reader.ts";
import { openListed, scanRecords } from "../eventLog/recovery.ts";
import { damaged } from "../eventLog/format.ts";
import { closeSegment } from "../eventLog/segment.ts";
import { listSegments, segmentPath } from "../eventLog/segmentFiles.ts";

/** A segment as it is to be copied. */
export interface LogFile {
  readonly segment: number;
  readonly file: string;
  /** Of a segment that still grows: where its whole records end. Null: the whole file. */
  readonly bytes: number | null;
  /** For progress. */
  readonly expectedBytes: number;
}

export interface LogFiles {
  readonly files: LogFile[];
  /** After the last whole record. */
  readonly end: Position;
}

/** What the log holds now, beside its writer or without one. A torn tail is left out. */
export async function logFilesOf(directory: string): Promise<LogFiles> {
  const segments = await listSegments(directory);
  const files: LogFile[] = [];
  let end = position(segments[0] ?? 0, 0);
  for (const [nth, segment] of segments.entries()) {
    const file = segmentPath(directory, segment);
    const isLast = nth === segments.length - 1;
    const opened = await openListed(directory, segment);
    try {
      const { footer } = opened;
      if (footer === null && !isLast) throw damaged(segment, 0, "it has a successor, but no whole footer");
      if (!isLast) files.push({ segment, file, bytes: null, expectedBytes: (await stat(file)).size });
      else {
        // One that is sealed while this goes on is a prefix of a sealed one here, which is a segment that grows.
        const { recordCount, recordsEnd } = footer ?? (await scanRecords(opened));
        const bytes = footer === null ? recordsEnd : null;
        files.push({ segment, file, bytes, expectedBytes: bytes ?? (await stat(file)).size });
        end = position(segment, recordCount);
      }
    } finally {
      closeSegment(opened);
    }
  }
  return { files, end };
}

/** Records at the log's end that are looked at: stubs say no time. */
const maxStubsPassed = 50;

/** UTC ms at which the last record before `end` was received; null where none of the last ones says so. */
export async function lastReceivedAt(directory: string, end: Position): Promise<number | null> {
  const reader = openEventLogReader(directory);
  try {
    let at = end;
    for (let passed = 0; passed < maxStubsPassed; passed++) {
      const before = await positionBefore(directory, at);
      if (before === null) return null;
      at = before;
      const record = await reader.at(at);
      const time = record === null ? null : receivedAtOf(record.payload);
      if (time !== null) return time;
    }
    return null;
  } finally {
    await reader.close();
  }
}

async function positionBefore(directory: string, at: Position): Promise<Position | null> {
  if (ordinalOf(at) > 0) return at - 1;
  const segment = segmentOf(at) - 1;
  if (segment < 0 || !(await listSegments(directory)).includes(segment)) return null;
  const opened = await openListed(directory, segment);
  try {
    const count = opened.footer?.recordCount ?? 0;
    return count === 0 ? null : position(segment, count - 1);
  } finally {
    closeSegment(opened);
  }
}

/** UTC ms; of any kind of record, also of one that this program does not know. Null where it says none. */
export function receivedAtOf(payload: Uint8Array): number | null {
  try {
    const { receivedAt } = JSON.parse(Buffer.from(payload).toString("utf8")) as { receivedAt?: unknown };
    return typeof receivedAt === "number" ? receivedAt : null;
  } catch {
    return null;
  }
}

/** Opens for reading only. The caller closes. */
export function withFile<T>(file: string, work: (fd: number) => Promise<T>): Promise<T> {
  const fd = openSync(file, "r");
  return work(fd).finally(() => closeSync(fd));
}
