/**
 * A Bloom filter over keys that are themselves uniform hashes, so the key's own bits pick the probes: one 64-byte
 * block by the first bytes, seven bits in it by the rest (Putze, Sanders, Singler 2007, "Cache-, hash- and
 * space-efficient Bloom filters": blocked). At 12 bits a key about 1 % of absent keys look present.
 */
export interface KeyFilter {
  readonly bytes: Uint8Array;
  count: number;
  add(key: Uint8Array): void;
  mayHave(key: Uint8Array): boolean;
}

export const filterCapacity = 1_000_000;
const bitsPerKey = 12;
const blockBytes = 64;
const blocks = Math.ceil((filterCapacity * bitsPerKey) / 8 / blockBytes);
export const filterBytes = blocks * blockBytes;

export function keyFilter(bytes = new Uint8Array(filterBytes), count = 0): KeyFilter {
  return {
    bytes,
    count,
    add(key) {
      const block = blockOf(key);
      let bits = probes(key);
      let more = moreProbes(key);
      for (let probe = 0; probe < 7; probe++) {
        const bit = probe < 3 ? bits & 511 : more & 511;
        const at = block + (bit >>> 3);
        bytes[at] = (bytes[at] ?? 0) | (1 << (bit & 7));
        if (probe < 3) bits >>>= 9;
        else more = Math.floor(more / 512);
      }
      this.count += 1;
    },
    mayHave(key) {
      const block = blockOf(key);
      let bits = probes(key);
      let more = moreProbes(key);
      for (let probe = 0; probe < 7; probe++) {
        const bit = probe < 3 ? bits & 511 : more & 511;
        if (((bytes[block + (bit >>> 3)] ?? 0) & (1 << (bit & 7))) === 0) return false;
        if (probe < 3) bits >>>= 9;
        else more = Math.floor(more / 512);
      }
      return true;
    },
  };
}

function blockOf(key: Uint8Array): number {
  return (word(key, 0) % blocks) * blockBytes;
}
function probes(key: Uint8Array): number {
  return word(key, 4);
}
/** 36 of the last 40 bits: four probes. */
function moreProbes(key: Uint8Array): number {
  return word(key, 8) * 16 + ((key[7] ?? 0) & 15);
}
function word(key: Uint8Array, at: number): number {
  return (((key[at] ?? 0) << 24) | ((key[at + 1] ?? 0) << 16) | ((key[at + 2] ?? 0) << 8) | (key[at + 3] ?? 0)) >>> 0;
}
