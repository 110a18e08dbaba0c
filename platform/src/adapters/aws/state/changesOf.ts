import type { KeyedHash } from "../../../model/keyedHash.ts";
import type { SmallChange } from "../../../storage/followed.ts";
import type { Changes } from "./changes.ts";
import { checkDecision } from "./checkDecision.ts";
import { Draft } from "./draft.ts";
import type { Decision, RulesDecision } from "../../../storage/identityAndProfiles.ts";
import { pruneFeed, type FeedLimits } from "./feedRetention.ts";
import type { RowTexts } from "./rowReads.ts";
import {
  batchPlace,
  duplicatePlace,
  type FeedKind,
  feedPlace,
  noState,
  rulesPlace,
  seenAgainPlace,
  statePlace,
  type StateRow,
} from "./stateRows.ts";
import { countSources, countViolations } from "./writeCounts.ts";
import { fetchFolds, writeFolds } from "./writeFolds.ts";
import { writeKept } from "./writeKept.ts";
import { fetchLot, writeLot, writeStatements } from "./writePeople.ts";
import { fetchRefusals, writeRefusals } from "./writeRefusals.ts";

export interface ChangeParts {
  hash: KeyedHash;
  newId: () => string;
  feed: FeedLimits;
  /** Until which version of the feed every follower has it. */
  released: number;
}

const maxEntriesOfRow = 2_000;

/** What a decision makes of the rows as they are decided now. Problem 422 `decision_refused`. */
export async function changesOf(rows: RowTexts, decision: Decision, parts: ChangeParts): Promise<Changes> {
  const { hash } = parts;
  checkDecision(decision);
  const draft = new Draft(rows);
  await draft.fetch([statePlace]);
  await Promise.all([fetchFolds(draft, hash, decision), fetchLot(draft, hash, decision)]);
  await fetchRefusals(draft, hash, decision);
  const state = await draft.open(statePlace);
  Object.assign(state, { ...structuredClone(noState), ...state });
  const feed = new FeedEntries(decision);
  await writeFolds(draft, hash, decision);
  await writeLot(draft, hash, state, decision);
  await writeStatements(draft, hash, state, decision);
  await writeFates(draft, state, decision);
  await writeRefusals(draft, hash, state, decision);
  await countSources(draft, state, decision.received);
  await countViolations(draft, state, decision.violations);
  if (decision.kept !== undefined) await writeKept(draft, state, decision.kept);
  if (decision.rules !== undefined) await writeRules(draft, hash, state, decision.rules, feed);
  state.persons += draft.persons;
  state.combinations += draft.combinations;
  feed.write(draft, state, parts.newId);
  await pruneFeed(draft, state, parts);
  return draft.changes();
}

async function writeFates(draft: Draft, state: StateRow, decision: Decision): Promise<void> {
  await draft.fetch(decision.seenAgain.map(({ first }) => seenAgainPlace(first)));
  for (const { position, first, differs } of decision.seenAgain) {
    draft.put(duplicatePlace(position), { first });
    const counted = await draft.open(seenAgainPlace(first));
    counted.count = (counted.count ?? 0) + 1;
    counted.differs = counted.differs === true || differs;
  }
  state.duplicates += decision.seenAgain.length;
  state.processed += decision.processed;
  const { position, processedAt, processed } = decision;
  draft.put(batchPlace(position), { processedAt, processed });
}

/** Each lot is worked in before the next one is asked for. */
async function writeRules(
  draft: Draft,
  hash: KeyedHash,
  state: StateRow,
  rules: RulesDecision,
  feed: FeedEntries,
): Promise<void> {
  draft.put(rulesPlace(rules.version.number), rules.version);
  for await (const lot of rules.lots) {
    await fetchLot(draft, hash, lot);
    await writeLot(draft, hash, state, lot);
    for (const id of lot.retiredProfiles) feed.add("retired", id);
    for (const person of lot.changedPersons) feed.add("person", person);
  }
  for await (const handed of rules.handovers ?? []) {
    await fetchFolds(draft, hash, handed);
    await writeFolds(draft, hash, handed);
    const moved = { ...noLot, movedFragments: handed.movedFragments };
    await fetchLot(draft, hash, moved);
    await writeLot(draft, hash, state, moved);
    for (const person of handed.changedPersons) feed.add("person", person);
    for (const order of handed.orders) feed.add("order", order.state.key);
  }
}

const noLot = {
  movedFragments: [],
  crossings: [],
  identifiers: [],
  persons: [],
  removedPersons: [],
  changedPersons: [],
  retiredProfiles: [],
};

class FeedEntries {
  readonly #entries: [FeedKind, number | string][] = [];

  constructor(decision: Decision) {
    for (const id of decision.retiredProfiles) this.add("retired", id);
    const kinds = new Map<number, SmallChange>();
    for (const person of decision.onlyActive) kinds.set(person, "activity");
    for (const person of decision.onlyOrders) kinds.set(person, "orders");
    for (const person of decision.changedPersons) this.add(kinds.get(person) ?? "person", person);
    for (const { state } of decision.orders) this.add("order", state.key);
  }

  add(kind: FeedKind, id: number | string): void {
    this.#entries.push([kind, id]);
  }

  write(draft: Draft, state: StateRow, newId: () => string): void {
    const { feed } = state;
    const id = feed.id === "" ? newId() : feed.id;
    for (let at = 0; at < this.#entries.length; at += maxEntriesOfRow) {
      const entries = this.#entries.slice(at, at + maxEntriesOfRow);
      const first = feed.head + at + 1;
      draft.put(feedPlace(first + entries.length - 1), { first, entries });
    }
    state.feed = { ...feed, id, head: feed.head + this.#entries.length };
  }
}
