import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Corrections } from "../../../storage/corrections.ts";
import type { StoredCorrection } from "../../../storage/identityAndProfiles.ts";
import { correctionRow, rowsFor, type Row } from "./rows.ts";

export function correctionsOver(database: DatabaseSync): Corrections {
  const statements = correctionStatements(database);
  const ends = correctionEnds(database);
  return {
    latest: async ({ before, limit, verdict, by }) =>
      (statements.latest.all(before ?? Number.MAX_SAFE_INTEGER, verdict, verdict, by, by, limit) as Row[]).map(
        correctionRow,
      ),
    byId: async (id) => {
      const row = statements.byId.get(id);
      return row === undefined ? null : correctionRow(row);
    },
    of: async (keys) => correctionsOf(ends, keys),
  };
}

export function correctionStatements(database: DatabaseSync) {
  return {
    latest: database.prepare(`SELECT * FROM corrections WHERE position < ? AND (? IS NULL OR verdict = ?)
      AND (? IS NULL OR said_by = ?) ORDER BY position DESC LIMIT ?`),
    byId: database.prepare("SELECT * FROM corrections WHERE id = ?"),
  };
}

export function correctionEnds(database: DatabaseSync) {
  return {
    correctionsFrom: database.prepare("SELECT * FROM corrections WHERE a = ?"),
    correctionsTo: database.prepare("SELECT * FROM corrections WHERE b = ?"),
  };
}

/** With either end among the keys, each once. */
export function correctionsOf(
  { correctionsFrom, correctionsTo }: { correctionsFrom: StatementSync; correctionsTo: StatementSync },
  keys: Iterable<string>,
): StoredCorrection[] {
  const listed = [...keys];
  const found = [...rowsFor(correctionsFrom, listed), ...rowsFor(correctionsTo, listed)].map(correctionRow);
  return [...new Map(found.map((correction) => [correction.id, correction])).values()];
}
