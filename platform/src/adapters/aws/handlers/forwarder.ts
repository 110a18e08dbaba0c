import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import type { EventSink } from "../../../buffer/eventBuffer.ts";
import { Problem } from "../../../model/problem.ts";
import type { DeadLetters } from "../deadLetters.ts";
import { decodePack } from "../messages/messagePack.ts";
import { textOfBody } from "../messages/messageText.ts";
import type { HandlerTelemetry } from "./telemetry.ts";

export interface ForwarderParts {
  /** The stream's. What all messages of a batch hold goes together into few requests. */
  sink: EventSink;
  deadLetters: DeadLetters;
  telemetry: HandlerTelemetry;
  /** UTC ms. */
  now: () => number;
}

/** A message that is never read nor sent, whenever it is tried. */
const finalCodes = new Set(["message_damaged", "message_newer", "record_too_large", "stream_bad_record"]);

/**
 * SQS → Kinesis: each message's records into the stream, by their fragments. A message is done when the stream has all of
 * it, or when it is a dead letter; any other is answered as failed, alone, and comes again.
 *
 * Powertools' idempotency has no place here: every record carries the hash of its (source, messageId), by which the
 * deciding transaction counts it once for as long as the log is kept. A note of the message in DynamoDB would cost a write
 * for each, hold for hours at most, and could not be one transaction with `PutRecords` anyway.
 */
export function createForwarder(parts: ForwarderParts): (event: SQSEvent) => Promise<SQSBatchResponse> {
  const { telemetry } = parts;
  return async (event) => {
    const processor = new BatchProcessor(EventType.SQS, { logger: quiet });
    try {
      const forward = (message: SQSRecord): Promise<void> => forwardMessage(message, parts);
      // All that fail are answered one by one too: an invocation that fails as a whole would make Lambda slow down.
      const answer = await processPartialResponse(event, forward, processor, { throwOnFullBatchFailure: false });
      telemetry.count("MessagesFailed", answer.batchItemFailures.length);
      return answer;
    } finally {
      telemetry.flush();
    }
  };
}

async function forwardMessage(message: SQSRecord, parts: ForwarderParts): Promise<void> {
  try {
    const records = decodePack(textOfBody(message.body));
    await parts.sink.append(records);
    parts.telemetry.count("RecordsForwarded", records.length);
  } catch (error) {
    const code = error instanceof Problem ? error.code : "unexpected";
    if (!(error instanceof Problem) || !finalCodes.has(code)) {
      parts.telemetry.warn("a message is tried again", { code, messageId: message.messageId });
      throw error;
    }
    const reason = { code, message: error.message };
    const { messageId: id, body } = message;
    await parts.deadLetters.keep({ from: "queue", id, receivedAt: parts.now(), reason, body });
    parts.telemetry.warn("a message is a dead letter", { code, messageId: id });
    parts.telemetry.count("DeadLetters", 1);
  }
}

/** Failures are told above, without what an error's message may quote. */
const quiet = { debug: () => {}, error: () => {}, warn: () => {} };
