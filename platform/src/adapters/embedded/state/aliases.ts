import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { ExplicitEdge } from "../../../model/evidence.ts";
import type { IdentifierKey } from "../../../model/identifier.ts";
import { edgeRow, type Row } from "./rows.ts";

export function aliasEnds(database: DatabaseSync) {
  return {
    edgesFrom: database.prepare("SELECT * FROM edges WHERE a = ? LIMIT ?"),
    edgesTo: database.prepare("SELECT * FROM edges WHERE b = ? LIMIT ?"),
  };
}

/** With either end among the keys, each once: of each key and end at most `most`. */
export function edgesOf(
  { edgesFrom, edgesTo }: { edgesFrom: StatementSync; edgesTo: StatementSync },
  keys: Iterable<IdentifierKey>,
  most: number,
): ExplicitEdge[] {
  const found = new Map<string, ExplicitEdge>();
  for (const key of keys) {
    for (const statement of [edgesFrom, edgesTo]) {
      for (const row of statement.all(key, most) as Row[]) {
        const edge = edgeRow(row);
        found.set(`${edge.a}\n${edge.b}\n${edge.source}`, edge);
      }
    }
  }
  return [...found.values()];
}
