import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { checkBackup } from "../adapters/embedded/backup/checkBackup.ts";
import { syncDirectory } from "../adapters/embedded/backup/copyFile.ts";
import { lastReceivedAt } from "../adapters/embedded/backup/logFiles.ts";
import { backupDamaged, type Manifest } from "../adapters/embedded/backup/manifest.ts";
import {
  restoreFile,
  restoreLog,
  type RestoreParts,
  type RestoreUntil,
} from "../adapters/embedded/backup/restoreLog.ts";
import { lockDirectory } from "../adapters/embedded/directoryLock.ts";
import { isoTime } from "../model/isoTime.ts";
import type { Position } from "../model/position.ts";
import { Problem } from "../model/problem.ts";
import { beginState } from "./base.ts";
import { dataPaths, noteProgram, unfinishedRestoreMark } from "./dataDirectory.ts";
import { tellingDiskFull } from "./diskFull.ts";
import { foldLog } from "./rebuild.ts";
import type { Settings } from "./settings.ts";

export interface Restored {
  /** The log ends here. */
  position: Position;
  /** ISO 8601; null where the log's last records do not say. */
  lastReceivedAt: string | null;
  /** When the backup was taken: sources, keys and tokens are as of then. ISO 8601. */
  madeAt: string;
  /** Records that were folded; those before came decided. */
  foldedRecords: number;
}

export interface RestoreOptions {
  /** The backup's folder. */
  from: string;
  until: RestoreUntil;
  /** `checking` and `copying` count bytes, `folding` records' positions. */
  progress: (step: "checking" | "copying" | "folding", done: number, total: number) => void;
}

/** What the lock keeps there. */
const lockFiles = new Set(["lock", "lock-journal", "server.json"]);

/**
 * Makes the data directory of `settings`, which must be new or empty, what it was at a moment that the backup reaches.
 * Everything is checked before anything is written; until it is done, the directory cannot be started on, and another
 * restore into it begins anew. Problem 409 `data_dir_not_empty`; those of {@link checkBackup} and {@link restoreLog}.
 */
export async function restorePlatform(settings: Settings, options: RestoreOptions): Promise<Restored> {
  const { dataDir } = settings;
  refuseFull(dataDir);
  const directory = resolve(options.from);
  const { manifest, faults } = await checkBackup(directory, (done, total) => options.progress("checking", done, total));
  const [fault] = faults;
  if (fault !== undefined) throw damagedIn(directory, fault, faults.length);
  const total = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
  let copied = 0;
  const onBytes = (bytes: number): void => {
    copied += bytes;
    options.progress("copying", copied, total);
  };
  return tellingDiskFull(dataDir, async () => {
    const lock = await lockDirectory(dataDir);
    try {
      refuseFull(dataDir);
      return await restoreInto(settings, options, { directory, manifest, until: options.until, onBytes });
    } finally {
      await lock.release();
    }
  });
}

async function restoreInto(settings: Settings, options: RestoreOptions, parts: RestoreParts): Promise<Restored> {
  const { dataDir } = settings;
  const paths = dataPaths(dataDir);
  const { manifest } = parts;
  const mark = join(dataDir, unfinishedRestoreMark);
  writeFileSync(mark, "A restore into this folder did not finish. Run it again.\n", { mode: 0o600, flush: true });
  await syncDirectory(dataDir);
  for (const name of readdirSync(dataDir)) {
    if (!lockFiles.has(name) && name !== unfinishedRestoreMark) {
      rmSync(join(dataDir, name), { recursive: true, force: true });
    }
  }
  const end = await restoreLog(parts, paths.log);
  refuseBeforeBase(manifest, end);
  const hasState = manifest.statePosition !== null && manifest.statePosition <= end;
  // What was answered later than the log goes would stand for corrections that nobody made.
  const left = new Set([...(hasState ? [] : ["state.sqlite"]), ...(end < manifest.position ? ["reviews.sqlite"] : [])]);
  if (manifest.base !== undefined) mkdirSync(paths.base, { mode: 0o700 });
  for (const file of manifest.files) {
    const isWanted = !file.path.startsWith("log/") && !left.has(file.path);
    if (isWanted) await restoreFile(parts, file, join(dataDir, file.path));
  }
  const foldedRecords = await fold(settings, options);
  noteProgram(dataDir);
  if (manifest.base !== undefined) await syncDirectory(paths.base);
  await syncDirectory(dataDir);
  rmSync(mark);
  await syncDirectory(dataDir);
  const receivedAt = await lastReceivedAt(paths.log, end);
  const lastAt = receivedAt === null ? null : isoTime(receivedAt);
  return { position: end, lastReceivedAt: lastAt, madeAt: manifest.madeAt, foldedRecords };
}

/** What came to the base cannot be taken apart again. */
function refuseBeforeBase({ base, position }: Manifest, end: Position): void {
  if (base === undefined || end >= base.position || end === position) return;
  const what = `The backup's log is folded on from position ${base.position} (${base.madeAt}): its beginning was deleted.`;
  throw new Problem(422, "until_too_early", what, {
    hint: "Name a later moment with --until, or restore an older backup, from before the deletion.",
    field: "until",
  });
}

/** The restored state, if there is one, goes on to the log's end; one that this program cannot go on with is made anew. */
async function fold(settings: Settings, { progress }: RestoreOptions): Promise<number> {
  const paths = dataPaths(settings.dataDir);
  const onFolded = (done: number, total: number): void => progress("folding", done, total);
  await beginState(settings, paths, paths.state);
  try {
    return await foldLog(settings, paths, onFolded);
  } catch (error) {
    if (!(error instanceof Problem) || !error.code.startsWith("state_")) throw error;
    for (const suffix of ["", "-wal", "-shm"]) rmSync(`${paths.state}${suffix}`, { force: true });
    rmSync(paths.messages, { recursive: true, force: true });
    await beginState(settings, paths, paths.state);
    return foldLog(settings, paths, onFolded);
  }
}

function refuseFull(dataDir: string): void {
  if (!existsSync(dataDir)) return;
  const names = readdirSync(dataDir).filter((name) => !lockFiles.has(name) && name !== "lost+found");
  if (names.length === 0 || names.includes(unfinishedRestoreMark)) return;
  throw new Problem(409, "data_dir_not_empty", `${dataDir} is not empty; a restore never overwrites anything.`, {
    hint: "Name a new folder with --data-dir. When you are content with it, move it into the place of the old one.",
    field: "dataDir",
  });
}

function damagedIn(directory: string, fault: string, count: number): Problem {
  const more = count === 1 ? "" : `; and ${count - 1} more files`;
  return backupDamaged(directory, `${fault}${more}`);
}
