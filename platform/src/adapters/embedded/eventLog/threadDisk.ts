import { Worker } from "node:worker_threads";
import type { LogDisk } from "./disk.ts";

/** To the thread: bytes of shared memory are not copied. */
export interface Commit {
  id: number;
  fd: number;
  bytes: Uint8Array;
  at: number;
}

/** From the thread. */
export interface Committed {
  id: number;
  error: { message: string; code?: string } | null;
}

export interface ThreadDisk extends LogDisk {
  /** After whoever writes to it is done. */
  stop(): Promise<void>;
}

type Waiting = ReturnType<typeof Promise.withResolvers<void>>;

/** It makes next to nothing. */
const resourceLimits = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 64 };

/**
 * The disk, with a thread of its own that writes a group and syncs it. Node's pool would have to be asked twice, and its
 * threads, which also work for those who follow, stand behind whoever takes and decides events: where the processor is
 * wanted, an acknowledgement waited five times as long. The caller's thread never waits, however long the disk takes.
 *
 * Resolves when the thread runs, rejects with what kept it from that. `onDeath`: it ended by itself afterwards, and takes
 * nothing more.
 */
export async function threadDisk(
  disk: LogDisk,
  onDeath: (error: Error) => void = () => undefined,
): Promise<ThreadDisk> {
  const worker = startWorker();
  const waiting = new Map<number, Waiting>();
  let id = 0;
  let ended: Error | null = null;
  let isStopping = false;
  worker.on("message", ({ id: done, error }: Committed) => {
    const waiter = waiting.get(done);
    waiting.delete(done);
    if (error === null) waiter?.resolve();
    else waiter?.reject(Object.assign(new Error(error.message), error.code === undefined ? {} : { code: error.code }));
  });
  const end = (cause?: Error): void => {
    if (ended !== null) return;
    ended = Object.assign(new Error("the thread that writes the event log ended", { cause }), {
      code: "LOG_THREAD_ENDED",
    });
    for (const waiter of waiting.values()) waiter.reject(ended);
    waiting.clear();
    if (!isStopping) onDeath(ended);
  };
  const online = Promise.withResolvers<void>();
  worker.on("online", online.resolve);
  worker.on("error", (error: Error) => {
    online.reject(error);
    end(error);
  });
  worker.on("exit", () => {
    online.reject(new Error("the thread that writes the event log did not start"));
    end();
  });
  await online.promise;
  return {
    ...disk,
    commit: (fd, bytes, at) => {
      if (ended !== null) return Promise.reject(ended);
      const waiter = Promise.withResolvers<void>();
      waiting.set(++id, waiter);
      worker.postMessage({ id, fd, bytes, at } satisfies Commit);
      return waiter.promise;
    },
    stop: async () => {
      isStopping = true;
      await worker.terminate();
    },
  };
}

/** What Node is told to load into every thread has no room here, and no business. */
function startWorker(): Worker {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const entry = new URL("./diskThread.ts", import.meta.url);
  return new Worker(entry, { name: "log", resourceLimits, execArgv: [], env });
}
