import type { SealedSegment } from "./sealedSegments.ts";

/** Which sealed segments are archived; null: none for that reason. */
export interface ArchiveLimits {
  /** Those sealed so long ago. */
  readonly afterMs: number | null;
  /** The oldest, while those that are not archived take more than this together. */
  readonly beyondBytes: number | null;
}

/** Numbers of the segments that are to be archived by now (UTC ms), the oldest first. `sealed` is in order of number. */
export function dueSegments(sealed: readonly SealedSegment[], limits: ArchiveLimits, now: number): number[] {
  const { afterMs, beyondBytes } = limits;
  const plain = sealed.filter(({ isArchived }) => !isArchived);
  let left = plain.reduce((sum, { bytes }) => sum + bytes, 0);
  return plain.flatMap(({ segment, bytes, sealedAt }) => {
    const isOld = afterMs !== null && sealedAt <= now - afterMs;
    const isTooMuch = beyondBytes !== null && left > beyondBytes;
    if (!isOld && !isTooMuch) return [];
    left -= bytes;
    return [segment];
  });
}
