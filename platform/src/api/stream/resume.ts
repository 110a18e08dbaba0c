import type { Join } from "../../model/join.ts";
import { maxRecordsPerSegment, ordinalOf, position, segmentOf, type Position } from "../../model/position.ts";
import { wants, type StreamFilter } from "./filter.ts";
import { frontierId, type Frontier } from "./frontier.ts";
import { maxResumedRecords } from "./limits.ts";
import { takenOf } from "./logged.ts";
import type { StreamReads } from "./reads.ts";
import type { Subscriber } from "./subscriber.ts";

const chunkRecords = 200;
const chunkBytes = 2 << 20;

export interface ResumeParts {
  subscriber: Subscriber;
  filter: StreamFilter;
  reads: StreamReads;
  /** What the subscriber was told before it went. */
  told: Frontier;
  /** What is live from now on, and needs no telling here. */
  now: Frontier;
  /** Joins that are remembered, oldest first, each with the decided position that it came with. */
  joins: readonly { join: Join; decided: Position }[];
  /** Joins decided before it are not remembered. */
  joinsFrom: Position;
  /** Resolves when the subscriber can take more; false when it is gone. */
  ready: () => Promise<boolean>;
}

/**
 * Tells from the log what came and what was decided while a subscriber was away, in the order of the log: all of it,
 * or the latest {@link maxResumedRecords} records after saying how many were skipped.
 */
export async function resume(parts: ResumeParts): Promise<void> {
  const { subscriber, told, now, reads } = parts;
  const wanted = Math.min(told.taken, told.decided);
  const isAhead = told.taken > now.taken || told.decided > now.decided;
  // Positions of another log, or of one that was put back from a copy.
  if (isAhead) return subscriber.skip(null, null);
  const from = await startOf(wanted, now.taken, reads.log);
  const areJoinsKnown = parts.joinsFrom <= told.decided;
  if (from > wanted || !areJoinsKnown) subscriber.skip(skippedBetween(wanted, from), areJoinsKnown ? 0 : null);
  const joins = parts.joins.filter(({ decided }) => decided > told.decided);
  let at = from;
  while (at < now.taken) {
    const { records, next } = await reads.log.read(at, now.taken, chunkRecords, chunkBytes);
    for (const stored of records) {
      while ((joins[0]?.join.position ?? Number.POSITIVE_INFINITY) < stored.position)
        await tellJoin(parts, joins.shift());
      await tellRecord(parts, stored);
    }
    if (!(await parts.ready()) || next <= at) return;
    at = next;
  }
  for (const each of joins) await tellJoin(parts, each);
}

async function tellJoin({ subscriber, filter }: ResumeParts, found: ResumeParts["joins"][number] | undefined) {
  if (found !== undefined && subscriber.matchesJoin(found.join) && wants(filter, "joined")) {
    await subscriber.sendJoin(found.join);
  }
}

async function tellRecord(
  { subscriber, filter, told, now }: ResumeParts,
  stored: Parameters<typeof takenOf>[0],
): Promise<void> {
  const taken = takenOf(stored);
  if (taken === null || !subscriber.matches(taken)) return;
  const isNew = taken.position >= told.taken;
  const id = frontierId({
    taken: Math.max(told.taken, taken.position + 1),
    decided: Math.max(told.decided, Math.min(now.decided, taken.position + 1)),
  });
  if (taken.record.status === "rejected") {
    if (isNew && wants(filter, "rejected")) subscriber.sendRecord(subscriber.view(taken, { status: "rejected" }), id);
    return;
  }
  if (taken.position < now.decided) {
    const decision = taken.position >= told.decided ? await subscriber.decisionOf(taken) : null;
    if (decision !== null) subscriber.sendRecord(decision, id);
    return;
  }
  if (isNew && subscriber.mayShowAccepted(taken))
    subscriber.sendRecord(subscriber.view(taken, { status: "accepted" }), id);
  subscriber.await(taken);
}

/**
 * Where to begin reading: at `wanted`, or at the latest records where that is too far back. Over the end of one segment,
 * where the log alone knows how many records are left of it; over the ends of two, or where the one before is deleted,
 * the last segment alone is read.
 */
async function startOf(wanted: Position, end: Position, log: StreamReads["log"]): Promise<Position> {
  const latest = Math.max(0, ordinalOf(end) - maxResumedRecords);
  const near = position(segmentOf(end), latest);
  if (near <= wanted) return wanted;
  const isSegmentBefore = segmentOf(wanted) === segmentOf(end) - 1;
  if (latest > 0 || !isSegmentBefore || ordinalOf(wanted) + maxResumedRecords >= maxRecordsPerSegment) return near;
  const isFar = (await log.at(wanted + maxResumedRecords)) !== null;
  const isThere = (await log.at(position(segmentOf(wanted), 0))) !== null;
  return isFar || !isThere ? near : wanted;
}

/** Null where a segment ended in between: its length is not known here. */
function skippedBetween(wanted: Position, from: Position): number | null {
  if (from <= wanted) return 0;
  return from - wanted < maxRecordsPerSegment && segmentOf(from) === segmentOf(wanted) ? from - wanted : null;
}
