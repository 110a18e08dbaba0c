import { tenancyAt } from "../../identity/index.ts";
import { fragmentKey, type FragmentId, type Sighting } from "../../model/fragment.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import { fragmentIdOf, type KeyedHash } from "../../model/keyedHash.ts";
import type { Position } from "../../model/position.ts";
import type { Tenancy } from "../../model/tenancy.ts";
import type { DeviceFragment } from "../../storage/identityAndProfiles.ts";
import type { Incoming } from "../steps/validate.ts";
import type { DeviceCombination } from "./combinations.ts";
import { sightingOf } from "./sightings.ts";

/** A fragment of a combination: what happened while one tenant had the device, or nobody. */
export interface Target {
  id: FragmentId;
  tenant: IdentifierKey | null;
  stored: DeviceFragment | null;
  /** Of the stored fragment's events, those that stay. */
  kept: Sighting[];
  /** Some of its events go. */
  isLeft: boolean;
  /** From other fragments of the combination. */
  moved: Sighting[];
  /** Of this batch. */
  fresh: Incoming[];
}

/**
 * Where each event of a combination belongs. Only what changes: null where all that is new goes where all is.
 * `sightings` of what is stored; null where that stays where it is. Events before `keptFrom` cannot be folded anew: they
 * stay with whom they are.
 */
export function targetsOf(
  combination: DeviceCombination,
  tenancies: readonly Tenancy[],
  sightings: ReadonlyMap<FragmentId, readonly Sighting[]> | null,
  { hash, keptFrom }: { hash: KeyedHash; keptFrom: Position },
): Target[] | null {
  const { base, identifiers, fragments, events } = combination;
  const targets = new Map<IdentifierKey | null, Target>();
  const targetOf = (tenant: IdentifierKey | null): Target => {
    const known = targets.get(tenant);
    if (known !== undefined) return known;
    const id = tenant === null ? base : fragmentIdOf(hash, fragmentKey(identifiers, "", tenant));
    const made: Target = { id, tenant, stored: null, kept: [], isLeft: false, moved: [], fresh: [] };
    targets.set(tenant, made);
    return made;
  };
  for (const fragment of fragments) targetOf(fragment.tenant ?? null).stored = fragment;
  for (const fragment of sightings === null ? [] : fragments) {
    const from = targetOf(fragment.tenant ?? null);
    for (const sighting of sightings?.get(fragment.id) ?? []) {
      const to = sighting.position < keptFrom ? from : targetOf(tenancyAt(tenancies, sighting.at).tenant);
      if (to === from) to.kept.push(sighting);
      else {
        from.isLeft = true;
        to.moved.push(sighting);
      }
    }
  }
  for (const incoming of events) targetOf(tenancyAt(tenancies, incoming.event.occurredAt).tenant).fresh.push(incoming);
  const touched = [...targets.values()].filter(({ isLeft, moved, fresh }) => isLeft || moved.length + fresh.length > 0);
  const isPlain = touched.every(({ tenant, isLeft, moved }) => tenant === null && !isLeft && moved.length === 0);
  return isPlain ? null : touched;
}

/** It holds no event any more. */
export function isEmptied({ isLeft, kept, moved, fresh }: Target): boolean {
  return isLeft && kept.length + moved.length + fresh.length === 0;
}

/** Those that come into the fragment; where some leave it, all that it has then. */
export function sightingsOf({ isLeft, kept, moved, fresh }: Target): Sighting[] {
  return [...(isLeft ? kept : []), ...moved, ...fresh.map(sightingOf)];
}
