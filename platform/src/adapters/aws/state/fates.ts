import type { Fates, KeptCause, KeptRejection, RejectionsAsked } from "../../../storage/fates.ts";
import { listed } from "./listing.ts";
import { inCollection, inOrder } from "./place.ts";
import { type RowTexts, valueAt, valuesAt, valuesIn } from "./rowReads.ts";
import type { Snapshots } from "./snapshots.ts";
import { readState } from "./stateReads.ts";
import {
  batchPlace,
  causePlace,
  type CauseRow,
  duplicatePlace,
  messagePlace,
  refusalIndexes,
  refusalPlace,
  seenAgainPlace,
} from "./stateRows.ts";

export function fatesOver(snapshot: Snapshots): Fates {
  return {
    decidedUntil: () => snapshot(async (_, { position }) => position),
    rejectionOf: (messageKey) =>
      snapshot(async (rows) => {
        const latest = (await refusalsOf(rows, messageKey)).at(-1);
        return latest === undefined ? null : { position: latest.position, reason: latest.reason };
      }),
    rejections: (asked) => snapshot((rows) => rejections(rows, asked)),
    openRejectionOf: (messageKey) =>
      snapshot(async (rows) => (await refusalsOf(rows, messageKey)).find(({ state }) => state === "open") ?? null),
    openIn: ({ cause, from, until, limit }) =>
      snapshot(async (rows) => {
        const within = { from: inOrder(from), until: inOrder(until), limit };
        const found = await rows.range(refusalIndexes.openOfCause(cause), within);
        return refusalsAt(
          rows,
          found.map(({ sk }) => Number(sk)),
        );
      }),
    statesAt: (positions) =>
      snapshot(async (rows) =>
        (await valuesAt(rows, positions.map(refusalPlace))).map((refusal) => refusal?.state ?? null),
      ),
    ...causeReads(snapshot),
    exceptionAt: (position) =>
      snapshot(async (rows) => {
        const refusal = await valueAt(rows, refusalPlace(position));
        if (refusal !== null) return { fate: "rejected", reason: refusal.reason };
        return (await valueAt(rows, duplicatePlace(position))) === null ? null : { fate: "duplicate" };
      }),
    duplicatesIn: (from, until, limit) =>
      snapshot(async (rows) => {
        const found = await rows.range(duplicatePlace(0).pk, { from: inOrder(from), until: inOrder(until), limit });
        return found.map(({ sk }) => Number(sk));
      }),
    duplicatesOf: (first) =>
      snapshot(async (rows) => (await valueAt(rows, seenAgainPlace(first))) ?? { count: 0, differs: false }),
    processedAt: (position) =>
      snapshot(async (rows) => {
        const [batch] = await valuesIn(rows, batchPlace(0), { from: inOrder(position + 1), limit: 1 });
        return batch?.value.processedAt ?? null;
      }),
    counts: () =>
      snapshot(async (rows) => {
        const { processed, rejected, duplicates } = await readState(rows);
        return { processed, rejected, duplicates };
      }),
  };
}

/** Oldest first. */
async function refusalsOf(rows: RowTexts, messageKey: string): Promise<KeptRejection[]> {
  const place = messagePlace(messageKey);
  const positions = (await listed(rows, place, await valueAt(rows, place), "refused")).map(Number);
  return refusalsAt(
    rows,
    positions.sort((one, other) => one - other),
  );
}

async function refusalsAt(rows: RowTexts, positions: readonly number[]): Promise<KeptRejection[]> {
  return (await valuesAt(rows, positions.map(refusalPlace))).filter((refusal) => refusal !== null);
}

const pageRows = 200;

/** Newest first, by the narrowest index; a cause is of one source. */
async function rejections(rows: RowTexts, asked: RejectionsAsked): Promise<KeptRejection[]> {
  const { source, limit } = asked;
  const found: KeptRejection[] = [];
  let until = asked.before === null ? undefined : inOrder(asked.before);
  while (found.length < limit) {
    const page = await rows.range(indexFor(asked), {
      ...(until === undefined ? {} : { until }),
      isDescending: true,
      limit: Math.min(limit, pageRows),
    });
    const refusals = await refusalsAt(
      rows,
      page.map(({ sk }) => Number(sk)),
    );
    found.push(...refusals.filter((refusal) => source === null || refusal.source === source));
    if (page.length < Math.min(limit, pageRows)) break;
    until = page.at(-1)?.sk;
  }
  return found.slice(0, limit);
}

function indexFor({ source, cause, onlyOpen }: RejectionsAsked): string {
  const { open, openOfCause, openOfSource, ofCause, ofSource } = refusalIndexes;
  if (cause !== null) return onlyOpen ? openOfCause(cause) : ofCause(cause);
  if (source !== null) return onlyOpen ? openOfSource(source) : ofSource(source);
  return onlyOpen ? open() : refusalPlace(0).pk;
}

/** All of them are read each time: a source has no more than `maxCausesOfSource`. */
function causeReads(snapshot: Snapshots): Pick<Fates, "causes" | "cause" | "openCounts"> {
  const all = async (rows: RowTexts, source: string | null): Promise<KeptCause[]> => {
    const found = await valuesIn(rows, causePlace(""));
    return found
      .map(({ sk, value }) => keptCause(sk, value))
      .filter((each) => source === null || each.source === source);
  };
  return {
    causes: ({ source, onlyOpen, after, limit }) =>
      snapshot(async (rows) => {
        const found = (await all(rows, source)).filter(({ open }) => open > 0 || !onlyOpen).sort(mostOpenFirst);
        return found.filter((each) => after === null || mostOpenFirst(after, each) < 0).slice(0, limit);
      }),
    cause: (id) =>
      snapshot(async (rows) => {
        const row = await valueAt(rows, inCollection<CauseRow>(causePlace(id).pk, id));
        return row === null ? null : keptCause(id, row);
      }),
    openCounts: (source) =>
      snapshot(async (rows) => {
        const open = (await all(rows, source)).map((each) => each.open).filter((count) => count > 0);
        return { causes: open.length, open: open.reduce((sum, count) => sum + count, 0) };
      }),
  };
}

/** Of as many the one that was met first. */
function mostOpenFirst(one: Pick<KeptCause, "open" | "number">, other: Pick<KeptCause, "open" | "number">): number {
  return other.open - one.open || one.number - other.number;
}

function keptCause(id: string, row: CauseRow): KeptCause {
  const { source, code, field, type, event, number, count, open, firstAt, lastAt, latest } = row;
  return { id, source, code, field, type, event, number, count, open, firstAt, lastAt, latest };
}
