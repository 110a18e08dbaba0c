import { personOfFragment } from "../../identity/index.ts";
import { isDevice, type FragmentId } from "../../model/fragment.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import type { DeviceFragment, IdentifierRow } from "../../storage/identityAndProfiles.ts";
import type { PipelineParts } from "../pipeline.ts";
import type { Seen } from "./sightings.ts";
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
  /** Of the combination's own surest identifier; 0 where there is none. */
  ownPersonOf(combination: DeviceCombination): number;
}

/** Of identifiers, as this batch leaves them. */
export interface Rows {
  isShared(device: IdentifierKey): boolean;
  /** Whose person an identifier is. */
  personOf(key: IdentifierKey): number;
  homes: Homes;
  /** To be called before others are asked about. */
  load(keys: Iterable<IdentifierKey>): Promise<void>;
}

export type Parts = Pick<PipelineParts, "store" | "rules" | "recordsAt" | "hash" | "homeCurrency" | "isStopped">;

/** Whether somebody who had a device has some of it. */
export function isCut({ fragments }: Pick<DeviceCombination, "fragments">): boolean {
  return fragments.some(({ tenant }) => tenant !== undefined);
}

/** Of the batch's combinations, those that hold one of the devices, with what is stored of them. */
export async function combinationsSeen(
  devices: readonly IdentifierKey[],
  seen: Seen,
  { store }: Parts,
): Promise<DeviceCombination[]> {
  const asked = new Set(devices);
  const found = new Map<FragmentId, DeviceCombination>();
  for (const [base, { identifiers, events }] of seen) {
    if (identifiers.some((key) => asked.has(key))) found.set(base, { base, identifiers, fragments: [], events });
  }
  for (const fragment of await store.fragmentsOfCombinations([...found.keys()])) {
    found.get(fragment.base)?.fragments.push(fragment);
  }
  return [...found.values()];
}

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
export function rowsOver(changed: ReadonlyMap<IdentifierKey, IdentifierRow>, { store, rules }: Parts): Rows {
  const stored = new Map<IdentifierKey, IdentifierRow | null>();
  const rowOf = (key: IdentifierKey): IdentifierRow | null => changed.get(key) ?? stored.get(key) ?? null;
  const decisionOf = (key: IdentifierKey) => rowOf(key)?.decision ?? "ordinary";
  const isShared = (key: IdentifierKey): boolean => isDevice(key) && decisionOf(key) === "shared";
  const own = ({ identifiers }: DeviceCombination) => personOfFragment(identifiers, decisionOf, rules);
  return {
    isShared,
    personOf: (key) => rowOf(key)?.person ?? 0,
    homes: {
      of: (combination) => {
        const home = own(combination);
        return home !== null && isShared(home) ? home : null;
      },
      ownPersonOf: (combination) => rowOf(own(combination) ?? "")?.person ?? 0,
    },
    load: async (keys) => {
      const missing = [...new Set(keys)].filter((key) => !changed.has(key) && !stored.has(key));
      const rows = await store.identifiers(missing);
      for (const key of missing) stored.set(key, rows.get(key) ?? null);
    },
  };
}
