import { isoTime } from "../../model/isoTime.ts";
import type { SourceKind } from "../../model/source.ts";
import { historySeconds, maxSourcesInRates } from "./limits.ts";
import type { StreamOutcome, StreamRates } from "./streamTypes.ts";

/** Counts by the second, of the last {@link historySeconds}. Kept whether or not anybody watches. */
export interface RateRing {
  taken(source: { id: string; kind: SourceKind }, accepted: number, rejected: number): void;
  decided(outcome: StreamOutcome): void;
  /** Ends a second, and gives its counts. `at`: UTC ms. */
  tick(at: number, pending: number): StreamRates;
  /** Oldest first. */
  history(): StreamRates[];
}

export function rateRing(): RateRing {
  const past: StreamRates[] = [];
  let open = empty();
  return {
    taken: ({ id, kind }, accepted, rejected) => {
      open.accepted += accepted;
      open.rejected += rejected;
      let of = open.bySource.get(id);
      if (of === undefined) {
        if (open.bySource.size >= maxSourcesInRates) return;
        of = { kind, accepted: 0, rejected: 0 };
        open.bySource.set(id, of);
      }
      of.accepted += accepted;
      of.rejected += rejected;
    },
    decided: ({ processed, duplicates, joined }) => {
      open.processed += processed;
      open.duplicates += duplicates;
      open.joined += joined;
    },
    tick: (at, pending) => {
      const { bySource, ...counts } = open;
      const rates = { at: isoTime(at), ...counts, pending, bySource: Object.fromEntries(bySource) };
      past.push(rates);
      if (past.length > historySeconds) past.shift();
      open = empty();
      return rates;
    },
    history: () => [...past],
  };
}

function empty() {
  return {
    accepted: 0,
    processed: 0,
    rejected: 0,
    duplicates: 0,
    joined: 0,
    bySource: new Map<string, { kind: SourceKind; accepted: number; rejected: number }>(),
  };
}
