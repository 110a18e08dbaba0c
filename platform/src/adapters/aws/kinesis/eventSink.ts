import type { KinesisClient } from "@aws-sdk/client-kinesis";
import type { BufferRecord, EventSink } from "../../../buffer/eventBuffer.ts";
import { Problem } from "../../../model/problem.ts";
import { maxPutBytes, maxPutRecords, type PutParts, putRecords, type StreamRecord } from "./putRecords.ts";
import { encodeFrame } from "./recordFrame.ts";

export interface KinesisSinkParts {
  client: KinesisClient;
  /** Its name. Records go by `USER_PARTITION_KEY`: on-demand streams that distribute by themselves ignore it. */
  stream: string;
  sleep: (ms: number) => Promise<void>;
  /** 0 to 1. */
  random: () => number;
  /** Bytes taken and not yet acknowledged; beyond it `append` rejects with 503. */
  maxPendingBytes?: number;
  /** Of a record, key included: the stream's MaxRecordSizeInKiB. */
  maxRecordBytes?: number;
}

const defaultMaxPendingBytes = 67_108_864;
/** Kinesis' default; with an event of the largest size that does not compress, a stream needs 2 MiB. */
const defaultMaxRecordBytes = 1_048_576;
/** Requests at a time: while one is under way the next gathers. */
const maxInFlight = 8;
const retrySeconds = 5;

interface Waiting {
  record: StreamRecord;
  settle: (refusal: string | null) => void;
}

/**
 * `EventSink` on Kinesis Data Streams: one record an event, many calls' records in a request, those that Kinesis refuses
 * put again. `append` rejects with these `Problem`s: 503 `stream_overloaded`, 503 `stream_unavailable` (some of the
 * call's records may be there), 503 `stream_closed`, 413 `append_too_large`, 413 `record_too_large`, 400
 * `stream_bad_record`. A failure of one call is no failure of another.
 */
export function openKinesisSink(parts: KinesisSinkParts): EventSink {
  return new KinesisSink(parts);
}

class KinesisSink implements EventSink {
  readonly #put: PutParts;
  readonly #client: KinesisClient;
  readonly #maxPendingBytes: number;
  readonly #maxRecordBytes: number;
  readonly #queue: Waiting[] = [];
  #pendingBytes = 0;
  #isClosed = false;
  readonly #inFlight = new Set<Promise<void>>();

  constructor({ maxPendingBytes, maxRecordBytes, ...put }: KinesisSinkParts) {
    this.#put = put;
    this.#client = put.client;
    this.#maxPendingBytes = maxPendingBytes ?? defaultMaxPendingBytes;
    this.#maxRecordBytes = maxRecordBytes ?? defaultMaxRecordBytes;
  }

  async append(records: readonly BufferRecord[]): Promise<void> {
    if (this.#isClosed) throw new Problem(503, "stream_closed", "The stream's sink is closed.");
    const waiting = records.map((record) => this.#framed(record));
    const bytes = waiting.reduce((sum, record) => sum + sizeOf(record), 0);
    this.#admit(bytes);
    this.#pendingBytes += bytes;
    try {
      const settled = waiting.map((record) => this.#enqueue(record));
      this.#flush();
      const refusal = (await Promise.all(settled)).find((each) => each !== null);
      if (refusal !== undefined) throw unavailable(refusal);
    } finally {
      this.#pendingBytes -= bytes;
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    while (this.#queue.length > 0 || this.#inFlight.size > 0) {
      this.#flush();
      await Promise.all(this.#inFlight);
    }
    this.#client.destroy();
  }

  #framed(record: BufferRecord): StreamRecord {
    const framed = { key: record.fragment, data: encodeFrame(record) };
    if (sizeOf(framed) <= this.#maxRecordBytes) return framed;
    throw new Problem(413, "record_too_large", `The stream takes records of ${this.#maxRecordBytes} bytes.`, {
      hint: "Raise the stream's MaxRecordSizeInKiB and the setting that says it, or send less in one event.",
    });
  }

  #admit(bytes: number): void {
    if (bytes > this.#maxPendingBytes) {
      throw new Problem(413, "append_too_large", `One append takes at most ${this.#maxPendingBytes} bytes.`, {
        hint: "Append it in smaller parts.",
      });
    }
    if (this.#pendingBytes + bytes <= this.#maxPendingBytes) return;
    throw new Problem(503, "stream_overloaded", "More is arriving than the stream takes.", {
      hint: "Send it again after a moment.",
      retryAfterSeconds: 1,
    });
  }

  #enqueue(record: StreamRecord): Promise<string | null> {
    return new Promise((resolve) => this.#queue.push({ record, settle: resolve }));
  }

  /** Starts requests while there are records and room for them. */
  #flush(): void {
    while (this.#queue.length > 0 && this.#inFlight.size < maxInFlight) {
      const sending = this.#send(this.#nextRequest()).finally(() => {
        this.#inFlight.delete(sending);
        this.#flush();
      });
      this.#inFlight.add(sending);
    }
  }

  #nextRequest(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { record } of this.#queue) {
      bytes += sizeOf(record);
      if (count === maxPutRecords || (count > 0 && bytes > maxPutBytes)) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  async #send(request: readonly Waiting[]): Promise<void> {
    const refusals = await putRecords(
      request.map(({ record }) => record),
      this.#put,
    );
    for (const [at, { settle }] of request.entries()) settle(refusals[at] ?? null);
  }
}

function sizeOf({ key, data }: StreamRecord): number {
  return key.length + data.length;
}

function unavailable(why: string): Problem {
  return new Problem(503, "stream_unavailable", `The stream did not take all of it: ${why}.`, {
    hint: "Send it again: what was taken counts once.",
    retryAfterSeconds: retrySeconds,
  });
}
