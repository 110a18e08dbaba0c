import { Worker } from "node:worker_threads";
import type { BatchOutcome } from "../ingestion/index.ts";
import type { Position } from "../model/position.ts";
import { Problem } from "../model/problem.ts";
import type { FromIngestion, IngestionThreadData, ToIngestion } from "./ingestionMessages.ts";

export interface Ingestion {
  /** The log is durable up to `end`. */
  advance(end: Position): void;
  decidedUntil(): Position;
  firstPositions(keys: readonly string[]): Promise<(Position | null)[]>;
  /** Every follower has passed this version of the change feed. */
  forgetFeed(upTo: number): void;
  /** Resolves when everything before `end` is decided. */
  reached(end: Position): Promise<void>;
  close(): Promise<void>;
}

/** Batches live for a moment: with more room for the young they die before they are copied. */
const resourceLimits = { maxYoungGenerationSizeMb: 96 };

export interface IngestionEvents {
  onDecided: (position: Position, records: number, outcome: BatchOutcome) => void;
  onTrouble: (message: string) => void;
  /** The thread ended by itself: nothing is decided any more, and the process should stop. */
  onDeath: (error: Error) => void;
}

/** Starts the ingestion worker; resolves when it has opened its stores, rejects with what stopped it. */
export async function startIngestion(data: IngestionThreadData, events: IngestionEvents): Promise<Ingestion> {
  const worker = new Worker(new URL("./ingestionThread.ts", import.meta.url), {
    workerData: data,
    name: "ingestion",
    resourceLimits,
  });
  const say = (message: ToIngestion): void => worker.postMessage(message);
  const finds = new Map<number, (positions: (Position | null)[]) => void>();
  const waiting = new Set<{ end: Position; resolve: () => void }>();
  let position: Position = 0;
  let calls = 0;
  let closing: PromiseWithResolvers<void> | null = null;
  const ready = Promise.withResolvers<void>();

  const onMessage = (message: FromIngestion): void => {
    if (message.kind === "ready" || message.kind === "decided") position = message.position;
    if (message.kind === "ready") ready.resolve();
    else if (message.kind === "decided") {
      events.onDecided(message.position, message.records, message.outcome);
      for (const waiter of waiting) {
        if (waiter.end > position) continue;
        waiting.delete(waiter);
        waiter.resolve();
      }
    } else if (message.kind === "positions") {
      finds.get(message.call)?.(message.positions);
      finds.delete(message.call);
    } else if (message.kind === "trouble") events.onTrouble(message.message);
    else closing?.resolve();
  };
  worker.on("message", onMessage);
  worker.on("error", (error) => {
    ready.reject(asProblem(error));
    closing?.resolve();
    events.onDeath(error as Error);
  });
  await ready.promise;
  return {
    advance: (end) => say({ kind: "durable", end }),
    decidedUntil: () => position,
    forgetFeed: (upTo) => say({ kind: "forgetFeed", upTo }),
    firstPositions: async (keys) =>
      new Promise((resolve) => {
        calls += 1;
        finds.set(calls, resolve);
        say({ kind: "find", call: calls, keys });
      }),
    reached: async (end) =>
      new Promise((resolve) => {
        if (position >= end) resolve();
        else waiting.add({ end, resolve });
      }),
    close: async () => {
      closing ??= Promise.withResolvers<void>();
      say({ kind: "close" });
      await closing.promise;
      await worker.terminate();
    },
  };
}

/** A Problem that crossed a thread is a plain error with its fields. */
function asProblem(error: unknown): unknown {
  if (!(error instanceof Error) || !("status" in error) || !("code" in error)) return error;
  const { status, code, hint } = error as Error & { status: number; code: string; hint?: string };
  return new Problem(status, code, error.message, hint === undefined ? {} : { hint });
}
