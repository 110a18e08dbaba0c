import fc from "fast-check";
import { expect, it } from "vitest";
import { Changes } from "./changes.ts";
import { Draft } from "./draft.ts";
import { addTo, countIn, listed, type Listing, maxListed, removeFrom } from "./listing.ts";
import { row } from "./place.ts";
import { overlaid, type RowTexts, valueAt } from "./rowReads.ts";

const place = row<Listing<"names">>("L#1");
const nothing: RowTexts = { texts: async (places) => places.map(() => null), range: async () => [] };
/** Around the length at which a list goes on elsewhere. */
const names = Array.from({ length: maxListed + 20 }, (_, n) => `${n % 3}.${n}`);

it("lists of any length hold what was added and not removed, each name once", async () => {
  const step = fc.record({ isAdded: fc.boolean(), from: fc.nat(names.length), count: fc.nat(names.length) });
  const property = fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
      const expected = new Set<string>();
      let rows = nothing;
      for (const { isAdded, from, count } of steps) {
        const draft = new Draft(rows);
        for (const name of names.slice(from, from + count)) {
          await (isAdded ? addTo : removeFrom)(draft, place, "names", name);
          if (isAdded) expected.add(name);
          else expected.delete(name);
        }
        rows = overlaid(rows, Changes.decoded(draft.changes().encoded()));
        const listing = await valueAt(rows, place);
        expect(countIn(listing, "names")).toBe(expected.size);
        expect((await listed(rows, place, listing, "names")).sort()).toEqual([...expected].sort());
        const begin = [...expected].filter((name) => name.startsWith("1.")).sort();
        expect((await listed(rows, place, listing, "names", { prefix: "1." })).sort()).toEqual(begin);
        const some = await listed(rows, place, listing, "names", { most: 5 });
        expect(some.length).toBeGreaterThanOrEqual(Math.min(5, expected.size));
      }
      expect(await new Draft(rows).has(place)).toBe(expected.size > 0);
    }),
  );
  await expect(property).resolves.toBeUndefined();
});
