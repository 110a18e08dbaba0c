import type { EventBufferReader } from "../buffer/eventBuffer.ts";
import type { LogRecord, Rejection } from "../model/event.ts";
import { messageKeyOf, type KeyedHash } from "../model/keyedHash.ts";
import { decodeRecord } from "../model/logRecord.ts";
import type { Position } from "../model/position.ts";
import { Problem } from "../model/problem.ts";
import type { ProfileId } from "../model/profile.ts";
import type { FragmentId } from "../model/fragment.ts";
import type { Fates } from "../storage/fates.ts";

/** What became of one message, in the inside's units (UTC ms). */
export interface Fate {
  fate: "processed" | "rejected" | "pending";
  reason: Rejection | null;
  record: LogRecord;
  processedAt: number | null;
  profileId: ProfileId | null;
  duplicates: number;
  differs: boolean;
}

export interface FateParts {
  fates: Fates;
  log: EventBufferReader;
  hash: KeyedHash;
  /** Where each message was first accepted. */
  firstPositions: (keys: readonly string[]) => Promise<(Position | null)[]>;
  profileIdOfFragment: (id: FragmentId, at: number) => Promise<ProfileId | null>;
  sources: () => Promise<string[]>;
  /** Where messages that are not yet decided may be; a record there may be another's. */
  pendingPositions: (keys: readonly string[]) => Promise<Position[]>;
}

/**
 * The fate of a message; null when no source ever sent it. Problem 409 `message_id_ambiguous` when no source is named
 * and several used the same id.
 */
export function fateReader(parts: FateParts): (messageId: string, source: string | null) => Promise<Fate | null> {
  return async (messageId, source) => {
    const sources = source === null ? await parts.sources() : [source];
    const keys = sources.map((id) => messageKeyOf(parts.hash, id, messageId));
    // Before the look-up: what is decided meanwhile is then found by it.
    const pending = await parts.pendingPositions(keys);
    const first = await parts.firstPositions(keys);
    const found: Fate[] = [];
    const undecided = new Set<string>();
    for (const [index, key] of keys.entries()) {
      const fate = await decidedFate(parts, key, first[index] ?? null);
      if (fate === null) undecided.add(key);
      else found.push(fate);
    }
    found.push(...(await pendingFates(parts, undecided, pending)));
    if (found.length > 1) {
      const names = found.map((fate) => fate.record.source).join(", ");
      throw new Problem(409, "message_id_ambiguous", `several sources used this messageId: ${names}`, {
        hint: "name one with ?source=",
        field: "source",
      });
    }
    return found[0] ?? null;
  };
}

async function decidedFate(parts: FateParts, key: string, first: Position | null): Promise<Fate | null> {
  const rejection = first === null ? await parts.fates.rejectionOf(key) : null;
  const position = first ?? rejection?.position ?? null;
  const stored = position === null ? null : await parts.log.at(position);
  if (position === null || stored === null) return null;
  const again = await parts.fates.duplicatesOf(position);
  const record = decodeRecord(stored.payload);
  const ofSomebody = rejection === null && record.status === "accepted" ? record : null;
  return {
    fate: rejection === null ? "processed" : "rejected",
    reason: rejection?.reason ?? null,
    record,
    processedAt: await parts.fates.processedAt(position),
    profileId: ofSomebody && (await parts.profileIdOfFragment(stored.fragment, ofSomebody.occurredAt)),
    duplicates: again.count,
    differs: again.differs,
  };
}

/** Of each message the first record, which is the one that will count. */
async function pendingFates(
  parts: FateParts,
  keys: ReadonlySet<string>,
  positions: readonly Position[],
): Promise<Fate[]> {
  const found = new Map<string, Fate>();
  for (const position of positions) {
    const stored = await parts.log.at(position);
    if (stored === null || !keys.has(stored.message) || found.has(stored.message)) continue;
    found.set(stored.message, {
      fate: "pending",
      reason: null,
      record: decodeRecord(stored.payload),
      processedAt: null,
      profileId: null,
      duplicates: 0,
      differs: false,
    });
    if (found.size === keys.size) break;
  }
  return [...found.values()];
}
