import type { DatabaseSync } from "node:sqlite";
import type { FragmentState } from "../../../model/fragment.ts";
import type { Position } from "../../../model/position.ts";
import type { IdentityAndProfiles, Kept, KeptDecision, LeftPart } from "../../../storage/identityAndProfiles.ts";
import { decodeSpans, encodeSpans, int, json, text, type Row } from "./rows.ts";

/** Since format 7. */
export const keptSchema = `
-- Records before kept_from are kept no longer: how many they were, and how many of them were no first delivery.
CREATE TABLE kept (
  one INTEGER PRIMARY KEY CHECK (one = 1), kept_from INTEGER NOT NULL, records INTEGER NOT NULL, exceptions INTEGER NOT NULL) STRICT;
INSERT INTO kept VALUES (1, 0, 0, 0);
-- Of fragments that hold a device, by number: what comes from such records.
CREATE TABLE left_parts (
  fragment INTEGER PRIMARY KEY, spans TEXT NOT NULL, logouts INTEGER NOT NULL, traits TEXT NOT NULL, consents TEXT NOT NULL) STRICT;
`;

export function keptReads(database: DatabaseSync): Pick<IdentityAndProfiles, "kept" | "leftParts" | "notProcessed"> {
  const now = keptNow(database);
  const left = database.prepare(
    "SELECT l.* FROM fragments f JOIN left_parts l ON l.fragment = f.number WHERE f.id = ?",
  );
  const exceptions = database.prepare(`SELECT position FROM duplicates WHERE position >= ?1 AND position < ?2
    UNION ALL SELECT position FROM rejected WHERE position >= ?1 AND position < ?2`);
  return {
    kept: async () => now(),
    leftParts: async (ids) => {
      const found = new Map<string, LeftPart>();
      for (const id of ids) {
        const row = left.get(id);
        if (row !== undefined) found.set(id, leftPart(id, row));
      }
      return found;
    },
    notProcessed: async (from, until) =>
      new Set((exceptions.all(from, until) as Row[]).map((row) => int(row, "position"))),
  };
}

/** Over any connection to the state file. */
export function keptNow(database: DatabaseSync): () => Kept {
  const statement = database.prepare("SELECT * FROM kept");
  return () => {
    const row = statement.get() as Row;
    return { from: int(row, "kept_from"), records: int(row, "records"), exceptions: int(row, "exceptions") };
  };
}

function leftPart(id: string, row: Row): LeftPart {
  return {
    id,
    spans: decodeSpans(text(row, "spans")),
    logouts: int(row, "logouts"),
    traits: json(row, "traits") as FragmentState["traits"],
    consents: json(row, "consents") as FragmentState["consents"],
  };
}

export interface KeptRows {
  /** Inside the caller's transaction. */
  write(kept: KeptDecision): void;
}

export function keptRows(database: DatabaseSync): KeptRows {
  const prepare = (sql: string) => database.prepare(sql);
  const statements = {
    advance: prepare("UPDATE kept SET kept_from = ?, records = records + ?, exceptions = exceptions + ?"),
    putPart: prepare("INSERT OR REPLACE INTO left_parts SELECT number, ?, ?, ?, ? FROM fragments WHERE id = ?"),
    // Refusals and what they have in common: a cause goes with its last one.
    uncount: prepare(`UPDATE causes SET count = causes.count - gone.count, open = causes.open - gone.open
      FROM (SELECT cause, count(*) AS count, sum(state = 0) AS open FROM rejected WHERE position < ? GROUP BY cause) gone
      WHERE gone.cause = number`),
    removeRejected: prepare("DELETE FROM rejected WHERE position < ?"),
    removeCauses: prepare("DELETE FROM causes WHERE last_position < ?"),
    removeDuplicates: prepare("DELETE FROM duplicates WHERE position < ?"),
    removeSeenAgain: prepare("DELETE FROM seen_again WHERE first < ?"),
    lastBatch: prepare("SELECT max(until) AS until, sum(processed) AS processed FROM batches WHERE until <= ?"),
    removeBatches: prepare("DELETE FROM batches WHERE until < ?"),
    setProcessed: prepare("UPDATE batches SET processed = ? WHERE until = ?"),
  };
  return {
    write: ({ until, records, left }) => {
      for (const { id, spans, logouts, traits, consents } of left) {
        statements.putPart.run(encodeSpans(spans), logouts, JSON.stringify(traits), JSON.stringify(consents), id);
      }
      const exceptions = forgetFates(statements, until);
      thinBatches(statements, until);
      statements.advance.run(until, records, exceptions);
    },
  };
}

type Statements = Record<
  | "uncount"
  | "removeRejected"
  | "removeCauses"
  | "removeDuplicates"
  | "removeSeenAgain"
  | "lastBatch"
  | "removeBatches"
  | "setProcessed",
  ReturnType<DatabaseSync["prepare"]>
>;

/** How many there were. */
function forgetFates(statements: Statements, until: Position): number {
  statements.uncount.run(until);
  const rejected = Number(statements.removeRejected.run(until).changes);
  if (rejected > 0) statements.removeCauses.run(until);
  const duplicates = Number(statements.removeDuplicates.run(until).changes);
  statements.removeSeenAgain.run(until);
  return rejected + duplicates;
}

/** When those records were decided is asked no more: one row stands for all of them. */
function thinBatches(statements: Statements, until: Position): void {
  const row = statements.lastBatch.get(until) as Row;
  if (row["until"] === null) return;
  const last = int(row, "until");
  statements.removeBatches.run(last);
  statements.setProcessed.run(int(row, "processed"), last);
}
