import { fstatSync } from "node:fs";
import { openListed, wholeFooter } from "./recovery.ts";
import { closeSegment } from "./segment.ts";
import { listSegments } from "./segmentFiles.ts";

/** A segment that has successors, as it lies there. */
export interface SealedSegment {
  readonly segment: number;
  readonly isArchived: boolean;
  /** Of its file. */
  readonly bytes: number;
  /** As it was written. */
  readonly plainBytes: number;
  /** Stubs too. */
  readonly records: number;
  /** UTC ms. */
  readonly createdAt: number;
  /** UTC ms: when its successor was made. */
  readonly sealedAt: number;
}

/** The sealed segments of a log, each looked at once: what {@link SealedSegments.changed} is not said of stays as it is. */
export interface SealedSegments {
  /** In order of number. Problem `log_damaged`. */
  list(): Promise<SealedSegment[]>;
  /** It is looked at anew. */
  changed(segment: number): void;
  /** UTC ms: when the oldest segment that is kept was made; null for an empty log. */
  oldestAt(): number | null;
}

export function sealedSegmentsOf(directory: string): SealedSegments {
  const known = new Map<number, SealedSegment>();
  let last: { segment: number; createdAt: number } | null = null;

  async function createdAtOf(segment: number): Promise<number> {
    const held = known.get(segment)?.createdAt ?? (last?.segment === segment ? last.createdAt : undefined);
    if (held !== undefined) return held;
    const opened = await openListed(directory, segment);
    closeSegment(opened);
    return opened.header.createdAt;
  }

  async function look(segment: number): Promise<SealedSegment> {
    const sealedAt = await createdAtOf(segment + 1);
    const opened = await openListed(directory, segment);
    try {
      const { header, isArchived, source, fd } = opened;
      const { recordCount: records } = wholeFooter(opened);
      const sizes = { bytes: fstatSync(fd).size, plainBytes: source.size() };
      return { segment, isArchived, ...sizes, records, createdAt: header.createdAt, sealedAt };
    } finally {
      closeSegment(opened);
    }
  }

  return {
    async list() {
      const segments = await listSegments(directory);
      const growing = segments.pop();
      if (growing !== undefined) last = { segment: growing, createdAt: await createdAtOf(growing) };
      const there = new Set(segments);
      for (const segment of known.keys()) if (!there.has(segment)) known.delete(segment);
      const sealed: SealedSegment[] = [];
      for (const segment of segments) {
        const found = known.get(segment) ?? (await look(segment));
        known.set(segment, found);
        sealed.push(found);
      }
      return sealed;
    },
    changed: (segment) => void known.delete(segment),
    oldestAt: () => {
      const [first] = [...known.values()].sort((one, other) => one.segment - other.segment);
      return first?.createdAt ?? last?.createdAt ?? null;
    },
  };
}
