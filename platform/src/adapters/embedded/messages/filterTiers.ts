import { filterWords, keyFilter, readWords, type KeyFilter } from "./keyFilter.ts";

export const keyBytes = 12;

/** How large the filters are, oldest first. */
export interface TierSchedule {
  capacityOf(tier: number): number;
  bitsPerKeyOf(tier: number): number;
  /** No tier is made after it: the last one then takes more keys than it is made for. */
  readonly maxTiers: number;
}

const firstCapacityKeys = 2 ** 20;
const doublingTiers = 10;
const leastBitsPerKey = 12;
const laterBitsPerKey = 20;

/**
 * Each filter holds twice the keys of the one before it, so a billion keys need ten, and a key is looked for in ten at
 * most. The shares of false positives follow the sizes (Dayan, Athanassoulis, Idreos 2017, "Monkey": the smaller a
 * filter, the cheaper it is to make it nearly exact): two more bits a key for each halving. Full ones take 3.75 bytes a
 * key at a million keys and 1.75 at a billion (1.9 GB), where all ten together let 0.8 % of absent keys through; a
 * filter that was just opened is empty, and the bytes a key are twice that for a while. Two more of 2^29 keys follow.
 * From 2.1 billion keys on (4.6 GB) there are no new ones: more and more look-ups reach the disk, never a wrong answer.
 */
export const defaultSchedule: TierSchedule = {
  capacityOf: (tier) => firstCapacityKeys * 2 ** Math.min(tier, doublingTiers - 1),
  bitsPerKeyOf: (tier) => (tier < doublingTiers ? leastBitsPerKey + 2 * (doublingTiers - 1 - tier) : laterBitsPerKey),
  maxTiers: doublingTiers + 2,
};

/** The keys of everything sealed, or a few that only look like one of them. Never misses a key that was added. */
export interface FilterTiers {
  readonly filters: readonly KeyFilter[];
  count(): number;
  bytes(): number;
  /** All keys of 12 bytes in `keys`, one after the other. */
  addAll(keys: Uint8Array): void;
  mayHave(key: Uint8Array): boolean;
}

export function filterTiers(schedule: TierSchedule, loaded: readonly KeyFilter[] = []): FilterTiers {
  const filters = [...loaded];
  const words = { block: 0, first: 0, step: 1 };
  const open = (): KeyFilter => {
    const last = filters.at(-1);
    const isFull = last === undefined || last.count >= schedule.capacityOf(filters.length - 1);
    if (last !== undefined && (!isFull || filters.length >= schedule.maxTiers)) return last;
    const tier = filters.length;
    const next = keyFilter(new Uint32Array(filterWords(schedule.capacityOf(tier), schedule.bitsPerKeyOf(tier))));
    filters.push(next);
    return next;
  };
  return {
    filters,
    count: () => filters.reduce((sum, { count }) => sum + count, 0),
    bytes: () => filters.reduce((sum, filter) => sum + filter.words.byteLength, 0),
    addAll: (keys) => {
      for (let at = 0; at + keyBytes <= keys.length; at += keyBytes) open().add(readWords(keys, at, words));
    },
    mayHave: (key) => {
      readWords(key, 0, words);
      for (let tier = filters.length - 1; tier >= 0; tier--) if (filters[tier]?.mayHave(words) === true) return true;
      return false;
    },
  };
}
