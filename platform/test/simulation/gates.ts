import { setImmediate as nextTurn } from "node:timers/promises";

/** `fails`: it is not done. `lostAnswer`: it is done, and told as failed. */
export type Outcome = "done" | "fails" | "lostAnswer";

/** One process, from its start until it is killed. */
export interface Life {
  readonly isOver: boolean;
  /** Resolves when it is over. */
  readonly over: Promise<void>;
  end(): void;
}

export function beginLife(): Life {
  const { promise, resolve } = Promise.withResolvers<void>();
  let isOver = false;
  return {
    get isOver() {
      return isOver;
    },
    over: promise,
    end: () => {
      isOver = true;
      resolve();
    },
  };
}

/** An operation that waits for its turn in the schedule. */
export interface Waiting {
  readonly what: string;
  /** What it fails with, if it can. */
  readonly failure: (() => Error) | null;
  /** Faults that only this kind of operation knows are set before. */
  readonly setFault: ((kind: number) => string) | null;
  go(outcome: Outcome): void;
  /** What a kill leaves of it. */
  readonly cutShort: ((share: number) => void) | null;
}

interface Passing {
  failure?: () => Error;
  setFault?: (kind: number) => string;
  cutShort?: (share: number) => void;
}

/** Turns of the event loop without anything new, after which everything stands still. */
const quietTurns = 2;

/**
 * Where everything that takes time stands still until the schedule says that it goes on, and how it comes out. Between
 * two of its steps nothing runs: so a schedule is the same every time.
 */
export class Gates {
  #waiting: Waiting[] = [];
  readonly #running = new Set<{ life: Life; done: Promise<void> }>();
  #passed = 0;

  /** What waits, in the order in which it came. */
  get waiting(): readonly Waiting[] {
    return this.#waiting;
  }

  /** Waits for its turn, then does `work`. Of a life that is over, nothing ever comes back. */
  pass<T>(life: Life, what: string, work: () => T | Promise<T>, more: Passing = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      if (life.isOver) return;
      this.#passed += 1;
      const { failure = null, setFault = null, cutShort = null } = more;
      const settle = (then: () => void): void => {
        if (!life.isOver) then();
      };
      const go = (outcome: Outcome): void => {
        const index = this.#waiting.indexOf(waiting);
        this.#waiting.splice(index, 1);
        if (outcome === "fails" && failure !== null) return reject(failure());
        this.#track(life, work).then(
          (value) => settle(() => (outcome === "lostAnswer" && failure !== null ? reject(failure()) : resolve(value))),
          (error: unknown) => settle(() => reject(error)),
        );
      };
      const waiting: Waiting = { what, failure, setFault, go, cutShort };
      this.#waiting.push(waiting);
    });
  }

  /** What goes on by itself, and takes real time: the schedule waits for it. */
  async alongside<T>(life: Life, work: () => Promise<T>): Promise<T> {
    const value = await this.#track(life, work);
    return life.isOver ? new Promise(() => undefined) : value;
  }

  /** Nothing that waits goes on. */
  drop(): Waiting[] {
    return this.#waiting.splice(0);
  }

  /** Resolves when everything stands at a gate or has ended. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < quietTurns;) {
      const running = [...this.#running].filter(({ life }) => !life.isOver);
      if (running.length > 0) {
        quiet = 0;
        await Promise.race(running.flatMap(({ life, done }) => [done, life.over]));
        continue;
      }
      const before = this.#passed;
      await nextTurn();
      quiet = this.#passed === before ? quiet + 1 : 0;
    }
  }

  async #track<T>(life: Life, work: () => T | Promise<T>): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const run = { life, done: promise };
    this.#running.add(run);
    try {
      return await work();
    } finally {
      this.#running.delete(run);
      this.#passed += 1;
      resolve();
    }
  }
}
