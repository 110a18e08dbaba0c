import type { DatabaseSync } from "node:sqlite";
import type { KeyedHash } from "../../model/keyedHash.ts";
import type { OrderState } from "../../model/order.ts";
import type { ProfileId } from "../../model/profile.ts";
import { composeProfile, figuresOf, seenOf } from "../../profiles/index.ts";
import type { Activity, Change, Decided, FeedEntry, Seen, SmallChange } from "../../storage/followed.ts";
import type { PeopleOfFile } from "../../storage/people.ts";
import { linkedRuns } from "./state/corrections.ts";
import { fragmentParts, type FragmentParts } from "./state/fragmentParts.ts";
import { tiesReader } from "./state/households.ts";
import { keptNow } from "./state/kept.ts";
import { peopleOver } from "./state/people.ts";
import { rulesHistory, rulesNow } from "./state/rulesVersions.ts";
import { decodeSpans, identifierRow, int, json, splitKeys, text, type Row } from "./state/rows.ts";
import { feedIdName, openStateReader, snapshot } from "./state/schema.ts";
import { settledReader } from "./state/settled.ts";

/** A follower's view of the state file, through a connection of its own. */
export function openDecided(options: { file: string; hash: KeyedHash; homeCurrency: string }): Decided {
  const database = openStateReader(options.file);
  const people = peopleOver(database, options.hash);
  const parts = fragmentParts(database);
  const tiesOf = tiesReader(database, options.hash);
  const settled = settledReader(database, options.hash);
  const [rules, rulesAt] = [rulesNow(database), rulesHistory(database)];
  const statements = decidedStatements(database);
  const kept = keptNow(database);
  return {
    keptFrom: () => kept().from,
    head: () => {
      const row = statements.head.get() as Row;
      return { position: int(row, "position"), feedVersion: int(row, "feed_version") };
    },
    notProcessed: (from, until) => {
      const rows = [...statements.duplicates.all(from, until), ...statements.rejected.all(from, until)] as Row[];
      return new Set(rows.map((row) => int(row, "position")));
    },
    feed: (afterVersion, limit, only) =>
      snapshot(database, () => {
        const row = statements.feedBounds.get() as Row;
        return {
          feed: text(row, "feed"),
          prunedUntil: int(row, "pruned_until"),
          head: int(row, "head"),
          entries: feedEntries(
            (only === undefined ? statements.feed : statements.changes).all(afterVersion, limit),
            people,
          ),
        };
      }),
    everything: (after, limit) => snapshot(database, () => page(statements, after, limit)),
    profiles: (ids) => livingProfiles({ statements, people, parts, tiesOf }, ids, options),
    activity: (ids) => new Map(ids.map((id) => [id, activityOf(statements, id)])),
    seen: (ids) => snapshot(database, () => new Map(ids.map((id) => [id, seenNow(statements, id)]))),
    orders: (keys) =>
      new Map(
        keys.map((key) => {
          const row = statements.order.get(key);
          return [key, row === undefined ? null : figuresOf(json(row, "state") as OrderState)];
        }),
      ),
    rules,
    rulesAt: (position) => snapshot(database, () => rulesAt(position)),
    linkedRuns: () => linkedRuns(database),
    settled: (pairs) => snapshot(database, () => pairs.map(settled)),
    close: () => database.close(),
  };
}

/** Of the latest entry that the feed ever had, over any connection to the state file. */
export function feedHeadOver(database: DatabaseSync): () => number {
  const { head } = decidedStatements(database);
  return () => int(head.get() as Row, "feed_version");
}

type Statements = ReturnType<typeof decidedStatements>;

function decidedStatements(database: DatabaseSync) {
  return {
    head: database.prepare(
      `SELECT position, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'feed'), 0) AS feed_version FROM head`,
    ),
    feedBounds: database.prepare(
      `SELECT f.value AS feed, h.seq AS head, coalesce((SELECT min(version) - 1 FROM feed), h.seq) AS pruned_until
       FROM folded_with f, (SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'feed'), 0) AS seq) h
       WHERE f.name = '${feedIdName}'`,
    ),
    persons: database.prepare(
      "SELECT person AS at, profile_id AS id FROM persons WHERE person > ? ORDER BY person LIMIT ?",
    ),
    allOrders: database.prepare("SELECT number AS at, key AS id FROM orders WHERE number > ? ORDER BY number LIMIT ?"),
    duplicates: database.prepare("SELECT position FROM duplicates WHERE position >= ? AND position < ?"),
    rejected: database.prepare("SELECT position FROM rejected WHERE position >= ? AND position < ?"),
    feed: database.prepare("SELECT version, kind, id FROM feed WHERE version > ? ORDER BY version LIMIT ?"),
    changes: database.prepare(
      "SELECT version, kind, id FROM feed WHERE version > ? AND kind NOT IN ('activity', 'orders') ORDER BY version LIMIT ?",
    ),
    living: database.prepare(
      "SELECT p.person FROM identifiers i JOIN persons p USING (person) WHERE i.id = ? AND p.profile_id = i.id",
    ),
    spans: database.prepare(`SELECT p.profile_id, f.spans FROM identifiers i JOIN persons p USING (person)
      JOIN fragments f ON f.person = p.person AND f.person <> 0 WHERE i.id = ?`),
    identifiers: database.prepare("SELECT * FROM identifiers WHERE person = ?"),
    fragments: database.prepare("SELECT id, identifiers, spans FROM fragments WHERE person = ? AND person <> 0"),
    order: database.prepare("SELECT state FROM orders WHERE key = ?"),
  };
}

