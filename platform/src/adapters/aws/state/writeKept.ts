import type { Position } from "../../../model/position.ts";
import type { KeptRejection } from "../../../storage/fates.ts";
import type { KeptDecision } from "../../../storage/identityAndProfiles.ts";
import type { Draft } from "./draft.ts";
import { isPresent } from "./encoding.ts";
import { removeFrom } from "./listing.ts";
import { inCollection, inOrder, type Place } from "./place.ts";
import {
  batchPlace,
  causePlace,
  causesOfPlace,
  duplicatePlace,
  fragmentPlace,
  leftPlace,
  messagePlace,
  refusalIndexes,
  refusalPlace,
  seenAgainPlace,
  type StateRow,
} from "./stateRows.ts";
import { openPlaces } from "./writeRefusals.ts";

/** Fates of records before `until` go; what devices' fragments have of them is put aside. */
export async function writeKept(draft: Draft, state: StateRow, kept: KeptDecision): Promise<void> {
  const { until, records, left } = kept;
  await draft.fetch(left.map(({ id }) => fragmentPlace(id)));
  for (const part of left) {
    if (isPresent(await draft.get(fragmentPlace(part.id)))) draft.put(leftPlace(part.id), part);
  }
  const refusals = await draft.range(refusalPlace(0), { until: inOrder(until) });
  for (const { value } of refusals) await forgetRefusal(draft, value, until);
  const duplicates = await removeBefore(draft, duplicatePlace(0), until);
  await removeBefore(draft, seenAgainPlace(0), until);
  await thinBatches(draft, until);
  state.rejected -= refusals.length;
  state.duplicates -= duplicates;
  const { kept: before } = state;
  const exceptions = before.exceptions + refusals.length + duplicates;
  state.kept = { from: until, records: before.records + records, exceptions };
}

/** A cause goes with its last refusal. */
async function forgetRefusal(draft: Draft, refusal: KeptRejection, until: Position): Promise<void> {
  const { position, source, cause, messageKey } = refusal;
  draft.remove(refusalPlace(position));
  const { ofSource, ofCause } = refusalIndexes;
  for (const index of [ofSource(source), ofCause(cause)]) draft.remove(inCollection(index, inOrder(position)));
  if (refusal.state === "open") for (const place of openPlaces(refusal)) draft.remove(place);
  const place = messagePlace(messageKey);
  const left = (await draft.listed(place, "refused")).filter((at) => Number(at) >= until);
  if (left.length === 0) draft.remove(place);
  else await removeFrom(draft, place, "refused", String(position));
  const counted = await draft.get(causePlace(cause));
  if (counted === null) return;
  if (counted.lastPosition < until) {
    draft.remove(causePlace(cause));
    const { causes = 1, ...others } = await draft.open(causesOfPlace(source));
    draft.put(causesOfPlace(source), causes > 1 ? { ...others, causes: causes - 1 } : others);
    return;
  }
  const open = await draft.open(causePlace(cause));
  open.count -= 1;
  open.open -= refusal.state === "open" ? 1 : 0;
}

async function removeBefore(draft: Draft, place: Place<object>, until: Position): Promise<number> {
  const { pk } = place;
  const rows = await draft.range(place, { until: inOrder(until) });
  for (const { sk } of rows) draft.remove(inCollection(pk, sk));
  return rows.length;
}

/** When those records were decided is asked no more: one row stands for all of them. */
async function thinBatches(draft: Draft, until: Position): Promise<void> {
  const rows = await draft.range(batchPlace(0), {
    until: inOrder(until + 1),
  });
  const last = rows.at(-1);
  if (last === undefined) return;
  const processed = rows.reduce((sum, { value }) => sum + value.processed, 0);
  for (const { sk } of rows.slice(0, -1)) draft.remove(inCollection(batchPlace(0).pk, sk));
  draft.put(inCollection(batchPlace(0).pk, last.sk), { ...last.value, processed });
}
