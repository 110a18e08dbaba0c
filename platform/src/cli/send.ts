import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { SubmitAnswer } from "../api/services.ts";
import { type JsonObject, maxRecordBytes } from "../model/event.ts";
import { Problem } from "../model/problem.ts";
import { connect, type Connection, type ConnectionFlags, findUrl } from "./connection.ts";
import type { CliIo } from "./io.ts";
import { type CallLine, readCalls } from "./ndjson.ts";
import type { Output } from "./output.ts";
import { submitBySource } from "./sendBySource.ts";
import { answerOf, post } from "./transport.ts";
import { exitCodes, wrongUsage } from "./usage.ts";

export interface SendFlags extends ConnectionFlags {
  writeKey?: string;
  source?: string;
}

interface Sink {
  maxCallBytes: number;
  maxBatchCalls: number;
  maxBatchBytes: number;
  send(calls: readonly JsonObject[]): Promise<SubmitAnswer>;
  close(): Promise<void>;
}

interface Reject {
  line: number;
  code: string;
  message: string;
}

interface Tally {
  accepted: number;
  rejected: number;
  /** The first of them, for `--json`. */
  rejects: Reject[];
}

const maxReportedRejects = 1_000;
const maxTries = 8;
const maxRetryWaitMs = 60_000;

/**
 * Sends a file of Segment-shaped calls (`-` is standard input) with a write key, as an SDK would, or as a source with
 * an API token, or each line as the source it names. Each batch is acknowledged before the next; a busy or absent server is tried again.
 */
export async function send(io: CliIo, output: Output, file: string, flags: SendFlags): Promise<number> {
  const sink = await sinkOf(io, output, flags);
  try {
    return await sendAll(io, output, file, sink);
  } finally {
    await sink.close();
  }
}

async function sendAll(io: CliIo, output: Output, file: string, sink: Sink): Promise<number> {
  const { chunks, size } = await opened(io, file);
  const started = io.now();
  const progress = output.progress("sending", size, "bytes");
  const tally: Tally = { accepted: 0, rejected: 0, rejects: [] };
  let done = 0;
  try {
    for await (const batch of batches(readCalls(chunks, sink.maxCallBytes), sink)) {
      await sendBatch(io, output, sink, batch, tally);
      for (const { bytes } of batch) done += bytes;
      progress.update(done);
    }
  } finally {
    progress.stop();
  }
  return report(output, tally, io.now() - started);
}

async function sinkOf(io: CliIo, output: Output, flags: SendFlags): Promise<Sink> {
  if (flags.writeKey !== undefined && flags.source !== undefined) {
    throw wrongUsage("--write-key and --source exclude each other.", "A write key names its source already.");
  }
  const environmentKey = io.env["C360_WRITE_KEY"];
  const writeKey = flags.writeKey ?? (flags.source === undefined && environmentKey !== "" ? environmentKey : undefined);
  if (writeKey !== undefined) return trackingApi(findUrl(io, flags), writeKey);
  const connection = await connect(io, flags, { mayCreate: true });
  const { source } = flags;
  return asSources(
    connection,
    source === undefined ? submitBySource(connection) : (calls) => connection.submit(source, calls),
    output.note,
  );
}

/** WIRE: 32 KiB an event, 500 KB and 2,500 events a batch; a batch is acknowledged whole. */
function trackingApi(url: string, writeKey: string): Sink {
  const authorization = `Basic ${Buffer.from(`${writeKey}:`).toString("base64")}`;
  return {
    maxCallBytes: 32_768,
    maxBatchCalls: 1_000,
    maxBatchBytes: 450_000,
    send: async (calls) => {
      const { status, text, retryAfter } = await post(`${url}/v1/batch`, "POST", { authorization }, { batch: calls });
      if (status === 200) return { accepted: calls.length, rejected: [] };
      if (status === 401) {
        throw new Problem(401, "write_key_unknown", "The server does not know this write key.", {
          hint: "Make a new one with: c360 sources rotate ID",
        });
      }
      answerOf(status, text, retryAfter);
      throw new Problem(502, "not_customer_360", "The server answered a batch in a way it never does.");
    },
    close: async () => {},
  };
}

function asSources(connection: Connection, submit: Sink["send"], onWait: Output["note"]): Sink {
  return {
    maxCallBytes: maxRecordBytes,
    maxBatchCalls: 2_000,
    maxBatchBytes: 8 * 1_024 * 1_024,
    send: submit,
    close: async () => {
      try {
        await connection.drained(onWait);
      } finally {
        await connection.close();
      }
    },
  };
}

async function opened(io: CliIo, file: string): Promise<{ chunks: AsyncIterable<Uint8Array>; size: number }> {
  if (file === "-") return { chunks: io.stdin, size: 0 };
  try {
    const found = await stat(file);
    if (!found.isFile()) throw new Error("it is not a file");
    return { chunks: createReadStream(file), size: found.size };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw wrongUsage(
      `The file cannot be read: ${why}.`,
      "Name a file of one JSON object a line, or - for standard input.",
    );
  }
}

async function* batches(lines: AsyncIterable<CallLine>, sink: Sink): AsyncGenerator<CallLine[]> {
  let batch: CallLine[] = [];
  let bytes = 0;
  for await (const line of lines) {
    const size = "size" in line ? line.size : 0;
    if (batch.length > 0 && (batch.length >= sink.maxBatchCalls || bytes + size > sink.maxBatchBytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(line);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

async function sendBatch(io: CliIo, output: Output, sink: Sink, batch: CallLine[], tally: Tally): Promise<void> {
  const calls = batch.flatMap((entry) => ("call" in entry ? [entry] : []));
  const answer =
    calls.length === 0
      ? { accepted: 0, rejected: [] }
      : await tried(io, output, () => sink.send(calls.map(({ call }) => call)));
  tally.accepted += answer.accepted;
  const rejects: Reject[] = [
    ...batch.flatMap(({ line, ...entry }) =>
      "problem" in entry ? [{ line, code: entry.problem.code, message: entry.problem.message }] : [],
    ),
    ...answer.rejected.map(({ index, code, message }) => ({ line: calls[index]?.line ?? 0, code, message })),
  ].sort((a, b) => a.line - b.line);
  for (const reject of rejects) {
    tally.rejected++;
    if (tally.rejects.length < maxReportedRejects) tally.rejects.push(reject);
    if (!output.json && tally.rejected <= maxReportedRejects) {
      output.note(`line ${reject.line}: ${reject.code}: ${reject.message}`);
    }
  }
}

/** Safe to repeat: every call has a messageId. */
async function tried<Answer>(io: CliIo, output: Output, attempt: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const isPassing = error instanceof Problem && (error.status === 429 || error.status === 503);
      if (!isPassing || tries === maxTries) throw error;
      const seconds = error.retryAfterSeconds ?? 2 ** (tries - 1);
      if (tries === 1) output.note(`${error.message} Trying again in ${seconds} s.`);
      await io.sleep(Math.min(seconds * 1_000, maxRetryWaitMs));
    }
  }
}

function report(output: Output, { accepted, rejected, rejects }: Tally, elapsedMs: number): number {
  if (output.json) {
    output.document({ accepted, rejected, rejects, elapsedMs });
  } else {
    const perSecond = Math.round((accepted / Math.max(elapsedMs, 1)) * 1_000);
    output.out(`accepted ${accepted}, rejected ${rejected} (${perSecond} events/s)\n`);
  }
  return rejected > 0 ? exitCodes.doneWithRejects : exitCodes.done;
}
