import type { FragmentId } from "../../model/fragment.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import type { Tenancy } from "../../model/tenancy.ts";
import { tieChange, type TieChange } from "../../profiles/index.ts";
import type { IdentifierRow, PersonNumber, TenancyChange } from "../../storage/identityAndProfiles.ts";
import type { FoldedFragment } from "../steps/fold.ts";
import {
  combinationsOf,
  homesOf,
  isNobodys,
  tenanciesNow,
  type DeviceCombination,
  type Homes,
  type Parts,
} from "./combinations.ts";
import { foldTargets, type Refolded, type Refolding } from "./refold.ts";
import { sightingOf, type Seen } from "./sightings.ts";
import { addedSightings, allSightings, isEmptied, targetsOf } from "./targets.ts";

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
}

/**
 * Gives each event of the devices' own combinations to the fragment of whoever had the device at its time, and says who
 * has the devices. A function of the events there are, so that a late login or logout only changes hands of what it
 * cuts: that alone is folded anew, from the log.
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
  sightRest(handed, batch.seen, done);
  return handed;
}

/** Each may have `maxTenancyEvents`, which are held together. */
const devicesAtOnce = 20;

async function handSome(
  devices: readonly IdentifierKey[],
  { seen, folded, changed }: Batch,
  { handed, done }: { handed: HandedOver; done: Set<FragmentId> },
  parts: Parts,
): Promise<void> {
  const combinations = await combinationsOf(devices, seen, parts);
  const { homes, held } = await aroundThem(devices, combinations, { seen, changed }, parts);
  const refoldings: Refolding[] = [];
  for (const [device, own] of Map.groupBy(combinations.values(), (combination) => homes.of(combination))) {
    const tenancies = (device === null ? undefined : held.get(device)) ?? nobodys;
    const isCut = ({ fragments }: DeviceCombination) => fragments.some(({ tenant }) => tenant !== undefined);
    const some = own.filter((each) => !done.has(each.base) && (!isNobodys(tenancies) || isCut(each)));
    const sightings = await parts.store.sightings(some.flatMap(({ fragments }) => fragments.map(({ id }) => id)));
    for (const combination of some) {
      for (const target of targetsOf(combination, tenancies, sightings, parts.hash) ?? []) {
        refoldings.push({ target, combination, device });
      }
    }
  }
  await take(refoldings, { handed, homes, folded }, parts);
  for (const { combination } of refoldings) done.add(combination.base);
  await tellHeld(handed, held, [...combinations.values()], parts);
}

const nobodys: readonly Tenancy[] = [{ from: null, tenant: null }];

function nothingHanded(): HandedOver {
  return {
    tenancies: { sighted: [], refolded: [], emptied: [], held: [] },
    movedFragments: [],
    ties: [],
    changedPersons: new Set(),
  };
}

interface Around {
  homes: Homes;
  /** By device: those that were asked about, and the others that combinations of theirs belong to. */
  held: Map<IdentifierKey, readonly Tenancy[]>;
}

async function aroundThem(
  devices: readonly IdentifierKey[],
  combinations: ReadonlyMap<FragmentId, DeviceCombination>,
  { seen, changed }: Pick<Batch, "seen" | "changed">,
  parts: Parts,
): Promise<Around> {
  const first = await homesOf(combinations.values(), changed, parts);
  const all = new Map(combinations);
  const asked = new Set(devices);
  const others = new Set<IdentifierKey>();
  for (const combination of combinations.values()) {
    const home = first.of(combination);
    if (home !== null && !asked.has(home)) others.add(home);
  }
  if (others.size > 0) for (const [base, more] of await combinationsOf([...others], seen, parts)) all.set(base, more);
  const homes = others.size === 0 ? first : await homesOf(all.values(), changed, parts);
  const held = new Map<IdentifierKey, readonly Tenancy[]>();
  for (const device of [...devices, ...others]) {
    held.set(device, homes.isShared(device) ? await tenanciesNow(device, all.values(), parts) : nobodys);
  }
  return { homes, held };
}

interface Into {
  handed: HandedOver;
  homes: Homes;
  folded: Refolded;
}

async function take(refoldings: readonly Refolding[], { handed, homes, folded }: Into, parts: Parts): Promise<void> {
  if (refoldings.length === 0) return;
  const gone = refoldings.filter(({ target }) => isEmptied(target));
  const kept = refoldings.filter(({ target }) => !isEmptied(target));
  await empty(gone, handed, parts);
  for (const { combination } of refoldings) folded.folded.delete(combination.base);
  const fragments = await foldTargets(kept, homes, folded, parts);
  for (const [index, fragment] of fragments.entries()) {
    const { target } = kept[index] as Refolding;
    folded.folded.set(target.id, fragment);
    place(handed, fragment, target.stored?.person ?? 0);
    const { id, isLeft } = target;
    if (isLeft) handed.tenancies.refolded.push({ fragment: id, sightings: allSightings(target) });
    else handed.tenancies.sighted.push({ fragment: id, sightings: addedSightings(target) });
  }
}

function place(
  { movedFragments, changedPersons }: HandedOver,
  { row, isNew }: FoldedFragment,
  before: PersonNumber,
): void {
  if (!isNew && row.person !== before) movedFragments.push({ id: row.state.id, person: row.person });
  for (const person of [before, row.person]) if (person !== 0) changedPersons.add(person);
}

async function empty(gone: readonly Refolding[], handed: HandedOver, { store, hash }: Parts): Promise<void> {
  const ids = gone.map(({ target }) => target.id);
  const rows = await store.fragments(ids, new Set(ids));
  for (const { target, combination } of gone) {
    const { base, identifiers } = combination;
    handed.tenancies.emptied.push({ fragment: target.id, base, identifiers });
    const row = rows.get(target.id);
    if (row === undefined) continue;
    if (row.person !== 0) handed.changedPersons.add(row.person);
    const ties = tieChange({ state: row.state, isNew: true, addressBefore: undefined }, hash);
    if (ties !== null) handed.ties.push({ fragment: target.id, added: [], removed: ties.added });
  }
}

/** What stays where it was folded. */
function sightRest({ tenancies }: HandedOver, seen: Seen, done: ReadonlySet<FragmentId>): void {
  for (const [fragment, { events }] of seen) {
    if (!done.has(fragment)) tenancies.sighted.push({ fragment, sightings: events.map(sightingOf) });
  }
}

/** Whoever had one of the devices has other spans of it now, whether or not an event changed hands. */
async function tellHeld(
  handed: HandedOver,
  held: ReadonlyMap<IdentifierKey, readonly Tenancy[]>,
  combinations: readonly DeviceCombination[],
  { store }: Parts,
): Promise<void> {
  const before = await store.tenancies([...held.keys()]);
  for (const [device, tenancies] of held) {
    if (isSame(before.get(device) ?? nobodys, tenancies)) continue;
    handed.tenancies.held.push({ device, tenancies });
    for (const { identifiers, fragments } of combinations) {
      if (!identifiers.includes(device)) continue;
      for (const { tenant, person } of fragments) if (tenant !== undefined) handed.changedPersons.add(person);
    }
  }
}

function isSame(one: readonly Tenancy[], other: readonly Tenancy[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ from, tenant }, index) => from === other[index]?.from && tenant === other[index]?.tenant)
  );
}
