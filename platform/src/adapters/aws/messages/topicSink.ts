import { PublishBatchCommand, type SNSClient } from "@aws-sdk/client-sns";
import type { EventSink } from "../../../buffer/eventBuffer.ts";
import type { Waits } from "../untilTaken.ts";
import { answersById, entriesById } from "./batchEntries.ts";
import { packingSink } from "./packingSink.ts";

export interface TopicSinkParts extends Waits {
  client: SNSClient;
  topicArn: string;
  /** Bytes taken and not yet acknowledged; beyond it `append` rejects with 503. */
  maxPendingBytes?: number;
  /** Of all that is sent together, in all rounds; 8,000 where it is not given. What is not taken then is answered with 503. */
  takenWithinMs?: number;
}

/** SNS' limit of a message, and of a request. */
const maxChars = 262_144;

/**
 * `EventSink` on an SNS topic, from where each subscribed queue gets every message. A topic without a subscription takes
 * all and delivers nothing. Problems are `packingSink`'s of a `topic`.
 */
export function openTopicSink({ client, topicArn, ...waits }: TopicSinkParts): EventSink {
  const send = async (texts: readonly string[], abortSignal: AbortSignal) => {
    const PublishBatchRequestEntries = entriesById(texts).map(({ Id, text }) => ({ Id, Message: text }));
    const answer = await client.send(new PublishBatchCommand({ TopicArn: topicArn, PublishBatchRequestEntries }), {
      abortSignal,
    });
    return answersById(texts.length, answer);
  };
  return packingSink({ name: "topic", maxChars, send, end: () => client.destroy() }, waits);
}
