import type { EventBufferReader, StoredRecord } from "../../buffer/eventBuffer.ts";
import { identifiersOfCall } from "../../model/callIdentifiers.ts";
import { decodeRecord } from "../../model/logRecord.ts";
import type { Position } from "../../model/position.ts";
import { refusedCall } from "./filter.ts";
import type { Taken } from "./streamTypes.ts";

/** A record of the log as it was when it came; null where it is no call, or cannot be read. */
export function takenOf({ position, fragment, payload }: StoredRecord): Taken | null {
  try {
    const record = decodeRecord(payload);
    // Nobody's event: who was joined or parted by it is another matter.
    if (record.status === "correction" || record.status === "rules") return null;
    const identifiers =
      record.status === "accepted" ? record.identifiers : identifiersOfCall(refusedCall(record)).identifiers;
    return { position, fragment, record, identifiers };
  } catch {
    return null;
  }
}

export async function takenAt(log: EventBufferReader, position: Position): Promise<Taken | null> {
  const stored = await log.at(position);
  return stored === null ? null : takenOf(stored);
}
