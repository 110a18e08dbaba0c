import type { SourceMinute } from "../../storage/identityAndProfiles.ts";
import type { Validated } from "./validate.ts";

const minuteMs = 60_000;

/** Counts what came from each source in each minute. Records that nobody can read have no source, and count nowhere. */
export function countSources({ events, rejected }: Pick<Validated, "events" | "rejected">): SourceMinute[] {
  const counts = new Map<string, SourceMinute[]>();
  let last: SourceMinute | null = null;
  const countOf = (source: string, at: number): SourceMinute => {
    const minute = Math.floor(at / minuteMs);
    // Most often the same as the record before.
    if (last?.source === source && last.minute === minute) return last;
    const ofSource = counts.get(source) ?? [];
    if (ofSource.length === 0) counts.set(source, ofSource);
    last = ofSource.find((count) => count.minute === minute) ?? null;
    if (last === null) {
      last = { source, minute, accepted: 0, rejected: 0, lastAcceptedAt: null, lastRejectedAt: null };
      ofSource.push(last);
    }
    return last;
  };
  for (const { event } of events) {
    const count = countOf(event.source, event.receivedAt);
    count.accepted += 1;
    count.lastAcceptedAt = Math.max(count.lastAcceptedAt ?? 0, event.receivedAt);
  }
  for (const { source, receivedAt } of rejected) {
    if (receivedAt === null) continue;
    const count = countOf(source, receivedAt);
    count.rejected += 1;
    count.lastRejectedAt = Math.max(count.lastRejectedAt ?? 0, receivedAt);
  }
  return [...counts.values()].flat();
}
