import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { Problem } from "../../../model/problem.ts";

const formatVersion = 1;

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

/** Problem 500 `reviews_version`, `reviews_damaged`: it is never made anew by itself, for it holds people's answers. */
export function openReviewFile(file: string): DatabaseSync {
  const database = new DatabaseSync(file);
  try {
    chmodSync(file, 0o600);
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
      PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY; PRAGMA busy_timeout = 10000;`);
    const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
    if (version === 0) database.exec(`BEGIN; ${schema} PRAGMA user_version = ${formatVersion}; COMMIT;`);
    else if (version !== formatVersion) throw otherVersion(version);
    return database;
  } catch (error) {
    database.close();
    if (error instanceof Problem) throw error;
    throw new Problem(500, "reviews_damaged", "reviews.sqlite is damaged", {
      hint: "restore it from a backup, or remove it: answers' corrections are in the log, only the queue begins anew",
    });
  }
}

function otherVersion(version: number): Problem {
  return new Problem(
    500,
    "reviews_version",
    `reviews.sqlite has format ${version}, this program reads ${formatVersion}`,
    {
      hint: "run the version that wrote it, or a newer one",
    },
  );
}
