/**
 * While deciding needs the processor, following takes a twentieth of the time, and at least a piece of work every five
 * seconds: it gives way to what it follows, and does not stand still however long that lasts.
 */
const busyRestFactor = 19;
const mostRestMs = 5_000;

/**
 * How much those who decide need of the processor. `busy`: more waits to be decided than is decided in a moment, or
 * senders wait for an answer. `behind`: more than is decided in a second.
 */
export type Deciding = "idle" | "busy" | "behind";

/** How fast what follows in this thread may go. */
export interface Pace {
  tell(deciding: Deciding): void;
  /** Somebody waits for the outcome, or for the thread to end: no rest until it is taken back. */
  urge(isUrgent: boolean): void;
  /** Work begins now: what was before, was none. */
  begin(): void;
  /** The thread is to end: no further piece of work. */
  end(): void;
  /**
   * Between two pieces of work: others of this thread have their turn, and unless deciding is idle it rests in proportion
   * to what the last piece took. The rest ends once less is needed, or somebody waits. Rejects with `PaceEnded` instead
   * of going on to what a start would do again anyway.
   */
  turn(): Promise<void>;
  /** Milliseconds of work so far, without turns. */
  workedMs(): number;
}

/** What is under way is given up between two pieces of it. */
export class PaceEnded extends Error {}

/** `busyRestMs`: at most, while deciding is busy, of what somebody waits for soon; shorter than that of what can wait. */
export function paceOf(busyRestMs = mostRestMs): Pace {
  const restMs = { idle: 0, busy: busyRestMs, behind: mostRestMs };
  let deciding: Deciding = "idle";
  let [isUrgent, isOver] = [false, false];
  let workedMs = 0;
  let workingSince = performance.now();
  let endRest: () => void = () => undefined;
  const mostMs = (): number => (isUrgent || isOver ? 0 : restMs[deciding]);
  return {
    tell: (now) => {
      const isLess = restMs[now] < restMs[deciding];
      deciding = now;
      if (isLess) endRest();
    },
    urge: (now) => {
      isUrgent = now;
      if (now) endRest();
    },
    end: () => {
      isOver = true;
      endRest();
    },
    begin: () => {
      workingSince = performance.now();
    },
    turn: async () => {
      const pieceMs = performance.now() - workingSince;
      workedMs += pieceMs;
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (mostMs() > 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, Math.min(mostMs(), busyRestFactor * pieceMs));
          endRest = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        endRest = () => undefined;
      }
      workingSince = performance.now();
      if (isOver) throw new PaceEnded("the thread ends");
    },
    workedMs: () => workedMs,
  };
}
