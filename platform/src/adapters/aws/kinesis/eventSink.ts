import type { KinesisClient } from "@aws-sdk/client-kinesis";
import type { BufferRecord, EventSink } from "../../../buffer/eventBuffer.ts";
import { Problem } from "../../../model/problem.ts";
import { batchingSink, countWithin, defaultMaxPendingBytes } from "../batchingSink.ts";
import { maxPutBytes, maxPutRecords, type PutParts, putRecords, type StreamRecord } from "./putRecords.ts";
import { encodeFrame } from "./recordFrame.ts";

export interface KinesisSinkParts extends PutParts {
  client: KinesisClient;
  /** Its name. Records go by `USER_PARTITION_KEY`: on-demand streams that distribute by themselves ignore it. */
  stream: string;
  /** Bytes taken and not yet acknowledged; beyond it `append` rejects with 503. */
  maxPendingBytes?: number;
  /** Of a record, key included: the stream's MaxRecordSizeInKiB. */
  maxRecordBytes?: number;
}

/** Kinesis' default; with an event of the largest size that does not compress, a stream needs 2 MiB. */
const defaultMaxRecordBytes = 1_048_576;

/**
 * `EventSink` on Kinesis Data Streams: one record an event, many calls' records in a request, those that Kinesis refuses
 * put again. Problems are `batchingSink`'s of a `stream`, 413 `record_too_large` and 400 `stream_bad_record`.
 */
export function openKinesisSink(parts: KinesisSinkParts): EventSink {
  const { maxPendingBytes = defaultMaxPendingBytes, maxRecordBytes = defaultMaxRecordBytes } = parts;
  return batchingSink<StreamRecord>({
    name: "stream",
    itemOf: (record) => framed(record, maxRecordBytes),
    sizeOf,
    countOf: (queue) => countWithin(sizesOf(queue), maxPutBytes, maxPutRecords),
    send: (records) => putRecords(records, parts),
    end: () => parts.client.destroy(),
    maxPendingBytes,
  });
}

function framed(record: BufferRecord, maxRecordBytes: number): StreamRecord {
  const made = { key: record.fragment, data: encodeFrame(record) };
  if (sizeOf(made) <= maxRecordBytes) return made;
  throw new Problem(413, "record_too_large", `The stream takes records of ${maxRecordBytes} bytes.`, {
    hint: "Raise the stream's MaxRecordSizeInKiB and the setting that says it, or send less in one event.",
  });
}

function sizeOf({ key, data }: StreamRecord): number {
  return key.length + data.length;
}

function* sizesOf(records: Iterable<StreamRecord>): Iterable<number> {
  for (const record of records) yield sizeOf(record);
}
