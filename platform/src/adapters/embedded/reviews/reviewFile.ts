import { chmodSync, existsSync, renameSync } from "node:fs";
import { basename } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Problem } from "../../../model/problem.ts";
import { isDamage } from "../sqliteFile.ts";

/** Raised when a table changes; a file of an older one would have to be brought up to it. */
export const reviewFormat = 1;

/**
 * `reviews`: pairs that wait, in the order of `place`, and those that were answered, which have none. What was answered,
 * the runs and the models are kept nowhere else.
 */
const schema = `
CREATE TABLE reviews (id TEXT PRIMARY KEY, a TEXT NOT NULL, b TEXT NOT NULL, anchor_a TEXT NOT NULL,
  anchor_b TEXT NOT NULL, probability REAL NOT NULL, weight REAL NOT NULL, prior_weight REAL NOT NULL,
  steps TEXT NOT NULL, model INTEGER NOT NULL, origin TEXT NOT NULL, offered_at INTEGER NOT NULL,
  scored_at INTEGER NOT NULL, state TEXT NOT NULL, place REAL, answered_by TEXT, answered_at INTEGER,
  corrections TEXT NOT NULL) STRICT;
CREATE INDEX reviews_waiting ON reviews (place, id) WHERE place IS NOT NULL;
CREATE INDEX reviews_of_a ON reviews (a) WHERE place IS NOT NULL;
CREATE INDEX reviews_of_b ON reviews (b) WHERE place IS NOT NULL;
CREATE INDEX reviews_answered ON reviews (answered_by, probability) WHERE place IS NULL;
CREATE TABLE models (version INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL, made_at INTEGER NOT NULL,
  document TEXT NOT NULL) STRICT;
CREATE TABLE runs (id TEXT PRIMARY KEY, started_at INTEGER NOT NULL, document TEXT NOT NULL) STRICT;
CREATE INDEX runs_by_start ON runs (started_at);
`;

export interface OpenedReviews<T> {
  database: DatabaseSync;
  /** What `prepare` made of it. */
  prepared: T;
  /** It holds nothing yet. */
  isNew: boolean;
}

/**
 * Opens the file and has it prepared. A damaged one is not thrown away, for people's answers are in it, and does not
 * keep the platform from its start either: it is set aside, told of, and begun anew. Problem 409 `reviews_newer`.
 */
export function openReviewFile<T>(
  file: string,
  prepare: (database: DatabaseSync) => T,
  onTrouble: (message: string) => void,
): OpenedReviews<T> {
  try {
    return openedFile(file, prepare);
  } catch (error) {
    if (!isUnreadable(error)) throw error;
  }
  const aside = setAside(file);
  onTrouble(
    `reviews.sqlite is damaged: it was set aside as ${aside}, and the queue begins anew. What people answered stands, ` +
      `as corrections in the log; find the pairs again with: c360 link --profiles. To have the former queue back, ` +
      `stop the platform and copy reviews.sqlite from a backup.`,
  );
  return openedFile(file, prepare);
}

function openedFile<T>(file: string, prepare: (database: DatabaseSync) => T): OpenedReviews<T> {
  const database = new DatabaseSync(file);
  try {
    chmodSync(file, 0o600);
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
      PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY; PRAGMA busy_timeout = 10000;`);
    const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
    if (version > reviewFormat) throw newer(version);
    if (version === 0) database.exec(`BEGIN; ${schema} PRAGMA user_version = ${reviewFormat}; COMMIT;`);
    return { database, prepared: prepare(database), isNew: version === 0 };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** SQLITE_ERROR: a table or a column is not there. */
const notThere = 1;

/** Damage, or what no version of this program wrote. A full disk and the like is none. */
function isUnreadable(error: unknown): boolean {
  const isOther = error instanceof Error && "errcode" in error && error.errcode === notThere;
  return isDamage(error) || isOther || error instanceof SyntaxError;
}

/** Gives the new name, without its folder. */
function setAside(file: string): string {
  const nameOf = (nth: number): string => `${file}${nth === 1 ? "" : `.${nth}`}.damaged`;
  let nth = 1;
  while (existsSync(nameOf(nth))) nth++;
  for (const suffix of ["", "-wal", "-shm"]) {
    if (existsSync(`${file}${suffix}`)) renameSync(`${file}${suffix}`, `${nameOf(nth)}${suffix}`);
  }
  return basename(nameOf(nth));
}

/** Of damage that shows only when it is met. */
export function damagedReviews(): Problem {
  return new Problem(500, "reviews_damaged", "reviews.sqlite is damaged.", {
    hint: "See what with: c360 doctor. Then stop the platform, and copy reviews.sqlite from a backup or move it away: answers stand as corrections, only the queue begins anew.",
  });
}

function newer(version: number): Problem {
  const what = `reviews.sqlite has format ${version}, this program reads ${reviewFormat}`;
  return new Problem(409, "reviews_newer", what, {
    hint: "run the version that wrote it, or a newer one; to stay with this one, move reviews.sqlite away: answers stand as corrections, only the queue begins anew",
  });
}
