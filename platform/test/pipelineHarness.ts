import { afterEach } from "vitest";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { copyState } from "../src/adapters/embedded/backup/databaseCopy.ts";
import { compareStates } from "../src/adapters/embedded/state/compareStates.ts";
import { correctionsOver, linksOver } from "../src/adapters/embedded/state/corrections.ts";
import { householdsOver } from "../src/adapters/embedded/state/households.ts";
import { peopleOver } from "../src/adapters/embedded/state/people.ts";
import { openStateReader } from "../src/adapters/embedded/state/schema.ts";
import { openStateStore } from "../src/adapters/embedded/state/stateStore.ts";
import type { EventBufferReader, StoredRecord } from "../src/buffer/eventBuffer.ts";
import {
  correctionService,
  defaultIdentityRules,
  explainerOver,
  identityReads,
  parseIdentityRules,
  rulesHash,
  type CorrectionService,
  type IdentityRules,
} from "../src/identity/index.ts";
import { createIngestionLoop, type BatchOutcome } from "../src/ingestion/index.ts";
import { linkRecordOf, pairOf, recordOf, type LinkVerdict, type Verdict } from "../src/model/correction.ts";
import type {
  AcceptedEvent,
  CorrectionRecord,
  JsonObject,
  LinkRecord,
  LogRecord,
  RulesRecord,
} from "../src/model/event.ts";
import { fragmentKey } from "../src/model/fragment.ts";
import { fragmentIdOf, keyedHash, messageKeyOf } from "../src/model/keyedHash.ts";
import { decodeRecord, encodeRecord } from "../src/model/logRecord.ts";
import type { Position } from "../src/model/position.ts";
import type { Profile } from "../src/model/profile.ts";
import { rulesRecordOf } from "../src/model/rulesVersion.ts";
import { composeProfile, displayNameOf, profileReads } from "../src/profiles/index.ts";
import type { IdentityAndProfiles } from "../src/storage/identityAndProfiles.ts";
import type { HouseholdStore } from "../src/storage/households.ts";
import type { PersonRecord } from "../src/storage/people.ts";
import type { MessageIndex } from "../src/storage/messageIndex.ts";

export const hash = keyedHash(Buffer.alloc(32, 7));
export const homeCurrency = "GBP";

/** An accepted event with everything that a test does not care about filled in. */
export function accepted(given: Partial<AcceptedEvent> & { messageId: string }): AcceptedEvent {
  const occurredAt = given.occurredAt ?? Date.UTC(2026, 0, 1);
  return {
    status: "accepted",
    source: "web",
    sourceKind: "web",
    type: "track",
    event: "Product Viewed",
    receivedAt: occurredAt + 1_000,
    occurredAt,
    originalTimestamp: occurredAt,
    flags: [],
    aliasOf: [],
    body: { type: "track", event: "Product Viewed", properties: {} },
    ...given,
    identifiers: [...(given.identifiers ?? [])].sort(),
  };
}

export function stored(record: LogRecord, position: Position): StoredRecord {
  const identifiers = identifiersOf(record);
  return {
    position,
    payload: encodeRecord(record),
    message: messageKeyOf(hash, record.source, record.messageId),
    fragment: fragmentIdOf(hash, fragmentKey(identifiers, record.source)),
  };
}

function identifiersOf(record: LogRecord): readonly string[] {
  if (record.status === "correction" || record.status === "link") return [record.body.a, record.body.b];
  return record.status === "accepted" ? record.identifiers : [];
}

/** A correction as it comes from the API. */
export function corrected(
  verdict: Verdict,
  one: string,
  other: string,
  more: { id: string; receivedAt?: number },
): CorrectionRecord {
  const said = { by: "t1", reason: "I asked", receivedAt: more.receivedAt ?? Date.UTC(2026, 1, 1) };
  return recordOf({ id: more.id, verdict, ...pairOf(one, other), ...said });
}

/** What a linkage says, as it comes from a run. */
export function linked(
  verdict: LinkVerdict,
  one: string,
  other: string,
  more: { id: string; receivedAt?: number; confidence?: number },
): LinkRecord {
  const { id, receivedAt = Date.UTC(2026, 1, 1), confidence = 0.99 } = more;
  const likely = verdict === "probable" ? { confidence } : {};
  return linkRecordOf({ id, verdict, ...pairOf(one, other), by: "lr_1", reason: "model 1", receivedAt, ...likely });
}

