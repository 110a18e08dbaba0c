import { expect, test } from "vitest";
import { failuresOf, type Outcome } from "./overloadVerdict.ts";

const well: Outcome = {
  acknowledged: 1_000_000,
  processed: 1_000_000,
  pending: 0,
  normalAfterMs: 12_000,
  modest: 29_900,
  modestDue: 30_000,
  modestRefused: 0,
  modestP99Ms: 80,
  modestShare: 0.3,
  floodsRefused: 400,
  isJudged: true,
  swing: 0.05,
};

test("an overload is well where everything holds", () => {
  expect(failuresOf(well)).toEqual([]);
});

test.each<[Partial<Outcome>, RegExp]>([
  [{ processed: 999_999 }, /1000000 were acknowledged and 999999 processed/],
  [{ pending: 3 }, /3 records still wait/],
  [{ normalAfterMs: null }, /lag did not become normal/],
  [{ modestRefused: 1 }, /was refused/],
  [{ modest: 26_999 }, /26999 of 30000 were taken/],
  [{ modestP99Ms: 1_001 }, /waited 1001 ms/],
  [{ isJudged: false }, /not proven/],
  [{ modestShare: 0.8 }, /not proven: .* 80\.0 % of a share/],
  [{ modestShare: 0.8, modestRefused: 9, modestP99Ms: 5_000 }, /not proven/],
  [{ isJudged: false, modestP99Ms: 1_001 }, /not proven/],
  [{ floodsRefused: 0 }, /no overload/],
  [{ swing: 0.11 }, /memory went 11\.0 %/],
])("it fails, alone, by %j", (part, what) => {
  expect(failuresOf({ ...well, ...part })).toEqual([expect.stringMatching(what)]);
});
