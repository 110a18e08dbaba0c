import type { KinesisStreamBatchResponse, KinesisStreamRecord } from "aws-lambda";

/** Settings of an event source mapping on Kinesis, by the names that Lambda has for them. */
export interface StreamMapping {
  /** 1 to 10,000. */
  batchSize: number;
  bisectBatchOnFunctionError: boolean;
  /** -1: no limit, as Lambda's own default has it. */
  maximumRetryAttempts: number;
  /** -1: no limit. */
  maximumRecordAgeInSeconds: number;
  /** 1 to 10 batches of one shard at a time; records of one partition key stay in their order. */
  parallelizationFactor: number;
  /** Without it an answer says nothing. */
  reportsBatchItemFailures: boolean;
}

/** What the on-failure destination is told: where the records are, not what they hold. */
export interface Discarded {
  condition: "RetryAttemptsExhausted" | "RecordAgeExceeded";
  shardId: string;
  startSequenceNumber: string;
  endSequenceNumber: string;
  batchSize: number;
}

export interface StreamParts {
  mapping: StreamMapping;
  /** Rejects where the function fails or is gone. */
  invoke: (records: readonly KinesisStreamRecord[]) => Promise<KinesisStreamBatchResponse | null | undefined>;
  onFailure: (discarded: Discarded) => void;
  /** UTC ms. */
  now: () => number;
  /** Between two tries of the same. */
  backOff: (attempt: number) => Promise<void>;
}

/**
 * One batch by Lambda's documented rules: it is tried until it is done, discarded, or too old, and what is behind it waits.
 *
 * - A failed invocation: halved where it bisects and has more than one record (that does not count as a retry), otherwise
 *   tried again.
 * - An answer with failures: everything before the lowest sequence number is done, and the rest is tried again; where it
 *   bisects, that is the halving. No failures, or no answer at all: done. A number that is not of the batch, or none: all
 *   of it failed.
 * - Retries beyond the limit, or records older than the limit: told to the destination and passed over.
 */
export async function processBatch(records: readonly KinesisStreamRecord[], parts: StreamParts): Promise<void> {
  await attempt(records, 0, parts);
}

async function attempt(records: readonly KinesisStreamRecord[], retries: number, parts: StreamParts): Promise<void> {
  let left = withoutOld(records, parts);
  for (let tried = retries; left.length > 0; tried += 1) {
    const failed = await failedOf(left, parts);
    if (failed === null) return;
    const { rest } = failed;
    const isApart = rest.length < left.length;
    if (parts.mapping.bisectBatchOnFunctionError && isApart) return attempt(rest, tried, parts);
    if (parts.mapping.bisectBatchOnFunctionError && rest.length > 1) {
      const half = Math.ceil(rest.length / 2);
      await attempt(rest.slice(0, half), tried, parts);
      await attempt(rest.slice(half), tried, parts);
      return;
    }
    if (parts.mapping.maximumRetryAttempts >= 0 && tried >= parts.mapping.maximumRetryAttempts) {
      discard(rest, "RetryAttemptsExhausted", parts);
      return;
    }
    await parts.backOff(tried);
    left = withoutOld(rest, parts);
  }
}

/** What is to be tried again; null where nothing is. */
async function failedOf(
  records: readonly KinesisStreamRecord[],
  { mapping, invoke }: StreamParts,
): Promise<{ rest: readonly KinesisStreamRecord[] } | null> {
  let answer: KinesisStreamBatchResponse | null | undefined;
  try {
    answer = await invoke(records);
  } catch {
    return { rest: records };
  }
  const failures = mapping.reportsBatchItemFailures ? (answer?.batchItemFailures ?? []) : [];
  if (failures.length === 0) return null;
  const places = failures.map(({ itemIdentifier }) =>
    records.findIndex(({ kinesis }) => kinesis.sequenceNumber === itemIdentifier),
  );
  return { rest: records.slice(Math.max(0, Math.min(...places))) };
}

/** Those that are too old are at the beginning, and go first. */
function withoutOld(records: readonly KinesisStreamRecord[], parts: StreamParts): readonly KinesisStreamRecord[] {
  const seconds = parts.mapping.maximumRecordAgeInSeconds;
  if (seconds < 0) return records;
  const oldest = parts.now() / 1_000 - seconds;
  const first = records.findIndex(({ kinesis }) => kinesis.approximateArrivalTimestamp >= oldest);
  const count = first === -1 ? records.length : first;
  if (count > 0) discard(records.slice(0, count), "RecordAgeExceeded", parts);
  return records.slice(count);
}

function discard(
  records: readonly KinesisStreamRecord[],
  condition: Discarded["condition"],
  { onFailure }: StreamParts,
): void {
  const [first] = records;
  const last = records.at(-1);
  if (first === undefined || last === undefined) return;
  onFailure({
    condition,
    shardId: first.eventID.split(":")[0] ?? "",
    startSequenceNumber: first.kinesis.sequenceNumber,
    endSequenceNumber: last.kinesis.sequenceNumber,
    batchSize: records.length,
  });
}
