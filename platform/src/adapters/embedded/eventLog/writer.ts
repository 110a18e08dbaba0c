import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { BufferRecord, EventBuffer } from "../../../buffer/eventBuffer.ts";
import { position } from "../../../model/position.ts";
import type { Position } from "../../../model/position.ts";
import { Problem } from "../../../model/problem.ts";
import { committed, nodeDisk } from "./disk.ts";
import type { LogDisk } from "./disk.ts";
import { encodeFooter } from "../../../buffer/segment/format.ts";
import type { SegmentHeader } from "../../../buffer/segment/format.ts";
import { addCall, checkedBytes, freshTail, isFull, resolveCalls, reusableBuffer, startGroup } from "./group.ts";
import type { Group, Tail } from "./group.ts";
import { checkSealed, recoverLast } from "./recovery.ts";
import { createSegment, listSegments, removeUnfinished, segmentPath } from "./segmentFiles.ts";

export const defaultSegmentBytes = 67_108_864;
/** Index offsets are 32 bits, and the last group may go over the segment's size. */
export const largestSegmentBytes = 1_073_741_824;
/** Also the most that one group commit can have. */
export const defaultMaxPendingBytes = 67_108_864;
const largestMaxPendingBytes = 67_108_864;
/** Buffers that wait for a group: one group is being written while the next gathers. */
const maxSpareBuffers = 2;
const retryFailedSeconds = 10;

export interface EventLogOptions {
  /** Made when it is not there. Only one writer at a time: the data directory's lock sees to that. */
  readonly directory: string;
  /** A segment that has reached this size is sealed: 1 to `largestSegmentBytes`. */
  readonly segmentBytes?: number;
  /** Bytes accepted and not yet durable, record headers included; beyond it `append` rejects with 503. */
  readonly maxPendingBytes?: number;
  /** Told after each group commit, with the new durable end. */
  readonly onDurable?: (end: Position) => void;
  /** UTC milliseconds, for segments' headers. */
  readonly now?: () => number;
  /** 32 random bits, for segments' checksums. */
  readonly salt?: () => number;
  readonly disk?: LogDisk;
}

type Settings = Required<Omit<EventLogOptions, "onDurable">> & Pick<EventLogOptions, "onDurable">;

/**
 * Opens the event log, recovering what a crash left: a torn tail of the last segment is truncated, everything valid is
 * kept, damage is a `Problem` (`log_damaged`, naming segment and offset), as is a newer format (`log_format_newer`).
 *
 * `append` rejects with these `Problem`s: 503 `log_overloaded` (try again), 503 `log_failed` (after a failed write,
 * until reopened), 503 `log_closed`, 413 `append_too_large` (more than `maxPendingBytes` in one call), 400
 * `log_bad_record`. Records are copied before it returns.
 */
export async function openEventLog(options: EventLogOptions): Promise<EventBuffer> {
  const settings = settingsOf(options);
  const { disk, directory } = settings;
  const made = await mkdir(directory, { recursive: true, mode: 0o700 });
  if (made !== undefined) await disk.syncDirectory(dirname(made));
  await removeUnfinished(disk, directory);
  const segments = await listSegments(directory);
  for (const segment of segments.slice(0, -1)) await checkSealed(directory, segment);
  const { tail, fd } = await openTail(settings, segments.at(-1));
  return new EventLogWriter(settings, tail, fd);
}

function settingsOf(options: EventLogOptions): Settings {
  const settings = {
    segmentBytes: defaultSegmentBytes,
    maxPendingBytes: defaultMaxPendingBytes,
    now: Date.now,
    salt: () => randomBytes(4).readUInt32LE(0),
    disk: nodeDisk,
    ...options,
  };
  const { segmentBytes, maxPendingBytes } = settings;
  if (!(segmentBytes >= 1 && segmentBytes <= largestSegmentBytes)) {
    throw new RangeError(`segmentBytes must be 1 to ${largestSegmentBytes}.`);
  }
  if (!(maxPendingBytes >= 1 && maxPendingBytes <= largestMaxPendingBytes)) {
    throw new RangeError(`maxPendingBytes must be 1 to ${largestMaxPendingBytes}.`);
  }
  return settings;
}

async function openTail(settings: Settings, last: number | undefined): Promise<{ tail: Tail; fd: number }> {
  const { disk, directory } = settings;
  if (last === undefined) return newTail(settings, 0);
  const recovered = await recoverLast(disk, directory, last);
  await disk.syncDirectory(directory);
  if (recovered.sealed) return newTail(settings, last + 1);
  const { recordsEnd, recordCount, index } = recovered.scan;
  const fd = await disk.open(segmentPath(directory, last), false);
  return { tail: { header: recovered.header, offset: recordsEnd, ordinal: recordCount, index }, fd };
}

