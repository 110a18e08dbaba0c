import type { DatabaseSync } from "node:sqlite";
import { openDerivedFile } from "../sqliteFile.ts";
import { Problem } from "../../../model/problem.ts";

/** Raised when a table or the way to find words changes: a file of another version is made anew from the state. */
export const formatVersion = 2;
const cacheKib = 65_536;
/** 16 MB: whoever commits copies it into the file and waits for the disk, which took up to two seconds of 64 MB. */
const walPages = 4_000;

/**
 * `facts` is what changes with every event and what filters ask, apart from the entry, which changes seldom; `recent`
 * holds all of it, so that a list is read from the index alone. The full-text index is contentless: an entry gives its
 * terms again when they have to be taken out. With `secure-delete` they are then gone from the file.
 */
const schema = `
CREATE TABLE progress (one INTEGER PRIMARY KEY CHECK (one = 1), feed TEXT NOT NULL, feed_version INTEGER NOT NULL,
  copied TEXT, as_of INTEGER NOT NULL, profiles INTEGER NOT NULL) STRICT;
INSERT INTO progress VALUES (1, '', 0, NULL, 0, 0);
CREATE TABLE entries (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, entry TEXT NOT NULL) STRICT;
CREATE TABLE facts (number INTEGER PRIMARY KEY, last_seen INTEGER NOT NULL, revenue INTEGER NOT NULL,
  facets TEXT NOT NULL, records INTEGER NOT NULL, first_seen INTEGER NOT NULL) STRICT;
CREATE INDEX recent ON facts (last_seen, number, revenue, facets);
CREATE TABLE spellings (number INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE, uses INTEGER NOT NULL) STRICT;
CREATE TABLE deletions (key INTEGER NOT NULL, word INTEGER NOT NULL, PRIMARY KEY (key, word)) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE found USING fts5(terms, content = '', detail = none, columnsize = 0, prefix = '1 2 3',
  tokenize = 'ascii');
INSERT INTO found (found, rank) VALUES ('secure-delete', 1);
`;

/**
 * Opens the index for its one thread, making it when it is new, of an older format, or damaged: it is a copy. Problem
 * 409 `search_newer`.
 */
export function openSearchFile(file: string): DatabaseSync {
  return openDerivedFile(file, {
    configure,
    isUsable: (database) => {
      database.prepare("SELECT feed_version FROM progress").get();
      const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
      if (version > formatVersion) throw newer(version);
      return version === formatVersion;
    },
    create: (database) => database.exec(`BEGIN; ${schema} PRAGMA user_version = ${formatVersion}; COMMIT;`),
  });
}

function newer(version: number): Problem {
  return new Problem(
    409,
    "search_newer",
    `the search index has format ${version}, this program reads ${formatVersion}`,
    {
      hint: "run the version that wrote it, or a newer one; to stay with this one, remove search.sqlite: it is made again",
    },
  );
}

function configure(database: DatabaseSync): void {
  // NORMAL: after a power cut the last moments are followed again.
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;
    PRAGMA cache_size = -${cacheKib}; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = ${walPages};
    PRAGMA mmap_size = 2147483648; PRAGMA busy_timeout = 10000;`);
}

/** Inside the caller's transaction: as a new file is. */
export function removeEverything(database: DatabaseSync): void {
  database.exec(`DELETE FROM entries; DELETE FROM facts; DELETE FROM spellings; DELETE FROM deletions;
    INSERT INTO found (found) VALUES ('delete-all');
    UPDATE progress SET feed = '', feed_version = 0, copied = NULL, as_of = 0, profiles = 0;`);
}
