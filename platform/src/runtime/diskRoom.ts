import { statfs } from "node:fs/promises";

const lookEveryMs = 1_000;
/** State, known messages, SQL and search of a record that the log holds already: generously (docs/benchmarks.md). */
const bytesPerPending = 3_072;
/** More than the bound must be free again, so that it does not go back and forth. */
const freeAgain = 1.1;

/** Whether there is room to take more, so that what was taken can still be worked off. */
export interface DiskRoom {
  hasRoom(): boolean;
  close(): void;
}

/**
 * `minFreeBytes` 0: always. What `pending` records will take once they are worked off has to be free beside it. Where
 * the disk cannot be looked at, what was known stays.
 */
export async function watchDiskRoom(
  directory: string,
  { minFreeBytes, pending }: { minFreeBytes: number; pending: () => number },
): Promise<DiskRoom> {
  let isLow = false;
  const look = async (): Promise<void> => {
    try {
      const { bavail, bsize } = await statfs(directory);
      const needed = minFreeBytes + pending() * bytesPerPending;
      isLow = bavail * bsize < needed * (isLow ? freeAgain : 1);
    } catch {
      // Whatever is wrong with it, writing will tell.
    }
  };
  if (minFreeBytes === 0) return { hasRoom: () => true, close: () => undefined };
  await look();
  const timer = setInterval(() => void look(), lookEveryMs).unref();
  return { hasRoom: () => !isLow, close: () => clearInterval(timer) };
}
