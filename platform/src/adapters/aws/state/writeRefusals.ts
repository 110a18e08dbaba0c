import type { KeyedHash } from "../../../model/keyedHash.ts";
import { causeIdOf, maxCausesOfSource, withoutNames, type RejectionCause } from "../../../model/rejectionCause.ts";
import type { KeptRejection, RejectionState } from "../../../storage/fates.ts";
import type { Decision, RejectedRow } from "../../../storage/identityAndProfiles.ts";
import type { Draft } from "./draft.ts";
import { addTo } from "./listing.ts";
import { inCollection, inOrder } from "./place.ts";
import { causePlace, causesOfPlace, messagePlace, refusalIndexes, refusalPlace, type StateRow } from "./stateRows.ts";

export async function fetchRefusals(draft: Draft, hash: KeyedHash, decision: Decision): Promise<void> {
  const { rejected, mended } = decision;
  await draft.fetch([
    ...rejected.map(({ messageKey }) => messagePlace(messageKey)),
    ...mended.map(messagePlace),
    ...rejected.map(({ cause }) => causePlace(causeIdOf(hash, cause))),
    ...rejected.map(({ source }) => causesOfPlace(source)),
  ]);
}

export async function writeRefusals(
  draft: Draft,
  hash: KeyedHash,
  state: StateRow,
  { rejected, mended }: Pick<Decision, "rejected" | "mended">,
): Promise<void> {
  for (const row of rejected) {
    if (!row.isTaken) await settle(draft, row.messageKey, "replaced");
    const cause = await causeFor(draft, hash, state, row.cause);
    await addRefusal(draft, row, cause);
    state.rejected += 1;
  }
  for (const key of mended) await settle(draft, key, "mended");
}

async function addRefusal(draft: Draft, row: RejectedRow, cause: string): Promise<void> {
  const { position, messageKey, source, messageId, reason, isTaken, receivedAt: at } = row;
  const kept: KeptRejection = {
    position,
    messageKey,
    source,
    messageId,
    reason,
    cause,
    state: isTaken ? "mended" : "open",
  };
  draft.put(refusalPlace(position), kept);
  const { ofSource, ofCause } = refusalIndexes;
  for (const index of [ofSource(source), ofCause(cause)]) draft.put(inCollection(index, inOrder(position)), {});
  if (!isTaken) for (const place of openPlaces(kept)) draft.put(place, {});
  const message = await draft.open(messagePlace(messageKey));
  await addTo(draft, messagePlace(messageKey), "refused", String(position));
  if (!isTaken) message.unmended = true;
  const counted = await draft.open(causePlace(cause));
  counted.count += 1;
  counted.open += isTaken ? 0 : 1;
  counted.lastPosition = position;
  counted.latest = { messageId, reason };
  if (at === null) return;
  counted.firstAt = Math.min(counted.firstAt ?? at, at);
  counted.lastAt = Math.max(counted.lastAt ?? at, at);
}

/** Where an open refusal is found, and no other. */
export function openPlaces({ source, cause, position }: Pick<KeptRejection, "source" | "cause" | "position">) {
  const { open, openOfSource, openOfCause } = refusalIndexes;
  return [open(), openOfSource(source), openOfCause(cause)].map((pk) => inCollection(pk, inOrder(position)));
}

/** Of a message's refusals: those that were open are so no more; mended, those that were replaced neither. */
async function settle(draft: Draft, messageKey: string, as: Exclude<RejectionState, "open">): Promise<void> {
  const place = messagePlace(messageKey);
  if ((await draft.get(place)) === null) return;
  const message = await draft.open(place);
  if (message.unmended !== true) return;
  for (const position of await draft.listed(place, "refused")) {
    const refusal = await draft.open(refusalPlace(Number(position)));
    if (refusal.state === undefined || refusal.state === "mended") continue;
    if (refusal.state === "open") {
      for (const index of openPlaces(refusal)) draft.remove(index);
      (await draft.open(causePlace(refusal.cause))).open -= 1;
    }
    refusal.state = as;
  }
  if (as === "mended") delete message.unmended;
}

/** Its id. Past so many of one source, causes are told by code and type alone. */
async function causeFor(draft: Draft, hash: KeyedHash, state: StateRow, cause: RejectionCause): Promise<string> {
  const id = causeIdOf(hash, cause);
  if (await draft.has(causePlace(id))) return id;
  const known = await draft.open(causesOfPlace(cause.source));
  const told = (known.causes ?? 0) < maxCausesOfSource ? cause : withoutNames(cause);
  const toldId = causeIdOf(hash, told);
  if (toldId !== id && (await draft.has(causePlace(toldId)))) return toldId;
  state.causes += 1;
  known.causes = (known.causes ?? 0) + 1;
  const { source, code, field, type, event } = told;
  draft.put(causePlace(toldId), {
    source,
    code,
    field,
    type,
    event,
    number: state.causes,
    count: 0,
    open: 0,
    firstAt: null,
    lastAt: null,
    lastPosition: 0,
    latest: {
      messageId: "",
      reason: {
        code,
        message: "",
      },
    },
  });
  return toldId;
}
