import type { DatabaseSync, StatementSync } from "node:sqlite";
import { isCorrection, type Statement } from "../../../model/correction.ts";
import type { Corrections, LinkedRun, Links } from "../../../storage/corrections.ts";
import type { StoredLink, StoredStatement } from "../../../storage/identityAndProfiles.ts";
import { correctionRow, int, rowsFor, text, type Row } from "./rows.ts";

export function correctionsOver(database: DatabaseSync): Corrections {
  const statements = correctionStatements(database);
  const ends = correctionEnds(database);
  return {
    latest: async ({ before, limit, verdict, by }) =>
      said(statements.latest.all(before ?? Number.MAX_SAFE_INTEGER, verdict, verdict, by, by, limit) as Row[]).filter(
        isCorrection,
      ),
    byId: async (id) => said(statements.byId.all(id) as Row[]).find(isCorrection) ?? null,
    of: async (keys) => correctionsOf(ends, keys).filter(isCorrection),
  };
}

export function linksOver(database: DatabaseSync): Links {
  const ofRun = database.prepare(`SELECT * FROM corrections WHERE said_by = ? AND verdict = 'probable' AND position > ?
    ORDER BY position LIMIT ?`);
  const { byId } = correctionStatements(database);
  const ends = correctionEnds(database);
  return {
    ofRun: async (run, { after, limit }) => said(ofRun.all(run, after, limit) as Row[]).filter(isLink),
    byId: async (id) => said(byId.all(id) as Row[]).find(isLink) ?? null,
    of: async (keys) => correctionsOf(ends, keys).filter(isLink),
  };
}

/** Runs of linkages that linked anybody, the first first. */
export function linkedRuns(database: DatabaseSync): LinkedRun[] {
  const rows = database
    .prepare(
      `SELECT said_by AS run, count(*) AS links, min(received_at) AS first, max(received_at) AS last,
       min(confidence) AS least FROM corrections WHERE verdict = 'probable' GROUP BY said_by ORDER BY first`,
    )
    .all();
  return (rows as Row[]).map((row) => ({
    run: text(row, "run"),
    links: int(row, "links"),
    firstAt: int(row, "first"),
    lastAt: int(row, "last"),
    leastProbability: Number(row["least"] ?? 0),
  }));
}

export function correctionStatements(database: DatabaseSync) {
  return {
    latest: database.prepare(`SELECT * FROM corrections WHERE position < ? AND confidence IS NULL
      AND verdict <> 'unlinked' AND (? IS NULL OR verdict = ?) AND (? IS NULL OR said_by = ?)
      ORDER BY position DESC LIMIT ?`),
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
): StoredStatement[] {
  const listed = [...keys];
  const found = said([...rowsFor(correctionsFrom, listed), ...rowsFor(correctionsTo, listed)]);
  return [...new Map(found.map((correction) => [correction.id, correction])).values()];
}

function said(rows: readonly Row[]): StoredStatement[] {
  return rows.map(correctionRow);
}

function isLink(statement: StoredStatement): statement is StoredLink {
  return !isCorrection<Statement>(statement);
}
