import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ordinalOf, position, segmentOf, type Position } from "../../../model/position.ts";
import { Problem } from "../../../model/problem.ts";
import { decodeSegmentHeader, segmentHeaderBytes } from "../eventLog/format.ts";
import { openEventLogReader } from "../eventLog/reader.ts";
import { openListed } from "../eventLog/recovery.ts";
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

const scanRecords = 5_000;
const scanBytes = 16 << 20;

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
 * record that was received later; segments that were begun later are not even copied. Problem 422 `until_too_late`,
 * `until_too_early`.
 */
export async function restoreLog(parts: RestoreParts, log: string): Promise<Position> {
  const { manifest, until } = parts;
  refuseLate(manifest, until);
  const segments = manifest.files
    .filter(({ path }) => path.startsWith("log/"))
    .map((file) => ({ file, segment: Number(/(\d+)\.log$/.exec(file.path)?.[1]) }))
    .sort((one, other) => one.segment - other.segment);
  const wanted = segments.slice(0, wantedCount(parts, segments));
  const last = wanted.at(-1);
  if (segments.length > 0 && last === undefined) throw tooEarly();
  mkdirSync(log, { mode: 0o700 });
  for (const { file, segment } of wanted) await restoreFile(parts, file, segmentPath(log, segment));
  if (last !== undefined && until !== null) await cutSegment(log, last.segment, until);
  await syncDirectory(log);
  const { first, end } = await logSummary(log);
  if (until !== null && end === first) throw tooEarly();
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

/** How many of the segments, from the first on, hold anything of what is wanted. */
function wantedCount(
  { directory, until }: RestoreParts,
  segments: readonly { file: StoredFile; segment: number }[],
): number {
  if (until === null) return segments.length;
  const beyond = segments.findIndex(({ file, segment }) =>
    "position" in until
      ? position(segment, 0) >= until.position
      : beganAt(join(directory, file.stored), segment) > until.time,
  );
  return beyond === -1 ? segments.length : beyond;
}

/** UTC ms. */
function beganAt(file: string, segment: number): number {
  const fd = openSync(file, "r");
  try {
    const bytes = Buffer.alloc(segmentHeaderBytes);
    return decodeSegmentHeader(bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0)), segment).createdAt;
  } finally {
    closeSync(fd);
  }
}

/** Cuts off the records of the log's last segment that are beyond `until`: whole ones, and the footer behind them. */
async function cutSegment(log: string, segment: number, until: NonNullable<RestoreUntil>): Promise<void> {
  const cut = "position" in until ? until.position : await firstReceivedAfter(log, segment, until.time);
  if (cut === null || segmentOf(cut) > segment) return;
  const file = segmentPath(log, segment);
  if (ordinalOf(cut) === 0) {
    rmSync(file);
    return;
  }
  const opened = await openListed(log, segment);
  const offset = await offsetOf(opened, ordinalOf(cut)).finally(() => closeSegment(opened));
  if (offset === null) return;
  const fd = openSync(file, "r+");
  try {
    ftruncateSync(fd, offset);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

async function firstReceivedAfter(log: string, segment: number, time: number): Promise<Position | null> {
  const { end } = await logSummary(log);
  const reader = openEventLogReader(log);
  try {
    for (let at = position(segment, 0); at < end;) {
      const { records, next } = await reader.read(at, end, scanRecords, scanBytes);
      const later = records.find(({ payload }) => (receivedAtOf(payload) ?? Number.NEGATIVE_INFINITY) > time);
      if (later !== undefined) return later.position;
      if (next <= at) break;
      at = next;
    }
    return null;
  } finally {
    await reader.close();
  }
}
