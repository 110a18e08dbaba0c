import type { AcceptedEvent } from "../../model/event.ts";
import { isDevice, type FragmentId } from "../../model/fragment.ts";
import { logoutOf } from "../../model/logout.ts";
import { decodeHead } from "../../model/logRecord.ts";
import type { Position } from "../../model/position.ts";
import type { KeptNoLonger } from "../../model/retention.ts";
import { emptyFragment, foldEvent, mayHoldConsents } from "../../profiles/index.ts";
import type { KeptDecision, LeftPart } from "../../storage/identityAndProfiles.ts";
import type { PipelineParts } from "../pipeline.ts";
import type { IncomingRetention } from "./validate.ts";

type Parts = Pick<PipelineParts, "store" | "recordsAt">;

/** A record says no more at a time. */
export const maxKeptNoLonger = 20_000;

/**
 * From this decision on, records before a position are kept no longer: their fates go, a message of theirs that comes
 * again is new, and what is folded anew is folded without them. Events of devices may have to be given to somebody else
 * later, so what those records taught is put aside, by fragment: such events stay where they are by now.
 *
 * Null where that was said before, or what is said fits nothing.
 */
export async function keepFrom(
  { position, event }: IncomingRetention,
  { store, recordsAt }: Parts,
): Promise<KeptDecision | null> {
  const { from, end, until } = event.body;
  if (!fits(event.body, position) || from !== (await store.kept()).from) return null;
  const skipped = await store.notProcessed(from, end);
  const positions = Array.from({ length: end - from }, (_, nth) => from + nth);
  const events = new Map<Position, SeenEvent>();
  let records = 0;
  for (const [at, { payload, fragment }] of await recordsAt(positions)) {
    records += 1;
    if (skipped.has(at)) continue;
    const record = decodeHead(payload);
    if (record.status !== "accepted" || !record.identifiers.some(isDevice)) continue;
    events.set(at, { event: record, base: fragment, mayHold: mayHoldConsents(payload) });
  }
  return { from, until, records, left: await leftParts(events, store) };
}

function fits({ from, end, until }: KeptNoLonger, position: Position): boolean {
  const areWhole = [from, end, until].every((each) => Number.isSafeInteger(each) && each >= 0);
  return areWhole && from <= end && end <= until && until <= position && end - from <= maxKeptNoLonger;
}

interface SeenEvent {
  event: AcceptedEvent;
  /** The fragment of its combination, whoever had the device. */
  base: FragmentId;
  mayHold: boolean;
}

async function leftParts(events: ReadonlyMap<Position, SeenEvent>, store: Parts["store"]): Promise<LeftPart[]> {
  const holders = await holdersOf(events, store);
  const known = await store.leftParts([...new Set(holders.values())]);
  const parts = new Map<FragmentId, LeftPart>();
  for (const [at, { event, mayHold }] of [...events].sort(([one], [other]) => one - other)) {
    const holder = holders.get(at);
    if (holder === undefined) continue;
    const part = parts.get(holder) ?? known.get(holder) ?? { ...emptyFragment(holder, event.identifiers), logouts: 0 };
    parts.set(holder, part);
    foldEvent({ ...part, identifiers: event.identifiers }, event, mayHold);
    const logout = logoutOf(event);
    if (logout !== 0) part.logouts |= 1 << (logout - 1);
  }
  return [...parts.values()].map(({ id, spans, traits, consents, logouts }) => ({
    id,
    spans,
    traits,
    consents,
    logouts,
  }));
}

/** Which fragment of its combination each event is in now. */
async function holdersOf(
  events: ReadonlyMap<Position, SeenEvent>,
  store: Parts["store"],
): Promise<Map<Position, FragmentId>> {
  const ofBase = Map.groupBy(
    await store.fragmentsOfCombinations([...new Set([...events.values()].map(({ base }) => base))]),
    ({ base }) => base,
  );
  const several = [...ofBase.values()].filter((fragments) => fragments.length > 1).flat();
  const seenIn = new Map<Position, FragmentId>();
  for (const [id, sightings] of await store.sightings(several.map(({ id: each }) => each))) {
    for (const { position } of sightings) if (events.has(position)) seenIn.set(position, id);
  }
  const holders = new Map<Position, FragmentId>();
  for (const [at, { base }] of events) {
    const fragments = ofBase.get(base) ?? [];
    const holder = fragments.length === 1 ? fragments[0]?.id : seenIn.get(at);
    if (holder !== undefined) holders.set(at, holder);
  }
  return holders;
}
