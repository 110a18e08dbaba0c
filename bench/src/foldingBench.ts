import { openStateStore } from "../../platform/src/adapters/embedded/state/stateStore.ts";
import type { StoredRecord } from "../../platform/src/buffer/eventBuffer.ts";
import { decide, edgesOfFragments, mergeSeenWith, type IdentityRules } from "../../platform/src/identity/index.ts";
import type { EvidenceInput } from "../../platform/src/identity/resolve.ts";
import { createPipeline } from "../../platform/src/ingestion/pipeline.ts";
import { deduplicate } from "../../platform/src/ingestion/steps/deduplicate.ts";
import { fold } from "../../platform/src/ingestion/steps/fold.ts";
import { gather } from "../../platform/src/ingestion/steps/gather.ts";
import { resolvePeople } from "../../platform/src/ingestion/steps/resolvePeople.ts";
import { validate } from "../../platform/src/ingestion/steps/validate.ts";
import type { AcceptedEvent } from "../../platform/src/model/event.ts";
import { fragmentKey } from "../../platform/src/model/fragment.ts";
import { parseIdentifierKey } from "../../platform/src/model/identifier.ts";
import { fragmentIdOf, messageKeyOf, type KeyedHash } from "../../platform/src/model/keyedHash.ts";
import { encodeRecord } from "../../platform/src/model/logRecord.ts";
import type { EventKeys } from "./identityShapes.ts";

/** The pipeline over a state file, without a log: identity's own cost. */
export interface FoldingBench {
  /** One batch; positions ascend from call to call. */
  decide(records: readonly StoredRecord[]): Promise<void>;
  /**
   * Decided, in batches as ingestion takes them, when it resolves. `occurredAt`: UTC ms of all; without it each is a
   * millisecond later than the one before.
   */
  fold(events: readonly EventKeys[], occurredAt?: number): Promise<void>;
  /** Says who is who after one batch of these so many times, and writes nothing: µs of this thread's processor an event. */
  resolveUs(events: readonly EventKeys[], times: number): Promise<number>;
  close(): Promise<void>;
}

/** As many as ingestion takes. */
export const batchRecords = 5_000;
const startAt = Date.UTC(2026, 0, 1);

/** Over a new file, or goes on where a stopped platform's state ends: `foldedWith` is then what that was folded with. */
export async function openFolding(
  file: string,
  hash: KeyedHash,
  rules: IdentityRules,
  foldedWith: Parameters<typeof openStateStore>[0]["foldedWith"] = {},
): Promise<FoldingBench> {
  const store = openStateStore({ file, hash, foldedWith });
  const messages = {
    firstPositions: async (keys: readonly string[]) => keys.map(() => null),
    remember: async () => undefined,
    forget: () => undefined,
    close: async () => undefined,
  };
  const recordsAt = async () => new Map();
  const parts = { store, messages, recordsAt, hash, rules, homeCurrency: "GBP", now: () => 0 };
  const pipeline = createPipeline(parts);
  let position = await store.position();
  const decide = async (records: readonly StoredRecord[]): Promise<void> => {
    position += records.length;
    await pipeline.decide(records, position);
  };
  return {
    decide,
    fold: async (events, occurredAt) => {
      for (let from = 0; from < events.length; from += batchRecords) {
        const some = events.slice(from, from + batchRecords);
        await decide(some.map((keys, at) => recordOf(keys, position + at, hash, occurredAt)));
      }
    },
    resolveUs: async (events, times) => {
      const records = events.map((keys, at) => recordOf(keys, position + at, hash));
      const folded = fold(await gather(await deduplicate(validate(records), parts), parts));
      const before = process.threadCpuUsage();
      for (let time = 0; time < times; time++) await resolvePeople(folded, parts);
      // The system counts a thread's time in ticks of milliseconds: one batch may well take none.
      const { user, system } = process.threadCpuUsage(before);
      return (user + system) / events.length / times;
    },
    close: () => store.close(),
  };
}

function recordOf(keys: EventKeys, position: number, hash: KeyedHash, at?: number): StoredRecord {
  const identifiers = [...keys].sort();
  const messageId = `m${position}`;
  const occurredAt = at ?? startAt + position;
  const event: AcceptedEvent = {
    status: "accepted",
    source: "web",
    sourceKind: "web",
    messageId,
    type: "track",
    event: "Product Viewed",
    receivedAt: occurredAt,
    occurredAt,
    originalTimestamp: occurredAt,
    flags: [],
    identifiers,
    aliasOf: [],
    body: { type: "track", event: "Product Viewed" },
  };
  return {
    position,
    payload: encodeRecord(event),
    message: messageKeyOf(hash, event.source, messageId),
    fragment: fragmentIdOf(hash, fragmentKey(identifiers, event.source)),
  };
}

/** The same as input to `resolve`. */
export function evidenceOfEvents(events: readonly EventKeys[], rules: IdentityRules): EvidenceInput {
  const company = new Map<string, string[]>();
  for (const keys of events) {
    for (const key of keys)
      company.set(key, mergeSeenWith(parseIdentifierKey(key), company.get(key) ?? [], keys, rules));
  }
  const fragments = events.map((keys, n) => ({
    identifiers: [...keys].sort(),
    spans: { web: { count: 1, firstAt: startAt + n, firstMessageId: `m${n}`, lastAt: startAt + n } },
  }));
  const identifiers = [...company].map(([key, seenWith]) => ({
    key,
    decision: decide(parseIdentifierKey(key), seenWith, rules),
    seen: true,
  }));
  return { identifiers, edges: edgesOfFragments(fragments) };
}
