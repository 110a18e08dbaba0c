import { chmodSync, existsSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { Problem } from "../../model/problem.ts";

/** SQLITE_CORRUPT, SQLITE_NOTADB. */
const damageCodes: ReadonlySet<number> = new Set([11, 26]);

export function isDamage(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && damageCodes.has(Number(error.errcode) & 0xff);
}

/** Runs `work` in one transaction; a throw leaves the file as it was. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

export function removeFile(file: string): void {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(`${file}${suffix}`, { force: true });
}

/**
 * Opens a file whose content can be made again, for its one thread; anew where it is not there, damaged, or not what
 * `isUsable` wants. A Problem of that is thrown on: the file is left as it is.
 */
export function openDerivedFile(
  file: string,
  how: {
    configure: (database: DatabaseSync) => void;
    isUsable: (database: DatabaseSync) => boolean;
    create: (database: DatabaseSync) => void;
  },
): DatabaseSync {
  if (existsSync(file)) {
    const database = new DatabaseSync(file);
    try {
      how.configure(database);
      if (how.isUsable(database)) return database;
    } catch (error) {
      // Otherwise it is no database, or half of one.
      if (error instanceof Problem) {
        database.close();
        throw error;
      }
    }
    database.close();
  }
  removeFile(file);
  const fresh = new DatabaseSync(file);
  chmodSync(file, 0o600);
  how.configure(fresh);
  how.create(fresh);
  return fresh;
}
