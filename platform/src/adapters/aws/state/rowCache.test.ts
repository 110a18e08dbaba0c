import fc from "fast-check";
import { expect, test } from "vitest";
import { placeName, row } from "./place.ts";
import { cached, RowCache } from "./rowCache.ts";
import type { RowTexts } from "./rowReads.ts";

test("a row that is there is never told as missing, however little is kept", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 200 }),
      fc.array(fc.uniqueArray(fc.nat(30), { minLength: 1 }), { minLength: 1, maxLength: 8 }),
      async (maxChars, asked) => {
        const textOf = (n: number): string | null => (n % 5 === 0 ? null : `row ${n} ${"x".repeat(n)}`);
        const table = new Map(Array.from({ length: 31 }, (_, n) => [placeName(row(`r${n}`)), textOf(n)]));
        const rows: RowTexts = {
          range: () => Promise.reject(new Error("no range is asked for")),
          texts: async (places) => places.map((place) => table.get(placeName(place)) ?? null),
        };
        const held = cached(rows, new RowCache(maxChars));
        // Several at once, as a batch's reads are.
        const answers = await Promise.all(asked.map((each) => held.texts(each.map((n) => row(`r${n}`)))));
        expect(answers).toEqual(asked.map((each) => each.map(textOf)));
        for (const each of asked) expect(await held.texts(each.map((n) => row(`r${n}`)))).toEqual(each.map(textOf));
      },
    ),
  );
});
