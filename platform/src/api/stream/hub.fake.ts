import { defaultIdentityRules, type IdentityRules } from "../../identity/index.ts";
import type { BufferRecord, StoredRecord } from "../../buffer/eventBuffer.ts";
import type { AcceptedEvent, CallRecord, RejectedCall } from "../../model/event.ts";
import { encodeRecord } from "../../model/logRecord.ts";
import { maxRecordsPerSegment, position, type Position } from "../../model/position.ts";
import type { EventSink } from "./eventSink.ts";
import type { StreamFilter } from "./filter.ts";
import type { Frontier } from "./frontier.ts";
import { createStreamHub, type StreamHub } from "./hub.ts";
import type { StreamOutcome } from "./streamTypes.ts";

export interface Message {
  event: string;
  id: string | null;
  /** Parsed JSON, typed loosely on purpose: tests ask it for anything. */
  data: ReturnType<typeof JSON.parse>;
}

/** A connection in memory, that takes everything or nothing. */
export interface Client {
  messages: Message[];
  records(): [status: string, messageId: string][];
  lastId(): string | null;
  isStuck: boolean;
  hasEnded: boolean;
  isAllowed: boolean;
  /** The network is gone. */
  drop(): void;
}

/** A hub over a log in memory, whose clock and decisions a test moves. */
export interface World {
  hub: StreamHub;
  clock: { now: number };
  duplicates: Set<number>;
  reads: { records: number };
  /** Appends, as the gateway tells it. Returns the positions. */
  /** `meanwhile`: what happens while they are on their way into the log. */
  take(records: readonly CallRecord[], meanwhile?: () => void): number[];
  decide(until?: number, outcome?: Partial<StreamOutcome>): void;
  /** Lets time pass, and everything that is due in it. */
  pass(ms: number): Promise<void>;
  connect(filter?: Partial<StreamFilter>, lastEventId?: string | null): Client;
  /** Another hub over the same log, as after a restart. */
  restart(): World;
}

export const noon = Date.UTC(2026, 10, 24, 12);
const any: StreamFilter = { statuses: null, sources: null, sourceKinds: null, events: null, profileId: null };

export function seen(messageId: string, given: Partial<AcceptedEvent> = {}): AcceptedEvent {
  return {
    status: "accepted",
    source: "web",
    sourceKind: "web",
    messageId,
    type: "track",
    event: "Seen",
    receivedAt: noon,
    occurredAt: noon,
    originalTimestamp: null,
    flags: [],
    identifiers: ["user_id:ada"],
    aliasOf: [],
    body: {},
    ...given,
  };
}

export function refused(messageId: string, given: Partial<RejectedCall> = {}): RejectedCall {
  const reason = { code: "event_missing", message: "no event" };
  const body = JSON.stringify({ type: "track", messageId, userId: "ada" });
  return { status: "rejected", source: "web", sourceKind: "web", messageId, receivedAt: noon, reason, body, ...given };
}

interface Stored {
  log: StoredRecord[];
  /** Records of each of the log's segments. */
  segmentRecords: number;
  records: Map<Position, CallRecord>;
  decided: Position;
  duplicates: Set<Position>;
  /** That hold now. */
  rules: () => IdentityRules;
  /** Records that were read, since the world began. */
  reads: { records: number };
}

function emptyLog(): Stored {
  const segmentRecords = maxRecordsPerSegment;
  const nothing = { log: [], records: new Map(), decided: 0, duplicates: new Set<Position>(), reads: { records: 0 } };
  return { ...nothing, segmentRecords, rules: () => defaultIdentityRules };
}

