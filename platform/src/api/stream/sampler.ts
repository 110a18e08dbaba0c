import { flushMs, maxShownPerSecond } from "./limits.ts";

/** What one subscriber is shown of what matches, a second's worth of it at a time. */
export interface Sampler<Item> {
  /** What is rare and matters: it is shown before anything ordinary, in the next second where this one is full. */
  offerRare(item: Item): void;
  offerOrdinary(item: Item): void;
  /** What is to be shown now, in the order of its coming. */
  take(): Item[];
  /** Chosen, and waiting for room. */
  waiting(): number;
  /** Ends a second: how much of what matched in it was shown. */
  endSecond(): { shown: number; of: number };
}

/**
 * At most `maxShown` a second. While all that comes fits, all is shown; in a second after one in which it did not, the
 * ordinary ones are spread over it, the first few of each flush. Nothing ordinary is shown while anything rare waits,
 * and nothing rare is lost but beyond a whole second's worth that waits already. Looks at no item.
 */
export function sampler<Item>(maxShown = maxShownPerSecond): Sampler<Item> {
  const evenShare = Math.max(1, Math.floor((maxShown * flushMs) / 1_000));
  const rare: { item: Item; at: number }[] = [];
  const ordinary: { item: Item; at: number }[] = [];
  let coming = 0;
  let shown = 0;
  let of = 0;
  let wasFull = false;
  const room = (): number => Math.max(0, maxShown - shown);
  return {
    offerRare: (item) => {
      of += 1;
      coming += 1;
      if (rare.length < maxShown) rare.push({ item, at: coming });
    },
    offerOrdinary: (item) => {
      of += 1;
      coming += 1;
      const most = wasFull ? Math.min(evenShare, room()) : room();
      if (ordinary.length < most) ordinary.push({ item, at: coming });
    },
    take: () => {
      const first = rare.splice(0, room());
      shown += first.length;
      const rest = rare.length > 0 ? [] : ordinary.slice(0, room());
      shown += rest.length;
      ordinary.length = 0;
      return [...first, ...rest].sort((one, other) => one.at - other.at).map(({ item }) => item);
    },
    waiting: () => rare.length,
    endSecond: () => {
      // What was chosen and is not taken yet belongs to the second in which it will be.
      const chosen = rare.length + ordinary.length;
      const ended = { shown, of: of - chosen };
      wasFull = of > maxShown;
      shown = 0;
      of = chosen;
      return ended;
    },
  };
}
