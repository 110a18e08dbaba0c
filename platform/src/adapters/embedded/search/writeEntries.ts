import type { DatabaseSync } from "node:sqlite";
import type { ProfileId } from "../../../model/profile.ts";
import type { Activity } from "../../../storage/followed.ts";
import type { SearchEntry } from "../../../storage/profileSearch.ts";
import { decodeEntry, encodeEntry, factsOf, factsOfRow, sourceLine, type Facts } from "./entryRows.ts";
import type { Spellings } from "./spellings.ts";
import { termsOf, type Terms } from "./terms.ts";

/** Writes within the caller's transaction, which ends with `finish`. */
export interface EntryWriter {
  /** Writes only what differs from what is there; terms that stay are not touched. */
  put(entry: SearchEntry): void;
  remove(id: ProfileId): void;
  /** False where the profile is not there or its sources have changed: then it has to be put. */
  touch(
    id: ProfileId,
    activity: Pick<Activity, "lastSeenAt" | "firstSeenAt" | "recordCount"> & { sources: readonly string[] },
  ): boolean;
  /** Writes what was gathered over the transaction. */
  finish(): void;
}

interface Known {
  number: number;
  encoded: string;
  facts: Facts;
}

const noTerms: Terms = { terms: new Set(), spellings: new Set() };

export function entryWriter(database: DatabaseSync, spellings: Spellings): EntryWriter {
  const statements = writeStatements(database);
  const uses = new Map<string, number>();
  let added = 0;
  const known = (id: ProfileId): Known | null => {
    const row = statements.find.get(id);
    if (row === undefined) return null;
    return { number: Number(row["number"]), encoded: String(row["entry"]), facts: factsOfRow(row) };
  };
  const index = (number: number, before: Terms, now: Terms): void => {
    const taken = text(before.terms, now.terms);
    const added = text(now.terms, before.terms);
    if (taken !== "" || added !== "") {
      // Always both, so that the index counts its rows right; a new row has nothing to take out.
      if (before !== noTerms) statements.unfind.run(number, taken);
      if (now !== noTerms) statements.makeFound.run(number, added);
    }
    for (const word of now.spellings) if (!before.spellings.has(word)) uses.set(word, (uses.get(word) ?? 0) + 1);
    for (const word of before.spellings) if (!now.spellings.has(word)) uses.set(word, (uses.get(word) ?? 0) - 1);
  };
  const setFacts = (number: number, before: Facts, now: Facts): void => {
    if (before.lastSeen === now.lastSeen && before.revenue === now.revenue && before.facets === now.facets) {
      if (before.records !== now.records || before.firstSeen !== now.firstSeen) {
        statements.setActivity.run(now.lastSeen, now.records, now.firstSeen, number);
      }
      return;
    }
    statements.setFacts.run(now.lastSeen, now.revenue, now.facets, now.records, now.firstSeen, number);
  };
  return {
    put: (entry) => {
      const [encoded, facts] = [encodeEntry(entry), factsOf(entry)];
      const before = known(entry.id);
      if (before === null) {
        const number = Number(statements.add.run(entry.id, encoded).lastInsertRowid);
        statements.addFacts.run(number, facts.lastSeen, facts.revenue, facts.facets, facts.records, facts.firstSeen);
        index(number, noTerms, termsOf(entry));
        added++;
        return;
      }
      setFacts(before.number, before.facts, facts);
      if (before.encoded === encoded) return;
      index(before.number, termsOf(decodeEntry(entry.id, before.encoded, before.facts)), termsOf(entry));
      statements.setEntry.run(encoded, before.number);
    },
    remove: (id) => {
      const before = known(id);
      if (before === null) return;
      index(before.number, termsOf(decodeEntry(id, before.encoded, before.facts)), noTerms);
      statements.remove.run(before.number);
      statements.removeFacts.run(before.number);
      added--;
    },
    touch: (id, activity) => touch(statements, id, activity),
    finish: () => {
      spellings.change(uses);
      if (added !== 0) statements.count.run(added);
      uses.clear();
      added = 0;
    },
  };
}

function writeStatements(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql);
  return {
    find: prepare(
      "SELECT number, entry, last_seen, revenue, facets, records, first_seen FROM entries JOIN facts USING (number) WHERE id = ?",
    ),
    findFacts: prepare(
      "SELECT number, last_seen, facets, records, first_seen FROM entries JOIN facts USING (number) WHERE id = ?",
    ),
    add: prepare("INSERT INTO entries (id, entry) VALUES (?, ?)"),
    addFacts: prepare("INSERT INTO facts VALUES (?, ?, ?, ?, ?, ?)"),
    setEntry: prepare("UPDATE entries SET entry = ? WHERE number = ?"),
    setFacts: prepare(
      "UPDATE facts SET last_seen = ?, revenue = ?, facets = ?, records = ?, first_seen = ? WHERE number = ?",
    ),
    setActivity: prepare("UPDATE facts SET last_seen = ?, records = ?, first_seen = ? WHERE number = ?"),
    remove: prepare("DELETE FROM entries WHERE number = ?"),
    removeFacts: prepare("DELETE FROM facts WHERE number = ?"),
    makeFound: prepare("INSERT INTO found (rowid, terms) VALUES (?, ?)"),
    unfind: prepare("INSERT INTO found (found, rowid, terms) VALUES ('delete', ?, ?)"),
    count: prepare("UPDATE progress SET profiles = profiles + ?"),
  };
}

/**
 * The terms that only the first has. Taking a term out of the full-text index costs tens of microseconds, so that one
 * changed word must not take all of a profile's words out and in.
 */
function text(terms: ReadonlySet<string>, without: ReadonlySet<string>): string {
  return [...terms].filter((term) => !without.has(term)).join(" ");
}

function touch(
  statements: ReturnType<typeof writeStatements>,
  id: ProfileId,
  { lastSeenAt, firstSeenAt, sources, recordCount }: Parameters<EntryWriter["touch"]>[1],
): boolean {
  const row = statements.findFacts.get(id);
  if (row === undefined) return false;
  const facets = String(row["facets"]);
  const had = facets.split("\n@").length - 1;
  if (had !== sources.length || !sources.every((one) => facets.includes(`\n${sourceLine(one)}\n`))) return false;
  const now = [lastSeenAt, recordCount, firstSeenAt];
  const before = [row["last_seen"], row["records"], row["first_seen"]];
  if (now.every((value, at) => value === Number(before[at]))) return true;
  statements.setActivity.run(...now, Number(row["number"]));
  return true;
}