export function world(given: Partial<Stored> = {}): World {
  const stored = { ...emptyLog(), ...given };
  const clock = { now: noon };
  const timers: { at: number; work: () => void }[] = [];
  const from: Frontier = { taken: endOf(stored), decided: stored.decided };
  const hub = createStreamHub({
    reads: readsOver(stored, clock),
    now: () => clock.now,
    later: (ms, work) => void timers.push({ at: clock.now + ms, work }),
    pending: () => stored.log.length - stored.decided,
    from,
    onTrouble: (error) => {
      throw error;
    },
  });
  const settle = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    hub,
    clock,
    duplicates: stored.duplicates,
    reads: stored.reads,
    take: (records, meanwhile) => {
      const positions = records.map((_, n) => positionOf(stored, stored.log.length + n));
      const calls = records.map((record) => ({ record, identifiers: identifiersOf(record) }));
      const payloads = records.map((record) => encodeRecord(record));
      const appended = records.map((record, n) => ({
        fragment: fragmentOf(record),
        message: "m",
        payload: payloads[n] as Uint8Array,
      }));
      const told = hub.taken(calls, appended);
      meanwhile?.();
      for (const [n, record] of records.entries()) {
        const position = positions[n] as Position;
        stored.records.set(position, record);
        stored.log.push({ position, ...(appended[n] as BufferRecord) });
      }
      told(positions);
      return positions;
    },
    decide: (until = endOf(stored), outcome = {}) => {
      stored.decided = until;
      hub.decided(until, { processed: 0, duplicates: 0, joined: 0, joins: [], ...outcome });
    },
    pass: async (ms) => {
      await settle();
      const end = clock.now + ms;
      for (;;) {
        const due = timers.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0];
        if (due === undefined) break;
        timers.splice(timers.indexOf(due), 1);
        clock.now = Math.max(clock.now, due.at);
        due.work();
        await settle();
      }
      clock.now = end;
    },
    connect: (filter = {}, lastEventId = null) => connect(hub, { ...any, ...filter }, lastEventId),
    restart: () => world(stored),
  };
}

function positionOf({ segmentRecords }: Stored, index: number): Position {
  return position(Math.floor(index / segmentRecords), index % segmentRecords);
}

function endOf({ log }: Stored): Position {
  const last = log.at(-1);
  return last === undefined ? 0 : last.position + 1;
}

function fragmentOf(record: CallRecord): string {
  return `f-${identifiersOf(record).join("+")}`;
}

function identifiersOf(record: CallRecord): readonly string[] {
  return record.status === "accepted" ? record.identifiers : ["user_id:ada"];
}

function readsOver(stored: Stored, clock: { now: number }): Parameters<typeof createStreamHub>[0]["reads"] {
  const profileIdOf = (key: string | undefined): string | null => (key === undefined ? null : `p_${key}`);
  return {
    fates: {
      exceptionAt: async (position) => {
        const record = stored.records.get(position);
        if (record?.status === "rejected") return { fate: "rejected", reason: record.reason };
        return stored.duplicates.has(position) ? { fate: "duplicate" } : null;
      },
      duplicatesIn: async (first, until, limit) =>
        [...stored.duplicates].filter((at) => at >= first && at < until).slice(0, limit),
      processedAt: async (position) => (position < stored.decided ? clock.now : null),
    },
    log: {
      read: async (first, until, maxRecords) => {
        const after = stored.log.findIndex((each) => each.position >= first);
        const records = stored.log.slice(after, after + maxRecords).filter((each) => each.position < until);
        stored.reads.records += records.length;
        return { records, next: (records.at(-1)?.position ?? until - 1) + 1 };
      },
      at: async (position) => stored.log.find((each) => each.position === position) ?? null,
      close: async () => {},
    },
    profileIdOfFragment: async (fragment) => profileIdOf(fragment.slice(2).split("+")[0]),
    person: async (id) => ({ id, identifiers: new Set([id.slice(2)]), fragments: new Set([`f-${id.slice(2)}`]) }),
    rules: stored.rules,
    nameOf: async (id) => id.slice(2),
  };
}

function connect(hub: StreamHub, filter: StreamFilter, lastEventId: string | null): Client {
  let closed: (() => void) | null = null;
  const client: Client = {
    messages: [],
    records: () =>
      client.messages.flatMap(({ event, data }) =>
        event === "record" ? [[data.status, data.messageId] as const] : [],
      ) as [string, string][],
    lastId: () => client.messages.findLast(({ id }) => id !== null)?.id ?? null,
    isStuck: false,
    hasEnded: false,
    isAllowed: true,
    drop: () => closed?.(),
  };
  const sink: EventSink = {
    hasRoom: () => !client.isStuck && !client.hasEnded,
    send: (text) => {
      if (!sink.hasRoom()) return false;
      const [, event, , id, data] = /^event: (\w+)\n(id: (\S+)\n)?data: (.*)\n\n$/.exec(text) ?? [];
      if (event !== undefined && data !== undefined)
        client.messages.push({ event, id: id ?? null, data: JSON.parse(data) });
      return true;
    },
    ready: async () => {},
    end: () => {
      client.hasEnded = true;
    },
    onClosed: (heard) => {
      closed = heard;
    },
  };
  hub.subscribe({ filter, lastEventId, sink: () => sink, isAllowed: async () => client.isAllowed });
  return client;
}
