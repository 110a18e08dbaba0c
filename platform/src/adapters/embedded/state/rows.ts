import type { SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";
import type { LinkVerdict, Verdict } from "../../../model/correction.ts";
import type { ExplicitEdge, NodeDecision } from "../../../model/evidence.ts";
import type { FragmentState, SourceSpan } from "../../../model/fragment.ts";
import type {
  FragmentEvidence,
  IdentifierRow,
  PersonRow,
  StoredStatement,
} from "../../../storage/identityAndProfiles.ts";

export type Row = Record<string, SQLOutputValue>;

export function text(row: Row, column: string): string {
  return row[column] as string;
}
export function int(row: Row, column: string): number {
  return row[column] as number;
}
/**
 * What this program wrote is no longer there to be read. Its `code` says that the file is to blame, and not the event
 * that was being folded: that one must wait, and not be refused.
 */
export class StateDamage extends Error {
  readonly code = "state_damaged";
  constructor() {
    super("a row of the state file cannot be read; stop the platform and fold the log again with: c360 rebuild");
  }
}

/** What this program wrote as JSON; the caller names the shape that the column holds. Throws {@link StateDamage}. */
export function json(row: Row, column: string): unknown {
  return parsed(row[column]);
}

function parsed(written: unknown): unknown {
  try {
    return JSON.parse(written as string);
  } catch {
    throw new StateDamage();
  }
}

/** Identifier keys hold no control characters, so a line feed parts them. */
export function splitKeys(joined: string): string[] {
  return joined === "" ? [] : joined.split("\n");
}

/** Spans are rewritten with every event: arrays are a third of the size of objects. */
export function encodeSpans(spans: Record<string, SourceSpan>): string {
  const sources = Object.keys(spans);
  if (sources.length > 1) sources.sort();
  const parts = sources.map((source) => {
    const span = spans[source] as SourceSpan;
    return [source, span.count, span.firstAt, span.firstMessageId, span.lastAt];
  });
  return JSON.stringify(parts);
}
export function decodeSpans(encoded: string): Record<string, SourceSpan> {
  const spans = Object.create(null) as Record<string, SourceSpan>;
  for (const part of parsed(encoded) as [string, number, number, string, number][]) {
    spans[part[0]] = { count: part[1], firstAt: part[2], firstMessageId: part[3], lastAt: part[4] };
  }
  return spans;
}

/** One prepared statement, once for each value: a get is a few microseconds, and a list of any length needs no new SQL. */
export function rowsFor(statement: StatementSync, values: Iterable<SQLInputValue>): Row[] {
  const rows: Row[] = [];
  for (const value of values) for (const row of statement.all(value)) rows.push(row);
  return rows;
}

export function identifierRow(row: Row): IdentifierRow {
  return {
    key: text(row, "key"),
    person: int(row, "person"),
    decision: text(row, "decision") as NodeDecision,
    seenWith: splitKeys(text(row, "seen_with")),
    firstAt: int(row, "first_at"),
  };
}
export function personRow(row: Row): PersonRow {
  return { person: int(row, "person"), component: int(row, "component"), profileId: text(row, "profile_id") };
}
export function edgeRow(row: Row): ExplicitEdge {
  return {
    a: text(row, "a"),
    b: text(row, "b"),
    rule: "alias",
    source: text(row, "source"),
    firstAt: int(row, "first_at"),
    firstMessageId: text(row, "first_message_id"),
    lastAt: int(row, "last_at"),
    count: int(row, "count"),
    confidence: int(row, "confidence"),
  };
}
export function correctionRow(row: Row): StoredStatement {
  const confidence = row["confidence"];
  return {
    position: int(row, "position"),
    id: text(row, "id"),
    verdict: text(row, "verdict") as Verdict | LinkVerdict,
    a: text(row, "a"),
    b: text(row, "b"),
    by: text(row, "said_by"),
    reason: text(row, "reason"),
    receivedAt: int(row, "received_at"),
    ...(typeof confidence === "number" ? { confidence } : {}),
  };
}
/** What of a fragment's row is there only where it is said. */
export function toldOf(row: Row): Pick<FragmentState, "tenant" | "logouts"> {
  const [tenant, logouts] = [text(row, "tenant"), int(row, "logouts")];
  return { ...(tenant === "" ? {} : { tenant }), ...(logouts === 0 ? {} : { logouts }) };
}
export function evidenceRow(row: Row): FragmentEvidence {
  return {
    id: text(row, "id"),
    person: int(row, "person"),
    identifiers: splitKeys(text(row, "identifiers")),
    spans: decodeSpans(text(row, "spans")),
    ...toldOf(row),
  };
}
/** Of a row that has its details beside it; null where it has none. */
export function fragmentState(row: Row): FragmentState {
  const hasDetail = row["traits"] !== null;
  return {
    id: text(row, "id"),
    identifiers: splitKeys(text(row, "identifiers")),
    spans: decodeSpans(text(row, "spans")),
    traits: hasDetail ? (json(row, "traits") as FragmentState["traits"]) : {},
    consents: hasDetail ? (json(row, "consents") as FragmentState["consents"]) : {},
    ...toldOf(row),
  };
}
