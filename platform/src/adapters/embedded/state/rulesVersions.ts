import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { JsonObject } from "../../../model/event.ts";
import type { Position } from "../../../model/position.ts";
import type { StoredRules } from "../../../storage/identityAndProfiles.ts";
import type { RulesVersions } from "../../../storage/rulesVersions.ts";
import { int, json, text, type Row } from "./rows.ts";

export function rulesVersionsOver(database: DatabaseSync): RulesVersions {
  const statements = rulesStatements(database);
  return {
    current: async () => currentRules(statements),
    byNumber: async (number) => {
      const row = statements.rulesOfNumber.get(number);
      return row === undefined ? null : rulesRow(row);
    },
    latest: async ({ below, limit }) =>
      (statements.latestRules.all(below ?? Number.MAX_SAFE_INTEGER, limit) as Row[]).map(rulesRow),
  };
}

export function rulesStatements(database: DatabaseSync) {
  return {
    latestRules: database.prepare("SELECT * FROM rules_versions WHERE number < ? ORDER BY number DESC LIMIT ?"),
    latestRulesId: database.prepare("SELECT id FROM rules_versions WHERE number < ? ORDER BY number DESC LIMIT 1"),
    rulesOfNumber: database.prepare("SELECT * FROM rules_versions WHERE number = ?"),
  };
}

interface CurrentStatements {
  latestRules: StatementSync;
  latestRulesId: StatementSync;
}

/** What was read last by each connection: versions never change, and explanations ask for the one that holds each time. */
const read = new WeakMap<StatementSync, StoredRules>();

export function currentRules({ latestRules, latestRulesId }: CurrentStatements): StoredRules | null {
  const row = latestRulesId.get(Number.MAX_SAFE_INTEGER);
  if (row === undefined) return null;
  const known = read.get(latestRules);
  if (known?.id === text(row, "id")) return known;
  const current = rulesRow(latestRules.get(Number.MAX_SAFE_INTEGER, 1) as Row);
  read.set(latestRules, current);
  return current;
}

/** Those that hold at the moment of asking; null while none were published. */
export function rulesNow(database: DatabaseSync): () => StoredRules | null {
  const statements = rulesStatements(database);
  return () => currentRules(statements);
}

/** Those that held for the record at a position, and the first position for which they do not any more, null for none. */
export function rulesHistory(
  database: DatabaseSync,
): (position: Position) => { rules: StoredRules | null; until: Position | null } {
  // A batch asks once, and a platform has a few versions.
  const before = database.prepare("SELECT * FROM rules_versions WHERE position < ? ORDER BY number DESC LIMIT 1");
  const next = database.prepare("SELECT min(position) AS next FROM rules_versions WHERE position >= ?");
  return (position) => {
    const row = before.get(position);
    const until = next.get(position)?.["next"];
    return { rules: row === undefined ? null : rulesRow(row), until: typeof until === "number" ? until + 1 : null };
  };
}

function rulesRow(row: Row): StoredRules {
  return {
    position: int(row, "position"),
    id: text(row, "id"),
    number: int(row, "number"),
    hash: text(row, "hash"),
    document: json(row, "document") as JsonObject,
    by: text(row, "said_by"),
    reason: text(row, "reason"),
    receivedAt: int(row, "received_at"),
  };
}