/** A version of the rules as it comes from the API. */
export function published(rules: IdentityRules, number: number, more: { id?: string } = {}): RulesRecord {
  const document = JSON.parse(JSON.stringify(parseIdentityRules(rules))) as JsonObject;
  const said = { by: "t1", reason: "to see", receivedAt: Date.UTC(2026, 1, 1) };
  return rulesRecordOf({ id: more.id ?? `r${number}`, number, hash: rulesHash(document), document, ...said });
}

/** A message index in memory: what the port promises, nothing else. */
export function messagesInMemory(): MessageIndex {
  const known = new Map<string, Position>();
  let keptFrom = 0;
  const kept = (key: string): Position | null => {
    const at = known.get(key);
    return at !== undefined && at >= keptFrom ? at : null;
  };
  return {
    firstPositions: async (keys) => keys.map(kept),
    remember: async (entries) => {
      for (const { key, position } of entries) if (kept(key) === null) known.set(key, position);
    },
    forget: (before) => {
      keptFrom = Math.max(keptFrom, before);
    },
    close: async () => undefined,
  };
}

export interface Folding {
  /** Appends to the log and decides it, in batches of the given sizes (the last repeats). */
  deliver(records: readonly LogRecord[], batchSizes?: readonly number[]): Promise<BatchOutcome>;
  profiles(): Promise<Profile[]>;
  profile(type: string, value: string): Promise<Profile | null>;
  identity: ReturnType<typeof identityReads>;
  corrections: CorrectionService;
  households: HouseholdStore;
  /** One that goes on from a copy of the state, as a base; of the log it has what is kept, and nothing else. */
  base(): Promise<Folding>;
  /** Where the two states differ in anything but their numbering. */
  differences(other: Folding): Promise<string[]>;
  /** What was delivered. */
  log: EventBufferReader;
  readonly file: string;
  close(): Promise<void>;
}

function profilesIn(reader: DatabaseSync): Profile[] {
  const people = peopleOver(reader, hash);
  const rows = reader.prepare("SELECT person FROM persons ORDER BY profile_id").all();
  return rows.flatMap((row) => {
    const record = people.byPerson(Number(row["person"]));
    return record === null ? [] : [composeProfile({ ...record, hash, homeCurrency })];
  });
}

function correctionsOn(reader: DatabaseSync, rules: IdentityRules, deliver: Folding["deliver"]): CorrectionService {
  let made = 0;
  const people = peopleOver(reader, hash);
  const corrections = correctionsOver(reader);
  const compose = (record: Omit<PersonRecord, "profileId">): Profile =>
    composeProfile({ ...record, hash, homeCurrency });
  const links = linksOver(reader);
  const { look, list } = explainerOver({ people, corrections, links, rules, hash, compose, nameOf: displayNameOf });
  return correctionService({
    people,
    corrections,
    look,
    list,
    hash,
    compose,
    append: async (records) => deliver(records.map(({ payload }) => decodeRecord(payload))),
    decided: async () => undefined,
    now: () => Date.UTC(2026, 1, 1),
    newId: () => `c_${++made}`,
    sleep: async () => undefined,
  });
}

/** Opens harnesses that are closed after the test; to be called once, at the top of a file of tests. */
export function foldings(): () => Promise<Folding> {
  const open: Folding[] = [];
  afterEach(async () => {
    for (const made of open.splice(0)) await made.close();
  });
  return async () => {
    const made = await foldingHarness();
    open.push(made);
    return made;
  };
}

/** Two worlds of their own; `otherRules`: those of the second. */
export async function withTwo(
  check: (one: Folding, other: Folding) => Promise<void>,
  otherRules: IdentityRules = defaultIdentityRules,
): Promise<void> {
  const [one, other] = [await foldingHarness(), await foldingHarness(otherRules)];
  try {
    await check(one, other);
  } finally {
    await one.close();
    await other.close();
  }
}

