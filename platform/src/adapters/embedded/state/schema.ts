import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { normaliserVersion } from "../../../model/normalise.ts";
import { Problem } from "../../../model/problem.ts";
import { isDamage } from "../sqliteFile.ts";
import { keptSchema } from "./kept.ts";

/** Raised when a table, or the JSON in one of its columns, changes shape. */
const tablesVersion = 7;
/** Identifiers are stored normalised: another normaliser means another state too. Either asks for `c360 rebuild`. */
export const stateVersion = tablesVersion * 1_000 + normaliserVersion;

/**
 * What makes the tables of an older version those of the next, without folding anything again: also what an
 * older base is taken over by, which nothing is left to fold anew of.
 */
const tableUpgrades: Readonly<Record<number, string>> = { 6: keptSchema };

/**
 * What changes with every event (a fragment's spans) is apart from what is large and changes seldom (its traits):
 * layout decides the speed of this file more than anything else (docs/formats/state.md). Rows are appended by dense
 * numbers and found through one index over their keyed hash.
 */
const schema = `
CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER NOT NULL, next_number INTEGER NOT NULL);
INSERT INTO head VALUES (1, 0, 1);
CREATE TABLE folded_with (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE fragments (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, person INTEGER NOT NULL,
  identifiers TEXT NOT NULL, spans TEXT NOT NULL, logouts INTEGER NOT NULL,
  -- Empty but where somebody had a shared device: their login, the fragment of the combination without it, the device.
  tenant TEXT NOT NULL, base TEXT NOT NULL, device TEXT NOT NULL,
  -- Its latest sightings; those before them are in sightings, so that what an event rewrites stays short.
  seen TEXT NOT NULL) STRICT;
CREATE INDEX fragments_of_base ON fragments (base, tenant) WHERE tenant <> '';
CREATE INDEX fragments_handed ON fragments (device, tenant) WHERE tenant <> '';
-- Combinations that hold a device, by 53 bits of its key; each by the fragment of its events that nobody's login takes.
CREATE TABLE holdings (device INTEGER NOT NULL, base TEXT NOT NULL, PRIMARY KEY (device, base)) STRICT, WITHOUT ROWID;
CREATE TABLE sightings (
  fragment INTEGER NOT NULL, chunk INTEGER NOT NULL, seen TEXT NOT NULL, PRIMARY KEY (fragment, chunk)) STRICT, WITHOUT ROWID;
CREATE TABLE tenancies (
  device TEXT NOT NULL, from_at INTEGER NOT NULL, tenant TEXT NOT NULL, PRIMARY KEY (device, from_at)) STRICT, WITHOUT ROWID;
-- Of shared devices that not too many combinations hold: of all their events.
CREATE TABLE device_tallies (
  device TEXT PRIMARY KEY, combinations INTEGER NOT NULL, events INTEGER NOT NULL, last_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
-- Guests belong to nobody; a query finds this index only when it says so too: person = ? AND person <> 0.
CREATE INDEX fragments_of_person ON fragments (person) WHERE person <> 0;
CREATE TABLE crossings (
  identifier TEXT NOT NULL, fragment TEXT NOT NULL, PRIMARY KEY (identifier, fragment)) STRICT, WITHOUT ROWID;
CREATE INDEX crossings_of_fragment ON crossings (fragment);
CREATE TABLE details (id TEXT PRIMARY KEY, traits TEXT NOT NULL, consents TEXT NOT NULL) STRICT;
CREATE TABLE identifiers (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, key TEXT NOT NULL, person INTEGER NOT NULL,
  decision TEXT NOT NULL, seen_with TEXT NOT NULL, first_at INTEGER NOT NULL) STRICT;
CREATE INDEX identifiers_of_person ON identifiers (person);
CREATE INDEX identifiers_shared ON identifiers (key) WHERE decision = 'shared';
-- What people of a home share, of each fragment by its number: a merge writes nothing here.
CREATE TABLE home_ties (tie TEXT NOT NULL, fragment INTEGER NOT NULL, PRIMARY KEY (tie, fragment)) STRICT, WITHOUT ROWID;
CREATE TABLE persons (person INTEGER PRIMARY KEY, component INTEGER NOT NULL, profile_id TEXT NOT NULL) STRICT;
CREATE INDEX persons_of_component ON persons (component);
CREATE TABLE edges (
  a TEXT NOT NULL, b TEXT NOT NULL, rule TEXT NOT NULL, source TEXT NOT NULL, first_at INTEGER NOT NULL,
  first_message_id TEXT NOT NULL, last_at INTEGER NOT NULL, count INTEGER NOT NULL, confidence REAL NOT NULL,
  PRIMARY KEY (a, b, rule, source)) STRICT, WITHOUT ROWID;
CREATE INDEX edges_by_b ON edges (b);
CREATE TABLE corrections (
  position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, a TEXT NOT NULL, b TEXT NOT NULL, verdict TEXT NOT NULL,
  said_by TEXT NOT NULL, reason TEXT NOT NULL, received_at INTEGER NOT NULL, confidence REAL) STRICT;
CREATE INDEX corrections_by_a ON corrections (a);
CREATE INDEX corrections_by_b ON corrections (b);
-- What a linkage's run said, to take it back; a query finds it only when it says so too: verdict = 'probable'.
CREATE INDEX links_of_run ON corrections (said_by, position) WHERE verdict = 'probable';
CREATE TABLE rules_versions (
  number INTEGER PRIMARY KEY, position INTEGER NOT NULL, id TEXT NOT NULL UNIQUE, hash TEXT NOT NULL,
  document TEXT NOT NULL, said_by TEXT NOT NULL, reason TEXT NOT NULL, received_at INTEGER NOT NULL) STRICT;
CREATE TABLE orders (
  number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, owner_fragment TEXT NOT NULL, state TEXT NOT NULL) STRICT;
CREATE INDEX orders_of_fragment ON orders (owner_fragment);
CREATE TABLE rejected (
  position INTEGER PRIMARY KEY, message TEXT NOT NULL, source TEXT NOT NULL, message_id TEXT NOT NULL,
  reason TEXT NOT NULL, cause INTEGER NOT NULL, state INTEGER NOT NULL) STRICT;
CREATE INDEX rejected_by_message ON rejected (message);
CREATE INDEX rejected_by_source ON rejected (source);
CREATE INDEX rejected_by_cause ON rejected (cause);
-- States: 0 open, 1 replaced, 2 mended. Queries find these indexes only when they say so too.
CREATE INDEX rejected_open ON rejected (cause, position) WHERE state = 0;
CREATE INDEX rejected_open_newest ON rejected (position) WHERE state = 0;
CREATE INDEX rejected_unmended ON rejected (message) WHERE state <> 2;
CREATE TABLE causes (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, source TEXT NOT NULL, code TEXT NOT NULL, field TEXT, type TEXT,
  event TEXT, count INTEGER NOT NULL, open INTEGER NOT NULL, first_at INTEGER, last_at INTEGER,
  last_position INTEGER NOT NULL) STRICT;
CREATE INDEX causes_by_open ON causes (open DESC, number);
CREATE INDEX causes_of_source ON causes (source);
CREATE TABLE duplicates (position INTEGER PRIMARY KEY, first INTEGER NOT NULL) STRICT;
CREATE TABLE seen_again (first INTEGER PRIMARY KEY, count INTEGER NOT NULL, differs INTEGER NOT NULL) STRICT;
CREATE TABLE source_totals (
  source TEXT PRIMARY KEY, accepted INTEGER NOT NULL, rejected INTEGER NOT NULL, last_accepted_at INTEGER,
  last_rejected_at INTEGER) STRICT, WITHOUT ROWID;
CREATE TABLE source_minutes (
  minute INTEGER NOT NULL, source TEXT NOT NULL, accepted INTEGER NOT NULL, rejected INTEGER NOT NULL,
  PRIMARY KEY (minute, source)) STRICT, WITHOUT ROWID;
-- How tracking plans were broken by what was taken: of each version so many, then by type and kind alone.
CREATE TABLE plan_violations (
  number INTEGER PRIMARY KEY, source TEXT NOT NULL, version INTEGER NOT NULL, type TEXT NOT NULL, event TEXT NOT NULL,
  path TEXT NOT NULL, kind TEXT NOT NULL, count INTEGER NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL,
  samples TEXT NOT NULL, UNIQUE (source, version, type, event, path, kind)) STRICT;
CREATE TABLE batches (until INTEGER PRIMARY KEY, processed_at INTEGER NOT NULL, processed INTEGER NOT NULL) STRICT;
CREATE TABLE feed (version INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id ANY NOT NULL) STRICT;
${keptSchema}`;

