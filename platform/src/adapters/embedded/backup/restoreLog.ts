import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ordinalOf, position, segmentOf, type Position } from "../../../model/position.ts";
import { Problem } from "../../../model/problem.ts";
import { expandSegment } from "../eventLog/archive.ts";
import { nodeDisk } from "../eventLog/disk.ts";
import { openEventLogReader } from "../eventLog/reader.ts";
import { openListed, scanRecords } from "../eventLog/recovery.ts";
import { closeSegment, offsetOf } from "../eventLog/segment.ts";
import { segmentPath } from "../eventLog/segmentFiles.ts";
import { logSummary } from "../eventLog/summary.ts";
import { copyContent, paceOf, syncDirectory } from "./copyFile.ts";
import { receivedAtOf, withFile } from "./logFiles.ts";
import { backupDamaged, type Manifest, type StoredFile } from "./manifest.ts";

/** Up to a position (without it), or to a time (UTC ms, with it). Null: all that the backup has. */
export type RestoreUntil = { readonly position: Position } | { readonly time: number } | null;

export interface RestoreParts {
  /** The backup's folder. */
  readonly directory: string;
  readonly manifest: Manifest;
  readonly until: RestoreUntil;
  readonly onBytes: (bytes: number) => void;
}

const maxReadRecords = 5_000;
const maxReadBytes = 16 << 20;

/** Copies a file of the backup to `to`, durable but for its name. Problem 500 `backup_damaged`. */
export async function restoreFile(
  { directory, onBytes }: Pick<RestoreParts, "directory" | "onBytes">,
  { stored, bytes, sha256 }: StoredFile,
  to: string,
): Promise<void> {
  const options = { pace: paceOf(null), onBytes };
  const content = await withFile(join(directory, stored), (fd) => copyContent(fd, to, bytes, options));
  if (content.sha256 !== sha256) throw backupDamaged(stored, "its content is not what was stored");
}

/**
 * Restores the log into `log`, a folder that is not there yet, and gives its end. By time it ends before the first
 * record that was received later, as the records say it: a clock that was set back says nothing of what stands before.
 * Segments behind the end are not even copied. Problem 422 `until_too_late`, `until_too_early`.
 */
export async function restoreLog(parts: RestoreParts, log: string): Promise<Position> {
  const { manifest, until } = parts;
  refuseLate(manifest, until);
  const segments = manifest.files
    .filter(({ path }) => path.startsWith("log/"))
    .map((file) => ({ file, segment: Number(/(\d+)\.log$/.exec(file.path)?.[1]) }))
    .sort((one, other) => one.segment - other.segment);
  mkdirSync(log, { mode: 0o700 });
  for (const { file, segment } of segments) {
    if (until !== null && "position" in until && position(segment, 0) >= until.position) break;
    await restoreFile(parts, file, segmentPath(log, segment));
    const cut = until === null ? null : await cutIn(log, segment, until);
    if (cut === null) continue;
    await cutSegment(log, segment, ordinalOf(cut));
    break;
  }
  await syncDirectory(log);
  const { first, end } = await logSummary(log);
  if (segments.length > 0 && until !== null && end === first) throw tooEarly();
  return end;
}

function refuseLate({ position: most }: Manifest, until: RestoreUntil): void {
  if (until === null || !("position" in until) || until.position <= most) return;
  throw new Problem(422, "until_too_late", `The backup ends at position ${most}.`, {
    hint: "Leave out --until to restore all of it.",
    field: "until",
  });
}

function tooEarly(): Problem {
  return new Problem(422, "until_too_early", "The log had no event by then.", {
    hint: "Name a later moment with --until.",
    field: "until",
  });
}

/** The first position of the segment that is beyond `until`; null where there is none. */
async function cutIn(log: string, segment: number, until: NonNullable<RestoreUntil>): Promise<Position | null> {
  if ("position" in until) return segmentOf(until.position) === segment ? until.position : null;
  const opened = await openListed(log, segment);
  const reader = openEventLogReader(log);
  try {
    const { recordCount } = opened.footer ?? (await scanRecords(opened));
    const end = position(segment, recordCount);
    for (let at = position(segment, 0); at < end;) {
      const { records, next } = await reader.read(at, end, maxReadRecords, maxReadBytes);
      const later = records.find(({ payload }) => (receivedAtOf(payload) ?? Number.NEGATIVE_INFINITY) > until.time);
      if (later !== undefined) return later.position;
      if (next <= at) break;
      at = next;
    }
    return null;
  } finally {
    closeSegment(opened);
    await reader.close();
  }
}

/** Cuts off the segment's records from an ordinal on: whole ones, and the footer behind them. */
async function cutSegment(log: string, segment: number, ordinal: number): Promise<void> {
  const file = segmentPath(log, segment);
  if (ordinal === 0) {
    rmSync(file);
    return;
  }
  const opened = await openListed(log, segment);
  const offset = await offsetOf(opened, ordinal).finally(() => closeSegment(opened));
  if (offset === null) return;
  await expandSegment(nodeDisk, log, segment);
  const fd = openSync(file, "r+");
  try {
    ftruncateSync(fd, offset);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
