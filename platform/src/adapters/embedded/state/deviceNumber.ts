import type { IdentifierKey } from "../../../model/identifier.ts";

/**
 * 53 bits that a device's key is told by where its combinations are listed: half of what the key itself costs there,
 * and no keyed hash for each new combination. Two devices of one number are told apart by the combinations' identifiers, but where these are counted.
 * The method is cyrb53 (bryc, public domain): MurmurHash3's mixing, two lanes.
 */
export function deviceNumber(key: IdentifierKey): number {
  let [low, high] = [0xdeadbeef, 0x41c6ce57];
  for (let at = 0; at < key.length; at++) {
    const code = key.charCodeAt(at);
    low = Math.imul(low ^ code, 2_654_435_761);
    high = Math.imul(high ^ code, 1_597_334_677);
  }
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  return 2 ** 32 * (high & 0x1f_ffff) + (low >>> 0);
}