/** Beside what the state was folded with, its table names its feed: versions of another one mean something else. */
export const feedIdName = "feed";

/** Opens the deciding store's file for its one writer, making it when it is new. Problem 409 `state_older`, `state_newer`, `state_settings`, 500 `state_damaged`. */
export function openStateFile(file: string, foldedWith: FoldedWith = {}): DatabaseSync {
  const database = new DatabaseSync(file);
  try {
    prepareStateFile(database, file, foldedWith);
    return database;
  } catch (error) {
    database.close();
    throw isDamage(error) ? damaged() : error;
  }
}

/**
 * 16 MB: whoever commits copies so much into the file and waits for the disk. In portions of 80 MB the same work held up
 * decisions and acknowledgements for up to a second at a time.
 */
const walPages = 4_000;

function damaged(): Problem {
  return new Problem(500, "state_damaged", "the state file is damaged", {
    hint: "fold the log again with: c360 rebuild",
  });
}

function prepareStateFile(database: DatabaseSync, file: string, foldedWith: FoldedWith): void {
  chmodSync(file, 0o600);
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -200000;
    PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = ${walPages}; PRAGMA busy_timeout = 10000;
    PRAGMA mmap_size = 2147483648;`);
  const version = readVersion(database);
  if (version === 0) {
    database.exec(`BEGIN; ${schema} PRAGMA user_version = ${stateVersion}; COMMIT;`);
  } else if (version !== stateVersion) upgradeTables(database, version);
  checkFoldedWith(database, foldedWith);
  database.exec(`INSERT OR IGNORE INTO folded_with VALUES ('${feedIdName}', lower(hex(randomblob(8))))`);
}

/** All steps in one transaction. Problem as of {@link otherVersion} where there is no way from that version. */
function upgradeTables(database: DatabaseSync, version: number): void {
  const steps: string[] = [];
  for (let tables = Math.floor(version / 1_000); tables < tablesVersion; tables += 1) {
    const step = tableUpgrades[tables];
    if (step === undefined) throw otherVersion(version);
    steps.push(step);
  }
  if (version % 1_000 !== normaliserVersion || steps.length === 0) throw otherVersion(version);
  database.exec(`BEGIN IMMEDIATE; ${steps.join("")} PRAGMA user_version = ${stateVersion}; COMMIT;`);
}

/** Problem 409 `state_newer`; `state_older` for one that this program makes anew from the log. */
function otherVersion(version: number): Problem {
  const what = `the state file has format ${version}, this program reads ${stateVersion}`;
  if (version < stateVersion) {
    return new Problem(409, "state_older", what, { hint: "fold the log again with: c360 rebuild" });
  }
  return new Problem(409, "state_newer", what, {
    hint: "run the version that wrote it, or a newer one; to stay with this one, fold the log again with: c360 rebuild",
  });
}

/** What decides the state beside the log: the rules' version, the home currency. Another value is another state. */
export type FoldedWith = Readonly<Record<string, string>>;

function checkFoldedWith(database: DatabaseSync, foldedWith: FoldedWith): void {
  for (const [name, value] of Object.entries(foldedWith)) {
    database.prepare("INSERT OR IGNORE INTO folded_with VALUES (?, ?)").run(name, value);
    const before = database.prepare("SELECT value FROM folded_with WHERE name = ?").get(name)?.["value"];
    if (before === value) continue;
    throw new Problem(409, "state_settings", `the state was folded with ${name} ${String(before)}, not ${value}`, {
      hint: "go back to that setting, or fold the log again with the new one: c360 rebuild",
    });
  }
}

/** A second, reading connection: other threads, other processes. The file must exist. */
export function openStateReader(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { readOnly: true });
  database.exec("PRAGMA cache_size = -65536; PRAGMA busy_timeout = 10000; PRAGMA mmap_size = 2147483648;");
  return database;
}

/** Reads of one moment, whatever is decided meanwhile. */
export function snapshot<T>(database: DatabaseSync, read: () => T): T {
  database.exec("BEGIN");
  try {
    return read();
  } finally {
    database.exec("COMMIT");
  }
}

function readVersion(database: DatabaseSync): number {
  const row = database.prepare("PRAGMA user_version").get();
  return Number(row?.["user_version"] ?? 0);
}
