import type { DatabaseSync } from "node:sqlite";
import type { CallType } from "../../../model/event.ts";
import {
  type BatchViolation,
  latestSamples,
  maxViolationsTold,
  withoutViolationNames,
  type ViolationCount,
  type ViolationKind,
  violationsGathered,
} from "../../../model/trackingPlan.ts";
import type { KeptViolation, PlanViolations, ViolationOrder } from "../../../storage/planViolations.ts";
import { int, json, text, type Row } from "./rows.ts";

export interface PlanViolationRows {
  /** Inside the caller's transaction. */
  write(violations: readonly BatchViolation[]): void;
  /** Only the file knows what stands. */
  forget(): void;
}

export function planViolationRows(database: DatabaseSync): PlanViolationRows {
  const find = database.prepare(`SELECT number, samples FROM plan_violations
    WHERE source = ? AND version = ? AND type = ? AND event = ? AND path = ? AND kind = ?`);
  const told = database.prepare("SELECT count(*) AS told FROM plan_violations WHERE source = ? AND version = ?");
  const add = database.prepare(`INSERT INTO plan_violations
    (source, version, type, event, path, kind, count, first_at, last_at, samples) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const raise = database.prepare(`UPDATE plan_violations SET count = count + ?, first_at = min(first_at, ?),
    last_at = max(last_at, ?), samples = ? WHERE number = ?`);
  /** Versions of which no more are told one by one. */
  const full = new Set<string>();
  const rowOf = (one: BatchViolation): Row | undefined => {
    const { source, version, type, event, path, kind } = one;
    return find.get(source, version, type, event, path, kind);
  };
  const isFull = ({ source, version }: BatchViolation): boolean => {
    const key = `${source} ${version}`;
    if (full.has(key)) return true;
    if (int(told.get(source, version) as Row, "told") < maxViolationsTold) return false;
    full.add(key);
    return true;
  };
  const put = (one: BatchViolation, row: Row | undefined): void => {
    const { source, version, type, event, path, kind, positions, firstAt, lastAt } = one;
    if (row === undefined) {
      const samples = JSON.stringify(one.samples);
      add.run(source, version, type, event, path, kind, positions.size, firstAt, lastAt, samples);
      return;
    }
    const samples = JSON.stringify(latestSamples(samplesIn(row), one.samples));
    raise.run(positions.size, firstAt, lastAt, samples, int(row, "number"));
  };
  return {
    write: (violations) => {
      const unnamed: BatchViolation[] = [];
      for (const one of violations) {
        const row = rowOf(one);
        if (row === undefined && isFull(one)) unnamed.push(withoutViolationNames(one));
        else put(one, row);
      }
      // A call that broke it in several ways of one kind counts once.
      for (const one of violationsGathered(unnamed)) put(one, rowOf(one));
    },
    forget: () => full.clear(),
  };
}

const orders: Readonly<Record<ViolationOrder, string>> = {
  newest: "last_at DESC, number",
  frequent: "count DESC, number",
};
const after: Readonly<Record<ViolationOrder, string>> = {
  newest: "(last_at < ?2 OR (last_at = ?2 AND number > ?3))",
  frequent: "(count < ?2 OR (count = ?2 AND number > ?3))",
};

export function planViolationsOver(database: DatabaseSync): PlanViolations {
  const list = (order: ViolationOrder) =>
    database.prepare(`SELECT * FROM plan_violations WHERE source = ?1 AND ${after[order]}
      AND (?4 IS NULL OR version = ?4) ORDER BY ${orders[order]} LIMIT ?5`);
  const statements = { newest: list("newest"), frequent: list("frequent") };
  return {
    list: async ({ source, version, order, after: last, limit }) => {
      const from = order === "newest" ? last?.lastAt : last?.count;
      const rows = statements[order].all(
        source,
        from ?? Number.MAX_SAFE_INTEGER,
        last?.number ?? Number.MAX_SAFE_INTEGER,
        version,
        limit,
      );
      return rows.map(violationOf);
    },
  };
}

function violationOf(row: Row): KeptViolation {
  return {
    number: int(row, "number"),
    source: text(row, "source"),
    version: int(row, "version"),
    type: text(row, "type") as CallType,
    event: text(row, "event"),
    path: text(row, "path"),
    kind: text(row, "kind") as ViolationKind,
    count: int(row, "count"),
    firstAt: int(row, "first_at"),
    lastAt: int(row, "last_at"),
    samples: samplesIn(row),
  };
}

function samplesIn(row: Row): ViolationCount["samples"] {
  return json(row, "samples") as ViolationCount["samples"];
}
