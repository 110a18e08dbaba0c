import type { DatabaseSync } from "node:sqlite";
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

/** SQLite's own check, and the rules between tables: what is wrong, in words without anybody's data. */
export function stateFaults(database: DatabaseSync): string[] {
  const faults = integrityFaults(database);
  for (const { what, sql } of rules) {
    try {
      const { broken, sample } = database.prepare(sql).get() ?? {};
      if (Number(broken) > 0) faults.push(`${String(broken)} ${what} (${String(sample)})`);
    } catch (error) {
      return [...faults, `it cannot be read: ${codeOf(error)}`];
    }
  }
  return faults;
}

/** Of SQLite and the file system the code; messages could quote a row. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return "errcode" in error ? `SQLite ${String(error.errcode)}` : "code" in error ? String(error.code) : error.name;
}
