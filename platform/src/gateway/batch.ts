import type { JsonObject } from "../model/event.ts";
import { Problem } from "../model/problem.ts";
import { isObject, type Received } from "./accept.ts";
import { maxBatchEvents, maxMergedBytes } from "./limits.ts";

export interface Batch {
  calls: unknown[];
  shared: Omit<Received, "at">;
}

/** Problem 400 `batch_missing`, `batch_too_long`, `batch_context_too_large`: the items were not looked at. */
export function batchOf(body: unknown): Batch {
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
  return { calls: batch.map(withoutKey), shared };
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
