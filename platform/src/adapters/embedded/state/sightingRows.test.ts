import fc from "fast-check";
import { expect, it } from "vitest";
import { logoutNames } from "../../../model/logout.ts";
import { decodeSightings, encodeSightings } from "./sightingRows.ts";

it("sightings are read as they were written, whatever their times", () => {
  const sighting = fc.record({
    at: fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 }),
    position: fc.maxSafeNat(),
    logout: fc.nat(logoutNames.length),
  });
  fc.assert(
    fc.property(fc.array(sighting), (sightings) => {
      expect(decodeSightings(encodeSightings(sightings))).toEqual(sightings);
    }),
  );
});
