import { Problem } from "../model/problem.ts";
import type { Source as AnySource } from "../model/source.ts";
import { maxPendingRecords } from "./limits.ts";
import { rateLimits } from "./rateLimits.ts";
import { sourceCounts } from "./sourceCounts.ts";

type Source = Pick<AnySource, "id" | "maxEventsPerSecond">;

/** What is durable and not decided yet. */
export interface Backlog {
  /** Records of all sources. */
  pending(): number;
  pendingOf(source: string): number;
  /** How many sources share what waits: as many as would have it in equal parts. */
  sharers(): number;
  /** Records decided a second, lately; 0 while that is not known. */
  decidedPerSecond(): number;
}

/** Whether more is taken, and if not, when to come again. */
export interface Admission {
  /**
   * Before a body is read, of a source that is known already. Problem 503 `disk_low`, 429 `backlog_full` or
   * `source_rate_limited`; does nothing otherwise.
   */
  admit(source: Source | null): void;
  /**
   * Room for so many records of the source, which count until what it answers is called: once they are in the backlog,
   * or will not be. Problem 429 `source_rate_limited`, `source_backlog_full`.
   */
  reserve(source: Source, records: number): () => void;
}

/**
 * All sources together may have so many times the room that is left, and each of those that share it about evenly as
 * large a part: one alone or several fill four fifths of the backlog, and whoever sends little finds room in the last
 * fifth, also while nothing is decided for a moment. (Dynamic queue length thresholds: Choudhury and Hahne, IEEE/ACM
 * Transactions on Networking 6(2), 1998, section III. There α is the same for each queue, so that less room is left the
 * more of them are busy; here α is 4 over their number.)
 */
const shareOfRoom = 4;
/** Who was told to wait comes again when this part of what may wait is left. */
const resumeAt = 0.9;
const firstRate = 1_000;
const mostRetrySeconds = 60;
/** Room is made by people. */
const lowDiskRetrySeconds = 30;

export function admission(parts: {
  backlog: Backlog;
  maxPendingRecords?: number | undefined;
  hasRoom?: (() => boolean) | undefined;
  /** Milliseconds that only grow. */
  elapsed?: (() => number) | undefined;
}): Admission {
  const { backlog, maxPendingRecords: most = maxPendingRecords, hasRoom = () => true } = parts;
  const limits = rateLimits(parts.elapsed);
  /** How long it takes to decide so many records. */
  const waitFor = (records: number): number => {
    const rate = backlog.decidedPerSecond() || firstRate;
    return Math.min(mostRetrySeconds, Math.max(1, Math.ceil(records / rate)));
  };
  const underWay = sourceCounts();
  const taken = (): number => backlog.pending() + underWay.total();
  return {
    admit: (source) => {
      if (!hasRoom()) throw diskLow();
      if (source !== null) limits.check(source);
      if (taken() <= most) return;
      throw new Problem(429, "backlog_full", "events arrive faster than they are processed", {
        hint: "send them again after the time that Retry-After names",
        retryAfterSeconds: waitFor(taken() - most * resumeAt),
      });
    },
    reserve: (from, records) => {
      limits.check(from);
      const source = from.id;
      const share = (Math.max(0, most - taken()) * shareOfRoom) / Math.max(1, backlog.sharers());
      const held = backlog.pendingOf(source) + underWay.of(source);
      if (held > share) {
        throw new Problem(429, "source_backlog_full", "this source sends more than its share of what is processed", {
          hint: "send them again after the time that Retry-After names, and spread large loads",
          retryAfterSeconds: waitFor(held - share * resumeAt),
        });
      }
      limits.count(from, records);
      underWay.add(source, records);
      let isHeld = true;
      return () => {
        if (isHeld) underWay.add(source, -records);
        isHeld = false;
      };
    },
  };
}

function diskLow(): Problem {
  return new Problem(503, "disk_low", "the platform's disk is nearly full; the event was not taken", {
    hint: "send it again after the time that Retry-After names; whoever runs the platform has to make room",
    retryAfterSeconds: lowDiskRetrySeconds,
  });
}
