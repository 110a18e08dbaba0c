import type { DatabaseSync } from "node:sqlite";
import { profileIdOf, type KeyedHash } from "../../../model/keyedHash.ts";
import { Problem } from "../../../model/problem.ts";
import type { OrderState } from "../../../model/order.ts";
import type { Everybody } from "../../../storage/everybody.ts";
import type {
  ComponentRows,
  Decision,
  FragmentRow,
  IdentifierRow,
  IdentityAndProfiles,
} from "../../../storage/identityAndProfiles.ts";
import { batchSnapshot } from "./batchSnapshot.ts";
import { batchThinning } from "./batchThinning.ts";
import { aliasEnds, edgesOf } from "./aliases.ts";
import { correctionEnds, correctionsOf } from "./corrections.ts";
import { crossingFragments, crossingStatements } from "./crossings.ts";
import { defaultFeedLimits, feedRetention, type FeedLimits } from "./feedRetention.ts";
import type { Position } from "../../../model/position.ts";
import { everybodyOver } from "./everybody.ts";
import { keptReads, keptRows } from "./kept.ts";
import { planViolationRows } from "./planViolations.ts";
import { rejectionRows } from "./rejections.ts";
import { currentRules, rulesStatements } from "./rulesVersions.ts";
import { openStateFile, openStateReader, type FoldedWith } from "./schema.ts";
import {
  decodeSpans,
  edgeRow,
  evidenceRow,
  identifierRow,
  int,
  json,
  personRow,
  rowsFor,
  splitKeys,
  text,
  toldOf,
  type Row,
} from "./rows.ts";
import { copyOf, recentFragments } from "./recentFragments.ts";
import { sourceActivityWriter } from "./sourceActivity.ts";
import { tenancyReads, tenancyStatements } from "./tenancies.ts";
import { commitStatements, writeDecision } from "./writeDecision.ts";

/**
 * The deciding store over node:sqlite: one writer. Commits are synced, so that no follower can be ahead of what is
 * decided, after a power cut either.
 */
export function openStateStore(options: {
  file: string;
  hash: KeyedHash;
  foldedWith: FoldedWith;
  feedLimits?: Partial<FeedLimits>;
  /** Tests lay faults over it. */
  openFile?: typeof openStateFile;
}): IdentityAndProfiles {
  const database = (options.openFile ?? openStateFile)(options.file, options.foldedWith);
  const reads = readStatements(database);
  const rejections = rejectionRows(database, options.hash);
  const planViolations = planViolationRows(database);
  const writes = { ...commitStatements(database), ...otherWrites(database), rejections, planViolations };
  const retention = feedRetention(database, { ...defaultFeedLimits, ...options.feedLimits });
  const thinning = batchThinning(database);
  const recent = recentFragments();
  const snapshot = batchSnapshot(database);
  const readPosition = (): Position => int(database.prepare("SELECT position FROM head").get() as Row, "position");
  /** What the next decision builds on. */
  let known = readPosition();
  let hasCorrections = database.prepare("SELECT 1 FROM corrections LIMIT 1").get() !== undefined;
  let hasEdges = database.prepare("SELECT 1 FROM edges LIMIT 1").get() !== undefined;
  return {
    position: async () => {
      snapshot.end();
      known = readPosition();
      return known;
    },
    nextNumber: async () => int(database.prepare("SELECT next_number FROM head").get() as Row, "next_number"),
    fragments: async (ids, withDetail) => {
      // Each batch begins with them.
      snapshot.begin();
      return fragmentRows(reads, recent, ids, withDetail);
    },
    ...plainReads(reads, options.hash),
    ...tenancyReads(reads),
    ...keptReads(database),
    edges: async (keys, most) => (hasEdges ? edgesOf(reads, keys, most) : []),
    edgesBetween: async (pairs) =>
      hasEdges ? pairs.flatMap(({ a, b }) => (reads.edgesBetween.all(a, b) as Row[]).map(edgeRow)) : [],
    corrections: async (keys) => (hasCorrections ? correctionsOf(reads, keys) : []),
    refused: async (keys) => rejections.refused(keys),
    rules: async () => currentRules(reads),
    everybody: async () => openEverybody(options),
    personsAlone: async (numbers) => aloneOf(reads, numbers, hasCorrections),
    commit: async (decision: Decision) => {
      try {
        const into = { statements: writes, hash: options.hash, retention, thinning, snapshot };
        await writeDecision(database, into, { ...decision, after: known });
        known = decision.position;
      } catch (error) {
        // Only the file knows now what is decided.
        recent.forget();
        rejections.forget();
        planViolations.forget();
        hasEdges = true;
        hasCorrections = true;
        throw refusesContent(error) ? refused(error) : error;
      }
      if (decision.kept === undefined) rejections.keep(decision);
      else rejections.forget();
      hasEdges ||= decision.edges.length > 0;
      hasCorrections ||= decision.corrections.length > 0;
      if (decision.rules === undefined) recent.keep(decision);
      else recent.forget();
    },
    releaseFeed: (version) => retention.release(version),
    close: async () => database.close(),
  };
}

