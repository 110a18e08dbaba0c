import type { LogDisk } from "./disk.ts";
import { latestReceipt } from "./latestReceipt.ts";
import type { SealedSegments } from "./sealedSegments.ts";
import { listSegments, segmentPath } from "./segmentFiles.ts";

export interface PastSegment {
  readonly segment: number;
  /** Stubs too. */
  readonly records: number;
}

export interface PastSegments {
  /**
   * Sealed segments of which every record was received before `before` (UTC ms), the oldest first, from the log's first
   * on and without gaps; each is read once, as slowly as it would be archived.
   */
  wholly(before: number): Promise<PastSegment[]>;
  /** Removes the segments before this one, the first one first: what is left has no gap. */
  removeBefore(segment: number): Promise<void>;
}

/** The log's beginning, as far as it is past. */
export function pastSegments({
  directory,
  disk,
  sealed,
  pace,
}: {
  directory: string;
  disk: LogDisk;
  sealed: SealedSegments;
  /** Called with the bytes that were read, between two reads. */
  pace: (bytes: number) => Promise<void>;
}): PastSegments {
  const latest = new Map<number, number>();
  return {
    wholly: async (before) => {
      const past: PastSegment[] = [];
      for (const { segment, records, createdAt } of await sealed.list()) {
        // Made later, it has nothing that came before, unless a clock was set back: then it is kept for longer.
        if (createdAt >= before) break;
        const last = latest.get(segment) ?? (await latestReceipt(directory, segment, pace));
        latest.set(segment, last);
        if (last >= before) break;
        past.push({ segment, records });
      }
      return past;
    },
    removeBefore: async (segment) => {
      for (const each of await listSegments(directory)) {
        if (each >= segment) break;
        await disk.remove(segmentPath(directory, each));
        sealed.changed(each);
        latest.delete(each);
      }
      await disk.syncDirectory(directory);
    },
  };
}
