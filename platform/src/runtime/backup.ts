import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { backUp, type BackupDone, type BackupParts } from "../adapters/embedded/backup/backUp.ts";
import { copyIdleDatabase } from "../adapters/embedded/backup/databaseCopy.ts";
import { lockDirectory } from "../adapters/embedded/directoryLock.ts";
import { Problem } from "../model/problem.ts";
import { platformVersion } from "../model/version.ts";
import { dataPaths } from "./dataDirectory.ts";
import { tellingDiskFull } from "./diskFull.ts";
import type { Settings } from "./settings.ts";

export { checkBackup } from "../adapters/embedded/backup/checkBackup.ts";

export interface BackupOptions {
  /** The folder. */
  directory: string;
  withDerived: boolean;
  /** Null: as fast as it goes. */
  bytesPerS: number | null;
  progress: (doneBytes: number, totalBytes: number) => void;
}

/**
 * A backup of a data directory that no server runs on; it is held meanwhile. Problem 404 `data_dir_missing`, 507
 * `disk_full` of the backup's disk; those of {@link backUp}.
 */
export async function backUpDirectory(settings: Settings, options: BackupOptions): Promise<BackupDone> {
  const { dataDir } = settings;
  const { hashKey, access } = dataPaths(dataDir);
  if (!existsSync(hashKey)) {
    throw new Problem(404, "data_dir_missing", `There is no data at ${dataDir}, and no server holds it.`, {
      hint: "Name the directory with --data-dir or C360_DATA_DIR, or a server with --url.",
    });
  }
  const lock = await lockDirectory(dataDir);
  try {
    return await tellingTargetFull(options.directory, () =>
      backUp(backupParts(dataDir, options, (to) => copyIdleDatabase(access, to))),
    );
  } finally {
    await lock.release();
  }
}

export function backupParts(
  dataDir: string,
  { directory, withDerived, bytesPerS, progress }: BackupOptions,
  copyAccess: BackupParts["copyAccess"],
): BackupParts {
  return {
    dataDir,
    paths: dataPaths(dataDir),
    directory: resolve(directory),
    withDerived,
    bytesPerS,
    copyAccess,
    platform: platformVersion,
    now: Date.now,
    onProgress: progress,
  };
}

/** The disk of the backup, not that of the data. */
export function tellingTargetFull<T>(directory: string, work: () => Promise<T>): Promise<T> {
  return tellingDiskFull(directory, work, {
    what: `of the backup ${directory}`,
    hint: "Make room there, or name a folder on another disk. The former backup there is as it was, and the data directory too.",
    field: "directory",
  });
}
