import * as fc from "fast-check";
import { expect, it } from "vitest";
import { scorePairs } from "./pairScore.ts";

const groups = fc.array(fc.tuple(fc.nat(4), fc.nat(4), fc.nat(2)), { maxLength: 30 });

it("counts what a look at every pair counts", () => {
  fc.assert(
    fc.property(groups, (rows) => {
      const person = rows.map(([one]) => one);
      const profile = rows.map(([, one]) => one);
      // Evidence connects identifiers of one person only.
      const evidence = rows.map(([owner, , part]) => owner * 3 + part);
      const counted = { truePairs: 0, joinedPairs: 0, rightPairs: 0, knowablePairs: 0, rightKnowablePairs: 0 };
      for (let a = 0; a < rows.length; a++) {
        for (let b = a + 1; b < rows.length; b++) {
          const isTrue = person[a] === person[b];
          const isJoined = profile[a] === profile[b];
          const isKnowable = evidence[a] === evidence[b];
          counted.truePairs += Number(isTrue);
          counted.joinedPairs += Number(isJoined);
          counted.rightPairs += Number(isTrue && isJoined);
          counted.knowablePairs += Number(isTrue && isKnowable);
          counted.rightKnowablePairs += Number(isTrue && isKnowable && isJoined);
        }
      }
      expect(scorePairs({ person, profile, evidence })).toMatchObject(counted);
    }),
  );
});

it("calls everything right right, and one person in two halves a loss of recall", () => {
  const all = { person: [1, 1, 2, 2], profile: [7, 7, 8, 8], evidence: [1, 1, 2, 2] };
  expect(scorePairs(all)).toMatchObject({ precision: 1, recall: 1, knowableRecall: 1 });
  expect(scorePairs({ ...all, profile: [7, 9, 8, 8] })).toMatchObject({ precision: 1, recall: 0.5 });
  expect(scorePairs({ ...all, profile: [7, 7, 7, 7] })).toMatchObject({ precision: 2 / 6, recall: 1 });
  expect(scorePairs({ ...all, profile: [7, 9, 8, 8], evidence: [1, 3, 2, 2] })).toMatchObject({ knowableRecall: 1 });
});
