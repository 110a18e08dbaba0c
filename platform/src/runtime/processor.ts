import { cpus } from "node:os";

/** Between two looks, at least; what they tell is of the time between. */
const lookEveryMs = 250;
/** Two looks further apart tell of a time that is over. */
const staleAfterMs = 2_000;

export interface ProcessorTimes {
  user: number;
  nice: number;
  sys: number;
  idle: number;
  irq: number;
}

/**
 * Of the machine's processors, the share that was asked for by whoever does not give way, 0 to 1, of late. What follows
 * has a nice value above 0: its time counts as left over, so that it is not held up by itself. `now` is monotonic, ms.
 * Of a container's own limit it knows nothing.
 */
export function neededShare(
  now: () => number = () => performance.now(),
  times: () => ProcessorTimes[] = () => cpus().map((cpu) => cpu.times),
): () => number {
  let lookedAt = Number.NEGATIVE_INFINITY;
  let before = { needed: 0, left: 0 };
  let share = 0;
  return () => {
    const at = now();
    if (at - lookedAt < lookEveryMs) return share;
    const seen = summed(times());
    const [needed, left] = [seen.needed - before.needed, seen.left - before.left];
    share = at - lookedAt < staleAfterMs && needed + left > 0 ? needed / (needed + left) : 0;
    [lookedAt, before] = [at, seen];
    return share;
  };
}

function summed(all: readonly ProcessorTimes[]): { needed: number; left: number } {
  let [needed, left] = [0, 0];
  for (const { user, nice, sys, idle, irq } of all) {
    needed += user + sys + irq;
    left += nice + idle;
  }
  return { needed, left };
}

export interface InFlight {
  began(): void;
  ended(): void;
  /** How many were under way at a time, on average, of late. */
  average(): number;
}

/** Counts what is under way. `now` is monotonic, ms. */
export function inFlight(now: () => number = () => performance.now()): InFlight {
  let count = 0;
  /** Of the window under way: how many there were, times for how long. */
  let sum = 0;
  let [since, countedAt] = [now(), now()];
  let latest = 0;
  const counted = (at: number): void => {
    sum += count * (at - countedAt);
    countedAt = at;
  };
  return {
    began: () => {
      counted(now());
      count += 1;
    },
    ended: () => {
      counted(now());
      count -= 1;
    },
    average: () => {
      const at = now();
      if (at - since < lookEveryMs) return latest;
      counted(at);
      latest = sum / (at - since);
      [sum, since] = [0, at];
      return latest;
    },
  };
}

/** How long what follows is held back at a stretch, and then is not, however short the processor stays. */
const stretchMs = 30_000;

/**
 * The same, but never for longer at a stretch: under a load that lasts, what follows would otherwise fall behind for as
 * long as it does. `now` is monotonic, ms.
 */
export function inStretches(isShort: () => boolean, now: () => number = () => performance.now()): () => boolean {
  let shortSince: number | null = null;
  let freeUntil = Number.NEGATIVE_INFINITY;
  return () => {
    const at = now();
    if (!isShort()) {
      shortSince = null;
      return false;
    }
    if (at < freeUntil) return false;
    shortSince ??= at;
    if (at - shortSince < stretchMs) return true;
    [shortSince, freeUntil] = [null, at + stretchMs];
    return false;
  };
}
