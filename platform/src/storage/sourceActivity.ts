/** How many minutes with traffic are kept by the minute: a day, and an hour of room. Older ones live on in the totals. */
export const keptMinutes = 1_500;

/** What came from one source, as far as it is decided. Refused calls were kept with their reasons (see Fates). */
export interface SourceActivity {
  source: string;
  /** Since the log begins. */
  total: { accepted: number; rejected: number };
  recent: { accepted: number; rejected: number };
  lastDay: { accepted: number; rejected: number };
  /** UTC ms of receipt. */
  lastAcceptedAt: number | null;
  lastRejectedAt: number | null;
}

/** What came in one minute, from all sources. */
export interface MinuteCount {
  /** UTC ms of its beginning. */
  at: number;
  accepted: number;
  rejected: number;
}

/** Counters by source that the deciding transaction keeps: a fold of the log like everything else. */
export interface SourceActivities {
  /**
   * Of every source that ever sent. Counted in whole minutes: `recent` is the minute of `now` and the four before it,
   * `lastDay` that minute and the 1,439 before it.
   */
  all(now: number): Promise<SourceActivity[]>;
  /** The minute of `now` and those before it, `count` in all (at most {@link keptMinutes}), oldest first; without gaps. */
  minutes(now: number, count: number): Promise<MinuteCount[]>;
}
