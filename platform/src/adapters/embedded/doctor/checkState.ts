import { DatabaseSync } from "node:sqlite";
import { ordinalOf, segmentOf, type Position } from "../../../model/position.ts";
import { stateVersion } from "../state/schema.ts";
import type { LogFacts } from "./checkLog.ts";
import { fromBackup, rebuild, type Report } from "./report.ts";
import { integrityFaults } from "./sqliteIntegrity.ts";

/** Each counts rows that break a rule; `sample` is one of them, by its number or keyed hash. */
const rules: readonly { what: string; sql: string }[] = [
  {
    what: "fragments belong to a person that is not there",
    sql: `SELECT count(*) AS broken, min(id) AS sample FROM fragments f WHERE person <> 0
      AND NOT EXISTS (SELECT 1 FROM persons p WHERE p.person = f.person)`,
  },
  {
    what: "identifiers belong to a person that is not there",
    sql: `SELECT count(*) AS broken, min(id) AS sample FROM identifiers i WHERE person <> 0
      AND NOT EXISTS (SELECT 1 FROM persons p WHERE p.person = i.person)`,
  },
  {
    what: "persons have no identifier",
    sql: `SELECT count(*) AS broken, min(person) AS sample FROM persons p
      WHERE NOT EXISTS (SELECT 1 FROM identifiers i WHERE i.person = p.person)`,
  },
  {
    what: "persons live under an id that none of their identifiers has",
    sql: `SELECT count(*) AS broken, min(profile_id) AS sample FROM persons p
      WHERE NOT EXISTS (SELECT 1 FROM identifiers i WHERE i.id = p.profile_id AND i.person = p.person)`,
  },
  {
    what: "details belong to a fragment that is not there",
    sql: `SELECT count(*) AS broken, min(id) AS sample FROM details d
      WHERE NOT EXISTS (SELECT 1 FROM fragments f WHERE f.id = d.id)`,
  },
  {
    what: "rows hold what cannot be read",
    sql: `SELECT count(*) AS broken, min(id) AS sample FROM (
      SELECT id FROM fragments WHERE NOT json_valid(spans)
      UNION ALL SELECT id FROM fragments WHERE seen GLOB '*[^-0-9a-z. ]*'
      UNION ALL SELECT fragment FROM sightings WHERE seen GLOB '*[^-0-9a-z. ]*'
      UNION ALL SELECT id FROM details WHERE NOT json_valid(traits) OR NOT json_valid(consents)
      UNION ALL SELECT key FROM orders WHERE NOT json_valid(state)
      UNION ALL SELECT message FROM rejected WHERE NOT json_valid(reason))`,
  },
  {
    what: "sightings belong to a fragment that is not there",
    sql: `SELECT count(*) AS broken, min(fragment) AS sample FROM sightings s
      WHERE NOT EXISTS (SELECT 1 FROM fragments f WHERE f.number = s.fragment)`,
  },
  {
    what: "devices are held by a combination that is not there",
    sql: `SELECT count(*) AS broken, min(base) AS sample FROM holdings h
      WHERE NOT EXISTS (SELECT 1 FROM fragments f WHERE f.id = h.base)
      AND NOT EXISTS (SELECT 1 FROM fragments f WHERE f.base = h.base AND f.tenant <> '')`,
  },
  {
    what: "fragments were given to somebody who had no such device",
    sql: `SELECT count(*) AS broken, min(id) AS sample FROM fragments f WHERE tenant <> ''
      AND NOT EXISTS (SELECT 1 FROM tenancies t WHERE t.device = f.device AND t.tenant = f.tenant)
      AND NOT EXISTS (SELECT 1 FROM left_parts l WHERE l.fragment = f.number)`,
  },
  {
    what: "events are counted of devices that nobody shares",
    sql: `SELECT count(*) AS broken, min(events) AS sample FROM device_tallies t
      WHERE NOT EXISTS (SELECT 1 FROM identifiers i WHERE i.key = t.device AND i.decision = 'shared')`,
  },
  {
    what: "numbers were given that are not counted as given",
    sql: `SELECT count(*) AS broken, min(person) AS sample FROM persons, head
      WHERE person >= next_number OR component >= next_number`,
  },
  {
    what: "changes are missing in the middle of the feed",
    sql: `SELECT max(0, coalesce(max(version) - min(version) + 1, 0) - count(*)) AS broken, min(version) AS sample FROM feed`,
  },
  {
    what: "repetitions are not counted with the message that they repeat",
    sql: `SELECT abs((SELECT coalesce(sum(count), 0) FROM seen_again) - count(*)) AS broken, min(position) AS sample
      FROM duplicates, kept WHERE first >= kept_from`,
  },
  {
    what: "causes do not count the calls that were refused for them",
    sql: `SELECT count(*) AS broken, min(id) AS sample FROM causes c WHERE
      (count, open) <> (SELECT count(*), coalesce(sum(state = 0), 0) FROM rejected r WHERE r.cause = c.number)`,
  },
  {
    what: "refused calls have a cause that is not there",
    sql: `SELECT count(*) AS broken, min(position) AS sample FROM rejected r
      WHERE NOT EXISTS (SELECT 1 FROM causes c WHERE c.number = r.cause)`,
  },
  {
    what: "fates are of records that are not decided yet",
    sql: `SELECT count(*) AS broken, min(at) AS sample FROM (SELECT position AS at FROM rejected
      UNION ALL SELECT position FROM duplicates UNION ALL SELECT position FROM corrections), head WHERE at >= position`,
  },
];

