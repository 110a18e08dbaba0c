import type { Position } from "../model/position.ts";
import { Problem } from "../model/problem.ts";
import type { BufferRecord, EventBufferReader, StoredRecord } from "./eventBuffer.ts";

/** A record whose hashes and payload tell its number. */
export function numbered(number: number, payloadBytes = 40): BufferRecord {
  const payload = Buffer.alloc(Math.max(8, payloadBytes), number % 251);
  payload.writeUInt32BE(number, 0);
  return { fragment: hash(number * 7), message: hash(number), payload };
}

/** Plain values, so that what comes back compares by content whatever its buffer is. */
export function plain(record: BufferRecord): { fragment: string; message: string; payload: string } {
  return {
    fragment: record.fragment,
    message: record.message,
    payload: Buffer.from(record.payload).toString("base64"),
  };
}

/** Everything from `from` up to `until`, by as many reads as it takes. */
export async function readAll(
  reader: EventBufferReader,
  from: Position,
  until: Position,
  maxRecords = 1_000,
  maxBytes = 1_000_000,
): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  let next = from;
  while (next < until) {
    const batch = await reader.read(next, until, maxRecords, maxBytes);
    if (batch.next <= next) throw new Error(`A read from ${next} does not go forward.`);
    if (batch.records.length > maxRecords) throw new Error(`A read gave more than ${maxRecords} records.`);
    records.push(...batch.records);
    next = batch.next;
  }
  return records;
}

function hash(number: number): string {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(number >>> 0, 4);
  return bytes.toString("base64url");
}

/** Whole numbers from `from` up to `to`, without `to`. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

/** The `Problem` that `work` rejects with; undefined when it succeeds. Other errors are thrown on. */
export async function problemOf(work: Promise<unknown>): Promise<Problem | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}
