import { Worker } from "node:worker_threads";
import type { ExportThreadData, FromExports, Signal, ToExports } from "./exportMessages.ts";

/** The way to the collector. */
export interface Exports {
  /** Resolves when the collector has it; rejects with an error that says why it does not, and quotes nobody. */
  send(signal: Signal, bytes: Uint8Array): Promise<void>;
  /** At once: what is not delivered is given up. */
  close(): Promise<void>;
}

/** It holds some requests, and the exporter's code. */
const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8 };
/** Requests that the thread has; each is an export's batch, and there is one at a time until the stop. */
const maxSending = 64;

/** A thread of its own: neither the collector's pace nor what is left open to it can hold up the platform. */
export function startExports(data: ExportThreadData): Exports {
  const sending = new Map<number, PromiseWithResolvers<void>>();
  let worker: Worker | null = null;
  let isClosed = false;
  let requests = 0;
  const start = (): Worker => {
    const started = new Worker(new URL("./exportThread.ts", import.meta.url), {
      workerData: data,
      name: "telemetry",
      resourceLimits,
    });
    started.on("message", ({ id, failure }: FromExports) => {
      const request = sending.get(id);
      sending.delete(id);
      if (failure === null) request?.resolve();
      else request?.reject(new Error(failure));
    });
    started.on("error", () => undefined);
    started.on("exit", () => {
      worker = null;
      for (const request of sending.values()) request.reject(new Error("given up"));
      sending.clear();
    });
    started.unref();
    return started;
  };
  return {
    send: async (signal, bytes) => {
      if (isClosed) throw new Error("given up");
      if (sending.size >= maxSending) throw new Error("too much is waiting for the collector");
      worker ??= start();
      requests += 1;
      const request = Promise.withResolvers<void>();
      sending.set(requests, request);
      worker.postMessage({ id: requests, signal, bytes } satisfies ToExports);
      return request.promise;
    },
    close: async () => {
      isClosed = true;
      await worker?.terminate();
    },
  };
}
