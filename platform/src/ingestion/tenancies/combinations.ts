import {
  boundariesOf,
  maxTenancyCombinations,
  maxTenancyEvents,
  personOfFragment,
  tenanciesOf,
} from "../../identity/index.ts";
import { isDevice, type FragmentId, type Sighting } from "../../model/fragment.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import type { Tenancy } from "../../model/tenancy.ts";
import type { DeviceFragment, IdentifierRow } from "../../storage/identityAndProfiles.ts";
import type { PipelineParts } from "../pipeline.ts";
import { sightingOf, type Seen } from "./sightings.ts";
import type { Incoming } from "../steps/validate.ts";

/** What happened under one combination of identifiers, whoever had the device. */
export interface DeviceCombination {
  base: FragmentId;
  identifiers: readonly IdentifierKey[];
  /** As stored. */
  fragments: DeviceFragment[];
  /** Of this batch. */
  events: readonly Incoming[];
}

export interface Homes {
  /** The shared device whose tenants the combination's events are; null where they are not a device's. */
  of(combination: DeviceCombination): IdentifierKey | null;
  isShared(device: IdentifierKey): boolean;
  /** Whose person an identifier is. */
  personOf(key: IdentifierKey): number;
  /** Of the combination's own surest identifier; 0 where there is none. */
  ownPersonOf(combination: DeviceCombination): number;
}

export type Parts = Pick<PipelineParts, "store" | "rules" | "recordsAt" | "hash" | "homeCurrency">;

/** All combinations that hold one of the devices. */
export async function combinationsOf(
  devices: readonly IdentifierKey[],
  seen: Seen,
  { store }: Parts,
): Promise<Map<FragmentId, DeviceCombination>> {
  const found = new Map<FragmentId, DeviceCombination>();
  for (const fragment of await store.fragmentsOfDevices(devices)) {
    const { base, identifiers } = fragment;
    const known = found.get(base);
    if (known !== undefined) known.fragments.push(fragment);
    else found.set(base, { base, identifiers, fragments: [fragment], events: seen.get(base)?.events ?? [] });
  }
  const asked = new Set(devices);
  for (const [base, { identifiers, events }] of seen) {
    if (found.has(base) || !identifiers.some((key) => asked.has(key))) continue;
    found.set(base, { base, identifiers, fragments: [], events });
  }
  return found;
}

/** `changed`: rows that this batch changes. */
export async function homesOf(
  combinations: Iterable<DeviceCombination>,
  changed: ReadonlyMap<IdentifierKey, IdentifierRow>,
  { store, rules }: Parts,
): Promise<Homes> {
  const keys = new Set<IdentifierKey>();
  for (const { identifiers } of combinations) for (const key of identifiers) keys.add(key);
  const stored = await store.identifiers([...keys].filter((key) => !changed.has(key)));
  const rowOf = (key: IdentifierKey) => changed.get(key) ?? stored.get(key);
  const decisionOf = (key: IdentifierKey) => rowOf(key)?.decision ?? "ordinary";
  const isShared = (key: IdentifierKey) => isDevice(key) && rowOf(key)?.decision === "shared";
  const own = ({ identifiers }: DeviceCombination) => personOfFragment(identifiers, decisionOf, rules);
  return {
    of: (combination) => {
      const home = own(combination);
      return home !== null && isShared(home) ? home : null;
    },
    isShared,
    personOf: (key) => rowOf(key)?.person ?? 0,
    ownPersonOf: (combination) => rowOf(own(combination) ?? "")?.person ?? 0,
  };
}

const nobodys: readonly Tenancy[] = [{ from: null, tenant: null }];

export function isNobodys(tenancies: readonly Tenancy[]): boolean {
  return tenancies.length === 1 && tenancies[0]?.tenant === null;
}

/** Who has a device when, from all combinations that hold it. */
export async function tenanciesNow(
  device: IdentifierKey,
  combinations: Iterable<DeviceCombination>,
  { store, rules }: Parts,
): Promise<readonly Tenancy[]> {
  if (rules.tenancies.anonymousEvents === "own_person") return nobodys;
  const own = [...combinations].filter(({ identifiers }) => identifiers.includes(device));
  if (own.length > maxTenancyCombinations) return nobodys;
  const events = own.reduce((sum, combination) => sum + eventsOf(combination), 0);
  if (events > maxTenancyEvents) return nobodys;
  const sightings = await store.sightings(own.flatMap(({ fragments }) => fragments.map(({ id }) => id)));
  const seen = own.map((combination) => ({
    identifiers: combination.identifiers,
    sightings: [...sightingsIn(combination, sightings)],
  }));
  return tenanciesOf(boundariesOf(seen, rules));
}

function eventsOf({ fragments, events }: DeviceCombination): number {
  const counts = fragments.flatMap(({ spans }) => Object.values(spans).map(({ count }) => count));
  return counts.reduce((sum, count) => sum + count, events.length);
}

function* sightingsIn(
  { fragments, events }: DeviceCombination,
  stored: ReadonlyMap<FragmentId, readonly Sighting[]>,
): Generator<Sighting> {
  for (const { id } of fragments) yield* stored.get(id) ?? [];
  for (const incoming of events) yield sightingOf(incoming);
}
