import { maxTenancyCombinations } from "../../identity/index.ts";
import type { FragmentId, Sighting } from "../../model/fragment.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import type { Tenancy } from "../../model/tenancy.ts";
import type { DeviceTally } from "../../storage/identityAndProfiles.ts";
import {
  combinationsOf,
  combinationsSeen,
  isCut,
  type DeviceCombination,
  type Parts,
  type Rows,
} from "./combinations.ts";
import type { Seen } from "./sightings.ts";
import { grownTally, isCrowded, isNobodys, isSame, nobodys, tallyOf, whoseNext, whoseOfAll } from "./whose.ts";

/** A device and who has it when. */
export interface Device {
  key: IdentifierKey;
  /** As stored. */
  before: readonly Tenancy[];
  after: readonly Tenancy[];
  /** All that hold it where `stored` is there, otherwise at least those of the batch. */
  combinations: readonly DeviceCombination[];
  /** Sightings of what is stored; null where that stays where it is. */
  stored: ReadonlyMap<FragmentId, readonly Sighting[]> | null;
  /** What is kept of it from now on; null: nothing. */
  tally: DeviceTally | null;
}

export interface Asked {
  seen: Seen;
  /** Whether all that the device was seen with is to be looked at, whatever is stored of it. */
  isAnew: (device: IdentifierKey) => boolean;
}

/**
 * Told from what is kept of a device where that will do: a till's tablet may have been seen with hundreds of
 * combinations, and most batches change nothing about whose it was. Crowded devices are nobody's, and were: they are
 * left out, and so is what is not shared and was not.
 */
export async function devicesOf(
  keys: readonly IdentifierKey[],
  asked: Asked,
  rows: Rows,
  parts: Parts,
): Promise<Device[]> {
  const { store } = parts;
  await rows.load(keys);
  const [held, tallies] = [await store.tenancies(keys), await store.deviceTallies(keys)];
  const isQuick = (key: IdentifierKey): boolean => tallies.has(key) && rows.isShared(key) && !asked.isAnew(key);
  const seen = await combinationsSeen(keys.filter(isQuick), asked.seen, parts);
  const devices: Device[] = [];
  const rest: IdentifierKey[] = [];
  for (const key of keys) {
    const [tally, before] = [tallies.get(key), held.get(key) ?? nobodys];
    if (tally === undefined || !isQuick(key)) {
      if (rows.isShared(key) || asked.isAnew(key)) rest.push(key);
      continue;
    }
    const combinations = seen.filter(({ identifiers }) => identifiers.includes(key));
    const grown = grownTally(tally, combinations);
    const after = whoseNext({ before, tally, grown, combinations }, parts.rules);
    if (after === null) rest.push(key);
    else devices.push({ key, before, after, combinations, stored: null, tally: isCrowded(grown) ? null : grown });
  }
  return [...devices, ...(await fromAll(rest, held, asked, rows, parts))];
}

async function fromAll(
  keys: readonly IdentifierKey[],
  held: ReadonlyMap<IdentifierKey, readonly Tenancy[]>,
  { seen, isAnew }: Asked,
  rows: Rows,
  parts: Parts,
): Promise<Device[]> {
  if (keys.length === 0) return [];
  const crowded = await parts.store.crowdedDevices(keys, maxTenancyCombinations);
  const open = keys.filter((key) => !crowded.has(key));
  const all = [...(await combinationsOf(open, seen, parts)).values()];
  const devices: Device[] = [];
  for (const key of open) {
    const combinations = all.filter(({ identifiers }) => identifiers.includes(key));
    const sightings = sightingsOnce(combinations, parts);
    const before = held.get(key) ?? nobodys;
    const isShared = rows.isShared(key);
    const after = isShared ? await whoseOfAll(combinations, sightings, parts.rules) : nobodys;
    const isWhole = isAnew(key) || !isSame(before, after);
    const mayMove = !isNobodys(after) || combinations.some(isCut);
    const stored = isWhole ? await (mayMove ? sightings() : new Map<FragmentId, Sighting[]>()) : null;
    const tally = tallyOf(combinations);
    devices.push({ key, before, after, combinations, stored, tally: isShared && !isCrowded(tally) ? tally : null });
  }
  return devices;
}

function sightingsOnce(
  combinations: readonly DeviceCombination[],
  { store }: Parts,
): () => ReturnType<Parts["store"]["sightings"]> {
  let read: ReturnType<Parts["store"]["sightings"]> | undefined;
  return () => {
    read ??= store.sightings(combinations.flatMap(({ fragments }) => fragments.map(({ id }) => id)));
    return read;
  };
}
