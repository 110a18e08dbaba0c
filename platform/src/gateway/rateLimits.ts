import { Problem } from "../model/problem.ts";
import type { Source } from "../model/source.ts";

type Limited = Pick<Source, "id" | "maxEventsPerSecond">;

/** What each source may send a second, of its own setting. */
export interface RateLimits {
  /** Problem 429 `source_rate_limited` while the source is ahead of its rate. */
  check(source: Limited): void;
  /** So many more came of it. */
  count(source: Limited, records: number): void;
}

/** How far ahead of its rate a source may be: a pause is made up for at once. */
const aheadMs = 1_000;

/**
 * The generic cell rate algorithm (ITU-T I.371, annex A, as virtual scheduling): of each source only when the next
 * event would be due is kept. A request that begins in time is taken whole, whatever its size, and the wait after it is
 * as long as it was large: a batch is never too large for a limit.
 */
export function rateLimits(now: () => number = () => performance.now()): RateLimits {
  const dueAt = new Map<string, number>();
  return {
    check: ({ id, maxEventsPerSecond: limit }) => {
      if (limit === null) return;
      const waitMs = (dueAt.get(id) ?? 0) - aheadMs - now();
      if (waitMs <= 0) return;
      throw new Problem(429, "source_rate_limited", `this source may send ${limit} events a second`, {
        hint: "send them again after the time that Retry-After names; whoever runs the platform sets the limit",
        retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)),
      });
    },
    count: ({ id, maxEventsPerSecond: limit }, records) => {
      if (limit === null) dueAt.delete(id);
      else dueAt.set(id, Math.max(now(), dueAt.get(id) ?? 0) + (records * 1_000) / limit);
    },
  };
}
