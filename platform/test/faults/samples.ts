import type { Server } from "../../../bench/src/server.ts";
import { openHandles } from "./openHandles.ts";

const sampleEveryMs = 250;

/** The most that was seen while it was watched. */
export interface Most {
  memoryMiB: number;
  handles: number;
  pending: number;
}

export interface Sampled {
  pid: number;
  server: Pick<Server, "status">;
  memoryMiB: () => number;
}

/** Looks every {@link sampleEveryMs} until `end`, which throws where nothing could be seen: a server that died. */
export function watchMost({ pid, server, memoryMiB }: Sampled): { end(): Promise<Most> } {
  const most: Most = { memoryMiB: 0, handles: 0, pending: 0 };
  let answers = 0;
  let failure: unknown = null;
  const look = async (): Promise<void> => {
    most.memoryMiB = Math.max(most.memoryMiB, memoryMiB());
    most.handles = Math.max(most.handles, openHandles(pid).length);
    most.pending = Math.max(most.pending, (await server.status()).pendingRecords);
    answers++;
  };
  let underWay: Promise<void> | null = null;
  const sample = (): void => {
    // A busy server answers later than the next sample is due: then there are fewer.
    underWay ??= look()
      .catch((error: unknown) => {
        failure = error;
      })
      .finally(() => {
        underWay = null;
      });
  };
  sample();
  const timer = setInterval(sample, sampleEveryMs);
  return {
    end: async () => {
      clearInterval(timer);
      await underWay;
      if (answers === 0) throw new Error("nothing could be seen of the server", { cause: failure });
      return most;
    },
  };
}
