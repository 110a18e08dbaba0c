import { setTimeout as sleep } from "node:timers/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { EventBufferReader } from "../../../buffer/eventBuffer.ts";
import { defaultIdentityRules, identifierOrder } from "../../../identity/index.ts";
import { Problem } from "../../../model/problem.ts";
import type { Decided } from "../../../storage/followed.ts";
import { type Analytics, queryCancelled } from "../../../storage/timeline.ts";
import { defaultMemoryLimitMb, firstLine, openEngine } from "./engine.ts";
import { type Deciding, PaceEnded, paceOf } from "../pace.ts";
import { type Follower, openFollower, type Progress } from "./follower.ts";
import { defaultLakeLimits, type Lake, type LakeFigures, type LakeLimits, openLake } from "./lake.ts";
import { defaultQueryDeadlineMs, runQuery } from "./sqlQuery.ts";
import { readTimeline } from "./timeline.ts";

/** After a decision the follower waits this long for more, so that small decisions share a transaction. */
const gatherMs = 50;
/** Looks for decisions that nobody announced this often. */
const idlePollMs = 500;
const maxRestMs = 100;
const defaultRetryDelayMs = 1_000;
const maxRetryDelayMs = 30_000;
/** One query runs at a time; one that waited longer for its turn is told to come back, and does not run. */
const maxQueryWaitMs = 15_000;
/** Failures in a row after which waiting for the follower is answered with its error. */
const stalledAfterFailures = 3;

export interface CoreOptions {
  /** Holds analytics.duckdb and lake/. */
  directory: string;
  log: EventBufferReader;
  decided: Decided;
  /** UTC ms. */
  now: () => number;
  memoryLimitMb?: number;
  queryDeadlineMs?: number;
  timelineDeadlineMs?: number | undefined;
  lakeLimits?: Partial<LakeLimits>;
  /**
   * Identifier types, highest first, `*` for all others, until rules are published; the retail defaults' where it is not
   * given.
   */
  identifierOrder?: readonly string[];
  /** ISO 4217; of order events that name no currency. */
  homeCurrency: string;
  /** The follower failed and will try again, or what it could not read was left out. No personal data in it. */
  onTrouble?: (message: string) => void;
  /** The feed's changes up to `version` are durably here. */
  onFollowed?: (version: number) => void;
  /** DuckDB gave its database up after an error of its own: nothing works until it is opened again. */
  onFatal?: () => void;
  /** Of the first try after a failure; each further one waits twice as long. */
  retryDelayMs?: number;
  /** Tests lay faults over it. */
  overWriter?: (writer: DuckDBConnection) => DuckDBConnection;
}

export interface AnalyticsCore extends Analytics {
  /** Something was decided: follow it soon. */
  advance(deciding?: Deciding): void;
  /** Moves all that is hot to the lake now (tests, a clean export). */
  moveToLake(): Promise<void>;
  /** What the lake holds. */
  lake(): Promise<LakeFigures>;
}

/** Everything of analytics in one thread, over whatever log and decided state it is given. */
export async function openAnalytics(options: CoreOptions): Promise<AnalyticsCore> {
  const engine = await openEngine(options);
  const { paths } = engine;
  const writer = options.overWriter?.(engine.writer) ?? engine.writer;
  const limits = { ...defaultLakeLimits, ...options.lakeLimits };
  const lake = await openLake({
    writer,
    directory: paths.lake,
    limits,
    now: options.now,
    keptFrom: options.decided.keptFrom,
  });
  const events = {
    stageDirectory: paths.stage,
    identifierOrder: options.identifierOrder ?? identifierOrder(defaultIdentityRules),
    homeCurrency: options.homeCurrency,
  };
  const follower = await openFollower({ ...options, writer, events });
  const loop = new FollowLoop(follower, lake, options);
  const timelines = new Lane();
  const queries = new Lane();
  const queryLimits = {
    deadlineMs: options.queryDeadlineMs ?? defaultQueryDeadlineMs,
    memoryLimitMb: options.memoryLimitMb ?? defaultMemoryLimitMb,
  };
  return {
    timeline: (query) =>
      timelines.run(async () => {
        const { asOf } = follower.current();
        return { ...(await readTimeline(engine.timeline, paths.lake, query, options.timelineDeadlineMs)), asOf };
      }),
    query: (sql, limit, signal) => {
      const askedAt = performance.now();
      return queries.run(async () => {
        if (signal?.aborted === true) throw queryCancelled();
        if (performance.now() - askedAt > maxQueryWaitMs) throw waitedTooLong();
        const { asOf } = follower.current();
        const startedAt = performance.now();
        const answer = await runQuery(engine, sql, limit, { ...queryLimits, signal });
        return { ...answer, elapsedMs: Math.round(performance.now() - startedAt), asOf };
      });
    },
    caughtUp: () => loop.caughtUp(),
    status: async () => follower.current(),
    advance: (deciding = "idle") => loop.wake(deciding),
    moveToLake: () => loop.between(() => lake.moveAll()),
    lake: () => loop.between(() => lake.holds()),
    async close() {
      const { full, narrow } = engine.query;
      const interrupting = setInterval(() => [full, narrow, engine.timeline].forEach((each) => each.interrupt()), 50);
      await loop.stop();
      await Promise.all([timelines.run(() => Promise.resolve()), queries.run(() => Promise.resolve())]);
      clearInterval(interrupting);
      engine.close();
      await options.log.close();
      options.decided.close();
    },
  };
}

