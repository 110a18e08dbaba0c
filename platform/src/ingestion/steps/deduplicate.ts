import { isDeepStrictEqual } from "node:util";
import { decodeRecord } from "../../model/logRecord.ts";
import type { AcceptedEvent } from "../../model/event.ts";
import type { Position } from "../../model/position.ts";
import type { Decision, SourceMinute } from "../../storage/identityAndProfiles.ts";
import type { PipelineParts } from "../pipeline.ts";
import { countSources } from "./countSources.ts";
import type { Incoming, Validated } from "./validate.ts";

export interface Fresh extends Validated {
  seenAgain: Decision["seenAgain"];
  received: SourceMinute[];
}

/** Keeps the first accepted delivery of each (source, messageId); what is refused claims no id, so it can be sent again. */
export async function deduplicate(validated: Validated, parts: PipelineParts): Promise<Fresh> {
  const known = await parts.messages.firstPositions(validated.events.map((incoming) => incoming.messageKey));
  const repeated = validated.events.map(({ position }, index) => ({ position, before: known[index] ?? null }));
  const earlier = repeated.flatMap(({ position, before }) => (before !== null && before < position ? [before] : []));
  const firsts = await readable(parts, earlier);
  const within = new Map<string, Incoming>();
  const events: Incoming[] = [];
  const seenAgain: Decision["seenAgain"] = [];
  for (const [index, incoming] of validated.events.entries()) {
    const before = known[index] ?? null;
    if (before !== null && before < incoming.position) {
      const first = firsts.get(before);
      const differs = first !== undefined && bodyDiffers(first, incoming.event);
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
    events.push(incoming);
  }
  return { events, rejected: validated.rejected, seenAgain, received: countSources(validated) };
}

/** The first deliveries, as far as they can be read: an old record that is damaged must not stop what comes now. */
async function readable(parts: PipelineParts, positions: readonly Position[]): Promise<Map<Position, AcceptedEvent>> {
  const events = new Map<Position, AcceptedEvent>();
  try {
    for (const [at, { payload }] of await parts.recordsAt(positions)) {
      const record = decodeRecord(payload);
      if (record.status === "accepted") events.set(at, record);
    }
  } catch {
    // Whether a repetition differs is then not known; it stays a repetition.
  }
  return events;
}

/** A retry differs only in when it was sent, which is not a difference. */
function bodyDiffers(first: AcceptedEvent, again: AcceptedEvent): boolean {
  return !isDeepStrictEqual(withoutSending(first), withoutSending(again));
}
function withoutSending(event: AcceptedEvent): Record<string, unknown> {
  return { ...event.body, sentAt: null, _metadata: null };
}
