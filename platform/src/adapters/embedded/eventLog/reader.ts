import type { EventBufferReader, StoredRecord } from "../../../buffer/eventBuffer.ts";
import { ordinalOf, position, segmentOf } from "../../../model/position.ts";
import type { Position } from "../../../model/position.ts";
import { Problem } from "../../../model/problem.ts";
import { damaged, kinds, recordContent, recordHeaderBytes } from "../../../buffer/segment/format.ts";
import {
  absentFromGrowing,
  closeSegment,
  loadRecord,
  missing,
  noteIndex,
  noticeSeal,
  offsetOf,
  openSegment,
  recordInChunk,
  wasReplaced,
} from "./segment.ts";
import type { Segment } from "./segment.ts";
import { listSegments } from "./segmentFiles.ts";

/** Segments that a reader keeps open, the least recently used being closed first. */
const maxOpenSegments = 8;

/**
 * Reads the log in `directory` while its writer, in this thread or another, appends. Payloads are views of a shared
 * chunk that is never overwritten; whoever keeps one for long should copy it. Calls are worked off one at a time.
 *
 * Errors, all `Problem`s: `log_damaged` names segment and offset; `log_format_newer`; `log_segment_missing` when
 * `read` is asked for a position whose segment is not there.
 */
export function openEventLogReader(directory: string): EventBufferReader {
  return new EventLogReader(directory);
}

interface Batch {
  readonly records: StoredRecord[];
  bytes: number;
  readonly maxRecords: number;
  readonly maxBytes: number;
}

class EventLogReader implements EventBufferReader {
  readonly #directory: string;
  /** In order of last use. */
  readonly #segments = new Map<number, Segment>();
  /** The call that is being worked off, and those behind it. */
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(directory: string) {
    this.#directory = directory;
  }

  read(from: Position, until: Position, maxRecords: number, maxBytes: number) {
    return this.#inTurn(() => this.#read(from, until, { records: [], bytes: 0, maxRecords, maxBytes }));
  }

  at(position: Position): Promise<StoredRecord | null> {
    return this.#inTurn(() => this.#at(position));
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      this.#closed = true;
      for (const segment of this.#segments.values()) closeSegment(segment);
      this.#segments.clear();
    }, true);
  }

  #inTurn<T>(work: () => Promise<T>, evenClosed = false): Promise<T> {
    const turn = this.#queue.then(() => {
      if (this.#closed && !evenClosed) throw new Problem(503, "log_closed", "The event log's reader is closed.");
      return work();
    });
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #read(from: Position, until: Position, batch: Batch): Promise<{ records: StoredRecord[]; next: Position }> {
    let next = from;
    while (next < until && hasRoom(batch)) {
      const segment = await this.#segment(segmentOf(next));
      if (segment === missing) throw await this.#missingSegment(segmentOf(next));
      const stop = segmentOf(until) > segmentOf(next) ? await sealedCount(segment) : ordinalOf(until);
      next = await this.#readSegment(segment, ordinalOf(next), stop, batch);
      if (ordinalOf(next) >= stop && next < until) next = position(segmentOf(next) + 1, 0);
    }
    return { records: batch.records, next };
  }

  /** Fills `batch` from `ordinal`, up to but without `stop`; gives the position to go on at. */
  async #readSegment(segment: Segment, ordinal: number, stop: number, batch: Batch): Promise<Position> {
    const number = segment.header.segment;
    if (ordinal >= stop) return position(number, ordinal);
    let offset = await startOf(segment, ordinal);
    const { salt } = segment.header;
    const file = segment.sequential;
    let at = ordinal;
    while (at < stop && hasRoom(batch)) {
      const view = recordInChunk(file, offset, at, salt) ?? (await loadRecord(file, offset, at, salt));
      if (!view) throw damaged(number, offset, `record ${at} cannot be read`);
      noteIndex(segment, at, offset);
      if (view.kind === kinds.event) {
        const { fragment, message, payload } = recordContent(file.bytes, offset - file.start, view);
        batch.records.push({ fragment, message, payload, position: position(number, at) });
      }
      batch.bytes += view.kind === kinds.event ? view.payloadBytes : recordHeaderBytes;
      offset += view.totalBytes;
      at += 1;
    }
    segment.resume = { ordinal: at, offset };
    return position(number, at);
  }

  async #at(at: Position): Promise<StoredRecord | null> {
    const ordinal = ordinalOf(at);
    const segment = await this.#segment(segmentOf(at));
    if (segment === missing) {
      await listSegments(this.#directory); // a gap is damage, not absence
      return null;
    }
    const offset = await offsetOf(segment, ordinal);
    if (offset === null) return null;
    const file = segment.lookup;
    const { salt } = segment.header;
    const view = recordInChunk(file, offset, ordinal, salt) ?? (await loadRecord(file, offset, ordinal, salt));
    if (!view) return absentFromGrowing(segment, offset, ordinal);
    if (view.kind === kinds.stub) return null;
    return { ...recordContent(file.bytes, offset - file.start, view), position: at };
  }

  async #segment(number: number): Promise<Segment | typeof missing> {
    const held = this.#segments.get(number);
    if (held) this.#segments.delete(number);
    const stale = held !== undefined && wasReplaced(held);
    if (stale) closeSegment(held);
    if (!held) this.#letGoOfReplaced();
    const segment = held && !stale ? held : await openSegment(this.#directory, number);
    if (segment === missing) return missing;
    this.#segments.set(number, segment);
    const oldest = this.#segments.values().next().value;
    if (this.#segments.size > maxOpenSegments && oldest) {
      this.#segments.delete(oldest.header.segment);
      closeSegment(oldest);
    }
    return segment;
  }

  /** A file that lost its name takes room on the disk for as long as it is open. */
  #letGoOfReplaced(): void {
    for (const [number, segment] of this.#segments) {
      if (!wasReplaced(segment)) continue;
      this.#segments.delete(number);
      closeSegment(segment);
    }
  }

  async #missingSegment(segment: number): Promise<Problem> {
    const segments = await listSegments(this.#directory);
    const kept = segments.length ? `it has segments ${segments[0]} to ${segments.at(-1)}` : "it has none";
    return new Problem(500, "log_segment_missing", `The event log has no segment ${segment}; ${kept}.`, {
      hint: "Is the data directory complete, and the state not newer than the log?",
    });
  }
}

function hasRoom(batch: Batch): boolean {
  return batch.records.length < batch.maxRecords && batch.bytes < batch.maxBytes;
}

async function startOf(segment: Segment, ordinal: number): Promise<number> {
  if (segment.resume.ordinal === ordinal) return segment.resume.offset;
  const offset = await offsetOf(segment, ordinal);
  if (offset === null) throw damaged(segment.header.segment, 0, `it ends before record ${ordinal}`);
  return offset;
}

/** How many records a segment has that a later one follows: its footer must be there. */
async function sealedCount(segment: Segment): Promise<number> {
  const footer = await noticeSeal(segment);
  if (footer) return footer.recordCount;
  throw damaged(segment.header.segment, 0, "a later position was asked for, but it has no whole footer");
}
