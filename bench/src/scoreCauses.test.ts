import { expect, it } from "vitest";
import type { RetailTruth } from "./retailTruth.ts";
import { falsePairCauses, splitCauses, splitsOf } from "./scoreCauses.ts";

/** Person 1 has three identifiers that hang together, person 2 two, person 3 one and one that nothing connects. */
function truth(): RetailTruth {
  const person = [1, 1, 1, 2, 2, 3, 3];
  const sharedOf = new Map([
    [1, [{ key: "phone:x", kind: "landline" }]],
    [2, [{ key: "phone:x", kind: "landline" }]],
  ]);
  return {
    keys: ["a1", "b1", "c1", "a2", "b2", "a3", "b3"],
    numbers: new Map(),
    person: Int32Array.from(person),
    evidence: Int32Array.from([0, 0, 0, 3, 3, 5, 6]),
    shared: ["phone:x"],
    sharedOf,
    events: 0,
    householdOf: () => 0,
  };
}

it("counts false pairs by what the two people share", () => {
  const profile = [7, 7, 8, 7, 9, 7, 10];
  expect(falsePairCauses(truth(), profile)).toEqual([
    { name: "through others", pairs: 3 },
    { name: "landline", pairs: 2 },
  ]);
  expect(falsePairCauses(truth(), [1, 1, 1, 2, 2, 3, 4])).toEqual([]);
});

it("finds what evidence connects and the platform did not, and why", async () => {
  const splits = splitsOf(truth(), [7, 7, 8, 5, 6, 1, 2]);
  expect(splits).toEqual([
    { a: "a1", b: "c1", pairs: 2 },
    { a: "a2", b: "b2", pairs: 1 },
  ]);
  expect(await splitCauses(splits, 1, async (a, b) => `${a}-${b}`)).toEqual([
    { name: "a1-c1", pairs: 2 },
    { name: "not asked", pairs: 1 },
  ]);
});
