import { fdatasyncSync, writeSync } from "node:fs";
import type { LogDisk } from "./disk.ts";

/** More than this is handed to the pool: what comes meanwhile is taken while it is written. */
const maxPromptBytes = 1_048_576;
/** A disk that takes longer, on average of late, holds up the thread for more than it saves it. */
const quickMs = 8;
/** What one write or sync counts in the average, and the most that it counts for: one that is late by chance is no slow disk. */
const weight = 0.1;
const maxCountedMs = 100;
/** Of a slow disk the pool is asked for so long; twice as long where it is slow again. */
const firstRestMs = 1_000;
const maxRestMs = 60_000;

export interface PromptParts {
  write(fd: number, bytes: Uint8Array, offset: number, length: number, at: number): number;
  sync(fd: number): void;
  /** Monotonic, ms. */
  now(): number;
}

const real: PromptParts = { write: writeSync, sync: fdatasyncSync, now: () => performance.now() };

/**
 * Writes and syncs at once, in the calling thread, while the disk is quick: a tenth of a millisecond on a disk of its
 * own, where a thread of Node's pool, asked twice a group and standing behind what follows, answers after several where
 * the processor is wanted. A disk that is slow, or was of late, is left to the pool.
 */
export function promptDisk(disk: LogDisk, parts: PromptParts = real): LogDisk {
  let averageMs = 0;
  let restMs = firstRestMs;
  let restUntil = Number.NEGATIVE_INFINITY;
  const judge = (tookMs: number): void => {
    const at = parts.now();
    averageMs += weight * (Math.min(maxCountedMs, tookMs) - averageMs);
    if (averageMs > quickMs) {
      restUntil = at + restMs;
      restMs = Math.min(maxRestMs, restMs * 2);
      // The first that is tried then says whether it still is.
      averageMs = quickMs;
    } else if (at > restUntil + restMs) restMs = firstRestMs;
  };
  /** It throws what the operating system says. */
  const timed = (run: () => void): void => {
    const startedAt = parts.now();
    try {
      run();
    } finally {
      judge(parts.now() - startedAt);
    }
  };
  const isPrompt = (): boolean => parts.now() >= restUntil;
  return {
    ...disk,
    write: async (fd, bytes, at) => {
      if (bytes.length > maxPromptBytes || !isPrompt()) return disk.write(fd, bytes, at);
      let written = 0;
      timed(() => {
        while (written < bytes.length) {
          const more = parts.write(fd, bytes, written, bytes.length - written, at + written);
          if (more === 0) throw new Error("The disk took none of the bytes.");
          written += more;
        }
      });
    },
    sync: async (fd) => {
      if (!isPrompt()) return disk.sync(fd);
      timed(() => parts.sync(fd));
    },
  };
}
