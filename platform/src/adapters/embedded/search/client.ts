import { Worker } from "node:worker_threads";
import { Problem } from "../../../model/problem.ts";
import type { ProfileSearch } from "../../../storage/profileSearch.ts";
import { problemOf } from "../analytics/messages.ts";
import type { SearchAnswers, SearchReply, SearchRequest, SearchThreadSettings } from "./messages.ts";

/** Questions that may wait for the thread; beyond, the answer is 503 with a time to come back. */
const maxWaiting = 128;
const retryAfterSeconds = 1;
/** A thread that died is started again this much later; what it was asked is answered 503. */
const restartDelayMs = 1_000;
const maxYoungGenerationMb = 32;

export interface SearchOptions extends SearchThreadSettings {
  /** For the operator's log. No personal data in it. */
  onTrouble?: (message: string) => void;
  /** Everything up to this version of the feed is followed durably. */
  onFollowed?: (version: number) => void;
}

export type EmbeddedSearch = ProfileSearch & { advance(isBusy: boolean): void };

/** Starts the thread that owns the index; resolves when it is open. */
export async function startSearch(options: SearchOptions): Promise<EmbeddedSearch> {
  const client = new SearchClient(options);
  await client.start();
  return {
    search: (query) => client.ask("search", (id) => ({ kind: "search", id, query })),
    status: () => client.ask("status", (id) => ({ kind: "status", id })),
    caughtUp: async () => {
      await client.ask("caughtUp", (id) => ({ kind: "caughtUp", id }));
    },
    advance: (isBusy) => client.advance(isBusy),
    close: () => client.close(),
  };
}

interface Waiting {
  resolve: (value: never) => void;
  reject: (error: Problem) => void;
}

class SearchClient {
  readonly #options: SearchOptions;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #nextId = 1;
  #closing: Promise<void> | null = null;
  /** Between an advance and the thread's next turn one message is enough. */
  #advanceSent = false;
  #isBusy = false;

  constructor(options: SearchOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    const { onTrouble, onFollowed, ...workerData } = this.#options;
    const worker = new Worker(new URL("./thread.ts", import.meta.url), {
      workerData,
      name: "search",
      resourceLimits: { maxYoungGenerationSizeMb: maxYoungGenerationMb },
    });
    return new Promise((resolve, reject) => {
      let ready = false;
      worker.on("message", (reply: SearchReply) => {
        if (reply.kind === "trouble") onTrouble?.(reply.message);
        else if (reply.kind === "followed") onFollowed?.(reply.version);
        else if (reply.kind === "ready") {
          ready = true;
          this.#worker = worker;
          resolve();
        } else if (reply.kind === "answer") this.#settle(reply.id, (one) => one.resolve(reply.value as never));
        else if (reply.id === null) reject(problemOf(reply.problem));
        else this.#settle(reply.id, (one) => one.reject(problemOf(reply.problem)));
      });
      worker.on("error", (error) => onTrouble?.(`the search thread failed: ${error.name}`));
      worker.on("exit", () => {
        reject(new Problem(500, "search_failed", "the search thread did not start"));
        if (ready) this.#died();
      });
    });
  }

  ask<Kind extends keyof SearchAnswers>(
    kind: Kind,
    request: (id: number) => SearchRequest & { kind: Kind },
  ): Promise<SearchAnswers[Kind]> {
    const worker = this.#worker;
    if (worker === null) return Promise.reject(unavailable("search is not running at the moment"));
    if (kind !== "close" && this.#waiting.size >= maxWaiting) {
      return Promise.reject(unavailable("too many questions are waiting for search"));
    }
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.postMessage(request(id));
    });
  }

  advance(isBusy: boolean): void {
    this.#isBusy = isBusy;
    if (this.#advanceSent || this.#worker === null) return;
    this.#advanceSent = true;
    setImmediate(() => {
      this.#advanceSent = false;
      this.#worker?.postMessage({ kind: "advance", isBusy: this.#isBusy } satisfies SearchRequest);
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
    await this.ask("close", (id) => ({ kind: "close", id })).catch(() => worker.terminate());
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
    for (const { reject } of waiting) reject(unavailable("search stopped while it worked on this"));
    if (this.#closing !== null) return;
    this.#options.onTrouble?.("the search thread ended and is started again");
    setTimeout(() => {
      if (this.#closing === null) this.start().catch(() => this.#died());
    }, restartDelayMs).unref();
  }
}

function unavailable(message: string): Problem {
  return new Problem(503, "search_busy", message, { hint: "try again in a moment", retryAfterSeconds });
}
