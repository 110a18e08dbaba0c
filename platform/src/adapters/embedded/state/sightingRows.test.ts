import fc from "fast-check";
import { expect, it } from "vitest";
import { logoutNames } from "../../../model/logout.ts";
import { decodeSightings, encodeSightings } from "./sightingRows.ts";

it("sightings are read as they were written, whatever their times", () => {
  const sighting = fc.record({
    at: fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 }),
    position: fc.nat(2 ** 31 - 1),
    logout: fc.nat(logoutNames.length),
  });
  const ascending = fc
    .uniqueArray(sighting, { selector: ({ position }) => position })
    .map((list) => list.toSorted((one, other) => one.position - other.position));
  fc.assert(
    fc.property(ascending, (sightings) => {
      expect(decodeSightings({ seen: encodeSightings(sightings) })).toEqual(sightings);
    }),
  );
});
