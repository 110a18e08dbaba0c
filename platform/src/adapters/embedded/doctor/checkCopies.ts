import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { sourceKinds } from "../../../model/source.ts";
import { accessFormat } from "../accessStore.ts";
import { formatVersion as searchFormat } from "../search/file.ts";
import type { StateFacts } from "./checkState.ts";
import { fromBackup, removeAndStart, type Report } from "./report.ts";
import { integrityFaults } from "./sqliteIntegrity.ts";

/** The search index: whole in itself, no further than the state, and with the customers that it says it has. */
export function checkSearch(file: string, state: StateFacts | null, report: Report): void {
  if (!existsSync(file)) return report.checked("there is none; the next start makes it");
  const todo = removeAndStart("search.sqlite");
  const find = (what: string): void => report.find("derived", { where: "search.sqlite", what, todo });
  reading(file, find, (database) => {
    if (!hasFormat(database, searchFormat, find)) return;
    for (const fault of integrityFaults(database)) find(fault);
    const row = database
      .prepare(
        `SELECT feed, feed_version AS version, copied, profiles, (SELECT count(*) FROM entries) AS entries,
        (SELECT count(*) FROM facts) AS facts, (SELECT count(*) FROM entries WHERE NOT json_valid(entry)) AS unreadable
        FROM progress`,
      )
      .get();
    const { feed, version, copied, profiles, entries, facts, unreadable } = row ?? {};
    if (Number(unreadable) > 0) find(`${String(unreadable)} entries cannot be read`);
    if (entries !== facts || entries !== profiles) {
      find(`it counts ${String(profiles)} customers, and has ${String(entries)} entries and ${String(facts)} facts`);
    }
    const isOfState = state !== null && feed === state.feed && copied === null;
    if (isOfState && Number(version) > state.feedVersion) find("it is further than the state that it follows");
    const isUpToDate = isOfState && Number(version) === state.feedVersion;
    if (isUpToDate && Number(entries) !== state.persons) {
      find(`it has ${String(entries)} customers, and the state ${state.persons}`);
    }
    report.checked(
      `${String(entries)} customers${isUpToDate ? "" : "; it is behind the state, and follows once it runs"}`,
    );
  });
}

/** Sources and tokens: nothing can make them again. Hashes, ids and kinds have their form. */
export function checkAccess(file: string, report: Report): void {
  const todo = `${fromBackup}, or make sources and tokens anew, with the same ids`;
  const find = (what: string): void => report.find("data", { where: "access.sqlite", what, todo });
  if (!existsSync(file)) {
    find("it is missing");
    return report.checked("there is none");
  }
  reading(file, find, (database) => {
    if (!hasFormat(database, accessFormat, find)) return;
    for (const fault of integrityFaults(database)) find(fault);
    const isHash = "length(%) = 64 AND % NOT GLOB '*[^0-9a-f]*'";
    const kinds = sourceKinds.map((kind) => `'${kind}'`).join(", ");
    const sources = countsOf(
      database,
      `SELECT count(*) AS rows, count(*) FILTER (WHERE ${isHash.replaceAll("%", "key_hash")} AND kind IN (${kinds})
      AND enabled IN (0, 1) AND id GLOB '[a-z]*' AND id NOT GLOB '*[^a-z0-9_-]*') AS good FROM sources`,
    );
    const tokens = countsOf(
      database,
      `SELECT count(*) AS rows, count(*) FILTER (WHERE ${isHash.replaceAll("%", "hash")} AND id GLOB 't_*') AS good
      FROM tokens`,
    );
    if (sources.good < sources.rows) find(`${sources.rows - sources.good} sources cannot be read`);
    if (tokens.good < tokens.rows) find(`${tokens.rows - tokens.good} tokens cannot be read`);
    report.checked(`${sources.rows} sources, ${tokens.rows} tokens`);
  });
}

function countsOf(database: DatabaseSync, sql: string): { rows: number; good: number } {
  const { rows, good } = database.prepare(sql).get() ?? {};
  return { rows: Number(rows), good: Number(good) };
}

export function hasFormat(database: DatabaseSync, known: number, find: (what: string) => void): boolean {
  const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (version === known) return true;
  find(`it has format ${version}, this program reads ${known}`);
  return false;
}

export function reading(file: string, find: (what: string) => void, work: (database: DatabaseSync) => void): void {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(file, { readOnly: true });
    work(database);
  } catch (error) {
    find(
      `it cannot be read${error instanceof Error && "errcode" in error ? ` (SQLite ${String(error.errcode)})` : ""}`,
    );
  } finally {
    database?.close();
  }
}
