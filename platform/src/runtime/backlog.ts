import type { Deciding } from "../adapters/embedded/pace.ts";
import type { Backlog } from "../gateway/admission.ts";
import { sourceCounts, type SourceCounts } from "../gateway/sourceCounts.ts";

/** Of records that no source sent, or an earlier process left undecided, whoever sent them. */
export const noSource = "";

/** So long a stretch of arrivals is remembered as one: within it, who came first is not known. */
const stretchMs = 250;
/** Where more than this long's work waits to be decided, and no fewer records, followers go slowly: deciding goes first. */
const busyBacklog = { ms: 100, records: 500 };
/** Here they hardly go on: what they would tell earlier is late already. */
const lateBacklog = { ms: 1_000, records: 5_000 };
const rateWindowMs = 10_000;
const rateStepMs = 1_000;

/** Counts records from when they are durable until they are decided, in the order of the log. */
export interface PendingRecords extends Backlog {
  added(source: string, records: number): void;
  /** The oldest so many. One that is told of before it was added counts when it is. */
  decided(records: number): void;
  /** UTC ms of the latest decision. */
  decidedAt(): number;
  /** Since when the oldest record waits, UTC ms; null where nothing waits. */
  oldestAt(): number | null;
}

interface Stretch {
  at: number;
  records: number;
  bySource: Map<string, number>;
}

/** `now`: UTC ms. */
export function pendingRecords(now: () => number): PendingRecords {
  const stretches: Stretch[] = [];
  const waiting = sourceCounts();
  const rate = decidedRate(now);
  /** Decided before they were added. */
  let early = 0;
  let decidedAt = now();
  return {
    added: (source, records) => {
      const gone = Math.min(early, records);
      early -= gone;
      const left = records - gone;
      if (left === 0) return;
      waiting.add(source, left);
      const at = now();
      const last = stretches.at(-1);
      if (last === undefined || Math.abs(at - last.at) >= stretchMs) {
        stretches.push({ at, records: left, bySource: new Map([[source, left]]) });
        return;
      }
      last.records += left;
      last.bySource.set(source, (last.bySource.get(source) ?? 0) + left);
    },
    decided: (records) => {
      decidedAt = now();
      rate.decided(records);
      let left = records;
      let done = 0;
      for (const stretch of stretches) {
        if (left === 0) break;
        left -= takeFrom(stretch, left, waiting);
        if (stretch.records === 0) done += 1;
      }
      stretches.splice(0, done);
      early += left;
    },
    pending: waiting.total,
    pendingOf: waiting.of,
    sharers: waiting.sharers,
    decidedPerSecond: rate.perSecond,
    decidedAt: () => decidedAt,
    oldestAt: () => stretches[0]?.at ?? null,
  };
}

/** Takes up to `most` records out of the stretch; how many it took. */
function takeFrom(stretch: Stretch, most: number, waiting: SourceCounts): number {
  let left = most;
  for (const [source, records] of stretch.bySource) {
    const taken = Math.min(left, records);
    if (taken === records) stretch.bySource.delete(source);
    else stretch.bySource.set(source, records - taken);
    waiting.add(source, -taken);
    left -= taken;
    if (left === 0) break;
  }
  stretch.records -= most - left;
  return most - left;
}

function decidedRate(now: () => number): { decided(records: number): void; perSecond(): number } {
  const steps: { at: number; records: number }[] = [];
  const forget = (at: number): void => {
    const kept = steps.findIndex((step) => at - step.at < rateWindowMs);
    steps.splice(0, kept === -1 ? steps.length : kept);
  };
  return {
    decided: (records) => {
      const at = now();
      forget(at);
      const last = steps.at(-1);
      if (last === undefined || at - last.at >= rateStepMs) steps.push({ at, records });
      else last.records += records;
    },
    perSecond: () => {
      const at = now();
      forget(at);
      const [first] = steps;
      if (first === undefined) return 0;
      const records = steps.reduce((sum, step) => sum + step.records, 0);
      return (records * rateStepMs) / Math.max(rateStepMs, at - first.at);
    },
  };
}

/** For how long the oldest record that is not decided has been durable, in ms. */
export function ingestionLag(backlog: PendingRecords, now: number): number {
  const oldest = backlog.oldestAt();
  return oldest === null ? 0 : Math.max(0, now - oldest);
}

/** How much of the processor those who decide need, by what waits. */
export function decidingOf({
  pending,
  decidedPerSecond,
}: Pick<PendingRecords, "pending" | "decidedPerSecond">): Deciding {
  const waiting = pending();
  const exceeds = ({ ms, records }: typeof busyBacklog): boolean =>
    waiting > Math.max(records, (decidedPerSecond() * ms) / 1_000);
  if (exceeds(lateBacklog)) return "behind";
  return exceeds(busyBacklog) ? "busy" : "idle";
}
