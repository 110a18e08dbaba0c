import { maxTenancyCombinations } from "../../identity/index.ts";
import type { FragmentId, Sighting } from "../../model/fragment.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import type { Tenancy } from "../../model/tenancy.ts";
import { tieChange, type TieChange } from "../../profiles/index.ts";
import type { IdentifierRow, PersonNumber, TenancyChange } from "../../storage/identityAndProfiles.ts";
import type { FoldedFragment } from "../steps/fold.ts";
import { combinationsOf, rowsOver, type DeviceCombination, type Parts, type Rows } from "./combinations.ts";
import { foldTargets, type Refolded, type Refolding } from "./refold.ts";
import type { Seen } from "./sightings.ts";
import { isEmptied, targetsOf, type Target } from "./targets.ts";
import { isSame, nobodys, whoseIs, type Device, type StoredSightings } from "./whose.ts";

export interface HandedOver {
  tenancies: TenancyChange;
  movedFragments: { id: FragmentId; person: PersonNumber }[];
  /** Of fragments that are gone. */
  ties: TieChange[];
  changedPersons: Set<PersonNumber>;
}

interface Batch {
  seen: Seen;
  folded: Refolded;
  changed: ReadonlyMap<IdentifierKey, IdentifierRow>;
  /** Whether all combinations of a device are to be looked at, and not only those of the batch. */
  isAnew: (device: IdentifierKey) => boolean;
}

/**
 * Gives each event of the devices' own combinations to the fragment of whoever had the device at its time, and says who
 * has the devices. A function of the events there are, so that a late login or logout only changes hands of what it
 * cuts: that alone is folded anew, from the log. A combination is looked at with the device that it is the own of, so
 * all devices that are its own now are to be among `devices`, but for those of which nothing changes.
 *
 * `folded`: as the batch was folded, each event into its combination's own fragment; what goes elsewhere is changed
 * there. `changed`: identifiers' rows that this batch changes, with their persons.
 */
export async function handOver(devices: readonly IdentifierKey[], batch: Batch, parts: Parts): Promise<HandedOver> {
  const handed = nothingHanded();
  const done = new Set<FragmentId>();
  for (let from = 0; from < devices.length; from += devicesAtOnce) {
    await handSome(devices.slice(from, from + devicesAtOnce), batch, { handed, done }, parts);
  }
  return handed;
}

/** Each may have `maxTenancyEvents`, which are held together. */
const devicesAtOnce = 20;

async function handSome(
  keys: readonly IdentifierKey[],
  batch: Batch,
  { handed, done }: { handed: HandedOver; done: Set<FragmentId> },
  parts: Parts,
): Promise<void> {
  const rows = rowsOver(batch.changed, parts);
  const refoldings: Refolding[] = [];
  for (const device of await devicesOf(keys, batch.seen, rows, parts)) {
    const isAnew = batch.isAnew(device.key);
    const sightings = sightingsOnce(device, parts);
    const after = await whoseIs(device, isAnew, sightings, parts);
    const isWhole = isAnew || !isSame(device.before, after);
    const some = device.combinations.filter(({ base, events }) => !done.has(base) && (isWhole || events.length > 0));
    await rows.load([
      ...some.flatMap(({ identifiers }) => identifiers),
      ...after.flatMap(({ tenant }) => tenant ?? []),
    ]);
    for (const each of placed(device.key, some, { after, stored: isWhole ? await sightings() : null }, rows, parts)) {
      refoldings.push(each);
      done.add(each.combination.base);
    }
    if (isWhole) rehome(handed, device.key, some, rows);
    tellHeld(handed, device, after);
  }
  await take(refoldings, { handed, rows, folded: batch.folded }, parts);
}

/** Crowded ones are nobody's, and were: they are left out. */
async function devicesOf(keys: readonly IdentifierKey[], seen: Seen, rows: Rows, parts: Parts): Promise<Device[]> {
  const crowded = await parts.store.crowdedDevices(keys, maxTenancyCombinations);
  const open = keys.filter((key) => !crowded.has(key));
  const combinations = [...(await combinationsOf(open, seen, parts)).values()];
  const held = await parts.store.tenancies(open);
  await rows.load(open);
  return open.map((key) => ({
    key,
    isShared: rows.isShared(key),
    combinations: combinations.filter(({ identifiers }) => identifiers.includes(key)),
    before: held.get(key) ?? nobodys,
  }));
}

