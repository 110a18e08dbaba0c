import { existsSync, fstatSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Position } from "../../../model/position.ts";
import { isoTime } from "../../../model/isoTime.ts";
import { Problem } from "../../../model/problem.ts";
import { baseDamaged, baseManifestFile, firstSegmentOf, readBase, type Base } from "../base/manifest.ts";
import { contentOf, paceOf, type CopyOptions } from "./copyFile.ts";
import { copyLiveDatabase, copyState } from "./databaseCopy.ts";
import { lastReceivedAt, logFilesOf, withFile, type LogFile } from "./logFiles.ts";
import { formatOf, keyName, type Manifest, type StoredFile } from "./manifest.ts";
import { openTarget, storeFile, type BackupTarget } from "./target.ts";

/** Segments after which is noted what has been copied, so that a run that ends early was not for nothing: a gibibyte. */
const noteEverySegments = 16;

export interface BackupParts {
  readonly dataDir: string;
  readonly paths: { log: string; base: string; state: string; access: string; reviews: string; hashKey: string };
  /** The folder; absolute. */
  readonly directory: string;
  /** The state too, so that a restore need not fold the log. */
  readonly withDerived: boolean;
  /** Read at most so fast; null: as fast as it goes. */
  readonly bytesPerS: number | null;
  /** Copies the file of sources and tokens, as it is now, to the given path. */
  readonly copyAccess: (to: string) => Promise<void>;
  readonly platform: string;
  /** UTC ms. */
  readonly now: () => number;
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
}

export interface BackupDone {
  /** The log up to here is safe. */
  readonly position: Position;
  readonly lastReceivedAt: string | null;
  readonly statePosition: Position | null;
  readonly files: number;
  /** Of the whole backup. */
  readonly bytes: number;
  /** Of it, copied by this run. */
  readonly copiedBytes: number;
}

/**
 * Makes the folder a backup of the data directory as it is now, whether or not a server runs on it. What a former
 * backup there has already and did not change is not copied again. Until the last step, which is one rename, the
 * former backup stays what it was. Problems of {@link openTarget}; 409 `backup_is_newer`; 500 `base_damaged`;
 * `log_damaged`.
 */
export async function backUp(parts: BackupParts): Promise<BackupDone> {
  const hashKey = readFileSync(parts.paths.hashKey);
  const target = await openTarget(parts.directory, { dataDir: parts.dataDir, key: keyName(hashKey) });
  try {
    return await backUpInto(target, parts, hashKey);
  } finally {
    await target.release();
  }
}

async function backUpInto(target: BackupTarget, parts: BackupParts, hashKey: Uint8Array): Promise<BackupDone> {
  const meter = meterOf(parts);
  const files: StoredFile[] = [];
  // Decided first, logged after: the log then has all that the state knows.
  const state = parts.withDerived && existsSync(parts.paths.state) ? await storeState(target, parts, meter) : null;
  // Before the list of segments: those that the base stands for are about to go.
  const base = readBase(parts.paths.base);
  if (base !== null) files.push(...(await storeBase(target, base, parts, meter)));
  const log = await logFilesOf(parts.paths.log, firstSegmentOf(base));
  try {
    refuseGoingBack(target, parts.directory, log.end);
    meter.expect(log.files.reduce((sum, { expectedBytes }) => sum + expectedBytes, 0));
    for (const [nth, file] of log.files.entries()) {
      files.push(await storeSegment(target, file, meter));
      if (nth % noteEverySegments === noteEverySegments - 1) await target.note(files);
    }
  } finally {
    log.close();
  }
  const isUsable = state !== null && state.position <= log.end;
  if (isUsable) files.push(state.file);
  files.push(await storeKey(target, parts, meter));
  // After the log: the sources of everything that is in it.
  const access = existsSync(parts.paths.access) ? await storeAccess(target, parts, meter) : null;
  if (access !== null) files.push(access);
  if (existsSync(parts.paths.reviews)) files.push(await storeReviews(target, parts, meter));
  const receivedAt = await lastReceivedAt(parts.paths.log, log.end);
  const kept = base === null ? {} : { base: { position: base.position, madeAt: base.madeAt } };
  const manifest: Manifest = {
    format: formatOf(kept),
    platform: parts.platform,
    key: keyName(hashKey),
    madeAt: isoTime(parts.now()),
    position: log.end,
    lastReceivedAt: receivedAt === null ? null : isoTime(receivedAt),
    statePosition: isUsable ? state.position : null,
    ...kept,
    files,
  };
  await target.finish(manifest);
  const { position, statePosition } = manifest;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const counted = { files: files.length, bytes, copiedBytes: bytes - meter.skipped() };
  return { position, lastReceivedAt: manifest.lastReceivedAt, statePosition, ...counted };
}

