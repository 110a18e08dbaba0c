import type { DatabaseSync } from "node:sqlite";
import type { JsonObject } from "../../model/event.ts";
import { Problem } from "../../model/problem.ts";
import type { TrackingPlanVersion } from "../../model/trackingPlan.ts";
import type { NewTrackingPlan, TrackingPlans } from "../../storage/trackingPlans.ts";

export const trackingPlansSchema = `
CREATE TABLE IF NOT EXISTS tracking_plans (
  source TEXT NOT NULL, number INTEGER NOT NULL, document TEXT, said_by TEXT NOT NULL, reason TEXT,
  published_at INTEGER NOT NULL, PRIMARY KEY (source, number)) STRICT, WITHOUT ROWID;
`;

/** Over the file of sources. `known` throws Problem 404 `source_not_found`; `now` in UTC ms. */
export function trackingPlanRows(
  database: DatabaseSync,
  { known, now }: { known: (source: string) => unknown; now: () => number },
): TrackingPlans {
  const statements = {
    holding: database.prepare(`SELECT * FROM tracking_plans AS t WHERE number =
      (SELECT max(number) FROM tracking_plans WHERE source = t.source) ORDER BY source`),
    latest: database.prepare(
      "SELECT * FROM tracking_plans WHERE source = ? AND number < ? ORDER BY number DESC LIMIT ?",
    ),
    one: database.prepare("SELECT * FROM tracking_plans WHERE source = ? AND number = ?"),
    add: database.prepare("INSERT INTO tracking_plans VALUES (?, ?, ?, ?, ?, ?)"),
  };
  const latest = (source: string, below: number | null, limit: number): TrackingPlanVersion[] =>
    statements.latest.all(source, below ?? Number.MAX_SAFE_INTEGER, limit).map(versionOf);
  const current = (source: string): TrackingPlanVersion | null => latest(source, null, 1)[0] ?? null;
  return {
    holding: async () => statements.holding.all().map(versionOf),
    current: async (source) => current(source),
    version: async (source, number) => {
      const row = statements.one.get(source, number);
      return row === undefined ? null : versionOf(row);
    },
    latest: async (source, { below, limit }) => latest(source, below, limit),
    publish: async (wanted) => {
      known(wanted.source);
      const held = current(wanted.source);
      if ((held?.number ?? 0) !== wanted.basedOn) throw changedMeanwhile(wanted, held);
      const { basedOn, source, document, by, reason } = wanted;
      const [number, publishedAt] = [basedOn + 1, now()];
      const text = document === null ? null : JSON.stringify(document);
      statements.add.run(source, number, text, by, reason, publishedAt);
      return { source, number, document, by, reason, publishedAt };
    },
  };
}

type Row = Record<string, unknown>;

function versionOf(row: Row): TrackingPlanVersion {
  const document = row["document"] as string | null;
  return {
    source: row["source"] as string,
    number: row["number"] as number,
    document: document === null ? null : (JSON.parse(document) as JsonObject),
    by: row["said_by"] as string,
    reason: row["reason"] as string | null,
    publishedAt: row["published_at"] as number,
  };
}

function changedMeanwhile({ basedOn }: NewTrackingPlan, held: TrackingPlanVersion | null): Problem {
  const now = held === null ? "there is none yet" : `version ${held.number} holds. It came with the token ${held.by}`;
  const message = `Your plan is based on version ${basedOn}, but ${now}.`;
  return new Problem(409, "tracking_plan_changed_meanwhile", message, {
    hint: `Look at what holds, make your changes in it, and publish based on ${held?.number ?? 0}.`,
    field: "basedOn",
  });
}
