import { type FragmentId, isDevice } from "../../../model/fragment.ts";
import { profileIdOf, type KeyedHash } from "../../../model/keyedHash.ts";
import type { Decision, WrittenFragment } from "../../../storage/identityAndProfiles.ts";
import type { Draft } from "./draft.ts";
import { encodeSighting, encodeSpans, handedName } from "./encoding.ts";
import { addTo, removeFrom } from "./listing.ts";
import {
  detailPlace,
  fragmentPlace,
  type FragmentRowOf,
  identifierPlace,
  orderPlace,
  personPlace,
  sightingsPlace,
  tiePlace,
} from "./stateRows.ts";
import { listShared } from "./writePeople.ts";
import { writeTenancies } from "./writeTenancies.ts";

export type Folds = Pick<Decision, "fragments" | "ties" | "tenancies" | "orders">;

/** Of a fragment's sightings so many at most stand in its own row, which each of its events rewrites. */
const maxSeen = 64;

export async function fetchFolds(draft: Draft, hash: KeyedHash, folds: Folds): Promise<void> {
  const { fragments, ties, tenancies, orders } = folds;
  const devices = fragments.flatMap(({ row, isNew }) => (isNew ? devicesOf(row.state.identifiers) : []));
  const handed = fragments.flatMap(({ row }) => (row.handed === undefined ? [] : [row.handed]));
  const ids = [
    ...fragments.map(({ row }) => row.state.id),
    ...orders.map(({ ownerFragment }) => ownerFragment),
    ...handed.map(({ base }) => base),
    ...(tenancies?.refolded ?? []),
    ...(tenancies?.rehomed ?? []).map(({ fragment }) => fragment),
    ...(tenancies?.emptied ?? []).flatMap(({ fragment, base }) => [fragment, base]),
  ];
  await draft.fetch([
    ...ids.map(fragmentPlace),
    ...fragments.filter(({ detailChanged }) => detailChanged).map(({ row }) => detailPlace(row.state.id)),
    ...fragments.map(({ row }) => personPlace(row.person)),
    ...[...devices, ...handed.map(({ device }) => device)].map((key) => identifierPlace(profileIdOf(hash, key))),
    ...orders.map(({ state }) => orderPlace(state.key)),
    ...ties.flatMap(({ added, removed }) => [...added, ...removed]).map(tiePlace),
  ]);
}

export async function writeFolds(draft: Draft, hash: KeyedHash, folds: Folds): Promise<void> {
  const { fragments, ties, tenancies, orders } = folds;
  for (const fragment of tenancies?.refolded ?? []) await forgetSightings(draft, fragment);
  for (const fragment of fragments) await writeFragment(draft, hash, fragment);
  for (const { fragment, added, removed } of ties) {
    for (const tie of removed) await removeFrom(draft, tiePlace(tie), "fragments", fragment);
    for (const tie of added) await addTo(draft, tiePlace(tie), "fragments", fragment);
  }
  if (tenancies !== undefined) {
    await writeTenancies(draft, hash, tenancies, (fragment) => forgetSightings(draft, fragment));
  }
  for (const { state, ownerFragment } of orders) {
    const before = await draft.get(orderPlace(state.key));
    if (before !== null && before.ownerFragment !== ownerFragment) {
      await removeFrom(draft, fragmentPlace(before.ownerFragment), "orders", state.key);
    }
    await addTo(draft, fragmentPlace(ownerFragment), "orders", state.key);
    draft.put(orderPlace(state.key), { state, ownerFragment });
  }
}

async function writeFragment(draft: Draft, hash: KeyedHash, written: WrittenFragment): Promise<void> {
  const { row, isNew, detailChanged, sightings = [] } = written;
  const { id, spans, traits, consents, logouts = 0 } = row.state;
  const known = await draft.open(fragmentPlace(id));
  if (isNew) await addFragment(draft, hash, known, row);
  known.spans = encodeSpans(spans);
  if (logouts === 0) delete known.logouts;
  else known.logouts = logouts;
  addSightings(draft, id, known, sightings.map(encodeSighting));
  if (!detailChanged) return;
  // What was folded anew may have nothing to tell any more.
  const isSilent = Object.keys(traits).length + Object.keys(consents).length === 0;
  if (isSilent) draft.remove(detailPlace(id));
  else draft.put(detailPlace(id), { traits, consents });
}

async function addFragment(
  draft: Draft,
  hash: KeyedHash,
  known: FragmentRowOf,
  { state, person, handed }: WrittenFragment["row"],
): Promise<void> {
  const { id, identifiers, tenant } = state;
  Object.assign(known, { person, identifiers });
  if (person !== 0 || identifiers.length > 0) await addTo(draft, personPlace(person), "fragments", id);
  draft.combinations += 1;
  const base = handed?.base ?? id;
  for (const device of devicesOf(identifiers)) {
    await addTo(draft, identifierPlace(profileIdOf(hash, device)), "bases", base);
  }
  if (tenant === undefined) return;
  Object.assign(known, { tenant, base });
  await addTo(draft, fragmentPlace(base), "tenants", id);
  if (handed === undefined) return;
  known.device = handed.device;
  const device = identifierPlace(profileIdOf(hash, handed.device));
  await addTo(draft, device, "handed", handedName(hash, tenant, id));
  listShared(draft, handed.device, await draft.open(device));
}

function addSightings(
  draft: Draft,
  id: FragmentId,
  known: FragmentRowOf,
  sightings: NonNullable<FragmentRowOf["seen"]>,
): void {
  if (sightings.length === 0) return;
  const seen = [...(known.seen ?? []), ...sightings];
  if (seen.length <= maxSeen) {
    known.seen = seen;
    return;
  }
  draft.put(sightingsPlace(id, known.chunks ?? 0), seen);
  known.chunks = (known.chunks ?? 0) + 1;
  delete known.seen;
}

/** Before a fragment that is folded anew, and with one that holds no event any more. */
async function forgetSightings(draft: Draft, id: FragmentId): Promise<void> {
  const known = await draft.open(fragmentPlace(id));
  for (let chunk = 0; chunk < (known.chunks ?? 0); chunk += 1) draft.remove(sightingsPlace(id, chunk));
  delete known.chunks;
  delete known.seen;
}

function devicesOf(identifiers: readonly string[]): string[] {
  return identifiers.filter(isDevice);
}
