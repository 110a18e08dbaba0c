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
const resourceLimits = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16 };

/**
 * The disk, with a thread of its own that writes a group and syncs it. Node's pool would have to be asked twice, and its
 * threads, which also work for those who follow, stand behind whoever takes and decides events: where the processor is
 * wanted, an acknowledgement waited five times as long. The caller's thread never waits, however long the disk takes.
 */
export function threadDisk(disk: LogDisk): ThreadDisk {
  const worker = new Worker(new URL("./diskThread.ts", import.meta.url), { name: "log", resourceLimits });
  const waiting = new Map<number, Waiting>();
  let id = 0;
  let died: Error | null = null;
  worker.on("message", ({ id: done, error }: Committed) => {
    const waiter = waiting.get(done);
    waiting.delete(done);
    if (error === null) waiter?.resolve();
    else waiter?.reject(Object.assign(new Error(error.message), error.code === undefined ? {} : { code: error.code }));
  });
  const die = (): void => {
    died ??= Object.assign(new Error("the thread that writes the event log ended"), { code: "LOG_THREAD_ENDED" });
    for (const waiter of waiting.values()) waiter.reject(died);
    waiting.clear();
  };
  worker.on("error", die);
  worker.on("exit", die);
  return {
    ...disk,
    commit: (fd, bytes, at) => {
      if (died !== null) return Promise.reject(died);
      const waiter = Promise.withResolvers<void>();
      waiting.set(++id, waiter);
      worker.postMessage({ id, fd, bytes, at } satisfies Commit);
      return waiter.promise;
    },
    stop: async () => void (await worker.terminate()),
  };
}
