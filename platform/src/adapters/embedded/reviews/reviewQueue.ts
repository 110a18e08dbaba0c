import type { DatabaseSync } from "node:sqlite";
import type { IdentifierKey } from "../../../model/identifier.ts";
import { Problem } from "../../../model/problem.ts";
import type { ProfileId } from "../../../model/profile.ts";
import {
  type AnswerBand,
  maxWaitingPairs,
  type OfferedPair,
  type Review,
  reviewIdOf,
  type Reviews,
} from "../../../storage/reviews.ts";
import { inTransaction } from "../sqliteFile.ts";
import { placeOf, reviewOf, type Row } from "./reviewRows.ts";

type Queue = Pick<
  Reviews,
  "waiting" | "byId" | "answer" | "said" | "reopen" | "drop" | "offer" | "dropOlder" | "summary"
> & {
  /** Profiles that wait beside this one. */
  partnersOf(id: ProfileId): ProfileId[];
  /** Of the waiting pairs of a profile: what is said of it is said of this identifier from now on. */
  setAnchor(id: ProfileId, anchor: IdentifierKey): void;
  /** Drops all waiting pairs of a profile that is gone. */
  dropOf(id: ProfileId): void;
  count(): number;
  /** Of these pairs, without those that the full queue would drop again at once. */
  withRoom(pairs: readonly OfferedPair[]): OfferedPair[];
};

const bandEdges = [0, 0.5, 0.7, 0.9, 0.97, 0.99, 0.999, 1] as const;
const bandSql = bandEdges.slice(1, -1).map((edge) => `(probability >= ${edge})`);
const bandsSql = `SELECT ${bandSql.join(" + ")} AS band, count(*) AS answered, sum(state = 'same') AS same
  FROM reviews WHERE place IS NULL`;

export function reviewQueue(database: DatabaseSync): Queue {
  const statements = queueStatements(database);
  // Answered, and then the process stopped before it was said.
  database.exec(`UPDATE reviews SET state = 'open', place = -probability, answered_by = NULL, answered_at = NULL
    WHERE place IS NULL AND corrections = '[]'`);
  const byId = (id: string): Review | null => {
    const row = statements.byId.get(id);
    return row === undefined ? null : reviewOf(row);
  };
  const count = untilChanged(statements, () => Number(statements.count.get()?.["waiting"] ?? 0));
  const lastPlace = untilChanged(statements, () => lastPlaceIn(statements, count()));
  return {
    waiting: async ({ after, limit }) => {
      const [place, id] = after === null ? [-2, ""] : placeIn(after);
      const rows = statements.waiting.all(place, place, id, limit + 1) as Row[];
      const items = rows.slice(0, limit).map(reviewOf);
      const last = rows[items.length - 1];
      const next = rows.length > limit && last !== undefined ? `${String(last["place"])} ${String(last["id"])}` : null;
      return { items, next };
    },
    byId: async (id) => byId(id),
    answer: async (id, { state, by, at }) => {
      const found = byId(id);
      if (found === null || placeOf(found.state, 0) === null) return null;
      statements.answer.run(state, placeOf(state, found.probability), by, at, id);
      return byId(id);
    },
    said: async (id, corrections) => {
      statements.said.run(JSON.stringify(corrections), id);
      return byId(id);
    },
    reopen: async (id) => {
      const found = byId(id);
      if (found === null) return null;
      statements.reopen.run(placeOf("open", found.probability), id);
      return byId(id);
    },
    drop: async (ids) => {
      inTransaction(database, () => {
        for (const id of ids) statements.drop.run(id);
      });
    },
    offer: async (pairs, at) =>
      inTransaction(database, () => {
        if (pairs.length === 0) return 0;
        for (const pair of pairs) offerOne(statements, pair, at);
        const beyond = count() - maxWaitingPairs;
        if (beyond > 0) statements.dropLeast.run(beyond);
        return pairs.filter((pair) => isWaiting(statements, pair)).length;
      }),
    dropOlder: async (at) => Number(statements.dropOlder.run(at).changes),
    summary: async (by) => ({
      open: Number(statements.countState.get("open")?.["waiting"] ?? 0),
      skipped: Number(statements.countState.get("skipped")?.["waiting"] ?? 0),
      bands: bandsOf(statements.answered.all()),
      own: bandsOf(statements.answeredBy.all(by)),
    }),
    partnersOf: (id) => (statements.partners.all(id, id) as Row[]).map((row) => String(row["partner"])),
    setAnchor: (id, anchor) => {
      statements.anchorA.run(anchor, id, anchor);
      statements.anchorB.run(anchor, id, anchor);
    },
    dropOf: (id) => {
      statements.dropOf.run(id, id);
    },
    count,
    withRoom: (pairs) => withRoom(statements, pairs, lastPlace()),
  };
}

type Statements = ReturnType<typeof queueStatements>;