async function newTail(settings: Settings, segment: number): Promise<{ tail: Tail; fd: number }> {
  const header = newHeader(settings, segment);
  return { tail: freshTail(header), fd: await createSegment(settings.disk, settings.directory, header) };
}

function newHeader(settings: Settings, segment: number): SegmentHeader {
  return { segment, createdAt: settings.now(), salt: settings.salt() };
}

class EventLogWriter implements EventBuffer {
  readonly #settings: Settings;
  /** Where the next record is encoded to; may lie in a segment that is yet to be made. */
  #tail: Tail;
  /** The segment that is open for writing. */
  #open: { tail: Tail; fd: number };
  #gathering: Group | undefined;
  #pendingBytes = 0;
  readonly #spare: Buffer[] = [];
  #durableEnd: Position;
  #writing: Promise<void> | undefined;
  #refusal: Problem | undefined;
  #closing: Promise<void> | undefined;

  constructor(settings: Settings, tail: Tail, fd: number) {
    this.#settings = settings;
    this.#tail = tail;
    this.#open = { tail, fd };
    this.#durableEnd = position(tail.header.segment, tail.ordinal);
  }

  end(): Position {
    return this.#durableEnd;
  }

  async append(records: readonly BufferRecord[]): Promise<Position[]> {
    if (this.#refusal) throw this.#refusal;
    const bytes = checkedBytes(records);
    const { maxPendingBytes } = this.#settings;
    if (bytes > maxPendingBytes) {
      throw new Problem(413, "append_too_large", `One append takes at most ${maxPendingBytes} bytes.`, {
        hint: "Append it in smaller parts.",
      });
    }
    if (this.#pendingBytes + bytes > maxPendingBytes) {
      throw new Problem(503, "log_overloaded", "More is arriving than the event log's disk takes.", {
        hint: "Send it again after a moment.",
        retryAfterSeconds: 1,
      });
    }
    if (records.length === 0) return [];
    this.#pendingBytes += bytes;
    return new Promise((resolve, reject) => {
      this.#gathering ??= this.#startGroup();
      addCall(this.#gathering, records, bytes, { resolve, reject });
      this.#writing ??= this.#writeGroups();
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#refusal ??= new Problem(503, "log_closed", "The event log is closed.");
    await this.#writing;
    await this.#settings.disk.close(this.#open.fd);
  }

  #startGroup(): Group {
    if (isFull(this.#tail, this.#settings.segmentBytes)) {
      this.#tail = freshTail(newHeader(this.#settings, this.#tail.header.segment + 1));
    }
    return startGroup(this.#tail, this.#spare.pop());
  }

  /** Writes group after group until none is waiting. Each starts a turn late, so that all who are ready go with it. */
  async #writeGroups(): Promise<void> {
    for (;;) {
      await setImmediate();
      const group = this.#gathering;
      if (!group) break;
      this.#gathering = undefined;
      try {
        await this.#write(group);
      } catch (error) {
        this.#fail(error, group);
        break;
      }
      this.#acknowledge(group);
    }
    this.#writing = undefined;
  }

  async #write(group: Group): Promise<void> {
    const { disk } = this.#settings;
    if (group.tail !== this.#open.tail) await this.#roll(group.tail);
    await committed(disk, this.#open.fd, group.bytes.subarray(0, group.length), group.start);
  }

  /** Seals the open segment, then makes the next: a segment that has a successor has a durable footer. */
  async #roll(next: Tail): Promise<void> {
    const { disk, directory } = this.#settings;
    const { tail, fd } = this.#open;
    const footer = { recordsEnd: tail.offset, recordCount: tail.ordinal, index: tail.index };
    await disk.write(fd, encodeFooter(footer, tail.header.salt), tail.offset);
    await disk.sync(fd);
    this.#open = { tail: next, fd: await createSegment(disk, directory, next.header) };
    await disk.close(fd);
  }

  #acknowledge(group: Group): void {
    this.#pendingBytes -= group.length;
    const buffer = reusableBuffer(group);
    if (buffer && this.#spare.length < maxSpareBuffers) this.#spare.push(buffer);
    this.#durableEnd = group.end;
    resolveCalls(group);
    this.#settings.onDurable?.(group.end);
  }

  /** Nothing is known of the disk any more: whoever waits is refused, and so is everybody after, until reopened. */
  #fail(error: unknown, group: Group): void {
    const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
    const failed = new Problem(503, "log_failed", `The event log stopped: a write to its disk failed${code}.`, {
      hint: "See to the disk and start again; nothing acknowledged is lost.",
      retryAfterSeconds: retryFailedSeconds,
    });
    this.#refusal = failed;
    for (const { calls } of [group, this.#gathering ?? { calls: [] }]) {
      for (const call of calls) call.reject(failed);
    }
    this.#gathering = undefined;
    this.#pendingBytes = 0;
  }
}