/** Persons and orders are numbered upwards, so a page begins behind the last number: `profile 17`, `order 0`. */
function page(statements: Statements, after: string, limit: number): ReturnType<Decided["everything"]> {
  const [kind, number] = after === "" ? ["profile", "0"] : after.split(" ");
  const isProfiles = kind === "profile";
  const rows = (isProfiles ? statements.persons : statements.allOrders).all(Number(number), limit) as Row[];
  const changes = rows.map((row): Change => ({ kind: isProfiles ? "profile" : "order", id: text(row, "id") }));
  const last = rows.at(-1);
  if (last !== undefined && rows.length === limit) return { changes, next: `${kind} ${int(last, "at")}` };
  return { changes, next: isProfiles ? "order 0" : null };
}

const smallChanges: readonly SmallChange[] = ["activity", "orders"];

/** The feed names persons by number; what a follower hears is the id they live under now. */
function feedEntries(rows: readonly Row[], people: PeopleOfFile): FeedEntry[] {
  const entries: FeedEntry[] = [];
  for (const row of rows) {
    const version = int(row, "version");
    if (row["kind"] === "order") entries.push({ version, kind: "order", id: text(row, "id") });
    else {
      // A person that is gone since has its retired id in the feed; the entry stays, so that pages are never short.
      const id = row["kind"] === "retired" ? text(row, "id") : people.livingIdOf(int(row, "id"));
      const cause = smallChanges.find((small) => small === row["kind"]);
      entries.push({ version, kind: "profile", id: id ?? "", ...(cause === undefined ? {} : { cause }) });
    }
  }
  return entries;
}

function livingProfiles(
  {
    statements,
    people,
    parts,
    tiesOf,
  }: {
    statements: Statements;
    people: PeopleOfFile;
    parts: FragmentParts;
    tiesOf: ReturnType<typeof tiesReader>;
  },
  ids: readonly ProfileId[],
  { hash, homeCurrency }: { hash: KeyedHash; homeCurrency: string },
): ReturnType<Decided["profiles"]> {
  const persons = new Map<ProfileId, number>();
  for (const id of ids) {
    const row = statements.living.get(id);
    if (row !== undefined) persons.set(id, int(row, "person"));
  }
  const records = people.byPersons([...persons.values()]);
  const handed = [...records].filter(([, { fragments }]) => fragments.some(({ tenant }) => tenant !== undefined));
  const partsOf = parts.handedTo(handed.map(([person]) => person));
  const found: ReturnType<Decided["profiles"]> = new Map();
  for (const id of ids) {
    const person = persons.get(id) ?? 0;
    const record = records.get(person);
    // Decided anew between the two reads: the feed names it again.
    const isLiving = record !== undefined && record.profileId === id;
    const profile = isLiving ? composeProfile({ ...record, hash, homeCurrency }) : null;
    if (!isLiving || profile === null) found.set(id, null);
    else {
      const { fragments } = record;
      found.set(id, {
        profile,
        fragments: fragments.map((each) => each.id),
        parts: partsOf.get(person) ?? [],
        ties: tiesOf(person, fragments),
      });
    }
  }
  return found;
}

function seenNow(statements: Statements, id: ProfileId): Seen | null {
  const row = statements.living.get(id);
  if (row === undefined) return null;
  const person = int(row, "person");
  return seenOf({
    identifiers: (statements.identifiers.all(person) as Row[]).map(identifierRow),
    fragments: (statements.fragments.all(person) as Row[]).map((found) => ({
      id: text(found, "id"),
      identifiers: splitKeys(text(found, "identifiers")),
      spans: decodeSpans(text(found, "spans")),
    })),
  });
}

/** One statement, and so one snapshot. */
function activityOf(statements: Statements, id: ProfileId): Activity | null {
  const rows = statements.spans.all(id) as Row[];
  const [first] = rows;
  if (first === undefined) return null;
  const sources = new Set<string>();
  let firstSeenAt = Number.POSITIVE_INFINITY;
  let lastSeenAt = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    for (const [source, span] of Object.entries(decodeSpans(text(row, "spans")))) {
      sources.add(source);
      firstSeenAt = Math.min(firstSeenAt, span.firstAt);
      lastSeenAt = Math.max(lastSeenAt, span.lastAt);
    }
  }
  return { id: text(first, "profile_id"), firstSeenAt, lastSeenAt, sources: [...sources], recordCount: rows.length };
}
