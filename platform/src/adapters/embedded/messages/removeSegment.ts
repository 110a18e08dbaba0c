import { setTimeout as sleep } from "node:timers/promises";
import { position, segmentOf } from "../../../model/position.ts";
import type { EventBufferReader } from "../../../buffer/eventBuffer.ts";
import { positionIn } from "./keptKeys.ts";
import type { IndexTree } from "./keyTree.ts";

/** Some milliseconds of work: decisions have their turn in between. */
const chunkRecords = 2_000;
const chunkBytes = 4 << 20;
/** Of the time: the rest is others'. */
const restFactor = 4;

/** Runs it once what was given before has ended. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Removes the keys whose messages lie in a sealed segment. One that came again since lies elsewhere, and stays. Where it
 * ends early it is done again; the filters in front of the tree keep what they hold until they are made anew.
 */
export async function removeSegment({
  tree,
  log,
  segment,
  inTurn,
}: {
  tree: IndexTree;
  log: EventBufferReader;
  segment: number;
  inTurn: InTurn;
}): Promise<void> {
  const end = position(segment + 1, 0);
  for (let at = position(segment, 0); at < end;) {
    const startedAt = performance.now();
    const { records, next } = await log.read(at, end, chunkRecords, chunkBytes);
    const keys = records.map(({ message }) => Buffer.from(message, "base64url"));
    await inTurn(async () => {
      const values = await tree.getMany(keys);
      const batch = tree.batch();
      for (const [nth, key] of keys.entries()) {
        const value = values[nth];
        if (value !== undefined && segmentOf(positionIn(value)) === segment) batch.del(key);
      }
      await batch.write({ sync: next >= end });
    });
    if (next <= at) return;
    at = next;
    await sleep((performance.now() - startedAt) * restFactor);
  }
}
