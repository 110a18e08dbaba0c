/** A stream of repeatable random numbers that starts at (seed, ordinal): the same two always give the same numbers. */
export interface Draws {
  /** Uniform in [0, 1). */
  fraction(): number;
  /** A whole number in [0, below). */
  below(below: number): number;
  /** 32 random bits. */
  bits(): number;
}

export const goldenRatio = 0x9e3779b9;

/** What {@link mixed} does, for other languages: xor with itself shifted right, then times a factor. */
export const mixSteps: readonly { shift: number; factor: number | null }[] = [
  { shift: 16, factor: 0x85ebca6b },
  { shift: 13, factor: 0xc2b2ae35 },
  { shift: 16, factor: null },
];

/**
 * Draws that need no state of earlier ones, so that event 7,000,000 can be made without the 6,999,999 before it: the
 * 32-bit finaliser of MurmurHash3 over a Weyl sequence (Steele, Lea and Flood: Fast Splittable Pseudorandom Number
 * Generators, 2014).
 */
export function drawsAt(seed: number, ordinal: number): Draws {
  let state = mixed(mixed(seed) ^ Math.imul(ordinal, goldenRatio)) ^ mixed(Math.floor(ordinal / 2 ** 32) + 1);
  const bits = (): number => {
    state = (state + goldenRatio) | 0;
    return mixed(state);
  };
  return {
    bits,
    fraction: () => bits() / 2 ** 32,
    below: (below) => Math.floor((bits() / 2 ** 32) * below),
  };
}

/** 32 bits, unsigned, in which each bit of `value` has changed about half. */
export function mixed(value: number): number {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
