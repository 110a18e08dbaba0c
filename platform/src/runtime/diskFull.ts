import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { Problem } from "../model/problem.ts";

/** Less than an empty data directory takes: a failure with so little room left is a failure for want of room. */
const leastRoomBytes = 2 << 20;
const fullCodes = new Set<unknown>(["ENOSPC", "EDQUOT"]);
const sqliteFull = 13;

/**
 * Does what needs room on the disk of `dataDir`. A failure for want of room, however deep and in whatever words it is
 * told (SQLite, LevelDB, DuckDB, the log, a thread), becomes Problem 507 `disk_full`; others stay what they are.
 */
export async function tellingDiskFull<T>(
  dataDir: string,
  work: () => Promise<T>,
  told: FullDisk = dataDisk(dataDir),
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const room = roomOf(dataDir);
    if (isInUse(error) || !(saysFull(error) || (room !== null && room < leastRoomBytes))) throw error;
    const { what, hint, field } = told;
    throw new Problem(507, "disk_full", `There is no room left on the disk ${what}${left(room)}.`, { hint, field });
  }
}

/** Whose disk it is, and how to mend it. */
interface FullDisk {
  what: string;
  hint: string;
  field: string;
}

function dataDisk(dataDir: string): FullDisk {
  return {
    what: `of the data directory ${dataDir}`,
    hint: "Make room there (or raise the quota), or move the whole directory and name it with C360_DATA_DIR; then start again. Nothing that was acknowledged is lost.",
    field: "C360_DATA_DIR",
  };
}

/** Somebody else holds the directory, which room would not change. */
function isInUse(error: unknown): boolean {
  return error instanceof Problem && error.status === 409;
}

/** An error that crossed a thread keeps its fields, LevelDB puts its own into `cause`; DuckDB has only words. */
function saysFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("code" in error && fullCodes.has(error.code)) return true;
  if ("errcode" in error && (Number(error.errcode) & 0xff) === sqliteFull) return true;
  return /no space left|ENOSPC|EDQUOT|quota exceeded/i.test(error.message) || saysFull(error.cause);
}

/** Bytes that this user may still write; null where that cannot be known. */
function roomOf(dataDir: string): number | null {
  for (const path of [dataDir, dirname(dataDir)]) {
    try {
      const { bavail, bsize } = statfsSync(path);
      return bavail * bsize;
    } catch {
      // It could not even be made: its parent is on the same disk.
    }
  }
  return null;
}

function left(room: number | null): string {
  return room === null ? "" : ` (${Math.floor(room / 1_024)} KiB are left)`;
}
