import type { BufferRecord, EventSink } from "../../../buffer/eventBuffer.ts";
import { Problem } from "../../../model/problem.ts";
import { batchingSink, countWithin, defaultMaxPendingBytes } from "../batchingSink.ts";
import { type Refusal, untilTaken, type Waits } from "../untilTaken.ts";
import { encodeEntry, encodePack, maxEntriesBytes, packCharsOf } from "./messagePack.ts";

/** A service that takes texts, some at a time. */
export interface Messages {
  name: "queue" | "topic";
  /** Characters of one message, and of all in one request. */
  maxChars: number;
  /** Sends at most `maxMessages` texts. Answers for each; rejects when it knows nothing of any. */
  send(texts: readonly string[], abortSignal: AbortSignal): Promise<(Refusal | null)[]>;
  end(): void;
}

/** Of one request, to SQS and to SNS. */
export const maxMessages = 10;
/** Events compress to a quarter or less, base64 adds a third, and what a message may hold at one price is 64 KiB. */
const packBytes = 184_320;
/** Of all messages of one flush, with all rounds: who waits for the answer is a client of the gateway. */
const defaultTakenWithinMs = 8_000;
const requestBytes = maxMessages * packBytes;

/** Entries that are in one message. */
interface Pack {
  entries: readonly Uint8Array[];
  text: string;
}

/**
 * `EventSink` on a service of messages: each holds many records, compressed together, and a request many messages; those
 * that are refused are sent again. Problems are `batchingSink`'s, 413 `record_too_large` and 400 `message_bad_record`.
 */
export function packingSink(
  messages: Messages,
  {
    maxPendingBytes = defaultMaxPendingBytes,
    takenWithinMs = defaultTakenWithinMs,
    ...waits
  }: Waits & { maxPendingBytes?: number; takenWithinMs?: number },
): EventSink {
  return batchingSink<Uint8Array>({
    name: messages.name,
    itemOf: (record) => entryOf(record, messages),
    sizeOf: (entry) => entry.length,
    countOf: (queue) => countWithin(sizesOf(queue), requestBytes, Number.POSITIVE_INFINITY),
    send: async (entries) => {
      const packs = packed(entries, messages.maxChars);
      const refusals = await sendPacks(packs, messages, waits, AbortSignal.timeout(takenWithinMs));
      return packs.flatMap((pack, at) => pack.entries.map(() => refusals[at] ?? null));
    },
    end: () => messages.end(),
    maxPendingBytes,
  });
}

/** What fits as it is needs no trying; the rest must fit once it is compressed, alone. */
function entryOf(record: BufferRecord, { name, maxChars }: Messages): Uint8Array {
  const entry = encodeEntry(record);
  if (packCharsOf(entry.length) <= maxChars || encodePack([entry]).length <= maxChars) return entry;
  throw new Problem(413, "record_too_large", `The ${name} takes messages of ${maxChars} characters.`, {
    hint: "Send less in one event.",
  });
}

/** All entries, in their order, in as few messages as they fit into. */
function packed(entries: readonly Uint8Array[], maxChars: number): Pack[] {
  const packs: Pack[] = [];
  for (let at = 0; at < entries.length;) {
    const count = countWithin(sizesOf(entries.slice(at)), packBytes, Number.POSITIVE_INFINITY);
    packs.push(...fitting(entries.slice(at, at + count), maxChars));
    at += count;
  }
  return packs;
}

/** Halved until each part fits. */
function fitting(entries: readonly Uint8Array[], maxChars: number): Pack[] {
  const bytes = entries.reduce((sum, entry) => sum + entry.length, 0);
  if (bytes <= maxEntriesBytes) {
    const text = encodePack(entries);
    if (text.length <= maxChars || entries.length === 1) return [{ entries, text }];
  }
  const half = Math.ceil(entries.length / 2);
  return [...fitting(entries.slice(0, half), maxChars), ...fitting(entries.slice(half), maxChars)];
}

async function sendPacks(
  packs: readonly Pack[],
  messages: Messages,
  waits: Waits,
  signal: AbortSignal,
): Promise<(string | null)[]> {
  const refusals: (string | null)[] = [];
  for (let at = 0; at < packs.length;) {
    const left = packs.slice(at);
    const count = countWithin(
      left.map(({ text }) => text.length),
      messages.maxChars,
      maxMessages,
    );
    const texts = left.slice(0, count).map(({ text }) => text);
    refusals.push(...(await untilTaken(texts, (some) => messages.send(some, signal), waits, signal)));
    at += count;
  }
  return refusals;
}

function* sizesOf(entries: Iterable<Uint8Array>): Iterable<number> {
  for (const entry of entries) yield entry.length;
}