function sightingsOnce({ combinations }: Device, { store }: Parts): StoredSightings {
  let read: ReturnType<StoredSightings> | undefined;
  return () => {
    read ??= store.sightings(combinations.flatMap(({ fragments }) => fragments.map(({ id }) => id)));
    return read;
  };
}

interface Placing {
  after: readonly Tenancy[];
  /** Null where what is stored stays where it is. */
  stored: ReadonlyMap<FragmentId, readonly Sighting[]> | null;
}

/** What changes of the combinations that are the device's own, and of those that are no device's any more. */
function* placed(
  key: IdentifierKey,
  combinations: readonly DeviceCombination[],
  { after, stored }: Placing,
  { homes }: Rows,
  { hash }: Parts,
): Generator<Refolding> {
  for (const combination of combinations) {
    const home = homes.of(combination);
    const isCut = combination.fragments.some(({ tenant }) => tenant !== undefined);
    if (home === null ? !isCut : home !== key) continue;
    const targets = targetsOf(combination, home === null ? nobodys : after, stored, hash) ?? [];
    for (const target of targets) yield { target, combination, device: home };
  }
}

/** By other rules another device may be a combination's surest. */
function rehome(
  { tenancies, changedPersons }: HandedOver,
  device: IdentifierKey,
  combinations: readonly DeviceCombination[],
  { homes }: Rows,
): void {
  for (const combination of combinations) {
    if (homes.of(combination) !== device) continue;
    for (const { id, device: before, person } of combination.fragments) {
      if (before === null || before === device) continue;
      tenancies.rehomed.push({ fragment: id, device });
      changedPersons.add(person);
    }
  }
}

function nothingHanded(): HandedOver {
  return {
    tenancies: { refolded: [], rehomed: [], emptied: [], held: [] },
    movedFragments: [],
    ties: [],
    changedPersons: new Set(),
  };
}

interface Into {
  handed: HandedOver;
  rows: Rows;
  folded: Refolded;
}

async function take(refoldings: readonly Refolding[], { handed, rows, folded }: Into, parts: Parts): Promise<void> {
  if (refoldings.length === 0) return;
  const gone = refoldings.filter(({ target }) => isEmptied(target));
  const kept = refoldings.filter(({ target }) => !isEmptied(target));
  await empty(gone, handed, parts);
  for (const { combination } of refoldings) folded.folded.delete(combination.base);
  const fragments = await foldTargets(kept, rows, folded, parts);
  for (const [index, fragment] of fragments.entries()) {
    const { target } = kept[index] as Refolding;
    folded.folded.set(target.id, fragment);
    place(handed, fragment, target);
    if (target.isLeft) handed.tenancies.refolded.push(target.id);
  }
}

function place({ movedFragments, changedPersons }: HandedOver, { row, isNew }: FoldedFragment, target: Target): void {
  const before = target.stored?.person ?? 0;
  const isElsewhere = row.person !== before;
  if (!isNew && isElsewhere) movedFragments.push({ id: row.state.id, person: row.person });
  // Where events of the batch are all that is new, whoever has them is changed by these.
  if (!isElsewhere && !target.isLeft && target.moved.length === 0) return;
  for (const person of [before, row.person]) if (person !== 0) changedPersons.add(person);
}

async function empty(gone: readonly Refolding[], handed: HandedOver, { store, hash }: Parts): Promise<void> {
  const ids = gone.map(({ target }) => target.id);
  const rows = await store.fragments(ids, new Set(ids));
  for (const { target, combination } of gone) {
    handed.tenancies.emptied.push({ fragment: target.id, base: combination.base });
    const row = rows.get(target.id);
    if (row === undefined) continue;
    if (row.person !== 0) handed.changedPersons.add(row.person);
    const ties = tieChange({ state: row.state, isNew: true, addressBefore: undefined }, hash);
    if (ties !== null) handed.ties.push({ fragment: target.id, added: [], removed: ties.added });
  }
}

/** Whoever had the device has other spans of it now, whether or not an event changed hands. */
function tellHeld({ tenancies, changedPersons }: HandedOver, device: Device, after: readonly Tenancy[]): void {
  if (isSame(device.before, after)) return;
  tenancies.held.push({ device: device.key, tenancies: after });
  for (const { fragments } of device.combinations) {
    for (const { tenant, person } of fragments) if (tenant !== undefined) changedPersons.add(person);
  }
}
