import type { DatabaseSync } from "node:sqlite";
import { profileIdOf, type KeyedHash } from "../../../model/keyedHash.ts";
import type { Position } from "../../../model/position.ts";
import { decidedElsewhere } from "../../../storage/decidedElsewhere.ts";
import type { SmallChange } from "../../../storage/followed.ts";
import type {
  Decision,
  PeopleLot,
  RulesDecision,
  SourceMinute,
  WrittenFragment,
} from "../../../storage/identityAndProfiles.ts";
import type { BatchSnapshot } from "./batchSnapshot.ts";
import type { BatchThinning } from "./batchThinning.ts";
import type { FeedRetention } from "./feedRetention.ts";
import type { KeptRows } from "./kept.ts";
import type { PlanViolationRows } from "./planViolations.ts";
import type { RejectionRows } from "./rejections.ts";
import { encodeSpans } from "./rows.ts";
import { encodeSightings } from "./sightingRows.ts";
import { addHoldings, forgetSightings, maxSeen, seenBehind, tenancyWrites, writeTenancies } from "./writeTenancies.ts";

export type CommitStatements = ReturnType<typeof commitStatements>;

export function commitStatements(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql);
  return {
    ...tenancyWrites(database),
    addFragment: prepare(`INSERT INTO fragments (id, person, identifiers, spans, logouts, tenant, base, device, seen)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    updateFragment: prepare("UPDATE fragments SET spans = ?, logouts = ?, seen = seen || ? WHERE id = ?"),
    moveFragment: prepare("UPDATE fragments SET person = ? WHERE id = ?"),
    addCrossing: prepare("INSERT OR IGNORE INTO crossings VALUES (?, ?)"),
    putDetail: prepare("INSERT OR REPLACE INTO details VALUES (?, ?, ?)"),
    putIdentifier: prepare(`INSERT INTO identifiers (id, key, person, decision, seen_with, first_at)
      VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET person = excluded.person,
      decision = excluded.decision, seen_with = excluded.seen_with, first_at = excluded.first_at`),
    addTie: prepare("INSERT OR IGNORE INTO home_ties SELECT ?, number FROM fragments WHERE id = ?"),
    removeTie: prepare(
      "DELETE FROM home_ties WHERE tie = ? AND fragment = (SELECT number FROM fragments WHERE id = ?)",
    ),
    putPerson: prepare("INSERT OR REPLACE INTO persons VALUES (?, ?, ?)"),
    removePerson: prepare("DELETE FROM persons WHERE person = ?"),
    putEdge: prepare("INSERT OR REPLACE INTO edges VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
    addCorrection: prepare("INSERT INTO corrections VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
    addRules: prepare("INSERT INTO rules_versions VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
    raiseNumber: prepare("UPDATE head SET next_number = max(next_number, ?)"),
    putOrder: prepare(`INSERT INTO orders (key, owner_fragment, state) VALUES (?, ?, ?)
      ON CONFLICT (key) DO UPDATE SET owner_fragment = excluded.owner_fragment, state = excluded.state`),
    addDuplicate: prepare("INSERT INTO duplicates VALUES (?, ?)"),
    countDuplicate: prepare(`INSERT INTO seen_again VALUES (?, 1, ?)
      ON CONFLICT (first) DO UPDATE SET count = count + 1, differs = max(differs, excluded.differs)`),
    addBatch: prepare("INSERT OR REPLACE INTO batches VALUES (?, ?, ?)"),
    addFeed: prepare("INSERT INTO feed (kind, id) VALUES (?, ?)"),
    setHead: prepare("UPDATE head SET position = ?, next_number = max(next_number, ?) WHERE position = ?"),
  };
}

/**
 * All of a decision, its position and its feed in one transaction; any failure leaves the store as it was. Problem 409
 * `decided_elsewhere` when the state is no longer at `after`, the position that the decision builds on.
 */
export async function writeDecision(
  database: DatabaseSync,
  {
    statements,
    hash,
    retention,
    thinning,
    snapshot,
  }: {
    statements: CommitStatements & {
      countSources: (received: readonly SourceMinute[]) => void;
      rejections: Pick<RejectionRows, "write">;
      planViolations: Pick<PlanViolationRows, "write">;
      kept: KeptRows;
    };
    hash: KeyedHash;
    retention: FeedRetention;
    thinning: BatchThinning;
    /** What the decision was read from. */
    snapshot: BatchSnapshot;
  },
  decision: Decision & { after: Position },
): Promise<void> {
  try {
    if (!snapshot.handOver()) beginAnew(database);
    advanceHead(database, statements, decision);
    writePeople(statements, hash, decision);
    writeFates(statements, decision);
    statements.rejections.write(decision);
    statements.countSources(decision.received);
    statements.planViolations.write(decision.violations);
    writeFeed(statements, decision);
    if (decision.kept !== undefined) statements.kept.write(decision.kept);
    if (decision.rules !== undefined) await writeRules(statements, hash, decision.rules);
    retention.prune();
    thinning.thin(decision.processedAt);
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  } finally {
    snapshot.decided();
  }
}

/** Each lot is written before the next one is asked for; followers meet all of them in the feed, at once. */
async function writeRules(statements: CommitStatements, hash: KeyedHash, rules: RulesDecision): Promise<void> {
  const { number, position, id, hash: contents, document, by, reason, receivedAt } = rules.version;
  statements.addRules.run(number, position, id, contents, JSON.stringify(document), by, reason, receivedAt);
  for await (const lot of rules.lots) {
    statements.raiseNumber.run(numberAfter(lot));
    writeLot(statements, hash, lot);
    for (const retired of lot.retiredProfiles) statements.addFeed.run("retired", retired);
    for (const person of lot.changedPersons) statements.addFeed.run("person", person);
  }
  for await (const handed of rules.handovers ?? []) {
    writeFolds(statements, handed);
    for (const { id, person } of handed.movedFragments) statements.moveFragment.run(person, id);
    for (const person of handed.changedPersons) statements.addFeed.run("person", person);
    for (const { state } of handed.orders) statements.addFeed.run("order", state.key);
  }
}

function beginAnew(database: DatabaseSync): void {
  // What a failed rollback left open.
  if (database.isTransaction) database.exec("ROLLBACK");
  database.exec("BEGIN IMMEDIATE");
}

/** SQLITE_BUSY_SNAPSHOT: somebody has written since what the decision was read from. */
const overtakenCode = 517;

function advanceHead(
  database: DatabaseSync,
  { setHead }: CommitStatements,
  decision: Decision & { after: Position },
): void {
  const advance = (): boolean => setHead.run(decision.position, numberAfter(decision), decision.after).changes === 1;
  let isAdvanced: boolean;
  try {
    isAdvanced = advance();
  } catch (error) {
    if (!(error instanceof Error && "errcode" in error && error.errcode === overtakenCode)) throw error;
    beginAnew(database);
    isAdvanced = advance();
  }
  if (!isAdvanced) throw decidedElsewhere();
}

function numberAfter({ persons }: PeopleLot): number {
  return persons.reduce((most, row) => Math.max(most, row.person, row.component), 0) + 1;
}

function writeFragment(
  statements: CommitStatements,
  { row, isNew, detailChanged, sightings = [] }: WrittenFragment,
): void {
  const { id, identifiers, spans, traits, consents, logouts = 0, tenant = "" } = row.state;
  const written = encodeSpans(spans);
  if (isNew) {
    const { base = "", device = "" } = row.handed ?? {};
    const [joined, seen] = [identifiers.join("\n"), encodeSightings(sightings)];
    const isShort = sightings.length <= maxSeen;
    statements.addFragment.run(id, row.person, joined, written, logouts, tenant, base, device, isShort ? seen : "");
    if (!isShort) statements.addChunk.run(seen, id);
    addHoldings(statements, base || id, identifiers);
  } else {
    statements.updateFragment.run(written, logouts, seenBehind(statements, row.state, sightings), id);
  }
  if (!detailChanged) return;
  // What was folded anew may have nothing to tell any more.
  const isSilent = Object.keys(traits).length + Object.keys(consents).length === 0;
  if (isSilent) statements.removeDetail.run(id);
  else statements.putDetail.run(id, JSON.stringify(traits), JSON.stringify(consents));
}

type Folds = Pick<Decision, "fragments" | "ties" | "tenancies" | "orders">;

function writeFolds(statements: CommitStatements, { fragments, ties, tenancies, orders }: Folds): void {
  if (tenancies !== undefined) forgetSightings(statements, tenancies);
  for (const fragment of fragments) writeFragment(statements, fragment);
  for (const { fragment, added, removed } of ties) {
    for (const tie of removed) statements.removeTie.run(tie, fragment);
    for (const tie of added) statements.addTie.run(tie, fragment);
  }
  if (tenancies !== undefined) writeTenancies(statements, tenancies);
  for (const { state, ownerFragment } of orders) {
    statements.putOrder.run(state.key, ownerFragment, JSON.stringify(state));
  }
}

function writePeople(statements: CommitStatements, hash: KeyedHash, decision: Decision): void {
  writeFolds(statements, decision);
  writeLot(statements, hash, decision);
  for (const edge of decision.edges) {
    const { a, b, rule, source, firstAt, firstMessageId, lastAt, count, confidence } = edge;
    statements.putEdge.run(a, b, rule, source, firstAt, firstMessageId, lastAt, count, confidence);
  }
  for (const { position, id, a, b, verdict, by, reason, receivedAt, confidence } of decision.corrections) {
    statements.addCorrection.run(position, id, a, b, verdict, by, reason, receivedAt, confidence ?? null);
  }
}

function writeLot(statements: CommitStatements, hash: KeyedHash, lot: PeopleLot): void {
  for (const { id, person } of lot.movedFragments) statements.moveFragment.run(person, id);
  for (const { identifier, fragment } of lot.crossings) {
    statements.addCrossing.run(profileIdOf(hash, identifier), fragment);
  }
  for (const row of lot.identifiers) {
    const id = profileIdOf(hash, row.key);
    statements.putIdentifier.run(id, row.key, row.person, row.decision, row.seenWith.join("\n"), row.firstAt);
  }
  for (const person of lot.removedPersons) statements.removePerson.run(person);
  for (const row of lot.persons) statements.putPerson.run(row.person, row.component, row.profileId);
}

function writeFates(statements: CommitStatements, decision: Decision): void {
  for (const { position, first, differs } of decision.seenAgain) {
    statements.addDuplicate.run(position, first);
    statements.countDuplicate.run(first, differs ? 1 : 0);
  }
  statements.addBatch.run(decision.position, decision.processedAt, decision.processed);
}

function writeFeed(statements: CommitStatements, decision: Decision): void {
  for (const id of decision.retiredProfiles) statements.addFeed.run("retired", id);
  const kinds = new Map<number, SmallChange>();
  for (const person of decision.onlyActive) kinds.set(person, "activity");
  for (const person of decision.onlyOrders) kinds.set(person, "orders");
  for (const person of decision.changedPersons) statements.addFeed.run(kinds.get(person) ?? "person", person);
  for (const { state } of decision.orders) statements.addFeed.run("order", state.key);
}
