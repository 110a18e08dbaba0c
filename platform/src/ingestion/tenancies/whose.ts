import {
  boundariesOf,
  maxTenancies,
  maxTenancyCombinations,
  maxTenancyEvents,
  tenanciesOf,
  tenanciesWithLater,
  tenancyAt,
  type IdentityRules,
} from "../../identity/index.ts";
import type { FragmentId, Sighting } from "../../model/fragment.ts";
import type { Tenancy } from "../../model/tenancy.ts";
import type { DeviceTally } from "../../storage/identityAndProfiles.ts";
import type { DeviceCombination } from "./combinations.ts";
import { sightingOf } from "./sightings.ts";

export const nobodys: readonly Tenancy[] = [{ from: null, tenant: null }];

export function isNobodys(tenancies: readonly Tenancy[]): boolean {
  return tenancies.length === 1 && tenancies[0]?.tenant === null;
}

interface Known {
  /** As stored. */
  before: readonly Tenancy[];
  /** As stored, and with the batch. */
  tally: DeviceTally;
  grown: DeviceTally;
  /** Those that have events of the batch. */
  combinations: readonly DeviceCombination[];
}

/**
 * Who has a shared device with the batch's events, from what is stored of the device: where these change nothing, or are
 * later than all before them, so that no stored event changes hands. Null where all that it was seen with is needed.
 */
export function whoseNext(
  { before, tally, grown, combinations }: Known,
  rules: IdentityRules,
): readonly Tenancy[] | null {
  if (isPublic(grown) || rules.tenancies.anonymousEvents === "own_person") return isNobodys(before) ? before : null;
  const fresh = boundariesOf(combinations.map(freshOf), rules);
  if (fresh.every(({ at, login }) => tenancyAt(before, at).tenant === login)) return before;
  if (isNobodys(before) || fresh.some(({ at }) => at <= tally.lastAt)) return null;
  const after = tenanciesWithLater(before, fresh);
  return after.length > maxTenancies ? null : after;
}

/**
 * Who has a shared device when, from all combinations that hold it, stored and of the batch: a function of the events
 * there are. `sightings`: of the stored ones.
 */
export async function whoseOfAll(
  combinations: readonly DeviceCombination[],
  sightings: () => Promise<ReadonlyMap<FragmentId, readonly Sighting[]>>,
  rules: IdentityRules,
): Promise<readonly Tenancy[]> {
  if (isPublic(tallyOf(combinations)) || rules.tenancies.anonymousEvents === "own_person") return nobodys;
  const stored = await sightings();
  const seen = combinations.map((each) => ({
    identifiers: each.identifiers,
    sightings: [...each.fragments.flatMap(({ id }) => stored.get(id) ?? []), ...freshOf(each).sightings],
  }));
  const tenancies = tenanciesOf(boundariesOf(seen, rules));
  return tenancies.length > maxTenancies ? nobodys : tenancies;
}

function freshOf({ identifiers, events }: DeviceCombination) {
  return { identifiers, sightings: events.map(sightingOf) };
}

/** Of all combinations that hold a device. */
export function tallyOf(combinations: readonly DeviceCombination[]): DeviceTally {
  let tally: DeviceTally = { combinations: combinations.length, events: 0, lastAt: Number.MIN_SAFE_INTEGER };
  for (const { fragments } of combinations) {
    for (const { spans } of fragments) {
      for (const { count, lastAt } of Object.values(spans)) tally = counted(tally, count, lastAt);
    }
  }
  return withFresh(tally, combinations);
}

/** With the batch, whose combinations these are. */
export function grownTally(tally: DeviceTally, combinations: readonly DeviceCombination[]): DeviceTally {
  const isNew = ({ fragments }: DeviceCombination): boolean => fragments.length === 0;
  return withFresh({ ...tally, combinations: tally.combinations + combinations.filter(isNew).length }, combinations);
}

function withFresh(tally: DeviceTally, combinations: readonly DeviceCombination[]): DeviceTally {
  let grown = tally;
  for (const { events } of combinations) for (const { event } of events) grown = counted(grown, 1, event.occurredAt);
  return grown;
}

function counted({ combinations, events, lastAt }: DeviceTally, count: number, at: number): DeviceTally {
  return { combinations, events: events + count, lastAt: Math.max(lastAt, at) };
}

/** Too many use it for it to be anybody's. */
function isPublic(tally: DeviceTally): boolean {
  return isCrowded(tally) || tally.events > maxTenancyEvents;
}

export function isCrowded({ combinations }: DeviceTally): boolean {
  return combinations > maxTenancyCombinations;
}

export function isSame(one: readonly Tenancy[], other: readonly Tenancy[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ from, tenant }, index) => from === other[index]?.from && tenant === other[index]?.tenant)
  );
}
