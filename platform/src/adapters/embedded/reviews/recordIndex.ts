import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import type { ProfileId } from "../../../model/profile.ts";
import type { FeedProgress } from "../../../storage/followFeed.ts";
import type { ReviewSide } from "../../../storage/reviews.ts";
import { openIndexFile, removeRecords } from "./indexFile.ts";

export interface IndexedProfile extends ReviewSide {
  /** Of all that the row is made of, so that what did not change is left alone. */
  digest: string;
  isUnique: boolean;
  /** Normalised, one for each field. */
  values: readonly (string | null)[];
  keys: readonly number[];
}

export interface IndexProgress {
  followed: FeedProgress;
  /** Everything up to it is compared; 0 while everything is being copied. */
  feedVersion: number;
  /** UTC ms. */
  asOf: number;
  records: number;
}

/** Blocks with more records say too little: they are passed over, as a linkage of files does. */
const maxBlockRecords = 200;
/** Of one record: those who share most keys with it. */
const maxCandidates = 200;

/** The index of records, owned by one thread. All writes stand between `begin` and `commit`. */
export interface RecordIndex {
  begin(): void;
  /** With how far it is now. */
  commit(progress?: { followed: FeedProgress; asOf: number }): void;
  /** Leaves everything as it was at `begin`. */
  rollBack(): void;
  /** Removes everything; what comes depends on these rules, by their hash. */
  startOver(rules: string): void;
  /** The hash of what the records depend on; "": nothing has come yet. */
  rules(): string;
  digestOf(id: ProfileId): string | null;
  /** Answers its number, by which candidates are told. */
  put(profile: IndexedProfile): number;
  remove(id: ProfileId): void;
  numberOf(id: ProfileId): number | null;
  candidates(number: number): number[];
  read(number: number): (ReviewSide & { isUnique: boolean; values: (string | null)[] }) | null;
  /** Records that have the value in the field. */
  uses(field: number, value: string): number;
  /** Records that are in it, by now. */
  count(): number;
  progress(): IndexProgress;
  close(): void;
}

export function openRecordIndex(file: string, madeWith: string): RecordIndex {
  const database = openIndexFile(file, madeWith);
  const statements = indexStatements(database);
  let records = Number(database.prepare("SELECT records FROM progress").get()?.["records"] ?? 0);
  const recordsBefore = { count: records };
  const remove = (id: ProfileId): void => {
    if (removeRecord(statements, id)) records--;
  };
  return {
    begin: () => {
      database.exec("BEGIN IMMEDIATE");
      recordsBefore.count = records;
    },
    commit: (progress) => {
      statements.setRecords.run(records);
      if (progress !== undefined) {
        const { followed, asOf } = progress;
        statements.setProgress.run(followed.feed, followed.version, followed.copied, asOf);
      }
      database.exec("COMMIT");
    },
    rollBack: () => {
      if (database.isTransaction) database.exec("ROLLBACK");
      records = recordsBefore.count;
    },
    startOver: (rules) => {
      removeRecords(database);
      statements.setRules.run(rules);
      records = 0;
    },
    rules: () => String(statements.progress.get()?.["rules"] ?? ""),
    digestOf: (id) => {
      const digest = statements.byId.get(id)?.["digest"];
      return typeof digest === "string" ? digest : null;
    },
    put: (profile) => {
      remove(profile.profileId);
      const { profileId, digest, anchor, isUnique, values, keys } = profile;
      const stored = [JSON.stringify(values), JSON.stringify(keys)] as const;
      const made = statements.addRecord.run(profileId, digest, anchor, isUnique ? 1 : 0, ...stored);
      const number = Number(made.lastInsertRowid);
      for (const key of keys) statements.addKey.run(key, number);
      for (const [field, value] of values.entries()) if (value !== null) statements.addTerm.run(field, value);
      records++;
      return number;
    },
    remove,
    numberOf: (id) => {
      const number = statements.byId.get(id)?.["number"];
      return typeof number === "number" ? number : null;
    },
    candidates: (number) => candidatesOf(statements, number),
    read: (number) => {
      const row = statements.byNumber.get(number);
      if (row === undefined) return null;
      const side = { profileId: String(row["id"]), anchor: String(row["anchor"]) };
      return { ...side, isUnique: row["is_unique"] === 1, values: valuesIn(row["field_values"]) };
    },
    uses: (field, value) => Number(statements.uses.get(field, value)?.["uses"] ?? 0),
    count: () => records,
    progress: () => progressOf(statements),
    close: () => database.close(),
  };
}

