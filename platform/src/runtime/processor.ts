import { readFileSync } from "node:fs";

/** Between two looks, at least; what they tell is of the time between. */
const lookEveryMs = 250;
/** Two looks further apart tell of a time that is over. */
const staleAfterMs = 2_000;

/** Of all processors since the machine's start, in whatever unit. */
export interface ProcessorTimes {
  /** Asked for by whoever does not give way. */
  needed: number;
  /** Idle, waiting for a disk, or of whoever gives way. */
  left: number;
}

/**
 * Of the machine's processors, the share that was asked for by whoever does not give way, 0 to 1, of late. What follows
 * has a nice value above 0: its time counts as left over, so that it is not held up by itself; what the system does for
 * it does not. `now` is monotonic, ms. Linux alone tells; elsewhere it is 0. In a container it is that of the machine.
 */
export function neededShare(
  now: () => number = () => performance.now(),
  times: () => ProcessorTimes | null = timesOfLinux,
): () => number {
  let lookedAt = Number.NEGATIVE_INFINITY;
  let before: ProcessorTimes = { needed: 0, left: 0 };
  let share = 0;
  return () => {
    const at = now();
    if (at - lookedAt < lookEveryMs) return share;
    const seen = times();
    if (seen === null) return 0;
    const [needed, left] = [seen.needed - before.needed, seen.left - before.left];
    share = at - lookedAt < staleAfterMs && needed + left > 0 ? needed / (needed + left) : 0;
    [lookedAt, before] = [at, seen];
    return share;
  };
}

/** proc_stat(5): user, nice, system, idle, iowait, irq, softirq, steal. Null where it cannot be read. */
export function timesOfLinux(read: () => string = () => readFileSync("/proc/stat", "latin1")): ProcessorTimes | null {
  let text: string;
  try {
    text = read();
  } catch {
    return null;
  }
  const [, line] = /^cpu +([\d ]+)$/m.exec(text) ?? [];
  if (line === undefined) return null;
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = line
    .split(" ")
    .map(Number);
  return { needed: user + system + irq + softirq + steal, left: nice + idle + iowait };
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

/** For how long at most what follows is held back before it is let go of, in ms. */
const mostHeldMs = 30_000;

/**
 * The same, but over a time that lasts for half of it at most: what follows would otherwise fall behind for as long as
 * the processor stays short. Time held back is saved up, and made good by as much time that is not. `now` is monotonic,
 * ms.
 */
export function halfOfTheTime(isShort: () => boolean, now: () => number = () => performance.now()): () => boolean {
  let heldMs = 0;
  let isHeld = false;
  let isFree = false;
  let askedAt = now();
  return () => {
    const at = now();
    heldMs = isHeld ? Math.min(mostHeldMs, heldMs + (at - askedAt)) : Math.max(0, heldMs - (at - askedAt));
    askedAt = at;
    if (heldMs >= mostHeldMs) isFree = true;
    else if (heldMs === 0) isFree = false;
    isHeld = !isFree && isShort();
    return isHeld;
  };
}

/**
 * Where so many senders wait for an answer at a time while others than the followers need so much of the processor, they
 * wait for it: requests of single events leave no backlog that would tell.
 */
const shortFrom = { waiting: 16, share: 0.5 };

/** Whether senders wait for the processor. */
export function shortage(appends: Pick<InFlight, "average">, share: () => number = neededShare()): () => boolean {
  return () => {
    const isWaitedFor = appends.average() >= shortFrom.waiting;
    return share() > shortFrom.share && isWaitedFor;
  };
}
