import { createCipheriv } from "node:crypto";
import { openEventLog } from "../../../platform/src/adapters/embedded/eventLog/writer.ts";
import { openMessageIndex } from "../../../platform/src/adapters/embedded/messages/messageIndex.ts";
import { keyBytes } from "../../../platform/src/adapters/embedded/messages/filterTiers.ts";
import type { KeyedHash } from "../../../platform/src/model/keyedHash.ts";
import { position } from "../../../platform/src/model/position.ts";
import { historyOf } from "./historyEvent.ts";
import { endOf, eventsPerSegment, positionOf, segmentsOf, type LakePlan } from "./plan.ts";

/** Of each segment the first event only: a hundred million would take 139 GB. As many files as there would be. */
export async function makeLog(directory: string, plan: LakePlan, hash: KeyedHash): Promise<void> {
  const log = await openEventLog({ directory, segmentBytes: 1 });
  const history = historyOf(plan);
  const last = segmentsOf(plan) - 1;
  try {
    for (let segment = 0; segment <= last; segment++) {
      const n = segment === last ? plan.events - 1 : segment * eventsPerSegment;
      await log.append([history.record(history.event(n), hash)]);
    }
    if (log.end() !== endOf(plan)) throw new Error(`the log ends at ${log.end()}, not at ${endOf(plan)}`);
  } finally {
    await log.close();
  }
}

/** The index of known messages, sealed segment by segment, with uniform keys as keyed hashes are. */
export async function makeKeys(directory: string, plan: LakePlan, say: (line: string) => void): Promise<void> {
  const log = {
    read: async (from: number) => ({ records: [], next: from }),
    at: async () => null,
    close: async () => {},
  };
  const index = await openMessageIndex({ directory, log, decided: 0, notProcessed: () => new Set() });
  const keys = keyStream();
  const last = segmentsOf(plan) - 1;
  try {
    for (let segment = 0; segment < last; segment++) {
      const count = Math.min(eventsPerSegment, plan.events - 1 - segment * eventsPerSegment);
      await index.remember(keys(count).map((key, ordinal) => ({ key, position: position(segment, ordinal) })));
      if (segment % 200 === 199) say(`message keys: ${(segment + 1) * eventsPerSegment}`);
    }
    // Seals what is before it; the log has this one, and a start reads it from there.
    await index.remember(keys(1).map((key) => ({ key, position: positionOf(plan, plan.events - 1) })));
    await index.sealed();
    await index.settled();
  } finally {
    await index.close();
  }
}

function keyStream(): (count: number) => string[] {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16, 1), Buffer.alloc(16));
  const width = (keyBytes * 4) / 3;
  return (count) => {
    const text = cipher.update(Buffer.alloc(count * keyBytes)).toString("base64url");
    return Array.from({ length: count }, (_, nth) => text.slice(nth * width, (nth + 1) * width));
  };
}
