import { Worker } from "node:worker_threads";
import { Problem } from "../../model/problem.ts";

/** What a thread that owns a file says. */
export type ThreadReply =
  | { kind: "ready" }
  | { kind: "trouble"; message: string }
  | { kind: "followed"; version: number }
  | { kind: "answer"; id: number; value: unknown }
  /** `id` null: it could not open. */
  | { kind: "problem"; id: number | null; problem: ProblemFields };

/** A Problem loses its class on the way between threads. */
export interface ProblemFields {
  status: number;
  code: string;
  message: string;
  hint?: string;
  field?: string;
  retryAfterSeconds?: number;
}

/** Any other error than a Problem becomes a 500 `name_failed` without its details, which could quote somebody. */
export function problemFields(error: unknown, name: string): ProblemFields {
  if (!(error instanceof Problem)) {
    return { status: 500, code: `${name}_failed`, message: `${name} failed on this request` };
  }
  const { status, code, message, hint, field, retryAfterSeconds } = error;
  return {
    status,
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(field === undefined ? {} : { field }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}

export function problemOf({ status, code, message, ...more }: ProblemFields): Problem {
  return new Problem(status, code, message, more);
}

export interface OwnedThreadOptions {
  /** The module that the thread runs. */
  entry: URL;
  /** Also what its Problems are called: 503 `name_busy`, 500 `name_failed`. */
  name: string;
  workerData: object;
  /** Megabytes for objects that die young. */
  maxYoungGenerationMb: number;
  /** For those who are told to come back. */
  retryAfterSeconds: number;
  /** For the operator's log. No personal data in it. */
  onTrouble: ((message: string) => void) | undefined;
  onFollowed: ((version: number) => void) | undefined;
}

/**
 * A thread that alone has a file open, and what it is asked. One that died is started again a moment later; what it was
 * asked is answered 503. `Answers` are its answers by kind of question, `Request` is all that it can be told.
 */
export interface OwnedThread<Answers, Request extends { kind: string }> {
  /** Resolves when the file is open; rejects with the Problem that keeps it from that. */
  start(): Promise<void>;
  /** Problem 503 when the thread is not there, or `maxWaiting` questions that `counts` counts wait already. */
  ask<Kind extends keyof Answers & string>(
    kind: Kind,
    request: (id: number) => Request,
    bound: { maxWaiting: number; counts: (kind: keyof Answers & string) => boolean },
    abandon?: Abandon<Request>,
  ): Promise<Answers[Kind]>;
  /** Soon, once for all that is told until then. */
  tell(request: () => Request): void;
  /** After it, no thread is left, not even one that was being started again. */
  close(request: (id: number) => Request): Promise<void>;
}

/** How a question is given up: once `signal` aborts it is answered with `reason`, and the thread is told to `stop`. */
export interface Abandon<Request> {
  signal: AbortSignal;
  stop: (id: number) => Request;
  reason: () => Problem;
}

const restartDelayMs = 1_000;

interface Waiting {
  kind: string;
  resolve: (value: never) => void;
  reject: (error: Problem) => void;
}

export function ownedThread<Answers, Request extends { kind: string }>(
  options: OwnedThreadOptions,
): OwnedThread<Answers, Request> {
  return new ThreadClient<Answers, Request>(options);
}

class ThreadClient<Answers, Request extends { kind: string }> implements OwnedThread<Answers, Request> {
  readonly #options: OwnedThreadOptions;
  readonly #waiting = new Map<number, Waiting>();
  /** The one that is open. */
  #worker: Worker | null = null;
  /** The one that is being opened. */
  #starting: Promise<void> = Promise.resolve();
  #nextId = 1;
  #closing: Promise<void> | null = null;
  /** Between a telling and the thread's next turn one message is enough. */
  #isTold = false;

  constructor(options: OwnedThreadOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    const started = this.#start();
    this.#starting = started.catch(() => undefined);
    return started;
  }

  #start(): Promise<void> {
    const { entry, name, workerData, maxYoungGenerationMb, onTrouble, onFollowed } = this.#options;
    const resourceLimits = { maxYoungGenerationSizeMb: maxYoungGenerationMb };
    const worker = new Worker(entry, { workerData, name, resourceLimits });
    return new Promise((resolve, reject) => {
      let isReady = false;
      worker.on("message", (reply: ThreadReply) => {
        if (reply.kind === "trouble") onTrouble?.(reply.message);
        else if (reply.kind === "followed") onFollowed?.(reply.version);
        else if (reply.kind === "ready") {
          isReady = true;
          this.#worker = worker;
          resolve();
        } else if (reply.kind === "answer") this.#settle(reply.id, (one) => one.resolve(reply.value as never));
        else if (reply.id === null) reject(problemOf(reply.problem));
        else this.#settle(reply.id, (one) => one.reject(problemOf(reply.problem)));
      });
      worker.on("error", (error) => onTrouble?.(`the ${name} thread failed: ${error.name}`));
      worker.on("exit", () => {
        reject(new Problem(500, `${name}_failed`, `the ${name} thread did not start`));
        if (isReady) this.#died();
      });
    });
  }

  ask<Kind extends keyof Answers & string>(
    kind: Kind,
    request: (id: number) => Request,
    { maxWaiting, counts }: { maxWaiting: number; counts: (kind: keyof Answers & string) => boolean },
    abandon?: Abandon<Request>,
  ): Promise<Answers[Kind]> {
    if (abandon?.signal.aborted === true) return Promise.reject(abandon.reason());
    const worker = this.#worker;
    const { name } = this.#options;
    if (worker === null) return Promise.reject(this.#unavailable(`${name} is not running at the moment`));
    let already = 0;
    for (const waiting of this.#waiting.values()) if (counts(waiting.kind as keyof Answers & string)) already++;
    if (already >= maxWaiting) {
      return Promise.reject(this.#unavailable(`too many questions are waiting for ${name}`));
    }
    return this.#put(worker, kind, request, abandon);
  }

  #put<Kind extends keyof Answers & string>(
    worker: Worker,
    kind: Kind,
    request: (id: number) => Request,
    abandon?: Abandon<Request>,
  ): Promise<Answers[Kind]> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const cancel = (): void => {
        // Answered already: there is nothing to stop.
        if (abandon === undefined || !this.#waiting.delete(id)) return;
        worker.postMessage(abandon.stop(id));
        reject(abandon.reason());
      };
      this.#waiting.set(id, { kind, resolve, reject });
      worker.postMessage(request(id));
      abandon?.signal.addEventListener("abort", cancel, { once: true });
    });
  }

  tell(request: () => Request): void {
    if (this.#isTold || this.#worker === null) return;
    this.#isTold = true;
    setImmediate(() => {
      this.#isTold = false;
      this.#worker?.postMessage(request());
    });
  }

  close(request: (id: number) => Request): Promise<void> {
    this.#closing ??= this.#close(request);
    return this.#closing;
  }

  async #close(request: (id: number) => Request): Promise<void> {
    await this.#starting;
    const worker = this.#worker;
    if (worker === null) return;
    const ended = new Promise((resolve) => worker.once("exit", resolve));
    await this.#put(worker, "close" as keyof Answers & string, request).catch(() => worker.terminate());
    await ended;
  }

  #settle(id: number, answer: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting !== undefined) answer(waiting);
  }

  #died(): void {
    const { name, onTrouble } = this.#options;
    this.#worker = null;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(this.#unavailable(`${name} stopped while it worked on this`));
    if (this.#closing !== null) return;
    onTrouble?.(`the ${name} thread ended and is started again`);
    setTimeout(() => {
      if (this.#closing === null) this.start().catch(() => this.#died());
    }, restartDelayMs).unref();
  }

  #unavailable(message: string): Problem {
    const { name, retryAfterSeconds } = this.#options;
    return new Problem(503, `${name}_busy`, message, { hint: "try again in a moment", retryAfterSeconds });
  }
}