/** One piece of work after another: a connection can do only one at a time. */
class Lane {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

function waitedTooLong(): Problem {
  return new Problem(503, "analytics_busy", `the query waited ${maxQueryWaitMs / 1_000} s for others to end`, {
    hint: "try again in a moment, or let fewer queries run at once",
    retryAfterSeconds: 5,
  });
}

interface Waiter {
  goal: Pick<Progress, "position" | "feedVersion">;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Drives follower and lake on the writing connection, one step after another, until it is stopped. */
class FollowLoop {
  readonly #follower: Follower;
  readonly #lake: Lake;
  readonly #options: CoreOptions;
  readonly #lane = new Lane();
  readonly #pace = paceOf();
  readonly #done: Promise<void>;
  #waiters: Waiter[] = [];
  #failures = 0;
  #reportedUnreadable = 0;
  #reportedVersion = -1;
  #stopped = false;
  #wakeUp: () => void = () => undefined;
  #woken = false;

  constructor(follower: Follower, lake: Lake, options: CoreOptions) {
    this.#follower = follower;
    this.#lake = lake;
    this.#options = options;
    this.#done = this.#run();
  }

  /** Something was decided. */
  wake(deciding: Deciding): void {
    this.#pace.tell(deciding);
    this.#lookSoon();
  }

  /** Runs `work` when the writing connection is between two steps. */
  between<T>(work: () => Promise<T>): Promise<T> {
    return this.#lane.run(work);
  }

  caughtUp(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ goal: this.#options.decided.head(), resolve, reject });
      this.#pace.urge(true);
      this.#lookSoon();
    });
  }

  #lookSoon(): void {
    this.#woken = true;
    this.#wakeUp();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#pace.end();
    this.#lookSoon();
    await this.#done;
    this.#settle((waiter) => waiter.reject(new Problem(503, "analytics_closed", "the platform is stopping")));
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      let pause = 0;
      try {
        const workedBefore = this.#pace.workedMs();
        this.#pace.begin();
        const followed = await this.#lane.run(() => this.#step());
        await this.#pace.turn();
        pause = followed ? 0 : idlePollMs;
        this.#failures = 0;
        if (followed) await this.#rest(this.#pace.workedMs() - workedBefore);
      } catch (error) {
        if (error instanceof PaceEnded) return;
        pause = this.#failed(error);
      }
      this.#answerWaiters();
      if (pause > 0) await this.#sleep(pause);
    }
  }

  /**
   * Half the time at most: small steps grow into larger, cheaper ones. Where whole steps wait already there is nothing to
   * wait for.
   */
  async #rest(stepMs: number): Promise<void> {
    if (this.#waiters.length > 0 || this.#stopped || this.#follower.hasWholeStep()) return;
    await sleep(Math.min(maxRestMs, stepMs));
  }

  async #step(): Promise<boolean> {
    const followed = await this.#follower.step();
    const version = this.#follower.followed()?.version ?? -1;
    if (version !== this.#reportedVersion) this.#options.onFollowed?.(version);
    this.#reportedVersion = version;
    const unreadable = this.#follower.unreadable();
    if (unreadable > this.#reportedUnreadable) {
      this.#options.onTrouble?.(`${unreadable} records so far were not readable as events and are not in analytics`);
      this.#reportedUnreadable = unreadable;
    }
    const moved = await this.#lake.step();
    return followed || moved;
  }

  #failed(error: unknown): number {
    this.#failures++;
    if (firstLine(error).includes("invalidated")) this.#options.onFatal?.();
    this.#options.onTrouble?.(`following failed (${this.#failures} in a row): ${firstLine(error).slice(0, 200)}`);
    if (this.#failures >= stalledAfterFailures) {
      this.#settle((waiter) =>
        waiter.reject(
          new Problem(503, "analytics_stalled", "analytics cannot follow at the moment", {
            hint: "see the log; the events are safe and are followed once the cause is gone",
            retryAfterSeconds: Math.ceil(maxRetryDelayMs / 1_000),
          }),
        ),
      );
    }
    const { retryDelayMs = defaultRetryDelayMs } = this.#options;
    return Math.min(maxRetryDelayMs, retryDelayMs * 2 ** (this.#failures - 1));
  }

  #answerWaiters(): void {
    const { position, feedVersion } = this.#follower.progress();
    this.#waiters = this.#waiters.filter(({ goal, resolve }) => {
      const reached = position >= goal.position && feedVersion >= goal.feedVersion;
      if (reached) resolve();
      return !reached;
    });
    if (this.#waiters.length === 0) this.#pace.urge(false);
  }

  #settle(answer: (waiter: Waiter) => void): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    waiters.forEach(answer);
  }

  /** Ends early when woken; then waits a moment for more to come, unless somebody waits for the outcome. */
  async #sleep(pause: number): Promise<void> {
    const retrying = pause !== idlePollMs;
    if (!this.#woken || retrying) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pause);
        this.#wakeUp = () => {
          if (retrying && !this.#stopped) return;
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wakeUp = () => undefined;
    }
    if (this.#woken && this.#waiters.length === 0 && !this.#stopped && !retrying) {
      await new Promise((resolve) => setTimeout(resolve, gatherMs));
    }
    this.#woken = false;
  }
}