type Statements = ReturnType<typeof indexStatements>;

function indexStatements(database: DatabaseSync) {
  return {
    byId: database.prepare("SELECT * FROM records WHERE id = ?"),
    byNumber: database.prepare("SELECT * FROM records WHERE number = ?"),
    addRecord: database.prepare(
      "INSERT INTO records (id, digest, anchor, is_unique, field_values, keys) VALUES (?, ?, ?, ?, ?, ?)",
    ),
    dropRecord: database.prepare("DELETE FROM records WHERE number = ?"),
    addKey: database.prepare("INSERT OR IGNORE INTO keys VALUES (?, ?)"),
    dropKey: database.prepare("DELETE FROM keys WHERE key = ? AND number = ?"),
    block: database.prepare("SELECT number FROM keys WHERE key = ? LIMIT ?"),
    addTerm: database.prepare(`INSERT INTO terms VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET uses = uses + 1`),
    takeTerm: database.prepare("UPDATE terms SET uses = uses - 1 WHERE field = ? AND value = ?"),
    dropTerm: database.prepare("DELETE FROM terms WHERE field = ? AND value = ? AND uses <= 0"),
    uses: database.prepare("SELECT uses FROM terms WHERE field = ? AND value = ?"),
    setRecords: database.prepare("UPDATE progress SET records = ?"),
    setProgress: database.prepare("UPDATE progress SET feed = ?, feed_version = ?, copied = ?, as_of = ?"),
    setRules: database.prepare("UPDATE progress SET rules = ?"),
    progress: database.prepare("SELECT * FROM progress"),
  };
}

/** False where there is none. */
function removeRecord(statements: Statements, id: ProfileId): boolean {
  const row = statements.byId.get(id);
  if (row === undefined) return false;
  const number = Number(row["number"]);
  for (const key of numbersIn(row["keys"])) statements.dropKey.run(key, number);
  for (const [field, value] of valuesIn(row["field_values"]).entries()) {
    if (value === null) continue;
    statements.takeTerm.run(field, value);
    statements.dropTerm.run(field, value);
  }
  statements.dropRecord.run(number);
  return true;
}

function candidatesOf(statements: Statements, number: number): number[] {
  const shared = new Map<number, number>();
  for (const key of numbersIn(statements.byNumber.get(number)?.["keys"])) {
    const block = statements.block.all(key, maxBlockRecords + 1);
    if (block.length > maxBlockRecords) continue;
    for (const row of block) shared.set(Number(row["number"]), (shared.get(Number(row["number"])) ?? 0) + 1);
  }
  shared.delete(number);
  const ranked = [...shared].sort(([one, x], [other, y]) => y - x || one - other);
  return ranked.slice(0, maxCandidates).map(([candidate]) => candidate);
}

function progressOf(statements: Statements): IndexProgress {
  const row = statements.progress.get() ?? {};
  const copied = row["copied"];
  const version = Number(row["feed_version"] ?? 0);
  const followed = { feed: String(row["feed"] ?? ""), version, copied: typeof copied === "string" ? copied : null };
  return {
    followed,
    feedVersion: followed.copied === null ? version : 0,
    asOf: Number(row["as_of"] ?? 0),
    records: Number(row["records"] ?? 0),
  };
}

// Written by this file alone, in a file that is made anew when it is damaged.
function valuesIn(json: SQLOutputValue | undefined): (string | null)[] {
  return JSON.parse(typeof json === "string" ? json : "[]") as (string | null)[];
}
function numbersIn(json: SQLOutputValue | undefined): number[] {
  return JSON.parse(typeof json === "string" ? json : "[]") as number[];
}
