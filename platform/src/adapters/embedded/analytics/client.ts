import { Worker } from "node:worker_threads";
import type { Position } from "../../../model/position.ts";
import { Problem } from "../../../model/problem.ts";
import { type Analytics, queryCancelled } from "../../../storage/timeline.ts";
import { type Answers, problemOf, type Reply, type Request, type ThreadSettings } from "./messages.ts";

/** Questions that may wait for the thread; beyond, the answer is 503 with a time to come back. */
export const maxWaitingQueries = 32;
export const maxWaitingTimelines = 256;
const retryAfterSeconds = 2;
/** A thread that died is started again this much later; what it was asked is answered 503. */
const restartDelayMs = 1_000;

export interface AnalyticsOptions extends ThreadSettings {
  /** For the operator's log: following failed, the thread was started again, … No personal data in it. */
  onTrouble?: (message: string) => void;
  /** The feed's changes up to `version` are durably followed. */
  onFollowed?: (version: number) => void;
}

export type EmbeddedAnalytics = Analytics & { advance(position: Position): void };

interface Waiting {
  kind: keyof Answers;
  resolve: (value: never) => void;
  reject: (error: Problem) => void;
}

/** Starts the thread that owns `directory`'s DuckDB file; resolves when it is open. Problem 500 `analytics_unreadable`. */
export async function startAnalytics(options: AnalyticsOptions): Promise<EmbeddedAnalytics> {
  const client = new AnalyticsClient(options);
  await client.start();
  return {
    timeline: (query) => client.ask("timeline", (id) => ({ kind: "timeline", id, query }), maxWaitingTimelines),
    query: (sql, limit, signal) =>
      client.ask("query", (id) => ({ kind: "query", id, sql, limit }), maxWaitingQueries, signal),
    status: () => client.ask("status", (id) => ({ kind: "status", id }), maxWaitingTimelines),
    async caughtUp() {
      await client.ask("caughtUp", (id) => ({ kind: "caughtUp", id }), maxWaitingTimelines);
    },
    advance: () => client.advance(),
    close: () => client.close(),
  };
}

class AnalyticsClient {
  readonly #options: AnalyticsOptions;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #nextId = 1;
  #closing: Promise<void> | null = null;
  /** Between an advance and the thread's next turn one message is enough. */
  #advanceSent = false;

  constructor(options: AnalyticsOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    const { onTrouble, onFollowed, ...workerData } = this.#options;
    const worker = new Worker(new URL("./thread.ts", import.meta.url), {
      workerData,
      name: "analytics",
      resourceLimits: { maxYoungGenerationSizeMb: 96 },
    });
    return new Promise((resolve, reject) => {
      let ready = false;
      worker.on("message", (reply: Reply) => {
        if (reply.kind === "trouble") onTrouble?.(reply.message);
        else if (reply.kind === "followed") onFollowed?.(reply.version);
        else if (reply.kind === "ready") {
          ready = true;
          this.#worker = worker;
          resolve();
        } else if (reply.kind === "answer") this.#settle(reply.id, ({ resolve }) => resolve(reply.value as never));
        else if (reply.id === null) reject(problemOf(reply.problem));
        else this.#settle(reply.id, ({ reject }) => reject(problemOf(reply.problem)));
      });
      worker.on("error", (error) => onTrouble?.(`the analytics thread failed: ${error.name}`));
      worker.on("exit", () => {
        reject(new Problem(500, "analytics_failed", "the analytics thread did not start"));
        if (ready) this.#died();
      });
    });
  }

  ask<Kind extends keyof Answers>(
    kind: Kind,
    request: (id: number) => Request,
    maxWaiting: number,
    signal?: AbortSignal,
  ): Promise<Answers[Kind]> {
    if (signal?.aborted === true) return Promise.reject(queryCancelled());
    const worker = this.#worker;
    if (worker === null) return Promise.reject(unavailable("analytics is not running at the moment"));
    let already = 0;
    for (const waiting of this.#waiting.values()) if (waiting.kind === kind) already++;
    if (already >= maxWaiting) return Promise.reject(unavailable("too many questions are waiting for analytics"));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { kind, resolve, reject });
      worker.postMessage(request(id));
      const cancel = (): void => {
        // Answered already: there is nothing to stop.
        if (!this.#waiting.delete(id)) return;
        worker.postMessage({ kind: "cancel", id } satisfies Request);
        reject(queryCancelled());
      };
      signal?.addEventListener("abort", cancel, { once: true });
    });
  }

  advance(): void {
    if (this.#advanceSent || this.#worker === null) return;
    this.#advanceSent = true;
    setImmediate(() => {
      this.#advanceSent = false;
      this.#worker?.postMessage({ kind: "advance" } satisfies Request);
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const worker = this.#worker;
    if (worker === null) return;
    const ended = new Promise((resolve) => worker.once("exit", resolve));
    await this.ask("close", (id) => ({ kind: "close", id }), Number.POSITIVE_INFINITY).catch(() => worker.terminate());
    await ended;
  }

  #settle(id: number, answer: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting !== undefined) answer(waiting);
  }

  #died(): void {
    this.#worker = null;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(unavailable("analytics stopped while it worked on this"));
    if (this.#closing !== null) return;
    this.#options.onTrouble?.("the analytics thread ended and is started again");
    setTimeout(() => {
      if (this.#closing === null) this.start().catch(() => this.#died());
    }, restartDelayMs).unref();
  }
}

function unavailable(message: string): Problem {
  return new Problem(503, "analytics_busy", message, { hint: "try again in a moment", retryAfterSeconds });
}
