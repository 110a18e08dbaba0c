import type { DatabaseSync } from "node:sqlite";
import { Problem } from "../../../model/problem.ts";
import { openDerivedFile } from "../sqliteFile.ts";

/** Raised when a table, a field or a way to normalise changes: a file of another version is made anew from the state. */
export const indexFormat = 2;
const cacheKib = 32_768;
const walPages = 4_000;

/**
 * `records`: profiles that can be compared, normalised. `keys`: what they are blocked by, so that those who share one
 * lie side by side. `terms`: by field, how many records have a value.
 */
const schema = `
CREATE TABLE progress (one INTEGER PRIMARY KEY CHECK (one = 1), feed TEXT NOT NULL, feed_version INTEGER NOT NULL,
  copied TEXT, as_of INTEGER NOT NULL, records INTEGER NOT NULL, rules TEXT NOT NULL, made_with TEXT NOT NULL) STRICT;
CREATE TABLE records (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, digest TEXT NOT NULL, anchor TEXT NOT NULL,
  is_unique INTEGER NOT NULL, field_values TEXT NOT NULL, keys TEXT NOT NULL) STRICT;
CREATE TABLE keys (key INTEGER NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (key, number)) STRICT, WITHOUT ROWID;
CREATE TABLE terms (field INTEGER NOT NULL, value TEXT NOT NULL, uses INTEGER NOT NULL,
  PRIMARY KEY (field, value)) STRICT, WITHOUT ROWID;
`;

/**
 * Opens the index of records for its one thread; it is a copy. `madeWith`: what computes keys and normal forms, whose
 * other version would compute others. Problem 409 `linkage_newer`.
 */
export function openIndexFile(file: string, madeWith: string): DatabaseSync {
  return openDerivedFile(file, {
    configure: (database) =>
      database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;
        PRAGMA cache_size = -${cacheKib}; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = ${walPages};
        PRAGMA busy_timeout = 10000;`),
    isUsable: (database) => {
      const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
      if (version > indexFormat) throw newer(version);
      const row = database.prepare("SELECT made_with FROM progress").get();
      return version === indexFormat && row?.["made_with"] === madeWith;
    },
    create: (database) => {
      database.exec(`BEGIN; ${schema} PRAGMA user_version = ${indexFormat};`);
      database.prepare("INSERT INTO progress VALUES (1, '', 0, NULL, 0, 0, '', ?)").run(madeWith);
      database.exec("COMMIT");
    },
  });
}

function newer(version: number): Problem {
  const what = `linkage.sqlite has format ${version}, this program reads ${indexFormat}`;
  return new Problem(409, "linkage_newer", what, {
    hint: "run the version that wrote it, or a newer one; to stay with this one, remove linkage.sqlite: it is made again",
  });
}

/** Inside the caller's transaction: as a new file is. */
export function removeRecords(database: DatabaseSync): void {
  database.exec(`DELETE FROM records; DELETE FROM keys; DELETE FROM terms;
    UPDATE progress SET feed = '', feed_version = 0, copied = NULL, as_of = 0, records = 0;`);
}
