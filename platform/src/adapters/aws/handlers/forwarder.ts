import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import type { BufferRecord, EventSink } from "../../../buffer/eventBuffer.ts";
import { Problem } from "../../../model/problem.ts";
import type { DeadLetters } from "../deadLetters.ts";
import { decodePack } from "../messages/messagePack.ts";
import { textOfBody } from "../messages/messageText.ts";
import type { HandlerTelemetry } from "./telemetry.ts";
import { unpackedRoom } from "./unpackedRoom.ts";

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

/** Of records that are unpacked and not yet in the stream. */
const maxUnpackedBytes = 16_777_216;
/** Left for the answer, without which all messages come again. */
const answerMs = 2_000;

type Remaining = Pick<Context, "getRemainingTimeInMillis">;

/**
 * SQS → Kinesis: each message's records into the stream, by their fragments. A message is done when the stream has all of
 * it, or when it is a dead letter; any other is answered as failed, alone, and comes again, also what the stream has not
 * taken when the function's time is nearly over.
 *
 * Powertools' idempotency has no place here: every record carries the hash of its (source, messageId), by which the
 * deciding transaction counts it once for as long as the log is kept. A note of the message in DynamoDB would cost a write
 * for each, hold for hours at most, and could not be one transaction with `PutRecords` anyway.
 */
export function createForwarder(
  parts: ForwarderParts,
): (event: SQSEvent, context?: Remaining) => Promise<SQSBatchResponse> {
  const { telemetry } = parts;
  return async (event, context) => {
    const time = timeUp(context);
    const inRoom = unpackedRoom(maxUnpackedBytes);
    const append: Append = (unpack) =>
      inRoom(unpack, async (records) => {
        if (time.isUp()) throw outOfTime();
        await Promise.race([parts.sink.append(records), time.up]);
        telemetry.count("RecordsForwarded", records.length);
      });
    const processor = new BatchProcessor(EventType.SQS, { logger: quiet });
    try {
      const forward = (message: SQSRecord): Promise<void> => forwardMessage(message, append, parts);
      // All that fail are answered one by one too: an invocation that fails as a whole would make Lambda slow down.
      const answer = await processPartialResponse(event, forward, processor, { throwOnFullBatchFailure: false });
      telemetry.count("MessagesFailed", answer.batchItemFailures.length);
      return answer;
    } finally {
      time.stop();
      telemetry.flush();
    }
  };
}

type Append = (unpack: () => BufferRecord[]) => Promise<void>;

async function forwardMessage(message: SQSRecord, append: Append, parts: ForwarderParts): Promise<void> {
  try {
    await append(() => decodePack(textOfBody(message.body)));
  } catch (error) {
    const code = error instanceof Problem ? error.code : "unexpected";
    if (!(error instanceof Problem) || !finalCodes.has(code)) {
      parts.telemetry.warn("a message is tried again", { code, messageId: message.messageId });
      throw error;
    }
    const reason = { code, message: error.message };
    const { messageId: id, body } = message;
    await parts.deadLetters
      .keep({ from: "queue", id, receivedAt: parts.now(), reason, body })
      .catch((failure: unknown) => {
        parts.telemetry.warn("a dead letter cannot be kept, and its message is tried again", {
          code: failure instanceof Problem ? failure.code : "unexpected",
          messageId: id,
        });
        throw failure;
      });
    parts.telemetry.warn("a message is a dead letter", { code, messageId: id });
    parts.telemetry.count("DeadLetters", 1);
  }
}

/** `up` rejects when the invocation's time is nearly over. */
function timeUp(context: Remaining | undefined) {
  if (context === undefined) return { up: new Promise<never>(() => {}), isUp: () => false, stop: () => {} };
  const { promise: up, reject } = Promise.withResolvers<never>();
  up.catch(() => undefined);
  const timer = setTimeout(() => reject(outOfTime()), Math.max(0, context.getRemainingTimeInMillis() - answerMs));
  return {
    up,
    isUp: () => context.getRemainingTimeInMillis() <= answerMs,
    stop: () => clearTimeout(timer),
  };
}

function outOfTime(): Problem {
  return new Problem(503, "out_of_time", "The stream did not take it within the function's time.", {
    hint: "It comes again: a smaller BatchSize, or a longer timeout, leaves each message more of it.",
    retryAfterSeconds: 5,
  });
}

/** Failures are told above, without what an error's message may quote. */
const quiet = { debug: () => {}, error: () => {}, warn: () => {} };