/** Everybody with why they are who they are, as text: the same bytes for the same people. */
export async function bytesOf(one: Folding): Promise<string> {
  const views = [];
  const profiles = await one.profiles();
  for (const profile of profiles) views.push(await one.identity.of(profile.id));
  return JSON.stringify([profiles, views]);
}

/** Over records in memory, so many at a time. */
function readerOf(log: readonly StoredRecord[], mostAtATime: () => number): EventBufferReader {
  return {
    read: async (from, until) => {
      const records = log.slice(from, Math.min(until, from + mostAtATime()));
      return { records, next: from + records.length };
    },
    at: async (position) => log[position] ?? null,
    close: async () => undefined,
  };
}

/** Of the log what is kept, and its messages, as an index that is made anew knows them. */
async function takeOver(
  from: readonly StoredRecord[],
  { log, store, messages }: { log: StoredRecord[]; store: IdentityAndProfiles; messages: MessageIndex },
): Promise<void> {
  const kept = await store.kept();
  const decided = await store.position();
  log.length = decided;
  const skipped = await store.notProcessed(kept.from, decided);
  messages.forget(kept.from);
  for (const record of from.slice(kept.from, decided)) {
    log[record.position] = record;
    if (!skipped.has(record.position)) {
      await messages.remember([{ key: record.message, position: record.position }]);
    }
  }
}

/** The real pipeline over the real store in a temporary file, fed with records in memory. */
export async function foldingHarness(
  rules: IdentityRules = defaultIdentityRules,
  overStore: (store: IdentityAndProfiles) => IdentityAndProfiles = (store) => store,
  base?: { file: string; log: readonly StoredRecord[] },
): Promise<Folding> {
  const directory = mkdtempSync(join(tmpdir(), "c360-fold-"));
  const file = join(directory, "state.sqlite");
  const log: StoredRecord[] = [];
  if (base !== undefined) await copyState(base.file, file, { bytesPerS: null });
  const store = overStore(openStateStore({ file, hash, foldedWith: {} }));
  const messages = messagesInMemory();
  if (base !== undefined) await takeOver(base.log, { log, store, messages });
  const reader = openStateReader(file);
  const people = peopleOver(reader, hash);
  const total: BatchOutcome = { processed: 0, rejected: 0, duplicates: 0, joined: 0, joins: [] };
  const troubles: unknown[] = [];
  let batchSize = 1;
  const delivered = readerOf(log, () => batchSize);
  const loop = await createIngestionLoop({
    log: delivered,
    store,
    messages,
    recordsAt: async (positions) =>
      new Map(positions.flatMap((position) => (log[position] === undefined ? [] : [[position, log[position]]]))),
    hash,
    rules,
    homeCurrency,
    now: () => 0,
    onDecided: (_position, _records, outcome) => {
      total.processed += outcome.processed;
      total.rejected += outcome.rejected;
      total.duplicates += outcome.duplicates;
      total.joined += outcome.joined;
      total.joins = [...total.joins, ...outcome.joins];
    },
    onTrouble: (error) => troubles.push(error),
    sleep: async () => {
      throw troubles.at(-1);
    },
  });
  const deliver: Folding["deliver"] = async (records, batchSizes = [records.length]) => {
    let from = 0;
    for (let turn = 0; from < records.length; turn++) {
      batchSize = Math.max(1, batchSizes[Math.min(turn, batchSizes.length - 1)] ?? 1);
      const until = Math.min(records.length, from + batchSize);
      for (const record of records.slice(from, until)) log.push(stored(record, log.length));
      await loop.run(log.length);
      from = until;
    }
    if (troubles.length > 0) throw troubles[0];
    return { ...total };
  };
  return {
    file,
    log: delivered,
    identity: identityReads({ people, hash, rules }),
    corrections: correctionsOn(reader, rules, deliver),
    households: householdsOver(reader, hash),
    deliver,
    base: () => foldingHarness(rules, overStore, { file, log }),
    profiles: async () => profilesIn(reader),
    profile: profileReads({ people, hash, homeCurrency }).byIdentifier,
    differences: async (other) => compareStates({ live: file, fresh: other.file, hash, homeCurrency }),
    close: async () => {
      reader.close();
      await store.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
