import { Worker } from "node:worker_threads";
import type { Position } from "../model/position.ts";
import { Problem } from "../model/problem.ts";
import type { FromIngestion, IngestionThreadData, ToIngestion } from "./ingestionMessages.ts";

export interface Ingestion {
  /** The log is durable up to `end`. `isShort`: the processor has no time left, so that batches may be gathered. */
  advance(end: Position, isShort?: boolean): void;
  decidedUntil(): Position;
  /** Every follower durably has the feed up to `version`. */
  releaseFeed(version: number): void;
  firstPositions(keys: readonly string[]): Promise<(Position | null)[]>;
  /** Of a segment whose records are kept no longer: what is known of its messages goes. */
  removeMessages(segment: number): Promise<void>;
  /** Resolves when everything before `end` is decided. */
  reached(end: Position): Promise<void>;
  close(): Promise<void>;
}

/** Batches live for a moment: with more room for the young they die before they are copied. */
const resourceLimits = { maxYoungGenerationSizeMb: 96 };

export interface IngestionEvents {
  onDecided: (batch: Omit<Extract<FromIngestion, { kind: "decided" }>, "kind">) => void;
  onTrouble: (message: string) => void;
  /** The thread ended by itself: nothing is decided any more, and the process should stop. */
  onDeath: (error: Error) => void;
}

/** Starts the ingestion worker; resolves when it has opened its stores, rejects with what stopped it. */
export async function startIngestion(data: IngestionThreadData, events: IngestionEvents): Promise<Ingestion> {
  const worker = startWorker(data);
  const say = (message: ToIngestion): void => worker.postMessage(message);
  const finds: Finds = new Map();
  const removals: Removals = new Map();
  const waiting = new Set<PromiseWithResolvers<void> & { end: Position }>();
  const ready = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  let position: Position = 0;
  let calls = 0;
  let isReady = false;
  let isDead = false;

  const die = (error: unknown): void => {
    isDead = true;
    const reason = asProblem(error);
    ready.reject(reason);
    closed.resolve();
    for (const each of [...finds.values(), ...removals.values(), ...waiting]) each.reject(stopped());
    finds.clear();
    removals.clear();
    waiting.clear();
    // Before it is ready, whoever starts it hears of it.
    if (isReady) events.onDeath(reason instanceof Error ? reason : new Error("ingestion stopped"));
  };
  const ask = <T>(answers: Map<number, PromiseWithResolvers<T>>, asking: (call: number) => ToIngestion): Promise<T> => {
    if (isDead) throw stopped();
    calls += 1;
    say(asking(calls));
    return waitFor(answers, calls);
  };
  const onMessage = (message: FromIngestion): void => {
    if (message.kind === "ready" || message.kind === "decided") position = message.position;
    if (message.kind === "ready") {
      isReady = true;
      ready.resolve();
    } else if (message.kind === "decided") {
      events.onDecided(message);
      settleReached(waiting, position);
    } else if (message.kind === "positions") settleFind(finds, message);
    else if (message.kind === "messagesRemoved") settleRemoval(removals, message);
    else if (message.kind === "trouble") events.onTrouble(message.message);
    else closed.resolve();
  };
  worker.on("message", onMessage);
  worker.on("error", die);
  await ready.promise;
  return {
    advance: (end, isShort = false) => say({ kind: "durable", end, isShort }),
    decidedUntil: () => position,
    releaseFeed: (version) => say({ kind: "followed", version }),
    firstPositions: async (keys) => ask(finds, (call) => ({ kind: "find", call, keys })),
    removeMessages: async (segment) => ask(removals, (call) => ({ kind: "removeMessages", call, segment })),
    reached: async (end) => {
      if (position >= end) return;
      if (isDead) throw stopped();
      const waiter = { ...Promise.withResolvers<void>(), end };
      waiting.add(waiter);
      await waiter.promise;
    },
    close: async () => {
      if (!isDead) say({ kind: "close" });
      await closed.promise;
      await worker.terminate();
    },
  };
}

function settleReached(waiting: Set<PromiseWithResolvers<void> & { end: Position }>, position: Position): void {
  for (const waiter of waiting) {
    if (waiter.end > position) continue;
    waiting.delete(waiter);
    waiter.resolve();
  }
}

function waitFor<T>(waiting: Map<number, PromiseWithResolvers<T>>, call: number): Promise<T> {
  const waiter = Promise.withResolvers<T>();
  waiting.set(call, waiter);
  return waiter.promise;
}

type Finds = Map<number, PromiseWithResolvers<(Position | null)[]>>;

function settleFind(finds: Finds, { call, positions }: Extract<FromIngestion, { kind: "positions" }>): void {
  const find = finds.get(call);
  finds.delete(call);
  if (positions === null) find?.reject(stopped());
  else find?.resolve(positions);
}

type Removals = Map<number, PromiseWithResolvers<void>>;

function settleRemoval(
  removals: Removals,
  { call, failure }: Extract<FromIngestion, { kind: "messagesRemoved" }>,
): void {
  const removal = removals.get(call);
  removals.delete(call);
  if (failure === null) removal?.resolve();
  else removal?.reject(new Error(failure));
}

function startWorker(workerData: IngestionThreadData): Worker {
  const entry = new URL("./ingestionThread.ts", import.meta.url);
  return new Worker(entry, { workerData, name: "ingestion", resourceLimits });
}

function stopped(): Problem {
  return new Problem(503, "ingestion_stopped", "events cannot be processed or looked up at the moment", {
    hint: "start the platform again; what is durable is processed then",
    retryAfterSeconds: 10,
  });
}

/** A Problem that crossed a thread is a plain error with its fields. */
function asProblem(error: unknown): unknown {
  if (!(error instanceof Error) || !("status" in error) || !("code" in error)) return error;
  const { status, code, hint } = error as Error & { status: number; code: string; hint?: string };
  return new Problem(status, code, error.message, hint === undefined ? {} : { hint });
}
