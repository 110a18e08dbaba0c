import type { JsonObject } from "../model/event.ts";
import { Problem } from "../model/problem.ts";
import { isObject, type Received } from "./accept.ts";
import { maxBatchEvents, maxMergedBytes } from "./limits.ts";

export interface Batch {
  calls: unknown[];
  /** The bytes that a call came in, where it is as it came. */
  texts: (Buffer | undefined)[];
  shared: Omit<Received, "at">;
}

/**
 * A batch's calls, with `items` the bytes of those that are objects. Problem 400 `batch_missing`, `batch_too_long`,
 * `batch_context_too_large`: the items were not looked at.
 */
export function batchOf(body: unknown, items: readonly Buffer[] | null): Batch {
  const batch = isObject(body) ? body["batch"] : undefined;
  if (!isObject(body) || !Array.isArray(batch)) {
    throw new Problem(400, "batch_missing", 'a batch is {"batch": [calls]}', { field: "batch" });
  }
  if (batch.length > maxBatchEvents) {
    throw new Problem(400, "batch_too_long", `a batch holds at most ${maxBatchEvents} events`, {
      field: "batch",
      hint: "send smaller batches",
    });
  }
  const shared: Batch["shared"] = { sentAt: body["sentAt"] };
  // `{}` is what most libraries send, and merges into nothing.
  for (const name of ["context", "integrations"] as const) if (hasEntries(body[name])) shared[name] = body[name];
  checkMerged(shared, batch.length);
  const calls = batch.map(withoutKey);
  const isMerged = shared.context !== undefined || shared.integrations !== undefined;
  const isEach = items !== null && items.length === batch.length && !isMerged;
  const texts = isEach ? calls.map((call, index) => (call === batch[index] ? items[index] : undefined)) : [];
  return { calls, texts, shared };
}

/** Merging copies it into each item: half a megabyte of it would become a gigabyte. */
function checkMerged({ context, integrations }: Batch["shared"], items: number): void {
  if (context === undefined && integrations === undefined) return;
  if (JSON.stringify([context, integrations]).length * items <= maxMergedBytes) return;
  throw new Problem(400, "batch_context_too_large", "the batch's own context is too large for so many items", {
    field: "context",
    hint: "put into each item what it needs, or send smaller batches",
  });
}

function hasEntries(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length > 0;
}

/** The key is not part of the event, and would lie in the log for as long as it is kept. */
export function withoutKey(call: unknown): unknown {
  if (!isObject(call) || !Object.hasOwn(call, "writeKey")) return call;
  const { writeKey: _, ...rest } = call;
  return rest satisfies JsonObject;
}
