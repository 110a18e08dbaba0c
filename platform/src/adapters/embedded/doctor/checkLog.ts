import { fstatSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { position, type Position } from "../../../model/position.ts";
import { Problem } from "../../../model/problem.ts";
import { indexEvery, kinds, segmentHeaderBytes, type RecordView } from "../../../buffer/segment/format.ts";
import { assertTorn, openListed } from "../eventLog/recovery.ts";
import { closeSegment, loadRecord, recordInChunk, type Segment } from "../eventLog/segment.ts";
import { segmentPath } from "../eventLog/segmentFiles.ts";
import { fromBackup, type Report } from "./report.ts";

/** A record that is whole: its bytes begin at `offset` of `bytes`, which is read over once the call returns. */
export interface SeenRecord {
  readonly position: Position;
  readonly bytes: Buffer;
  readonly offset: number;
  readonly view: RecordView;
}

/** Follows the reading of the log. */
export interface LogObserver {
  segment(number: number): void;
  record(seen: SeenRecord): void;
  /** Between chunks of about a mebibyte, and at the end: time for what cannot be done at once. */
  pause(): Promise<void>;
}

export interface LogFacts {
  /** After the last whole record. */
  readonly end: Position;
  readonly first: Position;
  /** Of each segment, by number: whole records, and stubs among them. */
  readonly counts: ReadonlyMap<number, { readonly records: number; readonly stubs: number }>;
  readonly bytes: number;
  /** Every record of every segment could be read. */
  readonly isWhole: boolean;
}

/** Reads every byte of the log: headers, records with their checksums and ordinals, footers and their indexes. */
export async function checkLog(
  directory: string,
  { isServed, observers, onBytes }: { isServed: boolean; observers: LogObserver[]; onBytes: (bytes: number) => void },
  report: Report,
): Promise<LogFacts> {
  const segments = await segmentsIn(directory);
  const counts = new Map<number, { records: number; stubs: number }>();
  let bytes = 0;
  let archived = 0;
  let isWhole = true;
  for (const [nth, number] of segments.entries()) {
    const before = segments[nth - 1];
    if (before !== undefined && number !== before + 1) {
      isWhole = false;
      report.find("data", missingSegments(before + 1, number - 1));
    }
    const isLast = nth === segments.length - 1;
    const read = await checkSegment(directory, number, { isLast, isServed, observers, onBytes }, report);
    counts.set(number, read);
    bytes += read.bytes;
    archived += read.isArchived ? 1 : 0;
    isWhole &&= read.isWhole;
  }
  for (const observer of observers) await observer.pause();
  const last = segments.at(-1) ?? 0;
  const first = position(segments[0] ?? 0, 0);
  const end = position(last, counts.get(last)?.records ?? 0);
  const records = [...counts.values()].reduce((sum, count) => sum + count.records, 0);
  const compressed = archived === 0 ? "" : ` (${archived} archived)`;
  report.checked(
    `${records} records in ${segments.length} segments${compressed}, ${bytes} bytes, up to position ${end}`,
  );
  return { first, end, counts, bytes, isWhole };
}

async function segmentsIn(directory: string): Promise<number[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names
    .flatMap((name) => /^(\d{10})\.log$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((one, other) => one - other);
}

function missingSegments(from: number, to: number): { where: string; what: string; todo: string } {
  const what = from === to ? "this segment is missing" : `these segments are missing (${to - from + 1})`;
  const where = from === to ? fileOf(from) : `${fileOf(from)} to ${fileOf(to)}`;
  return { where, what, todo: `copy the file back, or: ${fromBackup}` };
}

function fileOf(segment: number): string {
  return segmentPath("log", segment);
}

interface SegmentOptions {
  isLast: boolean;
  isServed: boolean;
  observers: readonly LogObserver[];
  onBytes: (bytes: number) => void;
}

interface SegmentRead {
  records: number;
  stubs: number;
  /** On disk. */
  bytes: number;
  isArchived: boolean;
  isWhole: boolean;
}

async function checkSegment(
  directory: string,
  number: number,
  options: SegmentOptions,
  report: Report,
): Promise<SegmentRead> {
  let segment: Segment | null = null;
  let read: SegmentRead = { records: 0, stubs: 0, bytes: 0, isArchived: false, isWhole: false };
  const hurt = (at: number | null, what: string): void => {
    const where = at === null ? fileOf(number) : `${fileOf(number)}, byte ${at}`;
    report.find("data", { where, what, todo: `copy this segment's file back, or: ${fromBackup}` });
  };
  try {
    segment = await openListed(directory, number);
    for (const observer of options.observers) observer.segment(number);
    const walk = await walkRecords(segment, options);
    const { isArchived } = segment;
    read = { ...walk, bytes: fstatSync(segment.fd).size, isArchived, isWhole: true };
    const isSealed = isArchived || segment.footer !== null;
    const fault = isSealed ? footerFault(segment, walk) : await growingFault(segment, walk, options, report);
    if (fault === null) return read;
    hurt(fault.at, fault.what);
  } catch (error) {
    hurt(null, reasonOf(error));
  } finally {
    if (segment !== null) closeSegment(segment);
  }
  return { ...read, isWhole: false };
}

function reasonOf(error: unknown): string {
  if (error instanceof Problem) return error.message;
  const code = error instanceof Error && "code" in error ? String(error.code) : "an unknown error";
  return `it cannot be read: ${code}`;
}

interface Walk {
  records: number;
  stubs: number;
  /** Where the whole records end. */
  end: number;
  index: number[];
}

async function walkRecords(segment: Segment, { observers, onBytes }: SegmentOptions): Promise<Walk> {
  const { salt, segment: number } = segment.header;
  const file = segment.sequential;
  const walk: Walk = { records: 0, stubs: 0, end: segmentHeaderBytes, index: [] };
  let chunk = file.bytes;
  let toldUntil = 0;
  for (;;) {
    const { end: offset, records: ordinal } = walk;
    const view = recordInChunk(file, offset, ordinal, salt) ?? (await loadRecord(file, offset, ordinal, salt));
    if (file.bytes !== chunk) {
      for (const observer of observers) await observer.pause();
      onBytes(offset - toldUntil);
      toldUntil = offset;
      chunk = file.bytes;
    }
    if (view === null) return walk;
    const seen = { position: position(number, ordinal), bytes: file.bytes, offset: offset - file.start, view };
    for (const observer of observers) observer.record(seen);
    if (ordinal % indexEvery === 0) walk.index.push(offset);
    if (view.kind === kinds.stub) walk.stubs += 1;
    walk.end += view.totalBytes;
    walk.records += 1;
  }
}

type Fault = { at: number; what: string } | null;

/** Of a sealed segment: its records end where the footer says, and its index leads to them. */
function footerFault(segment: Segment, { end, records, index }: Walk): Fault {
  const footer = segment.footer;
  if (footer === null) return { at: end, what: "it is archived, but has no whole footer" };
  if (end !== footer.recordsEnd || records !== footer.recordCount) {
    return { at: end, what: `record ${records} of ${footer.recordCount} cannot be read` };
  }
  const isSame = index.length === footer.index.length && index.every((at, nth) => at === footer.index[nth]);
  return isSame ? null : { at: footer.recordsEnd, what: "its index leads elsewhere than to its records" };
}

/** Of the last segment: what follows the whole records is nothing, a write under way, or a torn tail. */
async function growingFault(segment: Segment, walk: Walk, options: SegmentOptions, report: Report): Promise<Fault> {
  if (!options.isLast) return { at: walk.end, what: "it has a successor, but no whole footer" };
  const rest = segment.source.size() - walk.end;
  if (rest <= 0) return null;
  try {
    await assertTorn(segment, walk.end);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return options.isServed
      ? null
      : { at: walk.end, what: `record ${walk.records} cannot be read, and others follow it` };
  }
  if (options.isServed) return null;
  const number = segment.header.segment;
  report.find("harmless", {
    where: `${fileOf(number)}, byte ${walk.end}`,
    what: `the last ${rest} bytes are no whole record: a write that a crash cut short, never acknowledged (or damage to the last record, which looks the same)`,
    todo: "nothing: the next start cuts them off",
  });
  return null;
}
