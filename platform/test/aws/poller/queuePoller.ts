import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";

export interface QueueParts {
  /** 1 to 10,000; a queue gives ten at a time. */
  batchSize: number;
  /** Without it an answer says nothing. */
  reportsBatchItemFailures: boolean;
  /** Rejects where the function fails or is gone. */
  invoke: (event: SQSEvent) => Promise<SQSBatchResponse | null | undefined>;
}

/** What Lambda takes in one invocation. */
const maxEventBytes = 6_291_456;

/**
 * Follows a queue as Lambda's event source mapping does: gathers a batch, invokes, deletes what was done. What failed, and
 * all of an invocation that failed, stays until its visibility ends; how often it comes is the queue's own `maxReceiveCount`.
 * An answer that names a message that is not in the batch, or nothing, fails all of it. Gives how many messages were
 * received; 0: none is visible.
 */
export async function pollQueue(client: SQSClient, queueUrl: string, parts: QueueParts): Promise<number> {
  const messages = await gather(client, queueUrl, parts.batchSize);
  if (messages.length === 0) return 0;
  const failed = await failedOf(messages, parts);
  const done = messages.filter(({ MessageId = "" }) => !failed.has(MessageId));
  for (let at = 0; at < done.length; at += 10) {
    const Entries = done.slice(at, at + 10).map(({ ReceiptHandle }, id) => ({ Id: String(id), ReceiptHandle }));
    await client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  }
  return messages.length;
}

async function gather(client: SQSClient, QueueUrl: string, batchSize: number): Promise<Message[]> {
  const messages: Message[] = [];
  let bytes = 0;
  while (messages.length < batchSize && bytes < maxEventBytes / 2) {
    const MaxNumberOfMessages = Math.min(10, batchSize - messages.length);
    const asked = { QueueUrl, MaxNumberOfMessages, MessageSystemAttributeNames: ["All" as const] };
    const { Messages = [] } = await client.send(new ReceiveMessageCommand(asked));
    if (Messages.length === 0) break;
    messages.push(...Messages);
    bytes = messages.reduce((sum, { Body = "" }) => sum + Body.length, 0);
  }
  return messages;
}

async function failedOf(messages: readonly Message[], parts: QueueParts): Promise<Set<string>> {
  const all = new Set(messages.map(({ MessageId = "" }) => MessageId));
  try {
    const answer = await parts.invoke({ Records: messages.map(eventRecord) });
    const failures = parts.reportsBatchItemFailures ? (answer?.batchItemFailures ?? []) : [];
    const named = failures.map(({ itemIdentifier }) => itemIdentifier);
    return named.every((id) => all.has(id)) ? new Set(named) : all;
  } catch {
    return all;
  }
}

function eventRecord(message: Message): SQSRecord {
  const { MessageId = "", ReceiptHandle = "", Body = "", MD5OfBody = "", Attributes = {} } = message;
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: {
      ApproximateReceiveCount: Attributes.ApproximateReceiveCount ?? "1",
      SentTimestamp: Attributes.SentTimestamp ?? "0",
      SenderId: Attributes.SenderId ?? "",
      ApproximateFirstReceiveTimestamp: Attributes.ApproximateFirstReceiveTimestamp ?? "0",
    },
    messageAttributes: {},
    md5OfBody: MD5OfBody,
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:events",
    awsRegion: "us-east-1",
  };
}
