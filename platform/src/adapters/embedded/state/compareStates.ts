import type { DatabaseSync } from "node:sqlite";
import type { KeyedHash } from "../../../model/keyedHash.ts";
import type { OrderState } from "../../../model/order.ts";
import { composeProfile, figuresOf } from "../../../profiles/index.ts";
import { peopleOver } from "./people.ts";
import { int, json, text, type Row } from "./rows.ts";
import { decodeSightings } from "./sightingRows.ts";
import { openStateReader } from "./schema.ts";

/** Differences named in an answer; more are counted. */
const maxNamed = 100;

/**
 * Compares two state files by what they say, not by how they number it: every profile as JSON bytes, every fragment,
 * identifier and edge, every order, every fate. Names in the answer are keyed hashes and positions, nothing personal.
 */
export async function compareStates(options: {
  live: string;
  fresh: string;
  hash: KeyedHash;
  homeCurrency: string;
}): Promise<string[]> {
  const live = openStateReader(options.live);
  const fresh = openStateReader(options.fresh);
  const differences: string[] = [];
  try {
    for (const [what, lines] of Object.entries(projections(options))) {
      compareLines(what, lines(live), lines(fresh), differences);
    }
  } finally {
    live.close();
    fresh.close();
  }
  const unnamed = differences.length - maxNamed;
  return unnamed > 0 ? [...differences.slice(0, maxNamed), `and ${unnamed} more`] : differences;
}

type Lines = (database: DatabaseSync) => Generator<[name: string, content: string]>;

function projections({ hash, homeCurrency }: { hash: KeyedHash; homeCurrency: string }): Record<string, Lines> {
  return {
    profile: function* profiles(database) {
      const people = peopleOver(database, hash);
      for (const row of database.prepare("SELECT person, profile_id FROM persons ORDER BY profile_id").iterate()) {
        const record = people.byPerson(int(row, "person"));
        const content = record === null ? "" : JSON.stringify(composeProfile({ ...record, hash, homeCurrency }));
        yield [text(row, "profile_id"), content];
      }
    },
    fragment: function* fragments(database) {
      const rows = database.prepare(`SELECT f.id, f.identifiers, f.spans, f.logouts, f.tenant, f.base, f.device,
        d.traits, d.consents, p.profile_id
        FROM fragments f LEFT JOIN details d USING (id) LEFT JOIN persons p USING (person) ORDER BY f.id`);
      for (const row of rows.iterate()) {
        const { traits, consents, ...rest } = row as Row;
        yield [text(row, "id"), JSON.stringify([rest, byName(traits), byName(consents)])];
      }
    },
    identifier:
      rowLines(`SELECT i.id AS name, i.key, i.decision, i.seen_with, i.first_at, p.profile_id FROM identifiers i
      LEFT JOIN persons p USING (person) ORDER BY i.id`),
    "home tie": rowLines(`SELECT t.tie AS name, f.id FROM home_ties t JOIN fragments f ON f.number = t.fragment
      ORDER BY t.tie, f.id`),
    sighting: function* sightings(database) {
      const chunks = database.prepare("SELECT seen FROM sightings WHERE fragment = ?");
      for (const row of database.prepare("SELECT number, id, seen FROM fragments ORDER BY id").iterate()) {
        const rows = [...(chunks.all(int(row, "number")) as Row[]), row];
        const all = rows.flatMap((each) => decodeSightings(text(each, "seen")));
        if (all.length > 0) yield [text(row, "id"), JSON.stringify(all.sort((a, b) => a.position - b.position))];
      }
    },
    "left part": function* leftParts(database) {
      const rows = database.prepare(`SELECT f.id AS name, l.spans, l.logouts, l.traits, l.consents FROM left_parts l
        JOIN fragments f ON f.number = l.fragment ORDER BY f.id`);
      for (const row of rows.iterate()) {
        const { name, spans, logouts, traits, consents } = row as Row;
        yield [String(name), JSON.stringify([spans, logouts, byName(traits), byName(consents)])];
      }
    },
    kept: rowLines("SELECT 'from' AS name, kept_from, records, exceptions FROM kept"),
    holding: rowLines("SELECT device AS name, base FROM holdings ORDER BY device, base"),
    "device tally": rowLines("SELECT device AS name, * FROM device_tallies ORDER BY device"),
    tenancy: rowLines("SELECT from_at AS name, * FROM tenancies ORDER BY device, from_at"),
    edge: rowLines("SELECT first_message_id AS name, * FROM edges ORDER BY a, b, rule, source"),
    correction: rowLines("SELECT id AS name, * FROM corrections ORDER BY id"),
    rules: rowLines("SELECT number AS name, * FROM rules_versions ORDER BY number"),
    order: function* orders(database) {
      for (const row of database.prepare("SELECT key, owner_fragment, state FROM orders ORDER BY key").iterate()) {
        const state = json(row, "state") as OrderState;
        const figures = JSON.stringify(figuresOf(state));
        yield [text(row, "key"), `${text(row, "owner_fragment")} ${figures}`];
      }
    },
    rejected: rowLines(`SELECT r.position AS name, r.message, r.source, r.message_id, r.reason, r.state, c.id
      FROM rejected r JOIN causes c ON c.number = r.cause ORDER BY r.position`),
    cause: rowLines(`SELECT id AS name, source, code, field, type, event, count, open, first_at, last_at, last_position
      FROM causes ORDER BY id`),
    duplicate: rowLines("SELECT position AS name, * FROM duplicates ORDER BY position"),
    "seen again": rowLines("SELECT first AS name, * FROM seen_again ORDER BY first"),
    "source total": rowLines("SELECT source AS name, * FROM source_totals ORDER BY source"),
    "source minute": rowLines("SELECT minute AS name, * FROM source_minutes ORDER BY minute, source"),
    "plan violation":
      rowLines(`SELECT source AS name, version, type, event, path, kind, count, first_at, last_at, samples
      FROM plan_violations ORDER BY source, version, type, event, path, kind`),
    head: rowLines("SELECT 'position' AS name, position FROM head"),
    processed: rowLines("SELECT 'events' AS name, sum(processed) FROM batches"),
  };
}

/** Names stand in the order in which they were first said, which says nothing. */
function byName(stored: Row[string] | undefined): [string, unknown][] | null {
  if (typeof stored !== "string") return null;
  return Object.entries(JSON.parse(stored) as Record<string, unknown>).sort(([one], [other]) => (one < other ? -1 : 1));
}

function rowLines(sql: string): Lines {
  return function* rows(database) {
    for (const row of database.prepare(sql).iterate()) yield [String((row as Row)["name"]), JSON.stringify(row)];
  };
}

/** Walks two sorted lists side by side, so that neither has to fit in memory. */
function compareLines(what: string, live: ReturnType<Lines>, fresh: ReturnType<Lines>, differences: string[]): void {
  for (;;) {
    const [one, other] = [live.next(), fresh.next()];
    if (one.done === true && other.done === true) return;
    if (one.done === true || other.done === true) {
      const [side, line] = one.done === true ? ["rebuilt", other] : ["live", one];
      differences.push(`${what} ${line.done === true ? "" : line.value[0]} is only in the ${side} state`);
      return;
    }
    if (one.value[0] !== other.value[0]) {
      differences.push(`${what}: the live state has ${one.value[0]} where the rebuilt one has ${other.value[0]}`);
      return;
    }
    if (one.value[1] !== other.value[1]) differences.push(`${what} ${one.value[0]} differs`);
  }
}
