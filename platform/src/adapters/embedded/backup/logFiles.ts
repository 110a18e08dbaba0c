import { closeSync, openSync } from "node:fs";
import { stat } from "node:fs/promises";
import { position, ordinalOf, segmentOf, type Position } from "../../../model/position.ts";
import { openEventLogReader } from "../eventLog/reader.ts";
import { openListed, scanRecords, wholeFooter } from "../eventLog/recovery.ts";
import { closeSegment } from "../eventLog/segment.ts";
import { listSegments, segmentPath } from "../eventLog/segmentFiles.ts";

/** A segment as it is to be copied. */
export interface LogFile {
  readonly segment: number;
  readonly file: string;
  /**
   * Of a segment that still grows: how far its whole records reach, and the file, open: by the time it is copied it may
   * be sealed and archived, and its bytes be others. Null: the whole file.
   */
  readonly growing: { readonly fd: number; readonly bytes: number } | null;
  /** For progress. */
  readonly expectedBytes: number;
}

export interface LogFiles {
  readonly files: LogFile[];
  /** After the last whole record. */
  readonly end: Position;
  close(): void;
}

/** What the log holds from a segment on now, beside its writer or without one. A torn tail is left out. */
export async function logFilesOf(directory: string, from = 0): Promise<LogFiles> {
  const segments = (await listSegments(directory)).filter((segment) => segment >= from);
  const last = segments.at(-1);
  const files: LogFile[] = [];
  for (const segment of segments.slice(0, -1)) {
    const opened = await openListed(directory, segment);
    closeSegment(opened);
    wholeFooter(opened);
    const file = segmentPath(directory, segment);
    files.push({ segment, file, growing: null, expectedBytes: (await stat(file)).size });
  }
  if (last === undefined) return { files, end: position(0, 0), close: () => undefined };
  const { records, ...file } = await lastFileOf(directory, last);
  files.push(file);
  const close = (): void => {
    if (file.growing !== null) closeSync(file.growing.fd);
  };
  return { files, end: position(last, records), close };
}

async function lastFileOf(directory: string, segment: number): Promise<LogFile & { records: number }> {
  const file = segmentPath(directory, segment);
  const opened = await openListed(directory, segment);
  let isGrowing = false;
  try {
    // One that is sealed while this goes on is a prefix of a sealed one here, which is a segment that grows.
    const { recordCount, recordsEnd } = opened.footer ?? (await scanRecords(opened));
    isGrowing = opened.footer === null;
    const growing = isGrowing ? { fd: opened.fd, bytes: recordsEnd } : null;
    const expectedBytes = growing?.bytes ?? (await stat(file)).size;
    return { segment, file, growing, expectedBytes, records: recordCount };
  } finally {
    if (!isGrowing) closeSegment(opened);
  }
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
