import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Problem } from "../../model/problem.ts";

/**
 * Who holds a data directory. The lock itself is an exclusive lock that SQLite takes on the empty database `lock`:
 * the kernel drops it when its process ends in any way, so there is nothing stale to detect and no pid to mistake.
 * (Being a POSIX lock, it would also drop if this process opened and closed the file `lock` by other means: don't.)
 * `server.json` beside it only tells others whom to talk to, and is believed only while the lock is held.
 */
export interface DirectoryLock {
  /** Announces where the holder serves. */
  setUrl(url: string): Promise<void>;
  /** Removes the announcement and frees the directory. Harmless when called again. */
  release(): Promise<void>;
}

/** The holder as it announced itself; `url` is null while it serves none (it starts, or it is not a server). */
export interface DirectoryHolder {
  readonly pid: number;
  readonly url: string | null;
}

const lockFile = "lock";
const holderFile = "server.json";
/** {@link findServer} holds a shared lock for a moment; an opener outwaits it. */
const lockWaitMs = 300;

/**
 * Takes the directory, making it (mode 0700) when it does not exist. Problem 409 `data_dir_in_use` when another
 * process, or another opener in this one, holds it; 422 `data_dir_unusable` when it cannot be written.
 */
export async function lockDirectory(dir: string, announce: { url?: string } = {}): Promise<DirectoryLock> {
  const database = openLock(dir);
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (isBusy(error)) throw inUse(dir);
    throw unusable(dir, error);
  }
  let held = true;
  const announceAs = (url: string | null): void => {
    writeHolder(dir, { pid: process.pid, url });
  };
  try {
    announceAs(announce.url ?? null);
  } catch (error) {
    database.close();
    throw unusable(dir, error);
  }
  return {
    setUrl: async (url) => {
      if (!held) throw new Error("the directory is no longer held");
      announceAs(url);
    },
    release: async () => {
      if (!held) return;
      held = false;
      // While the lock is still held: the next holder's announcement must not be removed.
      rmSync(join(dir, holderFile), { force: true });
      database.close();
    },
  };
}

/** Who holds the directory, or null when nobody does (or there is no such directory). Opens nothing for writing. */
export function findServer(dir: string): DirectoryHolder | null {
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(join(dir, lockFile), { readOnly: true, timeout: 0 });
  } catch {
    return null;
  }
  try {
    database.prepare("SELECT count(*) FROM sqlite_master").get();
    return null;
  } catch (error) {
    if (!isBusy(error)) throw unusable(dir, error);
    return readHolder(dir) ?? { pid: 0, url: null };
  } finally {
    database.close();
  }
}

function openLock(dir: string): DatabaseSync {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    return new DatabaseSync(join(dir, lockFile), { timeout: lockWaitMs });
  } catch (error) {
    throw unusable(dir, error);
  }
}

/**
 * Written whole under another name first: a reader sees the old one or the new one. Only the holder writes, so that one
 * name is enough, and what a kill leaves there the next holder uses up.
 */
function writeHolder(dir: string, holder: DirectoryHolder): void {
  const temporary = join(dir, `${holderFile}.new`);
  writeFileSync(temporary, JSON.stringify(holder), { mode: 0o600 });
  renameSync(temporary, join(dir, holderFile));
}

function readHolder(dir: string): DirectoryHolder | null {
  try {
    const read = JSON.parse(readFileSync(join(dir, holderFile), "utf8")) as Partial<DirectoryHolder> | null;
    const pid = read?.pid;
    if (typeof pid !== "number") return null;
    return { pid, url: typeof read?.url === "string" ? read.url : null };
  } catch {
    return null;
  }
}

const sqliteBusy = 5;
function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === sqliteBusy;
}

function inUse(dir: string): Problem {
  const holder = readHolder(dir);
  const by = holder === null ? "another process" : `process ${holder.pid}`;
  const at = holder?.url == null ? "" : `, which serves at ${holder.url}`;
  return new Problem(409, "data_dir_in_use", `The data directory ${dir} is in use by ${by}${at}.`, {
    hint: "Talk to that server, stop it first, or name another directory with C360_DATA_DIR.",
  });
}

function unusable(dir: string, error: unknown): Problem {
  const why = error instanceof Error ? error.message : String(error);
  return new Problem(422, "data_dir_unusable", `The data directory ${dir} cannot be used: ${why}.`, {
    hint: "Name a directory that you may write to with C360_DATA_DIR.",
    field: "C360_DATA_DIR",
  });
}
