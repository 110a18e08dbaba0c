import type { KinesisStreamBatchResponse, KinesisStreamEvent, KinesisStreamRecord } from "aws-lambda";
import type { BufferRecord } from "../../../buffer/eventBuffer.ts";
import { maxRecordsPerSegment } from "../../../model/position.ts";
import { Problem } from "../../../model/problem.ts";
import type { DeadLetters } from "../deadLetters.ts";
import { decodeFrame } from "../kinesis/recordFrame.ts";
import { maxSegmentBytes, plainBytesOf } from "../rawLog/segmentObject.ts";
import type { RawLog } from "../rawLog/writer.ts";
import type { HandlerTelemetry } from "./telemetry.ts";

export interface IngestParts {
  log: Pick<RawLog, "append">;
  deadLetters: DeadLetters;
  telemetry: HandlerTelemetry;
  /** UTC ms. */
  now: () => number;
}

/**
 * Kinesis → raw lake: a batch becomes a segment, or some where it is large. What is none of our records becomes a dead
 * letter and holds up nobody. Where something cannot be written, the answer names the first record that is not, and
 * Lambda goes on from there: records may be in the log more than once, never not at all.
 */
export function createIngest(parts: IngestParts): (event: KinesisStreamEvent) => Promise<KinesisStreamBatchResponse> {
  const { telemetry } = parts;
  return async ({ Records }) => {
    let at = 0;
    try {
      while (at < Records.length) at = await ingestPart(Records, at, parts);
      return { batchItemFailures: [] };
    } catch (error) {
      const code = error instanceof Problem ? error.code : "unexpected";
      telemetry.warn("a batch is tried again", { code, records: Records.length - at });
      telemetry.count("BatchesFailed", 1);
      return { batchItemFailures: [{ itemIdentifier: Records[at]?.kinesis.sequenceNumber ?? "" }] };
    } finally {
      telemetry.flush();
    }
  };
}

/** Writes as many as one segment takes; gives where to go on. Rejects when any of them is not there. */
async function ingestPart(all: readonly KinesisStreamRecord[], from: number, parts: IngestParts): Promise<number> {
  const records: BufferRecord[] = [];
  let bytes = 0;
  let at = from;
  for (; at < all.length && records.length < maxRecordsPerSegment; at += 1) {
    const record = await readOrKeep(all[at] as KinesisStreamRecord, parts);
    if (record === null) continue;
    bytes += plainBytesOf(record);
    // Unpacked again for the next segment, where it is the first.
    if (records.length > 0 && bytes > maxSegmentBytes) break;
    records.push(record);
  }
  if (records.length > 0) await parts.log.append(records);
  parts.telemetry.count("RecordsIngested", records.length);
  return at;
}

/** Null for what is a dead letter from now on. */
async function readOrKeep(given: KinesisStreamRecord, parts: IngestParts): Promise<BufferRecord | null> {
  const { data: body } = given.kinesis;
  try {
    return decodeFrame(Buffer.from(body, "base64"));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { code, message } = error;
    // `shardId-000000000000:49590…`: the shard, and the sequence number in it.
    const id = given.eventID.replaceAll(/[^\w.-]/g, "_");
    const letter = { from: "stream" as const, id, receivedAt: parts.now(), reason: { code, message }, body };
    await parts.deadLetters.keep(letter).catch((failure: unknown) => {
      const why = failure instanceof Problem ? failure.code : "unexpected";
      parts.telemetry.warn("a dead letter cannot be kept, and holds up its shard", { code: why, id });
      throw failure;
    });
    parts.telemetry.warn("a record is a dead letter", { code, id });
    parts.telemetry.count("DeadLetters", 1);
    return null;
  }
}
