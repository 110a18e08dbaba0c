import type { DatabaseSync, StatementSync } from "node:sqlite";
import { rowsFor, text } from "./rows.ts";

export function crossingStatements(database: DatabaseSync) {
  return {
    anyCrossing: database.prepare("SELECT 1 FROM crossings WHERE identifier > '' LIMIT 1"),
    crossedPerson: database.prepare(`SELECT 1 FROM identifiers i JOIN crossings c ON c.identifier = i.id
      WHERE i.person = ? UNION ALL SELECT 1 FROM fragments f JOIN crossings c ON c.fragment = f.id
      WHERE f.person = ? AND f.person <> 0 LIMIT 1`),
    crossingsOf: database.prepare("SELECT fragment FROM crossings WHERE identifier = ?"),
  };
}

/** Fragments of other evidence components that hold one of the identifiers, which are given by their potential profile ids. */
export function crossingFragments(
  { anyCrossing, crossingsOf }: { anyCrossing: StatementSync; crossingsOf: StatementSync },
  identifierIds: readonly string[],
): Set<string> {
  // Nearly always there are none at all.
  if (anyCrossing.get() === undefined) return new Set();
  return new Set(rowsFor(crossingsOf, identifierIds).map((row) => text(row, "fragment")));
}
