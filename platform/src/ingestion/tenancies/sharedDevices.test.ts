import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { IdentifierKey } from "../../model/identifier.ts";
import type { IdentifierRow } from "../../storage/identityAndProfiles.ts";
import { sharedDevices } from "./sharedDevices.ts";

const row = (key: IdentifierKey, isShared: boolean): IdentifierRow => {
  return { key, person: 1, decision: isShared ? "shared" : "ordinary", seenWith: [], firstAt: 0 };
};

/** Of devices 0 … 5 some are shared from the start, others become so, batch by batch. */
const batch = fc.record({
  carried: fc.uniqueArray(fc.nat(5)),
  turned: fc.uniqueArray(fc.nat(5), { maxLength: 2 }),
});
const keyOf = (device: number): IdentifierKey => `device_id:${device}`;

describe("the shared devices of a batch", () => {
  it("are known whether all of them are remembered or there are too many", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(5)), fc.array(batch), fc.nat(6), async (first, batches, most) => {
        const stored = new Set(first);
        const devices = sharedDevices(
          {
            identifiers: async (keys) => {
              const known = keys.map((key) => row(key, stored.has(Number(key.slice("device_id:".length)))));
              return new Map(known.map((each) => [each.key, each]));
            },
            sharedDevices: async (after, limit) => {
              const sorted = [...stored].map(keyOf).toSorted((a, b) => (a < b ? -1 : 1));
              return sorted.filter((key) => key > after).slice(0, limit);
            },
          },
          most,
        );
        for (const { carried, turned } of batches) {
          const told = await devices.among(
            carried.map((each) => [keyOf(each)]),
            turned.map((each) => row(keyOf(each), true)),
          );
          const expected = new Set([...turned, ...carried.filter((each) => stored.has(each))].map(keyOf));
          expect(told.shared.union(told.turned)).toEqual(expected);
          expect(told.turned).toEqual(new Set(turned.map(keyOf)));
          for (const each of turned) stored.add(each);
        }
      }),
    );
  });
});
