import { Problem } from "../../model/problem.ts";
import type { FeedProgress } from "../../storage/followFeed.ts";
import { type Deciding, PaceEnded, type Pace } from "./pace.ts";

/** After a decision the follower waits this long for more, so that busy profiles are written once for many events. */
const gatherMs = 100;
/** Looks for decisions that nobody announced this often. */
const idlePollMs = 500;
/** While events are decided, following takes at most four fifths of the time. */
const restFactor = 0.25;
const retryDelayMs = 1_000;
const maxRetryDelayMs = 30_000;
/** Failures in a row after which waiting for the follower is answered with a Problem. */
const stalledAfterFailures = 3;

/** What follows the feed, a pass at a time. */
export interface FeedFollower {
  /**
   * Follows up to what is decided now; false when there was nothing. Not `isAwaited`: what is not urgent may be left for
   * a later pass. After a throw it goes on where it was.
   */
  pass(isAwaited: boolean): Promise<boolean>;
  /** `feedVersion`: everything up to it is followed. */
  progress(): { followed: FeedProgress; feedVersion: number };
}

export interface FollowLoopOptions {
  /** In Problems and in the operator's log: 503 `name_stalled`, `name_closed`. */
  name: string;
  head: () => { feedVersion: number };
  /** Of this thread; the follower takes its turns. */
  pace: Pace;
  /** The follower failed and will try again. No personal data in it. */
  onTrouble?: ((message: string) => void) | undefined;
  /** Somebody waits for it: between two passes it rests no longer, unless deciding is busy. */
  maxRestMs?: number;
  /** What of the feed is followed durably: nothing after that version may be pruned yet. */
  onFollowed?: ((version: number) => void) | undefined;
}

interface Waiter {
  feedVersion: number;
  resolve: () => void;
  reject: (error: Problem) => void;
}

/** Drives the follower, one pass after another, until it is stopped. */
export class FollowLoop {
  readonly #follower: FeedFollower;
  readonly #options: FollowLoopOptions;
  readonly #done: Promise<void>;
  #waiters: Waiter[] = [];
  #failures = 0;
  #stopped = false;
  #woken = false;
  #followed = -1;
  #wakeUp: () => void = () => undefined;

  constructor(follower: FeedFollower, options: FollowLoopOptions) {
    this.#follower = follower;
    this.#options = options;
    this.#done = this.#run();
  }

  /** Something was decided. */
  wake(deciding: Deciding = "idle"): void {
    this.#options.pace.tell(deciding);
    this.#woken = true;
    this.#wakeUp();
  }

  caughtUp(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ feedVersion: this.#options.head().feedVersion, resolve, reject });
      this.#options.pace.urge(true);
      this.#woken = true;
      this.#wakeUp();
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#options.pace.end();
    this.#wakeUp();
    await this.#done;
    this.#rejectWaiters(
      new Problem(503, `${this.#options.name}_closed`, "the platform is stopping", { retryAfterSeconds: 5 }),
    );
  }

  async #run(): Promise<void> {
    const { pace, maxRestMs = Number.POSITIVE_INFINITY } = this.#options;
    while (!this.#stopped) {
      const workedBefore = pace.workedMs();
      pace.begin();
      let restMs = 0;
      let isIdle = false;
      this.#woken = false;
      try {
        isIdle = !(await this.#follower.pass(this.#waiters.length > 0));
        this.#tellFollowed();
        await pace.turn();
        const passMs = pace.workedMs() - workedBefore;
        restMs = this.#woken ? Math.max(gatherMs, Math.min(maxRestMs, restFactor * passMs)) : 0;
        this.#failures = 0;
      } catch (error) {
        if (error instanceof PaceEnded) return;
        restMs = this.#failed(error);
      }
      this.#answerWaiters();
      const mayEndEarly = this.#failures === 0;
      if (isIdle) await this.#sleep(idlePollMs, () => this.#woken);
      await this.#sleep(isIdle ? gatherMs : restMs, () => mayEndEarly && this.#waiters.length > 0);
    }
  }

  #tellFollowed(): void {
    const { feed, version } = this.#follower.progress().followed;
    if (feed === "" || version <= this.#followed) return;
    this.#followed = version;
    this.#options.onFollowed?.(version);
  }

  #failed(error: unknown): number {
    this.#failures++;
    const kind = error instanceof Error && "code" in error ? `${error.name} ${String(error.code)}` : "an error";
    const { name } = this.#options;
    this.#options.onTrouble?.(`${name}: following failed (${this.#failures} in a row): ${kind}`);
    if (this.#failures >= stalledAfterFailures) {
      this.#rejectWaiters(
        new Problem(503, `${name}_stalled`, `${name} cannot follow at the moment`, {
          hint: "see the log; nothing is lost, and it follows once the cause is gone",
          retryAfterSeconds: Math.ceil(maxRetryDelayMs / 1_000),
        }),
      );
    }
    return Math.min(maxRetryDelayMs, retryDelayMs * 2 ** (this.#failures - 1));
  }

  #answerWaiters(): void {
    const { feedVersion } = this.#follower.progress();
    this.#waiters = this.#waiters.filter((waiter) => {
      if (waiter.feedVersion > feedVersion) return true;
      waiter.resolve();
      return false;
    });
    if (this.#waiters.length === 0) this.#options.pace.urge(false);
  }

  #rejectWaiters(problem: Problem): void {
    for (const { reject } of this.#waiters.splice(0)) reject(problem);
  }

  /** Ends early when stopped, or when woken and `isOver` says so. */
  async #sleep(ms: number, isOver: () => boolean): Promise<void> {
    if (this.#stopped || isOver()) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wakeUp = () => {
        if (!this.#stopped && !isOver()) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wakeUp = () => undefined;
  }
}
