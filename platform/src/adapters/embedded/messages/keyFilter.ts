/** Keys are uniform hashes of 12 bytes, as three words. */
export interface KeyWords {
  block: number;
  first: number;
  step: number;
}

/**
 * A Bloom filter in blocks of one cache line (Putze, Sanders, Singler 2007, "Cache-, hash- and space-efficient Bloom
 * filters"). Keys are uniform hashes themselves, so their words pick the block and, by enhanced double hashing, eight bits in
 * it. Bits are only ever set: a copy taken while keys are added holds at least every key from before it began.
 */
export interface KeyFilter {
  readonly words: Uint32Array;
  /** Keys added. */
  count: number;
  add(key: KeyWords): void;
  mayHave(key: KeyWords): boolean;
}

const blockWords = 16;
const blockBits = blockWords * 32;
const probes = 8;
/** Without it, a key in some hundred has a step that visits few distinct bits (Dillinger, Manolios 2004: "enhanced"). */
const stepGrowth = 0x9e3779b9 | 0;

/** Words of a filter that holds `capacity` keys at `bitsPerKey`: whole blocks. */
export function filterWords(capacity: number, bitsPerKey: number): number {
  return Math.ceil((capacity * bitsPerKey) / blockBits) * blockWords;
}

export function keyFilter(words: Uint32Array, count = 0): KeyFilter {
  const blocks = words.length / blockWords;
  return {
    words,
    count,
    add({ block, first, step: firstStep }) {
      const from = Math.floor(block * 2 ** -32 * blocks) * blockWords;
      let bits = first;
      let step = firstStep;
      for (let probe = 0; probe < probes; probe++) {
        const at = from + (bits >>> 28);
        words[at] = (words[at] ?? 0) | (1 << ((bits >>> 23) & 31));
        bits = (bits + step) | 0;
        step = (step + stepGrowth) | 0;
      }
      this.count += 1;
    },
    mayHave({ block, first, step: firstStep }) {
      const from = Math.floor(block * 2 ** -32 * blocks) * blockWords;
      let bits = first;
      let step = firstStep;
      for (let probe = 0; probe < probes; probe++) {
        if ((((words[from + (bits >>> 28)] ?? 0) >>> ((bits >>> 23) & 31)) & 1) === 0) return false;
        bits = (bits + step) | 0;
        step = (step + stepGrowth) | 0;
      }
      return true;
    },
  };
}

/**
 * The words of a key into `into`, which a loop uses again and again. Keys may come sorted (out of the tree): what they
 * have in common then, their first bits, picks no block and is mixed with the rest.
 */
export function readWords(key: Uint8Array, at: number, into: KeyWords): KeyWords {
  into.block = word(key, at + 8);
  into.first = word(key, at + 4);
  into.step = Math.imul(word(key, at), 0x85ebca6b);
  return into;
}

function word(key: Uint8Array, at: number): number {
  return (((key[at] ?? 0) << 24) | ((key[at + 1] ?? 0) << 16) | ((key[at + 2] ?? 0) << 8) | (key[at + 3] ?? 0)) >>> 0;
}
