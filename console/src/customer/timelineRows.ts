import type { AnswerOf } from "../api/client.ts";
import type { Correction } from "../corrections/correctionQueries.ts";
import type { Join } from "./joins.ts";

export type TimelineEvent = AnswerOf<"/api/profiles/id/{id}/events", "get">["items"][number];

export type TimelineRow =
  | { kind: "day"; key: string; at: number }
  /** `untilNow`: nothing has come since. */
  | { kind: "silence"; key: string; days: number; untilNow: boolean }
  | { kind: "join"; key: string; join: Join }
  /** What a person said of who is who. */
  | { kind: "correction"; key: string; correction: Correction }
  /** Lesser events of one visit, newest first, at least two. */
  | { kind: "burst"; key: string; events: TimelineEvent[]; isOpen: boolean }
  /** `lateMs`: how long after what happened later it came; null when it came in its turn. */
  | { kind: "event"; key: string; event: TimelineEvent; lateMs: number | null; isOfBurst: boolean };

export interface TimelineParts {
  /** Newest first. */
  events: readonly TimelineEvent[];
  joins: readonly Join[];
  corrections: readonly Correction[];
  /** UTC ms. */
  now: number;
  view: "milestones" | "all";
  /** Older events were not loaded: what is older than the last event stays away. */
  hasMore: boolean;
  /** Keys of bursts that are unfolded. */
  open: ReadonlySet<string>;
}

const dayMs = 86_400_000;
/** A visit ends where nothing came for so long. */
const visitGapMs = 30 * 60_000;
const silenceDays = 14;
/** What came so long after something that happened later is late; less is the ordinary disorder of networks. */
const lateAfterMs = 3_600_000;

type Entry = { at: number } & (
  | { event: TimelineEvent; join?: never; correction?: never }
  | { join: Join; event?: never; correction?: never }
  | { correction: Correction; event?: never; join?: never }
);

/** A timeline's rows, newest first: day heads, silences, joins, bursts folded unless all is wanted. */
export function timelineRows(parts: TimelineParts): TimelineRow[] {
  const { events, now, view, open } = parts;
  const late = lateness(events);
  const rows: TimelineRow[] = [];
  let last: number | null = null;
  for (const run of runsOf(entriesOf(parts), view === "milestones")) {
    const [first] = run;
    if (first === undefined) continue;
    rows.push(...between(last, first.at, now));
    const { join, correction } = first;
    if (join !== undefined) rows.push({ kind: "join", key: joinKey(join), join });
    else if (correction !== undefined) rows.push({ kind: "correction", key: correction.id, correction });
    else rows.push(...eventRows(run, late, open));
    last = run.at(-1)?.at ?? first.at;
  }
  return rows;
}

export function eventKey({ source, messageId }: Pick<TimelineEvent, "source" | "messageId">): string {
  return `${source}\n${messageId}`;
}

const joinKey = (join: Join): string => `join\n${eventKey(join)}`;

function entriesOf({ events, joins, corrections, hasMore }: TimelineParts): Entry[] {
  const oldest = events.at(-1);
  const from = hasMore && oldest !== undefined ? Date.parse(oldest.occurredAt) : Number.NEGATIVE_INFINITY;
  const said = corrections.map((correction) => ({ at: Date.parse(correction.receivedAt), correction }));
  const entries: Entry[] = [
    ...said.filter(({ at }) => at >= from),
    // A join stands above the event that showed it: the sort is stable.
    ...joins.filter(({ at }) => at >= from).map((join) => ({ at: join.at, join })),
    ...events.map((event) => ({ at: Date.parse(event.occurredAt), event })),
  ];
  return entries.sort((a, b) => b.at - a.at);
}

/** Entries that make one row: a burst's, or one alone. */
function runsOf(entries: readonly Entry[], isFolding: boolean): Entry[][] {
  const runs: Entry[][] = [];
  for (const entry of entries) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    if (isFolding && run !== undefined && before !== undefined && isOneVisit(before, entry)) run.push(entry);
    else runs.push([entry]);
  }
  return runs;
}

function isOneVisit(newer: Entry, older: Entry): boolean {
  if (newer.event === undefined || older.event === undefined) return false;
  if (newer.event.source !== older.event.source || newer.at - older.at > visitGapMs) return false;
  return !isMilestone(newer.event) && !isMilestone(older.event) && dayOf(newer.at) === dayOf(older.at);
}

const milestoneWords =
  /order|refund|cancel|return|purchas|payment|bought|ticket|subscri|sign(ed)?.?up|regist|account|lead|review|deliver|shipped|bounced|complain|loyalty/i;

/** What is told by itself even where little things are folded. */
export function isMilestone({ type, event }: Pick<TimelineEvent, "type" | "event">): boolean {
  return type === "alias" || (type === "track" && event !== null && milestoneWords.test(event));
}

function eventRows(run: readonly Entry[], late: ReadonlyMap<string, number>, open: ReadonlySet<string>): TimelineRow[] {
  const events = run.flatMap(({ event }) => (event === undefined ? [] : [event]));
  const rowOf = (event: TimelineEvent): TimelineRow => ({
    kind: "event",
    key: eventKey(event),
    event,
    lateMs: late.get(eventKey(event)) ?? null,
    isOfBurst: events.length > 1,
  });
  const oldest = events.at(-1);
  if (oldest === undefined || events.length === 1) return events.map(rowOf);
  // Named by its oldest event: it stays open while newer ones come.
  const key = `burst\n${eventKey(oldest)}`;
  const isOpen = open.has(key);
  return [{ kind: "burst", key, events, isOpen }, ...(isOpen ? events.map(rowOf) : [])];
}

/** What stands between a row and the newer one above it; null: nothing is above. */
function between(newer: number | null, at: number, now: number): TimelineRow[] {
  const rows: TimelineRow[] = [];
  const days = Math.floor(((newer ?? now) - at) / dayMs);
  if (days >= silenceDays) rows.push({ kind: "silence", key: `silence ${at}`, days, untilNow: newer === null });
  if (newer === null || dayOf(newer) !== dayOf(at)) rows.push({ kind: "day", key: `day ${dayOf(at)}`, at });
  return rows;
}

/** The reader's own day. */
export function dayOf(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

/** An event is late when something that happened after it had come well before it. An import in order is not. */
function lateness(events: readonly TimelineEvent[]): Map<string, number> {
  const late = new Map<string, number>();
  let earliestReceipt = Number.POSITIVE_INFINITY;
  for (const event of events) {
    const receivedAt = Date.parse(event.receivedAt);
    const by = receivedAt - Math.max(earliestReceipt, Date.parse(event.occurredAt));
    if (by > lateAfterMs) late.set(eventKey(event), by);
    earliestReceipt = Math.min(earliestReceipt, receivedAt);
  }
  return late;
}