export interface StateFacts {
  readonly position: Position;
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
        `SELECT position, (SELECT value FROM folded_with WHERE name = 'feed') AS feed, (SELECT count(*) FROM persons) AS
        persons, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'feed'), 0) AS version FROM head`,
      )
      .get();
    const { position, feed, version: feedVersion, persons } = facts ?? {};
    if (typeof position !== "number") throw new Error("it has no head");
    return {
      database,
      facts: { position, feed: String(feed), feedVersion: Number(feedVersion), persons: Number(persons) },
    };
  } catch (error) {
    if (database?.isOpen === true) database.close();
    report.find("derived", { where: "state.sqlite", what: `it cannot be read: ${codeOf(error)}`, todo: rebuild });
    return null;
  }
}

/** Of SQLite and the file system the code; messages could quote a row. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return "errcode" in error ? `SQLite ${String(error.errcode)}` : "code" in error ? String(error.code) : error.name;
}

/** SQLite's own check, the rules between tables, and that the log has all that was decided. */
export function checkState(database: DatabaseSync, facts: StateFacts, log: LogFacts, report: Report): void {
  for (const what of integrityFaults(database)) report.find("derived", { where: "state.sqlite", what, todo: rebuild });
  for (const { what, sql } of rules) {
    try {
      const { broken, sample } = database.prepare(sql).get() ?? {};
      if (Number(broken) === 0) continue;
      report.find("derived", {
        where: "state.sqlite",
        what: `${String(broken)} ${what} (${String(sample)})`,
        todo: rebuild,
      });
    } catch (error) {
      report.find("derived", { where: "state.sqlite", what: `it cannot be read: ${codeOf(error)}`, todo: rebuild });
      return;
    }
  }
  checkAgainstLog(database, facts, log, report);
  report.checked(`${facts.persons} persons, decided up to position ${facts.position}`);
}

function checkAgainstLog(database: DatabaseSync, { position }: StateFacts, log: LogFacts, report: Report): void {
  const ended = segmentOf(position) === segmentOf(log.end) + 1 && ordinalOf(position) === 0;
  if (position > log.end && !ended) {
    report.find("data", {
      where: `log, position ${log.end}`,
      what: `the log ends before what the state has decided (${position}): records that were acknowledged are gone`,
      todo: fromBackup,
    });
    return;
  }
  const { records, stubs } = recordsBefore(log, position);
  const { decided } =
    database
      .prepare(
        `SELECT (SELECT coalesce(sum(processed), 0) FROM batches) + (SELECT count(*) FROM rejected)
      + (SELECT count(*) FROM duplicates) AS decided`,
      )
      .get() ?? {};
  const counted = Number(decided);
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

/** Records that stand before a position, and the stubs among them; of its own segment all stubs. */
function recordsBefore({ counts }: LogFacts, until: Position): { records: number; stubs: number } {
  let records = 0;
  let stubs = 0;
  for (const [segment, count] of counts) {
    if (segment > segmentOf(until)) continue;
    records += segment === segmentOf(until) ? Math.min(count.records, ordinalOf(until)) : count.records;
    stubs += count.stubs;
  }
  return { records, stubs };
}