function otherWrites(database: DatabaseSync) {
  return { countSources: sourceActivityWriter(database), kept: keptRows(database) };
}

function aloneOf(reads: ReadStatements, numbers: readonly number[], hasCorrections: boolean): Set<number> {
  const inOwn = numbers.filter((number) => reads.companionsOf.all(number).length <= 1);
  const hasCrossings = inOwn.length > 0 && reads.anyCrossing.get() !== undefined;
  const alone = hasCrossings ? inOwn.filter((number) => reads.crossedPerson.get(number, number) === undefined) : inOwn;
  return new Set(hasCorrections ? alone.filter((number) => reads.correctedOf.get(number) === undefined) : alone);
}

/** SQLITE_TOOBIG, SQLITE_CONSTRAINT, SQLITE_MISMATCH: all others are trouble with the file or the machine. */
const contentErrors: ReadonlySet<number> = new Set([18, 19, 20]);

function refusesContent(error: unknown): error is Error & { errcode: number } {
  return error instanceof Error && "errcode" in error && contentErrors.has(Number(error.errcode) & 0xff);
}

function refused({ errcode }: { errcode: number }): Problem {
  return new Problem(422, "decision_refused", `the state cannot hold what was decided (SQLite ${errcode})`);
}

type ReadStatements = ReturnType<typeof readStatements>;

export function readStatements(database: DatabaseSync) {
  return {
    fragment: database.prepare("SELECT person, identifiers, spans, logouts, tenant FROM fragments WHERE id = ?"),
    personOfFragment: database.prepare("SELECT person FROM fragments WHERE id = ?"),
    detail: database.prepare("SELECT traits, consents FROM details WHERE id = ?"),
    identifier: database.prepare("SELECT * FROM identifiers WHERE id = ?"),
    ...aliasEnds(database),
    edgesBetween: database.prepare("SELECT * FROM edges WHERE a = ? AND b = ?"),
    ...correctionEnds(database),
    correctedOf: database.prepare(`SELECT 1 FROM identifiers i WHERE i.person = ?
      AND (EXISTS (SELECT 1 FROM corrections WHERE a = i.key) OR EXISTS (SELECT 1 FROM corrections WHERE b = i.key))
      LIMIT 1`),
    person: database.prepare("SELECT * FROM persons WHERE person = ?"),
    companionsOf: database.prepare(`SELECT 1 FROM persons WHERE component =
      (SELECT component FROM persons WHERE person = ?) LIMIT 2`),
    personsOfComponent: database.prepare("SELECT * FROM persons WHERE component = ?"),
    identifiersOfPerson: database.prepare("SELECT * FROM identifiers WHERE person = ?"),
    fragmentsOfPerson: database.prepare(
      "SELECT id, person, identifiers, spans, logouts, tenant FROM fragments WHERE person = ? AND person <> 0",
    ),
    fragmentIdsOfPerson: database.prepare("SELECT id, person FROM fragments WHERE person = ? AND person <> 0"),
    fragmentById: database.prepare(
      "SELECT id, person, identifiers, spans, logouts, tenant FROM fragments WHERE id = ?",
    ),
    ...tenancyStatements(database),
    ...crossingStatements(database),
    order: database.prepare("SELECT owner_fragment, state FROM orders WHERE key = ?"),
    ...rulesStatements(database),
  };
}

