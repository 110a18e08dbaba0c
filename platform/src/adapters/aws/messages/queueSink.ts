import { SendMessageBatchCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { EventSink } from "../../../buffer/eventBuffer.ts";
import type { Waits } from "../untilTaken.ts";
import { answersById, entriesById } from "./batchEntries.ts";
import { packingSink } from "./packingSink.ts";

export interface QueueSinkParts extends Waits {
  client: SQSClient;
  queueUrl: string;
  /** Bytes taken and not yet acknowledged; beyond it `append` rejects with 503. */
  maxPendingBytes?: number;
  /** Of all that is sent together, in all rounds; 8,000 where it is not given. What is not taken then is answered with 503. */
  takenWithinMs?: number;
}

/** SQS' limit of a message, and of a request. */
const maxChars = 1_048_576;

/** `EventSink` on an SQS queue. Problems are `packingSink`'s of a `queue`. */
export function openQueueSink({ client, queueUrl, ...waits }: QueueSinkParts): EventSink {
  const send = async (texts: readonly string[], abortSignal: AbortSignal) => {
    const Entries = entriesById(texts).map(({ Id, text }) => ({ Id, MessageBody: text }));
    const answer = await client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }), { abortSignal });
    return answersById(texts.length, answer);
  };
  return packingSink({ name: "queue", maxChars, send, end: () => client.destroy() }, waits);
}
