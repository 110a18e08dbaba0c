import { maxRecordBytes } from "../model/event.ts";
import type { ReadRowFile, RowFault } from "../storage/rowFile.ts";
import { compileCalls, type ImportedCall } from "./importedCalls.ts";
import type { Mapping } from "./mappingSchema.ts";
import { fileBytes, formatOf, openRows } from "./openRows.ts";
import type { RowGroup } from "./rowGroup.ts";
import { openRowGroups, type RowGroupsOptions } from "./rowGroups.ts";
import { compileMapper } from "./rowMapper.ts";

/** A line that did not become part of an event. */
export interface Reject extends RowFault {
  readonly line: number;
}

export interface FileImportOptions extends RowGroupsOptions {
  file: string;
  mapping: Mapping;
  /** UTC milliseconds: times far ahead of it are not believed. */
  nowMs: number;
  readParquet: ReadRowFile;
  onReject(reject: Reject): void;
  onProgress?(lines: number, bytesRead: number): void;
}

export interface ImportCounts {
  /** Rows of the file, the header and empty lines aside. */
  lines: number;
  /** Rows that the mapping leaves out. */
  skippedLines: number;
  /** Rows that are part of no event: faulty ones, and the others of their order. */
  rejectedLines: number;
  events: number;
}

export interface FileImport {
  readonly counts: Readonly<ImportCounts>;
  readonly fileBytes: number;
  /** First: reads the whole file. Throws a Problem, before there is any event, when it cannot be read or mapped at all. */
  read(): Promise<void>;
  /** Then: its events, once. Memory: those of one partition. */
  events(): AsyncGenerator<ImportedCall>;
  /** Removes what is on disk. To be called in any case. */
  close(): Promise<void>;
}

/**
 * Maps a file to Segment-shaped calls. The file is read to its end before the first call is made, because the rows of
 * an order, and equal rows, may be anywhere in it; meanwhile rows above a bound wait on disk.
 *
 * A faulty row of an order takes the whole order with it: half an order would be a wrong one. (A row so broken that its
 * key cannot be read can only be refused alone.)
 */
export async function openFileImport(options: FileImportOptions): Promise<FileImport> {
  const { file, mapping } = options;
  const size = await fileBytes(file);
  const format = formatOf(file, mapping.format);
  const mapper = compileMapper(mapping, options.nowMs);
  const build = compileCalls(mapping);
  const groups = openRowGroups(options);
  const counts: ImportCounts = { lines: 0, skippedLines: 0, rejectedLines: 0, events: 0 };

  return {
    counts,
    fileBytes: size,
    async read() {
      for await (const { rows, bytesRead } of openRows(file, format, mapper.columns, options.readParquet)) {
        for (const row of rows) {
          const mapped = mapper.mapRow(row);
          if (mapped === "skipped") counts.skippedLines += 1;
          else if ("key" in mapped) groups.add(mapped);
          else reject(mapped.line, mapped.fault);
        }
        counts.lines += rows.length;
        options.onProgress?.(counts.lines, bytesRead);
        await groups.relieve();
      }
    },
    async *events() {
      for await (const group of groups.groups()) {
        if (isRejected(group)) continue;
        for (const call of build(group)) {
          if (call.bytes > maxRecordBytes) {
            rejectTooLarge(group);
            break;
          }
          counts.events += 1;
          yield call;
        }
      }
    },
    close: () => groups.close(),
  };

  function reject(line: number, fault: RowFault): void {
    counts.rejectedLines += 1;
    options.onReject({ line, ...fault });
  }

  function isRejected(group: RowGroup): boolean {
    if (group.faults.length > 0) rejectFaulty(group);
    else if (group.isTooLarge) rejectTooLarge(group);
    else return false;
    return true;
  }

  function rejectFaulty({ faults, lines, rowCount }: RowGroup): void {
    const faulty = new Map(faults.map(({ line, fault }) => [line, fault]));
    const [first] = faulty.keys();
    const collateral: RowFault = {
      code: "order_rejected",
      message: `has no fault, but line ${first ?? "?"} of the same order has: half an order would be a wrong one`,
    };
    for (const line of lines) options.onReject({ line, ...(faulty.get(line) ?? collateral) });
    counts.rejectedLines += rowCount;
  }

  function rejectTooLarge({ lines, rowCount }: RowGroup): void {
    const message = `begins an event of ${rowCount} lines, which is more than one event may hold (${maxRecordBytes} bytes)`;
    options.onReject({ line: lines[0] ?? 0, code: "event_too_large", message });
    counts.rejectedLines += rowCount;
  }
}
