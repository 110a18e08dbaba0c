import { readFile, stat } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import type { FileImport } from "../importing/importFile.ts";
import { parseMapping } from "../importing/mapping.ts";
import { mappedSource } from "../importing/mappedSource.ts";
import type { Mapping } from "../importing/mappingSchema.ts";
import { Problem } from "../model/problem.ts";
import { openImport } from "../runtime/importFiles.ts";
import type { Connection } from "./connection.ts";
import { openRejectLog, type RejectLog } from "./importRejects.ts";
import { type Clock, sendCalls } from "./importSending.ts";
import type { Output } from "./output.ts";
import { exitCodes, wrongUsage } from "./usage.ts";

export interface ImportFlags {
  /** The mapping file. */
  map: string;
  /** In place of the mapping's. */
  source?: string | undefined;
  kind?: string | undefined;
  /** A file for all rejects. */
  rejects?: string | undefined;
}

export type ImportConnection = Pick<Connection, "submit" | "sources" | "createSource" | "drained">;

const maxMappingBytes = 1_048_576;
const fewestLinesForSpeed = 1_000;
const systemClock: Clock = {
  now: Date.now,
  sleep: async (ms) => {
    await setTimeout(ms);
  },
};

/**
 * `c360 import`: reads the whole file, then makes its source if there is none yet, then sends its events, and returns
 * when all are processed. Nothing is sent of a file that cannot be read or mapped: that is a thrown Problem. Resolves
 * with the exit code: 0 done, 3 done with rejects.
 */
export async function runImport(
  file: string,
  flags: ImportFlags,
  connection: ImportConnection,
  output: Output,
  clock: Clock = systemClock,
): Promise<number> {
  const startedMs = clock.now();
  const mapping = await readMapping(flags.map);
  const source = mappedSource(mapping, flags);
  const rejects = openRejectLog(output, flags.rejects);
  let onRead = (_lines: number, _bytesRead: number): void => {};
  const opened = await openImport({
    file,
    mapping,
    nowMs: startedMs,
    onReject: (reject) => rejects.add(reject),
    onProgress: (lines, bytesRead) => onRead(lines, bytesRead),
  });
  try {
    const reading = output.progress("reading", opened.fileBytes, "bytes");
    onRead = (_lines, bytesRead) => reading.update(bytesRead);
    await opened.read().finally(() => reading.stop());
    const readMs = clock.now() - startedMs;
    const sent = await sendAll(opened, source, connection, rejects, output, clock);
    await connection.drained(output.note);
    return report(output, {
      file,
      source: source.id,
      opened,
      sent,
      rejects,
      readMs,
      elapsedMs: clock.now() - startedMs,
    });
  } finally {
    rejects.finish();
    await opened.close();
  }
}

async function readMapping(file: string): Promise<Mapping> {
  let text: string;
  try {
    if ((await stat(file)).size > maxMappingBytes) throw new Error(`it is larger than ${maxMappingBytes} bytes`);
    text = await readFile(file, "utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw wrongUsage(
      `The mapping cannot be read: ${why}.`,
      "Name it with --map FILE; docs/import.md shows how to write one.",
    );
  }
  return parseMapping(text);
}

interface Sent {
  accepted: number;
  /** Lines whose event the platform refused. */
  refusedLines: number;
}

async function sendAll(
  opened: FileImport,
  source: { id: string; kind: string },
  connection: ImportConnection,
  rejects: RejectLog,
  output: Output,
  clock: Clock,
): Promise<Sent> {
  const sent: Sent = { accepted: 0, refusedLines: 0 };
  const lines = opened.counts.lines - opened.counts.rejectedLines - opened.counts.skippedLines;
  if (lines === 0) return sent;
  await ensureSource(connection, source);
  const sending = output.progress("sending", lines, "lines");
  let done = 0;
  try {
    await sendCalls(opened.events(), {
      submit: (calls) => connection.submit(source.id, calls),
      clock,
      onWait: (message) => output.note(message),
      onAnswer: (batch, { accepted, rejected }) => {
        sent.accepted += accepted;
        for (const { index, code, message, field } of rejected) {
          const { line = 0, rowCount = 0 } = batch[index] ?? {};
          sent.refusedLines += rowCount;
          rejects.add({ line, code, message: field === undefined ? message : `${message} (${field})` });
        }
        for (const { rowCount } of batch) done += rowCount;
        sending.update(done);
      },
    });
  } finally {
    sending.stop();
  }
  return sent;
}

/** A source of that name is used as it is, whatever its kind: it was made on purpose. */
async function ensureSource(connection: ImportConnection, wanted: { id: string; kind: string }): Promise<void> {
  const known = await connection.sources();
  if (known.some(({ id }) => id === wanted.id)) return;
  try {
    await connection.createSource(wanted);
  } catch (error) {
    // Another import was faster.
    if (!(error instanceof Problem && error.status === 409)) throw error;
  }
}

interface Outcome {
  file: string;
  source: string;
  opened: FileImport;
  sent: Sent;
  rejects: RejectLog;
  readMs: number;
  elapsedMs: number;
}

function report(output: Output, { file, source, opened, sent, rejects, readMs, elapsedMs }: Outcome): number {
  const { lines, skippedLines, events } = opened.counts;
  const rejectedLines = opened.counts.rejectedLines + sent.refusedLines;
  const linesPerSecond = perSecond(lines, elapsedMs);
  const readLinesPerSecond = perSecond(lines, readMs);
  if (output.json) {
    output.document({
      file,
      source,
      lines,
      skippedLines,
      rejectedLines,
      events,
      accepted: sent.accepted,
      rejects: rejects.reported,
      elapsedMs,
      readMs,
      linesPerSecond,
      readLinesPerSecond,
    });
  } else {
    const left = skippedLines === 0 ? "" : `, ${count(skippedLines)} left out by the mapping`;
    const speed = `${count(linesPerSecond)} lines/s in all (${count(readLinesPerSecond)} lines/s read and mapped)\n`;
    output.out(
      `${count(lines)} lines read${left}, ${count(rejectedLines)} rejected\n` +
        `${count(sent.accepted)} of ${count(events)} events accepted for ${source}\n` +
        // Of a file of a few lines it would be the time that a connection takes.
        (lines < fewestLinesForSpeed ? "" : speed),
    );
  }
  return rejectedLines > 0 ? exitCodes.doneWithRejects : exitCodes.done;
}

function perSecond(things: number, ms: number): number {
  return Math.round((things / Math.max(ms, 1)) * 1_000);
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