function queueStatements(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql);
  return {
    byId: prepare("SELECT * FROM reviews WHERE id = ?"),
    waiting: prepare(`SELECT * FROM reviews WHERE place IS NOT NULL AND (place > ? OR (place = ? AND id > ?))
      ORDER BY place, id LIMIT ?`),
    count: prepare("SELECT count(*) AS waiting FROM reviews WHERE place IS NOT NULL"),
    changes: prepare("SELECT total_changes() AS total"),
    lastPlace: prepare("SELECT max(place) AS place FROM reviews WHERE place IS NOT NULL"),
    countState: prepare("SELECT count(*) AS waiting FROM reviews WHERE place IS NOT NULL AND state = ?"),
    answer: prepare(`UPDATE reviews SET state = ?, place = ?, answered_by = ?, answered_at = ?
      WHERE id = ? AND place IS NOT NULL`),
    said: prepare("UPDATE reviews SET corrections = ? WHERE id = ? AND place IS NULL"),
    reopen: prepare(`UPDATE reviews SET state = 'open', place = ?, answered_by = NULL, answered_at = NULL,
      corrections = '[]' WHERE id = ?`),
    drop: prepare("DELETE FROM reviews WHERE id = ? AND place IS NOT NULL"),
    dropOf: prepare("DELETE FROM reviews WHERE place IS NOT NULL AND (a = ? OR b = ?)"),
    dropOlder: prepare("DELETE FROM reviews WHERE place IS NOT NULL AND scored_at < ?"),
    dropLeast: prepare(`DELETE FROM reviews WHERE id IN
      (SELECT id FROM reviews WHERE place IS NOT NULL ORDER BY place DESC, id DESC LIMIT ?)`),
    offer: prepare(`INSERT INTO reviews VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?, NULL, NULL, '[]')
      ON CONFLICT (id) DO UPDATE SET anchor_a = excluded.anchor_a, anchor_b = excluded.anchor_b,
      probability = excluded.probability, weight = excluded.weight, prior_weight = excluded.prior_weight,
      steps = excluded.steps, model = excluded.model, origin = excluded.origin, scored_at = excluded.scored_at,
      place = CASE state WHEN 'open' THEN -excluded.probability ELSE 1 - excluded.probability END
      WHERE place IS NOT NULL`),
    anchorA: prepare("UPDATE reviews SET anchor_a = ? WHERE a = ? AND anchor_a <> ? AND place IS NOT NULL"),
    anchorB: prepare("UPDATE reviews SET anchor_b = ? WHERE b = ? AND anchor_b <> ? AND place IS NOT NULL"),
    partners: prepare(`SELECT b AS partner FROM reviews WHERE a = ? AND place IS NOT NULL
      UNION SELECT a FROM reviews WHERE b = ? AND place IS NOT NULL`),
    answered: prepare(`${bandsSql} GROUP BY band ORDER BY band`),
    answeredBy: prepare(`${bandsSql} AND answered_by = ? GROUP BY band ORDER BY band`),
  };
}

function offerOne(statements: Statements, pair: OfferedPair, at: number): void {
  const { a, b, probability, weight, priorWeight, steps, model, origin } = pair;
  const id = reviewIdOf(a.profileId, b.profileId);
  const scores = [probability, weight, priorWeight, JSON.stringify(steps), model, origin] as const;
  const place = placeOf("open", probability);
  statements.offer.run(id, a.profileId, b.profileId, a.anchor, b.anchor, ...scores, at, at, place);
}

function isWaiting({ byId }: Statements, { a, b }: OfferedPair): boolean {
  const place = byId.get(reviewIdOf(a.profileId, b.profileId))?.["place"];
  return typeof place === "number";
}

/** Worked out again once the file has changed: it reads a hundred thousand rows, and is asked for many times a second. */
function untilChanged<T>({ changes }: Statements, workOut: () => T): () => T {
  let known: { at: number; value: T } | null = null;
  return () => {
    const at = Number(changes.get()?.["total"]);
    if (known?.at !== at) known = { at, value: workOut() };
    return known.value;
  };
}

/** The last place of a full queue, null while there is room. */
function lastPlaceIn({ lastPlace }: Statements, count: number): number | null {
  return count < maxWaitingPairs ? null : Number(lastPlace.get()?.["place"]);
}

function withRoom(statements: Statements, pairs: readonly OfferedPair[], last: number | null): OfferedPair[] {
  if (last === null) return [...pairs];
  return pairs.filter((pair) => -pair.probability < last || isWaiting(statements, pair));
}

function placeIn(cursor: string): [number, string] {
  const [, place, id] = /^(-?\d(?:\.\d+)?(?:e-\d+)?) (\S{1,100})$/.exec(cursor) ?? [];
  if (place !== undefined && id !== undefined) return [Number(place), id];
  throw new Problem(400, "cursor_invalid", "This is no cursor of this list.", {
    hint: "Give the `next` of the answer before, as it is.",
    field: "after",
  });
}

function bandsOf(rows: readonly Row[]): AnswerBand[] {
  return rows.map((row) => {
    const band = Number(row["band"]);
    const [from, to] = [bandEdges[band] ?? 0, bandEdges[band + 1] ?? 1];
    return { from, to, answered: Number(row["answered"]), same: Number(row["same"]) };
  });
}
