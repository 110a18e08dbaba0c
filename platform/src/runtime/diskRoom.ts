import { statfs } from "node:fs/promises";

const lookEveryMs = 1_000;
/** More than the bound must be free again, so that it does not go back and forth. */
const freeAgain = 1.1;

/** Whether there is room to take more, so that what was taken can still be worked off. */
export interface DiskRoom {
  hasRoom(): boolean;
  close(): void;
}

/** `minFreeBytes` 0: always. Where the disk cannot be looked at, what was known stays. */
export async function watchDiskRoom(
  directory: string,
  minFreeBytes: number,
  { everyMs = lookEveryMs }: { everyMs?: number } = {},
): Promise<DiskRoom> {
  let isLow = false;
  const look = async (): Promise<void> => {
    try {
      const { bavail, bsize } = await statfs(directory);
      isLow = bavail * bsize < minFreeBytes * (isLow ? freeAgain : 1);
    } catch {
      // Whatever is wrong with it, writing will tell.
    }
  };
  if (minFreeBytes === 0) return { hasRoom: () => true, close: () => undefined };
  await look();
  const timer = setInterval(() => void look(), everyMs).unref();
  return { hasRoom: () => !isLow, close: () => clearInterval(timer) };
}
