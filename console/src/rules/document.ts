import { isObject, type JsonDocument } from "../parts/jsonDocument.ts";

/** A rules document as far as the form knows it; what it does not know stays as it is. */
export type RulesDocument = JsonDocument;

export interface NumberField {
  /** `hubThreshold`, `ruleRanks.alias`. */
  path: string;
  value: number;
}

export interface TypeRow {
  /** Null: types that are not named. */
  type: string | null;
  kind: string;
  rank: number;
  limit: number;
  bridges: boolean;
  /** Null: `crowdThreshold` holds. */
  crowd: number | null;
  blocked: Blocked | null;
}

export interface Blocked {
  values: string[];
  patterns: string[];
}

export type Parsed = { document: RulesDocument; problem: null } | { document: null; problem: string };

export function parseDocument(text: string): Parsed {
  try {
    const document: unknown = JSON.parse(text);
    if (isObject(document)) return { document, problem: null };
    return { document: null, problem: "{ … }" };
  } catch (error) {
    return { document: null, problem: error instanceof Error ? error.message : "" };
  }
}

/** Numbers of the document itself and of its groups that hold nothing else, in the document's order. */
export function numberFields(document: RulesDocument): NumberField[] {
  return Object.entries(document).flatMap(([name, value]): NumberField[] => {
    if (typeof value === "number") return [{ path: name, value }];
    if (!isNumbers(value)) return [];
    return Object.entries(value).map(([own, number]) => ({ path: `${name}.${own}`, value: number }));
  });
}

function isNumbers(value: unknown): value is Record<string, number> {
  return isObject(value) && Object.values(value).every((each) => typeof each === "number");
}

/** What the form has no field for. */
export function otherFields(document: RulesDocument): string[] {
  const shown = new Set([
    "types",
    "otherTypes",
    "blocked",
    ...numberFields(document).map(({ path }) => path.split(".")[0]),
  ]);
  return Object.keys(document).filter((name) => !shown.has(name));
}

/** Surest first, types that are not named among them. */
export function typeRows(document: RulesDocument): TypeRow[] {
  const named = isObject(document["types"]) ? Object.entries(document["types"]) : [];
  const all: [string | null, unknown][] = [...named, [null, document["otherTypes"]]];
  const rows = all.flatMap(([type, value]): TypeRow[] => {
    if (!isObject(value)) return [];
    const { kind, rank, limit, bridges, crowd, blocked } = value;
    const numbers = { rank: numberOr0(rank), limit: numberOr0(limit), crowd: typeof crowd === "number" ? crowd : null };
    return [{ type, kind: String(kind), ...numbers, bridges: bridges === true, blocked: blockedIn(blocked) }];
  });
  return rows.sort((one, other) => other.rank - one.rank || (String(one.type) < String(other.type) ? -1 : 1));
}

function numberOr0(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

export function blockedIn(value: unknown): Blocked | null {
  if (!isObject(value)) return null;
  return { values: texts(value["values"]), patterns: texts(value["patterns"]) };
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

/** Where a type's rules stand. */
export function pathOfType(type: string | null): string[] {
  return type === null ? ["otherTypes"] : ["types", type];
}
