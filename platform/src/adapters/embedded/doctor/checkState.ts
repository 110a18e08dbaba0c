import { DatabaseSync } from "node:sqlite";
import { ordinalOf, segmentOf, type Position } from "../../../model/position.ts";
import { stateVersion } from "../state/schema.ts";
import type { LogFacts } from "./checkLog.ts";
import { fromBackup, rebuild, type Report } from "./report.ts";
import { codeOf, stateFaults } from "./stateRules.ts";

export interface StateFacts {
  readonly position: Position;
  /** Records before it are kept no longer: how many they were, and how many of them refused or repeated. */
  readonly keptFrom: Position;
  readonly goneRecords: number;
  readonly goneExceptions: number;
  readonly feed: string;
  readonly feedVersion: number;
  readonly persons: number;
}

/** What the state has decided; null, with a finding, where it cannot be read at all. */
export function openCheckedState(file: string, report: Report): { database: DatabaseSync; facts: StateFacts } | null {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(file, { readOnly: true });
    // One snapshot for all that is asked, whatever a running platform writes meanwhile.
    database.exec("PRAGMA busy_timeout = 10000; PRAGMA cache_size = -65536; BEGIN");
    const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
    if (version !== stateVersion) {
      const isNewer = version > stateVersion;
      report.find("derived", {
        where: "state.sqlite",
        what: `it has format ${version}, this program reads ${stateVersion}`,
        todo: isNewer
          ? `run the version that wrote it, or: ${rebuild}`
          : "start the platform, which makes it anew, or: c360 rebuild",
      });
      database.close();
      return null;
    }
    const facts = database
      .prepare(
        `SELECT position, kept_from, records, exceptions, (SELECT value FROM folded_with WHERE name = 'feed') AS feed, (SELECT count(*) FROM persons) AS
        persons, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'feed'), 0) AS version FROM head, kept`,
      )
      .get();
    const { kept_from: keptFrom, records: goneRecords, exceptions: goneExceptions } = facts ?? {};
    const gone = {
      keptFrom: Number(keptFrom),
      goneRecords: Number(goneRecords),
      goneExceptions: Number(goneExceptions),
    };
    const { position, feed, version: feedVersion, persons } = facts ?? {};
    if (typeof position !== "number") throw new Error("it has no head");
    return {
      database,
      facts: { position, ...gone, feed: String(feed), feedVersion: Number(feedVersion), persons: Number(persons) },
    };
  } catch (error) {
    if (database?.isOpen === true) database.close();
    report.find("derived", { where: "state.sqlite", what: `it cannot be read: ${codeOf(error)}`, todo: rebuild });
    return null;
  }
}

/** SQLite's own check, the rules between tables, and that the log has all that was decided. */
export function checkState(database: DatabaseSync, facts: StateFacts, log: LogFacts, report: Report): void {
  for (const what of stateFaults(database)) report.find("derived", { where: "state.sqlite", what, todo: rebuild });
  checkAgainstLog(database, facts, log, report);
  report.checked(`${facts.persons} persons, decided up to position ${facts.position}`);
}

function checkAgainstLog(database: DatabaseSync, facts: StateFacts, log: LogFacts, report: Report): void {
  const { position } = facts;
  const ended = segmentOf(position) === segmentOf(log.end) + 1 && ordinalOf(position) === 0;
  if (position > log.end && !ended) {
    report.find("data", {
      where: `log, position ${log.end}`,
      what: `the log ends before what the state has decided (${position}): records that were acknowledged are gone`,
      todo: fromBackup,
    });
    return;
  }
  const { records, stubs } = recordsBetween(log, facts.keptFrom, position);
  const { decided } =
    database
      .prepare(
        `SELECT (SELECT coalesce(sum(processed), 0) FROM batches) + (SELECT count(*) FROM rejected)
      + (SELECT count(*) FROM duplicates) AS decided`,
      )
      .get() ?? {};
  const counted = Number(decided) + facts.goneExceptions - facts.goneRecords;
  if (counted > records && log.isWhole) {
    report.find("data", {
      where: "log",
      what: `the state has decided ${counted} records, and the log has only ${records} of them`,
      todo: fromBackup,
    });
  } else if (counted < records - stubs && log.isWhole) {
    const what = `${records - stubs} records are decided, and only ${counted} have a fate`;
    report.find("derived", { where: "state.sqlite", what, todo: rebuild });
  }
  if (position < log.end) {
    report.find("harmless", {
      where: "state.sqlite",
      what: `it is behind the log: position ${position} of ${log.end}`,
      todo: "nothing: a running platform, or the next start, decides the rest",
    });
  }
}

/** Records that stand between two positions, and the stubs among them; of its own segment all stubs. */
function recordsBetween({ counts }: LogFacts, from: Position, until: Position): { records: number; stubs: number } {
  let records = 0;
  let stubs = 0;
  for (const [segment, count] of counts) {
    if (segment > segmentOf(until) || segment < segmentOf(from)) continue;
    records += segment === segmentOf(until) ? Math.min(count.records, ordinalOf(until)) : count.records;
    records -= segment === segmentOf(from) ? ordinalOf(from) : 0;
    stubs += count.stubs;
  }
  return { records, stubs };
}