/** Of this moment, by a connection of its own. */
export function openEverybody({ file, hash }: { file: string; hash: KeyedHash }): Everybody {
  const database = openStateReader(file);
  try {
    const reads = readStatements(database);
    return everybodyOver(database, (stated) => ({
      ...plainReads(reads, hash),
      edges: async (keys, most) => edgesOf(reads, stated.aliased(keys), most),
      corrections: async (keys) => correctionsOf(reads, stated.corrected(keys)),
      rules: async () => currentRules(reads),
    }));
  } catch (error) {
    database.close();
    throw error;
  }
}

function fragmentRows(
  reads: ReadStatements,
  recent: ReturnType<typeof recentFragments>,
  ids: readonly string[],
  withDetail: ReadonlySet<string>,
): Map<string, FragmentRow> {
  const found = new Map<string, FragmentRow>();
  for (const id of ids) {
    const kept = withDetail.has(id) ? undefined : recent.get(id);
    if (kept !== undefined) {
      found.set(id, copyOf(kept));
      continue;
    }
    const row = reads.fragment.get(id);
    if (row === undefined) continue;
    const detail = withDetail.has(id) ? reads.detail.get(id) : undefined;
    found.set(id, fragmentRow(id, row, detail));
  }
  return found;
}

/** What is read as it is stored, whatever else there is. */
function plainReads(
  reads: ReadStatements,
  hash: KeyedHash,
): Pick<
  IdentityAndProfiles,
  "personsOfFragments" | "identifiers" | "identifiersOf" | "fragmentsOf" | "persons" | "components" | "orders"
> {
  return {
    persons: async (numbers) =>
      new Map(rowsFor(reads.person, numbers).map((row) => [int(row, "person"), personRow(row)])),
    personsOfFragments: async (ids) => {
      const found = new Map<string, number>();
      for (const id of ids) {
        const row = reads.personOfFragment.get(id);
        if (row !== undefined) found.set(id, int(row, "person"));
      }
      return found;
    },
    identifiers: async (keys) => {
      const found = new Map<string, IdentifierRow>();
      for (const key of keys) {
        const row = reads.identifier.get(profileIdOf(hash, key));
        if (row !== undefined) found.set(key, identifierRow(row));
      }
      return found;
    },
    identifiersOf: async (numbers) => rowsFor(reads.identifiersOfPerson, numbers).map(identifierRow),
    fragmentsOf: async (numbers) =>
      rowsFor(reads.fragmentIdsOfPerson, numbers).map((row) => ({ id: text(row, "id"), person: int(row, "person") })),
    components: async (numbers) => componentRows(reads, numbers),
    orders: async (keys) => orderRows(reads, keys),
  };
}

function orderRows(
  reads: ReadStatements,
  keys: readonly string[],
): Map<string, { state: OrderState; ownerFragment: string }> {
  const found = new Map<string, { state: OrderState; ownerFragment: string }>();
  for (const key of keys) {
    const row = reads.order.get(key);
    if (row === undefined) continue;
    found.set(key, { state: json(row, "state") as OrderState, ownerFragment: text(row, "owner_fragment") });
  }
  return found;
}

function fragmentRow(id: string, row: Row, detail: Row | undefined): FragmentRow {
  return {
    person: int(row, "person"),
    state: {
      id,
      identifiers: splitKeys(text(row, "identifiers")),
      spans: decodeSpans(text(row, "spans")),
      traits: detail === undefined ? {} : (json(detail, "traits") as FragmentRow["state"]["traits"]),
      consents: detail === undefined ? {} : (json(detail, "consents") as FragmentRow["state"]["consents"]),
      ...toldOf(row),
    },
  };
}

function componentRows(reads: ReadStatements, numbers: readonly number[]): ComponentRows {
  const persons = rowsFor(reads.personsOfComponent, numbers).map(personRow);
  const ids = persons.map((row) => row.person);
  const identifiers = rowsFor(reads.identifiersOfPerson, ids);
  const crossing = crossingFragments(
    reads,
    identifiers.filter((row) => row["decision"] === "ordinary").map((row) => text(row, "id")),
  );
  const fragments = [...rowsFor(reads.fragmentsOfPerson, ids), ...rowsFor(reads.fragmentById, crossing)];
  const evidence = fragments.map(evidenceRow);
  return {
    persons,
    identifiers: identifiers.map(identifierRow),
    fragments: crossing.size === 0 ? evidence : [...new Map(evidence.map((each) => [each.id, each])).values()],
  };
}
