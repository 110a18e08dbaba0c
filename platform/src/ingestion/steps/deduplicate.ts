import { isDeepStrictEqual } from "node:util";
import { decodeRecord } from "../../model/logRecord.ts";
import type { AcceptedEvent, RetentionRecord, StatedRecord } from "../../model/event.ts";
import type { Position } from "../../model/position.ts";
import type { Decision, IdentityAndProfiles, RejectedRow, SourceMinute } from "../../storage/identityAndProfiles.ts";
import type { PipelineParts } from "../pipeline.ts";
import { countSources } from "./countSources.ts";
import { countViolations } from "./countViolations.ts";
import type { Incoming, IncomingCorrection, IncomingRetention, IncomingRules, Validated } from "./validate.ts";

export interface Fresh extends Omit<Validated, "rejected"> {
  rejected: RejectedRow[];
  mended: Decision["mended"];
  seenAgain: Decision["seenAgain"];
  received: SourceMinute[];
  violations: Decision["violations"];
}

type Parts = Pick<PipelineParts, "messages" | "recordsAt"> & { store: Pick<IdentityAndProfiles, "refused"> };

/** First deliveries that are held to be compared at a time: each may be a mebibyte, whatever repeats it. */
const maxCompared = 100;

/** Keeps the first accepted delivery of each (source, messageId); what is refused claims no id, so it can be sent again. */
export async function deduplicate(validated: Validated, parts: Parts): Promise<Fresh> {
  const events = await firstDeliveries(validated.events, parts);
  const corrections = await firstDeliveries(validated.corrections, parts);
  const rules = await firstDeliveries(validated.rules, parts);
  const retention = await firstDeliveries(validated.retention, parts);
  return {
    events: events.first,
    corrections: corrections.first,
    rules: rules.first,
    retention: retention.first,
    rejected: await tellingTaken(validated.rejected, events.first, parts),
    mended: await refusedBefore(events.first, parts),
    seenAgain: [events, corrections, rules, retention].flatMap(({ seenAgain }) => seenAgain),
    received: countSources(validated),
    violations: countViolations(events.first),
  };
}

/** A refusal of what counts, or comes to count in the same batch, leaves nothing to be mended. */
async function tellingTaken(
  rejected: Validated["rejected"],
  events: readonly Incoming[],
  { messages }: Parts,
): Promise<RejectedRow[]> {
  if (rejected.length === 0) return [];
  const known = await messages.firstPositions(rejected.map(({ messageKey }) => messageKey));
  const now = new Set(events.map(({ messageKey }) => messageKey));
  return rejected.map((row, index) => ({
    ...row,
    isTaken: now.has(row.messageKey) || (known[index] ?? null) !== null,
  }));
}

async function refusedBefore(events: readonly Incoming[], { store }: Parts): Promise<Decision["mended"]> {
  if (events.length === 0) return [];
  return [...(await store.refused(events.map(({ messageKey }) => messageKey)))];
}

async function firstDeliveries<A extends Incoming | IncomingCorrection | IncomingRules | IncomingRetention>(
  arrived: readonly A[],
  parts: Parts,
): Promise<{ first: A[]; seenAgain: Decision["seenAgain"] }> {
  if (arrived.length === 0) return { first: [], seenAgain: [] };
  const known = await parts.messages.firstPositions(arrived.map((incoming) => incoming.messageKey));
  const within = new Map<string, A>();
  const first: A[] = [];
  const seenAgain: Decision["seenAgain"] = [];
  const repeated: Repeated[] = [];
  for (const [index, incoming] of arrived.entries()) {
    const before = known[index] ?? null;
    const same = within.get(incoming.messageKey);
    if (before !== null && before < incoming.position) {
      const again = { position: incoming.position, first: before, differs: false };
      seenAgain.push(again);
      repeated.push({ again, event: incoming.event });
    } else if (same !== undefined) {
      const differs = bodyDiffers(same.event, incoming.event);
      seenAgain.push({ position: incoming.position, first: same.position, differs });
    } else {
      within.set(incoming.messageKey, incoming);
      first.push(incoming);
    }
  }
  await compareWithFirsts(repeated, parts);
  return { first, seenAgain };
}

type Taken = AcceptedEvent | StatedRecord | RetentionRecord;

/** A later delivery of what was decided before this batch. */
interface Repeated {
  again: Decision["seenAgain"][number];
  event: Taken;
}

async function compareWithFirsts(repeated: Repeated[], parts: Parts): Promise<void> {
  // Neighbours in the log are read together.
  repeated.sort((one, other) => one.again.first - other.again.first);
  for (let from = 0; from < repeated.length; from += maxCompared) {
    const some = repeated.slice(from, from + maxCompared);
    const firsts = await readable(
      parts,
      some.map(({ again }) => again.first),
    );
    for (const { again, event } of some) {
      const first = firsts.get(again.first);
      again.differs = first !== undefined && bodyDiffers(first, event);
    }
  }
}

/** The first deliveries, as far as they can be read: an old record that is damaged must not stop what comes now. */
async function readable(parts: Parts, positions: readonly Position[]): Promise<Map<Position, Taken>> {
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
