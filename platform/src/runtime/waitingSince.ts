/** So long a stretch is remembered as one. */
const stretchMs = 250;

/** Since when the oldest undecided record waits: stretches of arrivals, forgotten as they are decided. */
export interface WaitingSince {
  added(records: number, at: number): void;
  decided(records: number): void;
  /** UTC ms; null where nothing waits. */
  oldest(): number | null;
}

export function waitingSince(): WaitingSince {
  const stretches: { at: number; records: number }[] = [];
  return {
    added: (records, at) => {
      const last = stretches.at(-1);
      if (last !== undefined && at - last.at < stretchMs) last.records += records;
      else if (records > 0) stretches.push({ at, records });
    },
    decided: (records) => {
      let left = records;
      let gone = 0;
      for (const stretch of stretches) {
        if (stretch.records > left) {
          stretch.records -= left;
          break;
        }
        left -= stretch.records;
        gone += 1;
      }
      stretches.splice(0, gone);
    },
    oldest: () => stretches[0]?.at ?? null,
  };
}

/** For how long the oldest record that is not decided has been durable, in ms. */
export function ingestionLag(backlog: { pending: number; waiting: WaitingSince }, now: number): number {
  const oldest = backlog.pending === 0 ? null : backlog.waiting.oldest();
  return oldest === null ? 0 : Math.max(0, now - oldest);
}
