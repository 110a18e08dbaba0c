const twoTo32 = 4_294_967_296;

/**
 * A well-mixed 32-bit hash of whole numbers, the same on every machine (MurmurHash3's body and finaliser, A. Appleby,
 * public domain). Keys are taken modulo 2^32.
 */
export function hash32(seed: number, a: number, b = 0, c = 0): number {
  let h = mixed(seed | 0, a);
  h = mixed(h, b);
  h = mixed(h, c);
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function mixed(h: number, key: number): number {
  let k = Math.imul(key | 0, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const x = h ^ k;
  return (Math.imul((x << 13) | (x >>> 19), 5) + 0xe6546b64) | 0;
}

/** [0, 1) from a hash: a draw that is asked for once needs no generator. */
export function share(hash: number): number {
  return hash / twoTo32;
}

/** A stream of draws; what comes depends on the hash it began with and on nothing else. */
export interface Draws {
  /** Uniform in [0, 1), 32 bits. */
  next(): number;
  chance(probability: number): boolean;
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  pick<Item>(items: readonly [Item, ...Item[]] | readonly Item[]): Item;
  /** Whole numbers from 0 below `count`, the first the likeliest: few things make most of the turnover. */
  popular(count: number): number;
}

/** Mulberry32 (T. Ettinger, public domain). */
export function drawsFrom(hash: number): Draws {
  let state = hash | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / twoTo32;
  };
  return {
    next,
    chance: (probability) => next() < probability,
    between: (least, most) => least + Math.floor(next() * (most - least + 1)),
    pick: (items) => items[Math.floor(next() * items.length)] as (typeof items)[number],
    popular: (count) => Math.floor(count * next() ** popularityPower),
  };
}

/** With it a fifth of the products make half of the sales. */
const popularityPower = 2.3;
