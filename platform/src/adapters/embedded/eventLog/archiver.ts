import { setTimeout as sleep } from "node:timers/promises";
import type { Deciding } from "../pace.ts";
import { archiveSegment } from "./archive.ts";
import { dueSegments, type ArchiveLimits } from "./archivePolicy.ts";
import type { LogDisk } from "./disk.ts";
import { pastSegments, type PastSegments } from "./pastSegments.ts";
import { listSegments } from "./segmentFiles.ts";
import { sealedSegmentsOf, type SealedSegment } from "./sealedSegments.ts";

/** Segments are archived at most so fast: writing the log and answering questions need the disk, too. */
const bytesPerMs = 16_777;
/** While many records wait to be decided, archiving takes a thirtieth of the time. */
const busyRestFactor = 29;
const defaultIdlePollMs = 10_000;
const retryDelayMs = 60_000;
const msPerSecond = 1_000;

/** What the log's files hold, by how they are kept. */
export interface LogTiers {
  /** Sealed segments as they were written. */
  readonly plain: LogTier;
  readonly archived: LogTier;
  /** UTC ms: nothing older is kept, for the log begins then; null for an empty log. */
  readonly oldestAt: number | null;
}

export interface LogTier {
  readonly files: number;
  readonly bytes: number;
  /** Stubs too. */
  readonly records: number;
}

export interface ArchiverOptions {
  readonly directory: string;
  readonly limits: ArchiveLimits;
  readonly disk: LogDisk;
  /** UTC ms. */
  readonly now: () => number;
  /** A segment could not be archived, and is tried again later. No personal data in it. */
  readonly onTrouble: (message: string) => void;
  readonly idlePollMs?: number;
}

export interface Archiver extends PastSegments {
  /** Those who decide have much to do, or no longer. */
  advance(deciding: Deciding): void;
  tiers(): Promise<LogTiers>;
  /** Breaks off what is under way; it begins anew at the next start. */
  close(): Promise<void>;
}

/** Archives the log's sealed segments as the limits say, one after the other, until it is closed. */
export function startArchiver(options: ArchiverOptions): Archiver {
  const sealed = sealedSegmentsOf(options.directory);
  const closing = new AbortController();
  const { signal } = closing;
  /** Their turn comes after the others'. */
  const failed = new Set<number>();
  let isBusy = false;
  let restedAt = performance.now();
  const inTurn = turns();

  const rest = (ms: number): Promise<void> => sleep(ms, undefined, { signal, ref: false });

  async function pace(bytes: number): Promise<void> {
    const workedMs = performance.now() - restedAt;
    const ms = isBusy ? busyRestFactor * workedMs : bytes / bytesPerMs - workedMs;
    if (ms >= 1) await rest(ms);
    signal.throwIfAborted();
    restedAt = performance.now();
  }

  const past = pastSegments({ ...options, sealed, pace });

  async function archiveIfThere(segment: number): Promise<void> {
    if (!(await listSegments(options.directory)).includes(segment)) return;
    restedAt = performance.now();
    await tellingSegment(segment, () => archiveSegment(options.directory, segment, { disk: options.disk, pace }));
  }

  async function archiveDue(): Promise<void> {
    const due = dueSegments(await inTurn(() => sealed.list()), options.limits, options.now());
    for (const segment of due.toSorted((one, other) => Number(failed.has(one)) - Number(failed.has(other)))) {
      failed.add(segment);
      await inTurn(() => archiveIfThere(segment));
      failed.delete(segment);
      sealed.changed(segment);
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      let pauseMs = options.idlePollMs ?? defaultIdlePollMs;
      try {
        await archiveDue();
      } catch (error) {
        if (signal.aborted) return;
        options.onTrouble(`${messageOf(error)}; it is tried again in ${retryDelayMs / msPerSecond} s`);
        pauseMs = retryDelayMs;
      }
      await rest(pauseMs).catch(() => undefined);
    }
  }

  const done = run();
  return {
    advance: (next) => {
      isBusy = next !== "idle";
    },
    async tiers() {
      const all = await sealed.list();
      const plain = tierOf(all.filter(({ isArchived }) => !isArchived));
      return { plain, archived: tierOf(all.filter(({ isArchived }) => isArchived)), oldestAt: sealed.oldestAt() };
    },
    wholly: (before) => inTurn(() => past.wholly(before)),
    removeBefore: (segment) => inTurn(() => past.removeBefore(segment)),
    close: async () => {
      closing.abort();
      await done;
    },
  };
}

/** Whoever replaces or removes a segment's file does so alone. */
function turns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
}

function tierOf(segments: readonly SealedSegment[]): LogTier {
  const sum = (of: (segment: SealedSegment) => number): number => segments.reduce((all, one) => all + of(one), 0);
  return { files: segments.length, bytes: sum(({ bytes }) => bytes), records: sum(({ records }) => records) };
}

class ArchiveFailure extends Error {}

async function tellingSegment(segment: number, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new ArchiveFailure(`archiving segment ${segment} of the log failed: ${messageOf(error)}`, { cause: error });
  }
}

/** Files' errors name paths and codes; whatever else it is, only its kind is told. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  if (error instanceof ArchiveFailure || error.name === "Problem") return error.message;
  return "code" in error ? String(error.code) : error.name;
}
