import { type KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { type Refusal, untilTaken, type Waits } from "../untilTaken.ts";

export interface StreamRecord {
  /** The fragment's hash: what is about one fragment goes to one shard. */
  key: string;
  data: Uint8Array;
}

/** Kinesis' limits of one request. */
export const maxPutRecords = 500;
export const maxPutBytes = 5 * 1_024 * 1_024;

export interface PutParts extends Waits {
  client: KinesisClient;
  stream: string;
  /** Of one request with all its rounds; 20,000 where it is not given. */
  takenWithinMs?: number;
}

const defaultTakenWithinMs = 20_000;

/**
 * Puts records, at most `maxPutRecords` of `maxPutBytes`, until Kinesis has taken each or refused it for long. Resolves
 * with why each was not taken in the end, null where it was; never rejects. A record may be in the stream twice.
 */
export async function putRecords(records: readonly StreamRecord[], parts: PutParts): Promise<(string | null)[]> {
  const signal = AbortSignal.timeout(parts.takenWithinMs ?? defaultTakenWithinMs);
  return untilTaken(records, (left) => putOnce(left, parts, signal), parts, signal);
}

async function putOnce(
  records: readonly StreamRecord[],
  { client, stream }: PutParts,
  abortSignal: AbortSignal,
): Promise<(Refusal | null)[]> {
  const Records = records.map(({ key, data }) => ({ PartitionKey: key, Data: data }));
  const { Records: answers } = await client.send(new PutRecordsCommand({ StreamName: stream, Records }), {
    abortSignal,
  });
  // An answer that says nothing of a record says nothing of its being there.
  return records.map((_, at) => {
    const answer = answers?.[at];
    if (answer?.SequenceNumber !== undefined) return null;
    return { why: answer?.ErrorCode ?? "no answer for the record", isFinal: false };
  });
}
