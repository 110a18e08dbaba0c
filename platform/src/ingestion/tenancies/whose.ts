import {
  boundariesOf,
  maxTenancies,
  maxTenancyCombinations,
  maxTenancyEvents,
  tenanciesOf,
  tenancyAt,
} from "../../identity/index.ts";
import type { FragmentId, Sighting } from "../../model/fragment.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import type { Tenancy } from "../../model/tenancy.ts";
import type { DeviceCombination, Parts } from "./combinations.ts";
import { sightingOf } from "./sightings.ts";

export const nobodys: readonly Tenancy[] = [{ from: null, tenant: null }];

/** A device and what is known of it. */
export interface Device {
  key: IdentifierKey;
  isShared: boolean;
  /** All that hold it. */
  combinations: readonly DeviceCombination[];
  /** As stored. */
  before: readonly Tenancy[];
}

/** All sightings of its combinations' stored fragments; asked for only where they are needed. */
export type StoredSightings = () => Promise<ReadonlyMap<FragmentId, readonly Sighting[]>>;

/**
 * Who has a device when, from all combinations that hold it. A function of the events there are: what is stored is
 * taken for it where nothing that the batch holds changes it. `isAnew`: what is stored is not to be relied on.
 */
export async function whoseIs(
  device: Device,
  isAnew: boolean,
  sightingsOf: StoredSightings,
  { rules }: Pick<Parts, "rules">,
): Promise<readonly Tenancy[]> {
  const { combinations, before } = device;
  if (!device.isShared || isPublic(combinations) || rules.tenancies.anonymousEvents === "own_person") return nobodys;
  if (!isAnew) {
    const fresh = boundariesOf(combinations.filter(hasEvents).map(freshOf), rules);
    if (fresh.every(({ at, login }) => tenancyAt(before, at).tenant === login)) return before;
  }
  const sightings = await sightingsOf();
  const seen = combinations.map((each) => {
    const stored = each.fragments.flatMap(({ id }) => sightings.get(id) ?? []);
    return { identifiers: each.identifiers, sightings: [...stored, ...freshOf(each).sightings] };
  });
  const tenancies = tenanciesOf(boundariesOf(seen, rules));
  return tenancies.length > maxTenancies ? nobodys : tenancies;
}

function hasEvents({ events }: DeviceCombination): boolean {
  return events.length > 0;
}

function freshOf({ identifiers, events }: DeviceCombination) {
  return { identifiers, sightings: events.map(sightingOf) };
}

/** Too many use it for it to be anybody's. */
function isPublic(combinations: readonly DeviceCombination[]): boolean {
  if (combinations.length > maxTenancyCombinations) return true;
  let seen = 0;
  for (const { fragments, events } of combinations) {
    seen += events.length;
    for (const { spans } of fragments) for (const { count } of Object.values(spans)) seen += count;
  }
  return seen > maxTenancyEvents;
}

export function isSame(one: readonly Tenancy[], other: readonly Tenancy[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ from, tenant }, index) => from === other[index]?.from && tenant === other[index]?.tenant)
  );
}
