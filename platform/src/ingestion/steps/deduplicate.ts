import { isDeepStrictEqual } from "node:util";
import { decodeRecord } from "../../model/logRecord.ts";
import type { AcceptedEvent, CorrectionRecord } from "../../model/event.ts";
import type { Position } from "../../model/position.ts";
import type { Decision, SourceMinute } from "../../storage/identityAndProfiles.ts";
import type { PipelineParts } from "../pipeline.ts";
import { countSources } from "./countSources.ts";
import type { Incoming, IncomingCorrection, Validated } from "./validate.ts";

export interface Fresh extends Validated {
  seenAgain: Decision["seenAgain"];
  received: SourceMinute[];
}

/** Keeps the first accepted delivery of each (source, messageId); what is refused claims no id, so it can be sent again. */
export async function deduplicate(validated: Validated, parts: PipelineParts): Promise<Fresh> {
  const events = await firstDeliveries(validated.events, parts);
  const corrections = await firstDeliveries(validated.corrections, parts);
  return {
    events: events.first,
    corrections: corrections.first,
    rejected: validated.rejected,
    seenAgain: [...events.seenAgain, ...corrections.seenAgain],
    received: countSources(validated),
  };
}

type Arrived = Incoming | IncomingCorrection;

async function firstDeliveries<A extends Arrived>(
  arrived: readonly A[],
  parts: PipelineParts,
): Promise<{ first: A[]; seenAgain: Decision["seenAgain"] }> {
  if (arrived.length === 0) return { first: [], seenAgain: [] };
  const known = await parts.messages.firstPositions(arrived.map((incoming) => incoming.messageKey));
  const repeated = arrived.map(({ position }, index) => ({ position, before: known[index] ?? null }));
  const earlier = repeated.flatMap(({ position, before }) => (before !== null && before < position ? [before] : []));
  const firsts = await readable(parts, earlier);
  const within = new Map<string, A>();
  const first: A[] = [];
  const seenAgain: Decision["seenAgain"] = [];
  for (const [index, incoming] of arrived.entries()) {
    const before = known[index] ?? null;
    if (before !== null && before < incoming.position) {
      const stored = firsts.get(before);
      const differs = stored !== undefined && bodyDiffers(stored, incoming.event);
      seenAgain.push({ position: incoming.position, first: before, differs });
      continue;
    }
    const same = within.get(incoming.messageKey);
    if (same !== undefined) {
      const differs = bodyDiffers(same.event, incoming.event);
      seenAgain.push({ position: incoming.position, first: same.position, differs });
      continue;
    }
    within.set(incoming.messageKey, incoming);
    first.push(incoming);
  }
  return { first, seenAgain };
}

type Taken = AcceptedEvent | CorrectionRecord;

/** The first deliveries, as far as they can be read: an old record that is damaged must not stop what comes now. */
async function readable(parts: PipelineParts, positions: readonly Position[]): Promise<Map<Position, Taken>> {
  const events = new Map<Position, Taken>();
  try {
    for (const [at, { payload }] of await parts.recordsAt(positions)) {
      const record = decodeRecord(payload);
      if (record.status !== "rejected") events.set(at, record);
    }
  } catch {
    // Whether a repetition differs is then not known; it stays a repetition.
  }
  return events;
}

/** A retry differs only in when it was sent, which is not a difference. */
function bodyDiffers(first: Taken, again: Taken): boolean {
  return !isDeepStrictEqual(withoutSending(first), withoutSending(again));
}
function withoutSending(event: Taken): Record<string, unknown> {
  return { ...event.body, sentAt: null, _metadata: null };
}
