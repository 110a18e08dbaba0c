import type { SpanContext } from "@opentelemetry/api";
import type { Position } from "../../model/position.ts";
import type { FollowerName } from "./telemetry.ts";

/** Of one group commit, batch or following; more causes than that are left out of its links. */
export const maxCauses = 32;
/** Appends of sampled traces that wait to be decided; those past it have no part in a batch's span. */
const maxUndecided = 4_096;
/** Batches that wait to be followed, of each follower. */
const maxUnfollowed = 256;

interface Batch {
  feedVersion: number;
  startedAt: number;
  records: number;
  cause: SpanContext | null;
}

/**
 * Which sampled spans led to what happens next, beside the log and not in it: an append to its group commit, to the batch
 * that decides its records, and that to each follower. Bounded, whatever falls behind.
 */
export class Way {
  #committing: SpanContext[] = [];
  #undecided: { end: Position; cause: SpanContext }[] = [];
  readonly #followers = new Map<FollowerName, { followed: number; batches: Batch[] }>(
    (["analytics", "search", "reviews"] as const).map((name) => [name, { followed: -1, batches: [] }]),
  );

  append(cause: SpanContext): void {
    if (this.#committing.length < maxCauses) this.#committing.push(cause);
  }

  /** Those of the group that is written now. */
  commit(): SpanContext[] {
    return this.#committing.splice(0);
  }

  /** The append's records are durable; they end before `end`. */
  durable(end: Position, cause: SpanContext): void {
    if (this.#undecided.length < maxUndecided) this.#undecided.push({ end, cause });
  }

  /** Of the records before `position`. */
  decide(position: Position): SpanContext[] {
    const first = this.#undecided.findIndex(({ end }) => end > position);
    const decided = this.#undecided.splice(0, first === -1 ? this.#undecided.length : first);
    return decided.slice(0, maxCauses).map(({ cause }) => cause);
  }

  batch(batch: Batch): void {
    for (const { followed, batches } of this.#followers.values()) {
      // What changed nothing is followed already.
      if (batch.feedVersion > followed && batches.length < maxUnfollowed) batches.push(batch);
    }
  }

  /** What the follower has now and had not before. */
  follow(name: FollowerName, version: number): { startedAt: number; records: number; causes: SpanContext[] } | null {
    const follower = this.#followers.get(name);
    if (follower === undefined) return null;
    follower.followed = version;
    const next = follower.batches.findIndex(({ feedVersion }) => feedVersion > version);
    const batches = follower.batches.splice(0, next === -1 ? follower.batches.length : next);
    const [first] = batches;
    if (first === undefined) return null;
    const causes = batches.flatMap(({ cause }) => (cause === null ? [] : [cause]));
    const records = batches.reduce((sum, batch) => sum + batch.records, 0);
    return { startedAt: first.startedAt, records, causes: causes.slice(0, maxCauses) };
  }
}
