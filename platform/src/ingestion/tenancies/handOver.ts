import { maxTenancyCombinations } from "../../identity/index.ts";
import type { FragmentId } from "../../model/fragment.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import type { Position } from "../../model/position.ts";
import { tieChange, type TieChange } from "../../profiles/index.ts";
import type { IdentifierRow, PersonNumber, TenancyChange } from "../../storage/identityAndProfiles.ts";
import { breathe } from "../regroup/regrouping.ts";
import type { FoldedFragment } from "../steps/fold.ts";
import { isCut, rowsOver, type DeviceCombination, type Parts, type Rows } from "./combinations.ts";
import { devicesOf, type Asked, type Device } from "./devices.ts";
import { foldTargets, type Refolded, type Refolding } from "./refold.ts";
import { spansChanged, tenantsChanged } from "./spans.ts";
import { isEmptied, targetsOf, type Target } from "./targets.ts";
import { isSame, nobodys } from "./whose.ts";

export interface HandedOver {
  tenancies: TenancyChange;
  movedFragments: { id: FragmentId; person: PersonNumber }[];
  /** Of fragments that are gone. */
  ties: TieChange[];
  changedPersons: Set<PersonNumber>;
  refoldedEvents: number;
}

interface Batch extends Asked {
  folded: Refolded;
  changed: ReadonlyMap<IdentifierKey, IdentifierRow>;
  /** Events that may be folded anew at once; past them {@link TooMuchAtOnce}. */
  mostRefolded?: number;
}

/** A smaller batch can be decided: what is folded anew is held until a batch is written. */
export class TooMuchAtOnce extends Error {
  override name = "TooMuchAtOnce";
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
    await breathe(parts);
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
  const held = await devicesOf(keys, batch, rows, parts);
  await rows.load(held.flatMap(({ combinations }) => combinations.flatMap(({ identifiers }) => identifiers)));
  await rows.load(held.flatMap(({ after }) => after.flatMap(({ tenant }) => tenant ?? [])));
  const closed = await crowdedHomes(held, rows, parts);
  const { from: keptFrom } = await parts.store.kept();
  const refoldings: Refolding[] = [];
  for (const device of held) {
    const some = device.combinations.filter(
      ({ base, events }) => !done.has(base) && (device.stored !== null || events.length > 0),
    );
    for (const each of placed(device, some, { rows, closed, keptFrom }, parts)) {
      refoldings.push(each);
      done.add(each.combination.base);
    }
    if (device.stored !== null) rehome(handed, device.key, some, rows);
    await tellHeld(handed, device, parts);
  }
  handed.refoldedEvents += eventsOf(refoldings);
  if (handed.refoldedEvents > (batch.mostRefolded ?? Number.POSITIVE_INFINITY)) {
    throw new TooMuchAtOnce(`${handed.refoldedEvents} events are folded anew, more than are held at once`);
  }
  await take(refoldings, { handed, rows, folded: batch.folded }, parts);
}

function eventsOf(refoldings: readonly Refolding[]): number {
  return refoldings.reduce(
    (sum, { target: { isLeft, kept, moved } }) => sum + moved.length + (isLeft ? kept.length : 0),
    0,
  );
}

/** By other rules a crowded device may be the surest of what another one's tenants had. */
async function crowdedHomes(held: readonly Device[], { homes }: Rows, { store }: Parts): Promise<Set<IdentifierKey>> {
  const others = new Set<IdentifierKey>();
  for (const { key, combinations, stored } of held) {
    for (const combination of stored === null ? [] : combinations.filter(isCut)) {
      const home = homes.of(combination);
      if (home !== null && home !== key) others.add(home);
    }
  }
  return others.size === 0 ? others : store.crowdedDevices([...others], maxTenancyCombinations);
}

interface Placing {
  rows: Rows;
  /** Crowded devices. */
  closed: ReadonlySet<IdentifierKey>;
  /** Events before it stay where they are. */
  keptFrom: Position;
}

/** What changes of the combinations that are the device's own, and of those that nobody who has a device has any more. */
function* placed(
  { key, after, stored }: Device,
  combinations: readonly DeviceCombination[],
  { rows: { homes }, closed, keptFrom }: Placing,
  { hash }: Parts,
): Generator<Refolding> {
  for (const combination of combinations) {
    const home = homes.of(combination);
    const isOwn = home === key;
    if (!isOwn && !(isCut(combination) && (home === null || closed.has(home)))) continue;
    const targets = targetsOf(combination, isOwn ? after : nobodys, stored, { hash, keptFrom }) ?? [];
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
    tenancies: { refolded: [], rehomed: [], emptied: [], held: [], tallies: [] },
    movedFragments: [],
    ties: [],
    changedPersons: new Set(),
    refoldedEvents: 0,
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

/** Whose spans are others now is told, whether or not an event changed hands. */
async function tellHeld(
  { tenancies, changedPersons }: HandedOver,
  { key, before, after, tally }: Device,
  { store }: Parts,
): Promise<void> {
  tenancies.tallies.push({ device: key, tally });
  if (isSame(before, after)) return;
  tenancies.held.push({ device: key, ...spansChanged(before, after) });
  for (const person of await store.personsOfTenants(key, tenantsChanged(before, after))) {
    if (person !== 0) changedPersons.add(person);
  }
}
