import { type KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";

export interface StreamRecord {
  /** The fragment's hash: what is about one fragment goes to one shard. */
  key: string;
  data: Uint8Array;
}

/** Kinesis' limits of one request. */
export const maxPutRecords = 500;
export const maxPutBytes = 5 * 1_024 * 1_024;
/** Of what Kinesis refused in a request that it took otherwise: throttled shards, or its own failures. */
const maxRounds = 8;
const firstDelayMs = 50;
const maxDelayMs = 2_000;

export interface PutParts {
  client: KinesisClient;
  stream: string;
  sleep: (ms: number) => Promise<void>;
  /** 0 to 1. */
  random: () => number;
}

/**
 * Puts records, at most `maxPutRecords` of `maxPutBytes`. What Kinesis refuses of them is put again, alone, after a
 * while that doubles. Resolves with why each was not taken in the end, null where it was; never rejects. A record whose
 * answer was lost is put again and may be in the stream twice.
 */
export async function putRecords(records: readonly StreamRecord[], parts: PutParts): Promise<(string | null)[]> {
  const refusals: (string | null)[] = records.map(() => null);
  let left = records.map((_, at) => at);
  for (let round = 0; left.length > 0; round += 1) {
    const answers = await putOnce(
      left.flatMap((at) => records[at] ?? []),
      parts,
    );
    for (const [index, at] of left.entries()) refusals[at] = answers[index] ?? null;
    left = left.filter((at) => refusals[at] !== null);
    if (round === maxRounds - 1) break;
    if (left.length > 0) await parts.sleep(Math.min(maxDelayMs, firstDelayMs * 2 ** round) * parts.random());
  }
  return refusals;
}

async function putOnce(records: readonly StreamRecord[], { client, stream }: PutParts): Promise<(string | null)[]> {
  const Records = records.map(({ key, data }) => ({ PartitionKey: key, Data: data }));
  try {
    const { Records: answers } = await client.send(new PutRecordsCommand({ StreamName: stream, Records }));
    // An answer that says nothing of a record says nothing of its being there.
    return records.map((_, at) => {
      const answer = answers?.[at];
      if (answer?.SequenceNumber !== undefined) return null;
      return answer?.ErrorCode ?? "no answer for the record";
    });
  } catch (error) {
    const name = error instanceof Error ? error.name : "an error without a name";
    return records.map(() => name);
  }
}
