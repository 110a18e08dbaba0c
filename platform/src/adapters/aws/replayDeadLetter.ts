import type { BufferRecord, EventSink } from "../../buffer/eventBuffer.ts";
import type { DeadLetter, DeadLetters } from "./deadLetters.ts";
import { decodeFrame } from "./kinesis/recordFrame.ts";
import { textOfBody } from "./messages/messageText.ts";
import { decodePack } from "./messages/messagePack.ts";

/**
 * Reads a dead letter again, or takes `mended` in its place, and sends its records in by the way that all events take;
 * they count once, whatever of them was there before. Gives how many. Rejects with why it still cannot be read (the
 * letter's fate stays `rejected`), with 404 `dead_letter_not_found`, or with the sink's 503.
 */
export async function replayDeadLetter(
  key: string,
  parts: { letters: DeadLetters; sink: EventSink; now: () => number; mended?: string },
): Promise<number> {
  const { letter } = await parts.letters.read(key);
  const records = recordsOf({ ...letter, body: parts.mended ?? letter.body });
  await parts.sink.append(records);
  await parts.letters.settle(key, parts.now());
  return records.length;
}

function recordsOf({ from, body }: DeadLetter): BufferRecord[] {
  if (from === "queue") return decodePack(textOfBody(body));
  return [decodeFrame(Buffer.from(body, "base64"))];
}
