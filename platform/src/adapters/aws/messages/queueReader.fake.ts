import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { BufferRecord } from "../../../buffer/eventBuffer.ts";
import { decodePack } from "./messagePack.ts";

export async function createQueue(client: SQSClient, QueueName: string): Promise<string> {
  const { QueueUrl = "" } = await client.send(new CreateQueueCommand({ QueueName }));
  return QueueUrl;
}

/** Takes all messages out of a queue that takes no more. */
export async function drain(client: SQSClient, QueueUrl: string): Promise<string[]> {
  const bodies: string[] = [];
  for (;;) {
    const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    if (Messages.length === 0) return bodies;
    for (const { Body = "", ReceiptHandle } of Messages) {
      bodies.push(Body);
      await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
}

export async function drainRecords(client: SQSClient, queueUrl: string): Promise<BufferRecord[]> {
  return (await drain(client, queueUrl)).flatMap(decodePack);
}
