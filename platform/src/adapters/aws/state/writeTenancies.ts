import { profileIdOf, type KeyedHash } from "../../../model/keyedHash.ts";
import type { TenancyChange } from "../../../storage/identityAndProfiles.ts";
import type { Draft } from "./draft.ts";
import { handedName, isPresent } from "./encoding.ts";
import { addTo, countIn, removeFrom } from "./listing.ts";
import {
  detailPlace,
  fragmentPlace,
  type FragmentRowOf,
  identifierPlace,
  leftPlace,
  personPlace,
  tenancyPlace,
} from "./stateRows.ts";
import { listShared } from "./writePeople.ts";

/** After the fragments and ties that it speaks of. */
export async function writeTenancies(
  draft: Draft,
  hash: KeyedHash,
  { rehomed, emptied, held, tallies }: TenancyChange,
  forgetSightings: (fragment: string) => Promise<void>,
): Promise<void> {
  const devices = new Set<string>();
  for (const { fragment, device } of rehomed) {
    const known = await draft.open(fragmentPlace(fragment));
    if (!isPresent(known)) continue;
    await rehome(draft, hash, fragment, known, device, devices);
  }
  for (const { fragment, base } of emptied) {
    await forgetSightings(fragment);
    await removeFragment(draft, hash, fragment, base, devices);
  }
  for (const { device, gone, come } of held) {
    const id = profileIdOf(hash, device);
    const known = await draft.open(identifierPlace(id));
    let count = known.tenancies ?? 0;
    for (const from of gone) {
      if (!(await draft.has(tenancyPlace(id, from)))) continue;
      draft.remove(tenancyPlace(id, from));
      count -= 1;
    }
    for (const { from, tenant } of come) draft.put(tenancyPlace(id, from), { from, tenant });
    count += come.length;
    if (count === 0) delete known.tenancies;
    else known.tenancies = count;
    devices.add(device);
  }
  for (const { device, tally } of tallies) {
    const known = await draft.open(identifierPlace(profileIdOf(hash, device)));
    if (tally === null) delete known.tally;
    else known.tally = tally;
    devices.add(device);
  }
  for (const device of devices) listShared(draft, device, await draft.open(identifierPlace(profileIdOf(hash, device))));
}

/** Gives what a tenant had to another device, or to none. */
async function rehome(
  draft: Draft,
  hash: KeyedHash,
  fragment: string,
  known: FragmentRowOf,
  device: string | undefined,
  devices: Set<string>,
): Promise<void> {
  const { tenant } = known;
  if (tenant === undefined) return;
  const name = handedName(hash, tenant, fragment);
  if (known.device !== undefined) {
    await removeFrom(draft, identifierPlace(profileIdOf(hash, known.device)), "handed", name);
    devices.add(known.device);
  }
  if (device === undefined) {
    delete known.device;
    return;
  }
  known.device = device;
  await addTo(draft, identifierPlace(profileIdOf(hash, device)), "handed", name);
  devices.add(device);
}

/** What others say of it stays in its row. */
async function removeFragment(
  draft: Draft,
  hash: KeyedHash,
  fragment: string,
  base: string,
  devices: Set<string>,
): Promise<void> {
  const known = await draft.open(fragmentPlace(fragment));
  if (base !== fragment && countIn(known, "crossedBy") > 0) {
    for (const identifier of await draft.listed(fragmentPlace(fragment), "crossedBy")) {
      await addTo(draft, fragmentPlace(base), "crossedBy", identifier);
      await addTo(draft, identifierPlace(identifier), "crossings", base);
    }
  }
  draft.remove(detailPlace(fragment));
  draft.remove(leftPlace(fragment));
  if (!isPresent(known)) return;
  await removeFrom(draft, personPlace(known.person), "fragments", fragment);
  draft.combinations -= 1;
  await rehome(draft, hash, fragment, known, undefined, devices);
  if (known.tenant !== undefined) await removeFrom(draft, fragmentPlace(known.base ?? base), "tenants", fragment);
  for (const name of ["person", "identifiers", "spans", "logouts", "tenant", "base", "device"] as const) {
    delete (known as FragmentRowOf)[name];
  }
}
