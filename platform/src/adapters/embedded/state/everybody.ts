import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Combination, Everybody, Page, PairKey, StatedKey } from "../../../storage/everybody.ts";
import { evidenceRow, identifierRow, int, splitKeys, text, toldOf, type Row } from "./rows.ts";

export type EvidenceReads = Pick<
  Everybody,
  "identifiers" | "edges" | "corrections" | "persons" | "components" | "rules"
>;

/** In one transaction from now to `close`, on a connection of its own; `reads` are those of the deciding store, on it. */
export function everybodyOver(database: DatabaseSync, reads: (stated: StatedKeys) => EvidenceReads): Everybody {
  const statements = everybodyStatements(database);
  database.exec("BEGIN");
  // A transaction begins with its first read.
  const nextNumber = int(statements.head.get() as Row, "next_number");
  return {
    ...reads({ aliased: among(statements.aliased), corrected: among(statements.corrected) }),
    nextNumber: async () => nextNumber,
    joiningNobody: async (after, limit) => pageOf(statements.joiningNobody, after, limit, identifierRow),
    combinations: async (after, limit) => pageOf(statements.combinations, after, limit, combination),
    nobodysCombinations: async (after, limit) => pageOf(statements.nobodysCombinations, after, limit, combination),
    fragmentsOf: async (ids) =>
      ids.flatMap((id) => {
        const row = statements.fragment.get(id);
        return row === undefined ? [] : [evidenceRow(row)];
      }),
    crossings: async (after, limit) => {
      const rows = statements.crossings.all(...(after ?? ["", ""]), limit) as Row[];
      const last = rows.length < limit ? undefined : rows.at(-1);
      return {
        rows: rows.map((row) => [int(row, "of_identifier"), int(row, "of_fragment")] as const),
        next: last === undefined ? null : pairKey(last, "identifier", "fragment"),
      };
    },
    statedPairs: async (after, limit) => statedPairs(statements, after, limit),
    componentNumbers: async (after, limit) =>
      (statements.components.all(after, limit) as Row[]).map((row) => int(row, "component")),
    counts: async () => {
      const row = statements.counts.get() as Row;
      return { persons: int(row, "persons"), combinations: int(row, "combinations") };
    },
    close: async () => database.close(),
  };
}

/** Of some identifiers, those of which anything was said: most often none, and everybody is asked about. */
export interface StatedKeys {
  aliased(keys: readonly string[]): readonly string[];
  corrected(keys: readonly string[]): readonly string[];
}

/** Names that are held in memory, some hundred bytes each; where there are more, each identifier is looked up. */
const maxHeldKeys = 200_000;

function among(statement: StatementSync): (keys: readonly string[]) => readonly string[] {
  const rows = statement.all(maxHeldKeys + 1) as Row[];
  if (rows.length > maxHeldKeys) return (keys) => keys;
  const held = new Set(rows.map((row) => text(row, "key")));
  return held.size === 0 ? () => [] : (keys) => keys.filter((key) => held.has(key));
}

function everybodyStatements(database: DatabaseSync) {
  return {
    head: database.prepare("SELECT next_number FROM head"),
    joiningNobody: database.prepare(
      "SELECT * FROM identifiers WHERE number > ? AND decision <> 'ordinary' ORDER BY number LIMIT ?",
    ),
    combinations: database.prepare(
      "SELECT number, id, person, identifiers, logouts, tenant FROM fragments WHERE number > ? AND identifiers <> '' ORDER BY number LIMIT ?",
    ),
    nobodysCombinations: database.prepare(`SELECT number, id, person, identifiers, logouts, tenant FROM fragments
      WHERE number > ? AND person = 0 AND identifiers <> '' ORDER BY number LIMIT ?`),
    fragment: database.prepare("SELECT id, person, identifiers, spans, logouts, tenant FROM fragments WHERE id = ?"),
    crossings: database.prepare(`SELECT c.identifier, c.fragment, i.person AS of_identifier, f.person AS of_fragment
      FROM crossings c JOIN identifiers i ON i.id = c.identifier JOIN fragments f ON f.id = c.fragment
      WHERE (c.identifier, c.fragment) > (?, ?) AND i.decision = 'ordinary' ORDER BY c.identifier, c.fragment LIMIT ?`),
    aliases: database.prepare("SELECT DISTINCT a, b FROM edges WHERE (a, b) > (?, ?) ORDER BY a, b LIMIT ?"),
    joined: database.prepare(`SELECT position, a, b FROM corrections
      WHERE position > ? AND verdict IN ('same', 'probable') ORDER BY position LIMIT ?`),
    components: database.prepare(
      "SELECT DISTINCT component FROM persons WHERE component > ? ORDER BY component LIMIT ?",
    ),
    aliased: database.prepare("SELECT a AS key FROM edges UNION SELECT b FROM edges LIMIT ?"),
    corrected: database.prepare("SELECT a AS key FROM corrections UNION SELECT b FROM corrections LIMIT ?"),
    counts: database.prepare(
      "SELECT (SELECT count(*) FROM persons) AS persons, (SELECT count(*) FROM fragments) AS combinations",
    ),
  };
}

function pageOf<Of>(
  statement: StatementSync,
  after: number,
  limit: number,
  read: (row: Row) => Of,
  number = "number",
): Page<Of> {
  const rows = statement.all(after, limit) as Row[];
  const last = rows.at(-1);
  return { rows: rows.map(read), next: last === undefined || rows.length < limit ? null : int(last, number) };
}

function combination(row: Row): Combination {
  const [id, person, identifiers] = [text(row, "id"), int(row, "person"), splitKeys(text(row, "identifiers"))];
  return { id, person, identifiers, ...toldOf(row) };
}

function pairKey(row: Row, one: string, other: string): PairKey {
  return [text(row, one), text(row, other)];
}

function statedPairs(
  { aliases, joined }: ReturnType<typeof everybodyStatements>,
  after: StatedKey | null,
  limit: number,
): Page<PairKey, StatedKey> {
  if (typeof after === "number") {
    return pageOf(joined, after, limit, (row) => pairKey(row, "a", "b"), "position");
  }
  const rows = (aliases.all(...(after ?? ["", ""]), limit) as Row[]).map((row) => pairKey(row, "a", "b"));
  // Positions begin with 0.
  return { rows, next: rows.length < limit ? -1 : (rows.at(-1) ?? -1) };
}
