import type { PlanViolations } from "../../../storage/planViolations.ts";
import type { SourceActivities, SourceActivity } from "../../../storage/sourceActivity.ts";
import { inOrder, textOfKey } from "./place.ts";
import { type RowTexts, valuesIn } from "./rowReads.ts";
import type { Snapshots } from "./snapshots.ts";
import { minutePlace, sourcePlace, violationPlace } from "./stateRows.ts";

const minuteMs = 60_000;
const recentMinutes = 5;
const dayMinutes = 1_440;

export function sourceActivityOver(snapshot: Snapshots): SourceActivities {
  return {
    all: (now) =>
      snapshot(async (rows) => {
        const last = Math.floor(now / minuteMs);
        const counted = await minutesIn(rows, last - dayMinutes + 1, last);
        const totals = await valuesIn(rows, sourcePlace(""));
        return totals.map(({ sk, value }): SourceActivity => {
          const source = textOfKey(sk);
          const own = counted.filter((each) => each.source === source);
          const { accepted, rejected, lastAcceptedAt, lastRejectedAt } = value;
          const recent = sumOf(own.filter(({ minute }) => minute > last - recentMinutes));
          return {
            source,
            total: {
              accepted,
              rejected,
            },
            recent,
            lastDay: sumOf(own),
            lastAcceptedAt,
            lastRejectedAt,
          };
        });
      }),
    minutes: (now, count) =>
      snapshot(async (rows) => {
        const last = Math.floor(now / minuteMs);
        const first = last - count + 1;
        const counted = await minutesIn(rows, first, last);
        return Array.from({ length: count }, (_, index) => {
          const own = counted.filter(({ minute }) => minute === first + index);
          return { at: (first + index) * minuteMs, ...sumOf(own) };
        });
      }),
  };
}

interface Counts {
  accepted: number;
  rejected: number;
}

async function minutesIn(rows: RowTexts, first: number, last: number) {
  const within = { from: inOrder(Math.max(0, first)), until: inOrder(last + 1) };
  return (await valuesIn(rows, minutePlace(0, ""), within)).map(({ sk, value }) => {
    const hash = sk.indexOf("#");
    return { minute: Number(sk.slice(0, hash)), source: sk.slice(hash + 1), ...value };
  });
}

function sumOf(counts: readonly Counts[]): Counts {
  return {
    accepted: counts.reduce((sum, { accepted }) => sum + accepted, 0),
    rejected: counts.reduce((sum, { rejected }) => sum + rejected, 0),
  };
}

/** All of a source's are read each time: of each version so many are told one by one (`maxViolationsTold`). */
export function planViolationsOver(snapshot: Snapshots): PlanViolations {
  return {
    list: ({ source, version, order, after, limit }) =>
      snapshot(async (rows) => {
        const found = (await valuesIn(rows, violationPlace(source, ""))).map(({ value }) => value);
        const by = (one: { count: number; lastAt: number }): number => (order === "newest" ? one.lastAt : one.count);
        const compare = (one: Ranked, other: Ranked): number => by(other) - by(one) || one.number - other.number;
        return found
          .filter((each) => version === null || each.version === version)
          .filter((each) => after === null || compare(after, each) < 0)
          .sort(compare)
          .slice(0, limit);
      }),
  };
}

interface Ranked {
  number: number;
  count: number;
  lastAt: number;
}
