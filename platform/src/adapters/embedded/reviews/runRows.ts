import type { DatabaseSync } from "node:sqlite";
import type { LinkedRun } from "../../../storage/corrections.ts";
import type { KeptModel, LinkageRun, Reviews } from "../../../storage/reviews.ts";
import { type Row, runOf } from "./reviewRows.ts";

/** Older ones go. */
const maxKeptModels = 20;

/** What was learned and how the runs went. A run that a stop of the process cut short has failed. */
export function runRecords(database: DatabaseSync): Pick<Reviews, "keepModel" | "model" | "putRun" | "run" | "runs"> {
  const put = database.prepare("INSERT OR REPLACE INTO runs VALUES (?, ?, ?)");
  const runs = database.prepare("SELECT * FROM runs WHERE started_at < ? ORDER BY started_at DESC, id LIMIT ?");
  const runById = database.prepare("SELECT * FROM runs WHERE id = ?");
  const addModel = database.prepare("INSERT INTO models (run, made_at, document) VALUES (?, ?, ?)");
  const dropModels = database.prepare("DELETE FROM models WHERE version <= ?");
  const latest = database.prepare("SELECT * FROM models ORDER BY version DESC LIMIT 1");
  const byVersion = database.prepare("SELECT * FROM models WHERE version = ?");
  for (const row of runs.all(Number.MAX_SAFE_INTEGER, 10) as Row[]) {
    const run = runOf(row);
    if (run.state !== "running") continue;
    const ended = { state: "failed" as const, error: "The platform stopped while it ran.", endedAt: run.startedAt };
    put.run(run.id, run.startedAt, JSON.stringify({ ...run, ...ended }));
  }
  return {
    putRun: async (run) => {
      put.run(run.id, run.startedAt, JSON.stringify(run));
    },
    run: async (id) => {
      const row = runById.get(id);
      return row === undefined ? null : runOf(row);
    },
    runs: async ({ before, limit }) => (runs.all(before ?? Number.MAX_SAFE_INTEGER, limit) as Row[]).map(runOf),
    keepModel: async ({ run, madeAt, document }) => {
      const version = Number(addModel.run(run, madeAt, document).lastInsertRowid);
      dropModels.run(version - maxKeptModels);
      return version;
    },
    model: async (version) => {
      const row = version === null ? latest.get() : byVersion.get(version);
      return row === undefined ? null : modelOf(row);
    },
  };
}

/** Of a run whose own record is lost, what its links tell: by it they can be listed and withdrawn. */
export function rememberedRun(
  { run, links, firstAt, lastAt, leastProbability }: LinkedRun,
  reviewFrom: number,
): LinkageRun {
  return {
    id: run,
    state: "done",
    startedAt: firstAt,
    endedAt: lastAt,
    by: "unknown",
    automaticFrom: leastProbability,
    reviewFrom,
    stage: "offering",
    part: 1,
    records: 0,
    comparedPairs: 0,
    offered: 0,
    linked: links,
    model: null,
    error: "The record of this linkage is lost; its links are known from the log.",
  };
}

function modelOf(row: Row): KeptModel {
  const [version, madeAt] = [Number(row["version"]), Number(row["made_at"])];
  return { version, run: String(row["run"]), madeAt, document: String(row["document"]) };
}
