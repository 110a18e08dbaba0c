/**
 * Where a record lies in the event log: (segment, ordinal), both from 0. Survives a segment's rewriting.
 * Held as one safe integer, `segment * 2^22 + ordinal`, so that positions compare as numbers and are SQLite integers.
 */
export type Position = number;

export const maxRecordsPerSegment = 2 ** 22;

export function position(segment: number, ordinal: number): Position {
  return segment * maxRecordsPerSegment + ordinal;
}
export function segmentOf(at: Position): number {
  return Math.floor(at / maxRecordsPerSegment);
}
export function ordinalOf(at: Position): number {
  return at % maxRecordsPerSegment;
}
