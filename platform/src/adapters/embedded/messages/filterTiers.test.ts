import { createCipheriv } from "node:crypto";
import { describe, expect, test } from "vitest";
import { defaultSchedule, filterTiers, keyBytes } from "./filterTiers.ts";

/** Uniform keys, one after the other; another stream has others. */
function keys(stream: number, count: number): Uint8Array {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16, stream), Buffer.alloc(16));
  return cipher.update(Buffer.alloc(count * keyBytes));
}

function sorted(raw: Uint8Array): Uint8Array {
  const each = Array.from({ length: raw.length / keyBytes }, (_, at) =>
    Buffer.from(raw.subarray(at * keyBytes, (at + 1) * keyBytes)),
  );
  return Buffer.concat(each.sort(Buffer.compare));
}

function share(of: (key: Uint8Array) => boolean, raw: Uint8Array): number {
  let passed = 0;
  for (let at = 0; at < raw.length; at += keyBytes) if (of(raw.subarray(at, at + keyBytes))) passed += 1;
  return passed / (raw.length / keyBytes);
}

/** Blocks of a 512-bit filter have a Poisson number of keys; the chance that eight set bits are met, over all of them. */
function expectedShare(bitsPerKey: number): number {
  const mean = 512 / bitsPerKey;
  let weight = Math.exp(-mean);
  let sum = 0;
  for (let held = 0; held < mean * 8 + 40; held++) {
    if (held > 0) weight *= mean / held;
    sum += weight * (1 - (1 - 1 / 512) ** (8 * held)) ** 8;
  }
  return sum;
}

describe("the filters in front of the message keys", () => {
  test.each<[string, (raw: Uint8Array) => Uint8Array]>([
    ["as they come", (raw) => raw],
    ["sorted, as the tree has them", sorted],
  ])("have every key that was added %s, and pass as few others as computed, also when full", (_how, order) => {
    // All sizes a sixteen-thousandth: ten filters as for a billion keys.
    const scale = 2 ** 14;
    const tiers = filterTiers({ ...defaultSchedule, capacityOf: (tier) => defaultSchedule.capacityOf(tier) / scale });
    const added = keys(1, 2 ** 30 / scale - 64);
    tiers.addAll(order(added));
    expect(tiers.filters).toHaveLength(10);
    expect(share(tiers.mayHave, added)).toBe(1);
    const bits = tiers.filters.map((_, tier) => defaultSchedule.bitsPerKeyOf(tier));
    const expected = bits.reduce((sum, each) => sum + expectedShare(each), 0);
    expect(expected).toBeLessThan(0.01);
    const passed = share(tiers.mayHave, keys(2, 300_000));
    expect(passed).toBeGreaterThan(expected * 0.7);
    expect(passed).toBeLessThan(expected * 1.3);
    expect(tiers.bytes() / tiers.count()).toBeLessThan(1.8);
  });

  test("stay within a hundredth at every size up to a billion, in the memory that is stated", () => {
    for (let count = 2 ** 20; count <= 2 ** 30; count *= 1.1) {
      let held = 0;
      let bytes = 0;
      let passed = 0;
      for (let tier = 0; held < count; tier++) {
        held += defaultSchedule.capacityOf(tier);
        bytes += (defaultSchedule.capacityOf(tier) * defaultSchedule.bitsPerKeyOf(tier)) / 8;
        passed += expectedShare(defaultSchedule.bitsPerKeyOf(tier));
      }
      expect(passed).toBeLessThan(0.01);
      expect(bytes / count).toBeLessThan(count < 2 ** 22 ? 11 : count < 2 ** 28 ? 7 : 4);
    }
  });

  test("past the last one take more keys, miss none, and use no more memory", () => {
    const tiers = filterTiers({ capacityOf: () => 1_000, bitsPerKeyOf: () => 12, maxTiers: 2 });
    const added = keys(3, 10_000);
    tiers.addAll(added.subarray(0, 2_000 * keyBytes));
    const bytes = tiers.bytes();
    tiers.addAll(added.subarray(2_000 * keyBytes));
    expect(share(tiers.mayHave, added)).toBe(1);
    expect(tiers.bytes()).toBe(bytes);
    expect(tiers.count()).toBe(10_000);
  });
});
