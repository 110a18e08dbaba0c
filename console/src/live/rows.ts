import type { Identifier, RecordStatus, StreamJoin, StreamRecord } from "./messages.ts";

/** A delivery in the stream's list: as it stands now, and who was joined by it. */
export interface LiveRow {
  /** Of its place in the list, for as long as it is there. */
  key: string;
  source: string;
  sourceKind: string;
  messageId: string;
  /** Null where only the join was told. */
  status: RecordStatus | null;
  /** UTC ISO 8601: of receipt, or, where only the join was told, of the event itself. */
  at: string;
  receivedAt: string | null;
  /** The event's name, else the call's type. */
  what: string | null;
  identifier: Identifier | null;
  profileId: string | null;
  displayName: string | null;
  latencyMs: number | null;
  reason: string | null;
  code: string | null;
  join: { retiredIds: string[]; identifiers: Identifier[]; rule: string } | null;
}

export const maxRows = 500;

/** A later word replaces an earlier one; after a break in the connection earlier ones may come again. */
const finality: Record<RecordStatus, number> = { accepted: 0, duplicate: 1, rejected: 2, processed: 3 };

/** The lists newest first: what is shown, and what waits above it. */
export interface RowLists {
  shown: readonly LiveRow[];
  waiting: readonly LiveRow[];
  /** What waits, with what was dropped of it. */
  waitingCount: number;
}

export const noRows: RowLists = { shown: [], waiting: [], waitingCount: 0 };

/** A record in its row, which stays where it is; a new one goes on top, or waits there while the list is held. */
export function withRecord(lists: RowLists, record: StreamRecord, isHeld: boolean): RowLists {
  const isSame = (row: LiveRow): boolean =>
    row.messageId === record.messageId &&
    row.source === record.source &&
    (row.receivedAt === record.receivedAt || row.receivedAt === null);
  return withRow(lists, isHeld, isSame, (row) => recorded(row, record));
}

/** A join in the row of the call that showed it; a row of its own where that is not shown. */
export function withJoin(lists: RowLists, join: StreamJoin, isHeld: boolean): RowLists {
  const isSame = (row: LiveRow): boolean => row.messageId === join.messageId && row.source === join.source;
  return withRow(lists, isHeld, isSame, (row) => joined(row, join));
}

function withRow(
  lists: RowLists,
  isHeld: boolean,
  isSame: (row: LiveRow) => boolean,
  next: (row: LiveRow | null) => LiveRow,
): RowLists {
  for (const list of ["shown", "waiting"] as const) {
    const index = lists[list].findIndex(isSame);
    const row = lists[list][index];
    if (row !== undefined) return { ...lists, [list]: lists[list].with(index, next(row)) };
  }
  const row = next(null);
  if (!isHeld) return { ...lists, shown: [row, ...lists.shown.slice(0, maxRows - 1)] };
  return {
    ...lists,
    waiting: [row, ...lists.waiting.slice(0, maxRows - 1)],
    waitingCount: lists.waitingCount + 1,
  };
}

/** What waits comes on top of what is shown. */
export function released({ shown, waiting }: RowLists): RowLists {
  return { shown: [...waiting, ...shown].slice(0, maxRows), waiting: [], waitingCount: 0 };
}

export function filteredRows(lists: RowLists, matches: (row: LiveRow) => boolean): RowLists {
  const { shown } = released(lists);
  return { shown: shown.filter(matches), waiting: [], waitingCount: 0 };
}

function recorded(row: LiveRow | null, record: StreamRecord): LiveRow {
  const { source, sourceKind, messageId, receivedAt, identifier } = record;
  const isOlder = row?.status != null && finality[row.status] > finality[record.status];
  if (row !== null && isOlder) return row;
  return {
    key: row?.key ?? keyOf(source, messageId, receivedAt),
    source,
    sourceKind,
    messageId,
    status: record.status,
    at: receivedAt,
    receivedAt,
    what: record.event ?? record.type,
    identifier: identifier ?? row?.identifier ?? null,
    profileId: record.profileId ?? row?.profileId ?? null,
    displayName: record.displayName ?? row?.displayName ?? null,
    latencyMs: record.latencyMs ?? null,
    reason: record.reason ?? null,
    code: record.code ?? null,
    join: row?.join ?? null,
  };
}

function joined(row: LiveRow | null, join: StreamJoin): LiveRow {
  const { source, sourceKind, messageId, occurredAt, profileId, identifiers, retiredIds, rule } = join;
  const before = row ?? {
    key: keyOf(source, messageId, "join"),
    source,
    sourceKind: sourceKind ?? source,
    messageId,
    status: null,
    at: occurredAt,
    receivedAt: null,
    what: null,
    identifier: identifiers[0] ?? null,
    latencyMs: null,
    reason: null,
    code: null,
    displayName: null,
  };
  return {
    ...before,
    profileId,
    displayName: join.displayName ?? before.displayName,
    join: { identifiers, retiredIds, rule },
  };
}

function keyOf(source: string, messageId: string, delivery: string): string {
  return `${source} ${messageId} ${delivery}`;
}