/** A backup never reaches less far than the former one in its place. */
function refuseGoingBack({ former }: BackupTarget, directory: string, end: Position): void {
  if (former === null || former.position <= end) return;
  throw new Problem(409, "backup_is_newer", `The backup in ${directory} has more events than the data directory.`, {
    hint: "Was the data directory restored to an earlier time, or did it lose a part of its log? Name another folder; the backup stays as it is.",
    field: "directory",
  });
}

interface Meter extends CopyOptions {
  expect(bytes: number): void;
  /** Of what need not be copied. */
  skip(bytes: number): void;
  skipped(): number;
}

function meterOf({ bytesPerS, onProgress }: BackupParts): Meter {
  let total = 0;
  let done = 0;
  let skipped = 0;
  const advance = (bytes: number): void => {
    done += bytes;
    onProgress(Math.min(done, total), total);
  };
  return {
    pace: paceOf(bytesPerS),
    onBytes: advance,
    expect: (bytes) => {
      total += bytes;
    },
    skip: (bytes) => {
      skipped += bytes;
      advance(bytes);
    },
    skipped: () => skipped,
  };
}

async function storeSegment(
  target: BackupTarget,
  { segment, file, growing }: LogFile,
  meter: Meter,
): Promise<StoredFile> {
  const path = `log/${String(segment).padStart(10, "0")}.log`;
  const store = async (fd: number): Promise<StoredFile> => {
    const { size, mtimeNs } = fstatSync(fd, { bigint: true });
    const length = growing?.bytes ?? Number(size);
    const modifiedNs = String(mtimeNs);
    const known = target.unchanged(path, length, modifiedNs);
    if (known === null) return storeFile(target, { path, fd, bytes: length, modifiedNs }, meter);
    meter.skip(length);
    return known;
  };
  return growing === null ? withFile(file, store) : store(growing.fd);
}

/**
 * The base's file is never changed under its name. Problem 500 `base_damaged` where it is not what was made: the former
 * backup may have the last good copy of it.
 */
async function storeBase(target: BackupTarget, base: Base, parts: BackupParts, meter: Meter): Promise<StoredFile[]> {
  meter.expect(base.bytes);
  const copy = await storeOfBase(target, base.file, parts, meter, ({ sha256 }) => sha256 === base.sha256);
  if (copy.sha256 !== base.sha256) throw baseDamaged(`${base.file} does not have its checksum`);
  return [copy, await storeOfBase(target, baseManifestFile, parts, meter, () => true)];
}

function storeOfBase(
  target: BackupTarget,
  name: string,
  { paths }: BackupParts,
  meter: Meter,
  isGood: (known: StoredFile) => boolean,
): Promise<StoredFile> {
  const path = `base/${name}`;
  return withFile(join(paths.base, name), async (fd) => {
    const { size, mtimeNs } = fstatSync(fd, { bigint: true });
    const modifiedNs = String(mtimeNs);
    const known = target.unchanged(path, Number(size), modifiedNs);
    if (known === null || !isGood(known)) return storeFile(target, { path, fd, bytes: null, modifiedNs }, meter);
    meter.skip(Number(size));
    return known;
  });
}

async function storeState(
  target: BackupTarget,
  { paths, bytesPerS }: BackupParts,
  meter: Meter,
): Promise<{ file: StoredFile; position: Position }> {
  meter.expect(statSync(paths.state).size);
  const position = await copyState(paths.state, target.incoming, { bytesPerS, ...meter });
  const content = await contentOf(target.incoming, { pace: meter.pace });
  return { file: target.keep("state.sqlite", content), position };
}

async function storeKey(target: BackupTarget, { paths }: BackupParts, meter: Meter): Promise<StoredFile> {
  meter.expect(statSync(paths.hashKey).size);
  return withFile(paths.hashKey, (fd) => storeFile(target, { path: "hash.key", fd, bytes: null }, meter));
}

/** What people answered of pairs, and what linkages learned: not all of it is in the log. */
async function storeReviews(
  target: BackupTarget,
  { paths, bytesPerS }: BackupParts,
  meter: Meter,
): Promise<StoredFile> {
  await copyLiveDatabase(paths.reviews, target.incoming, { bytesPerS });
  meter.expect(statSync(target.incoming).size);
  return target.keep("reviews.sqlite", await contentOf(target.incoming, meter));
}

async function storeAccess(target: BackupTarget, parts: BackupParts, meter: Meter): Promise<StoredFile> {
  await parts.copyAccess(target.incoming);
  meter.expect(statSync(target.incoming).size);
  return target.keep("access.sqlite", await contentOf(target.incoming, meter));
}
