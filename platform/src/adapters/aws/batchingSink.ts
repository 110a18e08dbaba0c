import type { BufferRecord, EventSink } from "../../buffer/eventBuffer.ts";
import { Problem } from "../../model/problem.ts";

/** What a way in makes of records, and how it sends them. */
export interface Batching<Item> {
  /** As in `stream_overloaded`. */
  name: "stream" | "queue" | "topic";
  /** What is sent of a record, which is copied. Problem 400 or 413 where it can never be sent. */
  itemOf(record: BufferRecord): Item;
  /** Bytes that it holds until it is sent. */
  sizeOf(item: Item): number;
  /** How many from the beginning of the queue go into one request, at least one. */
  countOf(queue: Iterable<Item>): number;
  /** Why each was not taken in the end, null where it was. Never rejects. */
  send(items: readonly Item[]): Promise<(string | null)[]>;
  /** When all is sent and nothing more comes. */
  end(): void;
  /** Bytes taken and not yet acknowledged; beyond it `append` rejects with 503. */
  maxPendingBytes: number;
}

export const defaultMaxPendingBytes = 67_108_864;
/** Requests at a time: while one is under way the next gathers. */
const maxInFlight = 8;
const retrySeconds = 5;

interface Waiting<Item> {
  item: Item;
  settle: (refusal: string | null) => void;
}

/**
 * `EventSink` on a service that takes many things in one request: many calls' records go together. `append` rejects with
 * these `Problem`s, where `x` is the name: 503 `x_overloaded`, 503 `x_unavailable` (some of the call's records may be
 * there), 503 `x_closed`, 413 `append_too_large`, and what `itemOf` throws. A failure of one call is no failure of another.
 */
export function batchingSink<Item>(batching: Batching<Item>): EventSink {
  return new BatchingSink(batching);
}

class BatchingSink<Item> implements EventSink {
  readonly #batching: Batching<Item>;
  readonly #queue: Waiting<Item>[] = [];
  #pendingBytes = 0;
  #isClosed = false;
  readonly #inFlight = new Set<Promise<void>>();

  constructor(batching: Batching<Item>) {
    this.#batching = batching;
  }

  async append(records: readonly BufferRecord[]): Promise<void> {
    const { name } = this.#batching;
    if (this.#isClosed) throw new Problem(503, `${name}_closed`, `The ${name}'s sink is closed.`);
    const items = records.map((record) => this.#batching.itemOf(record));
    const bytes = items.reduce((sum, item) => sum + this.#batching.sizeOf(item), 0);
    this.#admit(bytes);
    this.#pendingBytes += bytes;
    try {
      const settled = items.map((item) => this.#enqueue(item));
      this.#flush();
      const refusal = (await Promise.all(settled)).find((each) => each !== null);
      if (refusal !== undefined) throw unavailable(name, refusal);
    } finally {
      this.#pendingBytes -= bytes;
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    while (this.#queue.length > 0 || this.#inFlight.size > 0) {
      this.#flush();
      await Promise.all(this.#inFlight);
    }
    this.#batching.end();
  }

  #admit(bytes: number): void {
    const { name, maxPendingBytes } = this.#batching;
    if (bytes > maxPendingBytes) {
      throw new Problem(413, "append_too_large", `One append takes at most ${maxPendingBytes} bytes.`, {
        hint: "Append it in smaller parts.",
      });
    }
    if (this.#pendingBytes + bytes <= maxPendingBytes) return;
    throw new Problem(503, `${name}_overloaded`, `More is arriving than the ${name} takes.`, {
      hint: "Send it again after a moment.",
      retryAfterSeconds: 1,
    });
  }

  #enqueue(item: Item): Promise<string | null> {
    return new Promise((resolve) => this.#queue.push({ item, settle: resolve }));
  }

  /** Starts requests while there are records and room for them. */
  #flush(): void {
    while (this.#queue.length > 0 && this.#inFlight.size < maxInFlight) {
      const request = this.#queue.splice(0, this.#batching.countOf(itemsOf(this.#queue)));
      const sending = this.#send(request).finally(() => {
        this.#inFlight.delete(sending);
        this.#flush();
      });
      this.#inFlight.add(sending);
    }
  }

  async #send(request: readonly Waiting<Item>[]): Promise<void> {
    const refusals = await this.#batching.send(request.map(({ item }) => item));
    for (const [at, { settle }] of request.entries()) settle(refusals[at] ?? null);
  }
}

function* itemsOf<Item>(queue: readonly Waiting<Item>[]): Iterable<Item> {
  for (const { item } of queue) yield item;
}

/** How many from the beginning are together at most `maxBytes`, and at most `maxCount`; at least one. */
export function countWithin(sizes: Iterable<number>, maxBytes: number, maxCount: number): number {
  let bytes = 0;
  let count = 0;
  for (const size of sizes) {
    bytes += size;
    if (count === maxCount || (count > 0 && bytes > maxBytes)) break;
    count += 1;
  }
  return count;
}

function unavailable(name: string, why: string): Problem {
  return new Problem(503, `${name}_unavailable`, `The ${name} did not take all of it: ${why}.`, {
    hint: "Send it again: what was taken counts once.",
    retryAfterSeconds: retrySeconds,
  });
}
