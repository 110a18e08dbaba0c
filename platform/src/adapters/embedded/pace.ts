/**
 * While deciding needs the processor, following takes a twentieth of the time, and at least a piece of work every five
 * seconds: it gives way to what it follows, and does not stand still however long that lasts.
 */
const busyRestFactor = 19;
const mostRestMs = 5_000;

/** How fast what follows in this thread may go. */
export interface Pace {
  /** `isBusy`: more waits to be decided than is decided in a moment. */
  tell(isBusy: boolean): void;
  /** Somebody waits for the outcome, or for the thread to end: no rest until it is taken back. */
  urge(isUrgent: boolean): void;
  /** Work begins now: what was before, was none. */
  begin(): void;
  /** The thread is to end: no further piece of work. */
  end(): void;
  /**
   * Between two pieces of work: others of this thread have their turn, and while deciding is busy it rests in proportion
   * to what the last piece took. The rest ends once it is busy no more, or somebody waits. Rejects with
   * `PaceEnded` instead of going on to what a start would do again anyway.
   */
  turn(): Promise<void>;
  /** Milliseconds of work so far, without turns. */
  workedMs(): number;
}

/** What is under way is given up between two pieces of it. */
export class PaceEnded extends Error {}

/** `maxRestMs`: of what somebody waits for soon, shorter than that of what can wait. */
export function paceOf(maxRestMs = mostRestMs): Pace {
  let [isBusy, isUrgent, isOver] = [false, false, false];
  let workedMs = 0;
  let workingSince = performance.now();
  let endRest: () => void = () => undefined;
  const mayRest = (): boolean => isBusy && !isUrgent && !isOver;
  return {
    tell: (now) => {
      isBusy = now;
      if (!mayRest()) endRest();
    },
    urge: (now) => {
      isUrgent = now;
      if (!mayRest()) endRest();
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
      if (mayRest()) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, Math.min(maxRestMs, busyRestFactor * pieceMs));
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
