import type { EventBufferReader, StoredRecord } from "../buffer/eventBuffer.ts";
import type { Position } from "../model/position.ts";

/** Positions closer than this are read in one go: a file that is imported again repeats a whole stretch of the log. */
const maxGapRecords = 16;
const maxRunBytes = 4 << 20;

/** The records at some positions, in any order; a position that holds none is left out. */
export async function recordsAt(
  log: EventBufferReader,
  positions: readonly Position[],
): Promise<Map<Position, StoredRecord>> {
  const found = new Map<Position, StoredRecord>();
  const wanted = [...new Set(positions)].sort((one, other) => one - other);
  for (let index = 0; index < wanted.length;) {
    const from = wanted[index] as Position;
    let last = index;
    while ((wanted[last + 1] ?? Number.POSITIVE_INFINITY) - (wanted[last] as Position) <= maxGapRecords) last += 1;
    if (last === index) {
      const one = await log.at(from);
      if (one !== null) found.set(from, one);
      index += 1;
      continue;
    }
    const until = (wanted[last] as Position) + 1;
    const { records, next } = await log.read(from, until, until - from, maxRunBytes);
    const asked = new Set(wanted.slice(index, last + 1));
    for (const record of records) if (asked.has(record.position)) found.set(record.position, record);
    // What a read did not reach starts the next one.
    const reached = Math.max(next, from + 1);
    while (index <= last && (wanted[index] as Position) < reached) index += 1;
  }
  return found;
}
