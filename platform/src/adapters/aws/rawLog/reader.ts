import type { S3Client } from "@aws-sdk/client-s3";
import type { EventBufferReader, StoredRecord } from "../../../buffer/eventBuffer.ts";
import { ordinalOf, type Position, position, segmentOf } from "../../../model/position.ts";
import { Problem } from "../../../model/problem.ts";
import { segmentObjects } from "./objects.ts";
import { decodeSegment, type ReadSegment } from "./segmentObject.ts";

export interface RawLogReaderParts {
  s3: S3Client;
  bucket: string;
  /** Empty, or it ends with a slash. */
  prefix: string;
  sleep: (ms: number) => Promise<void>;
  /** Of segments that are kept in memory; the last one that was asked for is kept whatever it has. */
  maxCachedBytes?: number;
}

const defaultMaxCachedBytes = 67_108_864;
/** What a record takes beside its payload: an object, two strings, a view. */
const recordOverheadBytes = 400;
/** Fetched side by side while one reads on: a segment is one batch of a stream, and often small. */
const fetchedAhead = 4;

/**
 * Reads segments of the raw lake, which never change: each is fetched whole and checked, byte for byte. Problems:
 * `log_damaged`, `log_format_newer`, `log_segment_missing` (before `until` one is not there), `raw_log_unavailable`.
 */
export function openRawLogReader(parts: RawLogReaderParts): EventBufferReader {
  const objects = segmentObjects({ client: parts.s3, ...parts });
  const cached = segmentCache(parts.maxCachedBytes ?? defaultMaxCachedBytes, async (segment) => {
    const object = await objects.get(segment);
    return object === null ? null : decodeSegment(object, segment);
  });
  let isClosed = false;
  const open = (): void => {
    if (isClosed) throw new Problem(503, "log_closed", "The raw log's reader is closed.");
  };
  /** The segment, and those behind it on their way. */
  const segmentOn = async (number: number, until: Position): Promise<ReadSegment> => {
    const last = Math.min(lastBefore(until), number + fetchedAhead);
    for (let ahead = number + 1; ahead <= last; ahead += 1) cached.ahead(ahead);
    const segment = await cached.get(number);
    if (segment === null) throw missing(number);
    return segment;
  };
  return {
    async read(from, until, maxRecords, maxBytes) {
      open();
      const records: StoredRecord[] = [];
      let bytes = 0;
      let next = from;
      while (next < until && records.length < maxRecords && bytes < maxBytes) {
        const segment = await segmentOn(segmentOf(next), until);
        const end = Math.min(until, position(segmentOf(next), segment.records.length));
        for (; next < end && records.length < maxRecords && bytes < maxBytes; next += 1) {
          const record = segment.records[ordinalOf(next)] ?? null;
          if (record === null) continue;
          records.push(record);
          bytes += record.payload.length;
        }
        if (ordinalOf(next) >= segment.records.length && next < until) next = position(segmentOf(next) + 1, 0);
      }
      return { records, next };
    },
    async at(wanted) {
      open();
      return (await cached.get(segmentOf(wanted)))?.records[ordinalOf(wanted)] ?? null;
    },
    async close() {
      isClosed = true;
      cached.clear();
      parts.s3.destroy();
    },
  };
}

/** The last segment that has anything before this position. */
function lastBefore(until: Position): number {
  return ordinalOf(until) === 0 ? segmentOf(until) - 1 : segmentOf(until);
}

interface Cached {
  readonly loading: Promise<ReadSegment | null>;
  bytes: number;
}

/** Segments by use, the least recently used going first. One that is not there, or could not be had, is asked for again. */
function segmentCache(maxBytes: number, load: (segment: number) => Promise<ReadSegment | null>) {
  const kept = new Map<number, Cached>();
  let total = 0;
  const forget = (segment: number): void => {
    total -= kept.get(segment)?.bytes ?? 0;
    kept.delete(segment);
  };
  const shrink = (): void => {
    for (const segment of kept.keys()) {
      if (total <= maxBytes || kept.size <= 1) return;
      forget(segment);
    }
  };
  const settle = async (segment: number, entry: Cached): Promise<void> => {
    const read = await entry.loading.catch(() => null);
    if (kept.get(segment) !== entry) return;
    if (read === null) return forget(segment);
    entry.bytes = read.bytes + read.records.length * recordOverheadBytes;
    total += entry.bytes;
    shrink();
  };
  const start = (segment: number): Promise<ReadSegment | null> => {
    const entry = { loading: load(segment), bytes: 0 };
    kept.set(segment, entry);
    void settle(segment, entry);
    return entry.loading;
  };
  return {
    get(segment: number): Promise<ReadSegment | null> {
      const known = kept.get(segment);
      if (known === undefined) return start(segment);
      kept.delete(segment);
      kept.set(segment, known);
      return known.loading;
    },
    ahead(segment: number): void {
      // Whoever gets there hears of a failure.
      if (!kept.has(segment)) start(segment).catch(() => undefined);
    },
    clear(): void {
      kept.clear();
      total = 0;
    },
  };
}

function missing(segment: number): Problem {
  return new Problem(500, "log_segment_missing", `The raw log has no segment ${segment}.`, {
    hint: "Was an object of the raw bucket removed? Its versions may still have it.",
  });
}
