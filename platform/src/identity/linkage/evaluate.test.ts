import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate, evaluatePairs } from "./evaluate.ts";

const someClusters = fc.array(fc.tuple(fc.nat(4), fc.integer({ min: -1, max: 4 })), { minLength: 1, maxLength: 12 });

describe("an evaluation", () => {
  it("counts as going through every pair does", () => {
    fc.assert(
      fc.property(someClusters, (records) => {
        const known = records.filter(([, truth]) => truth >= 0);
        let [found, real, right] = [0, 0, 0];
        for (const [at, [cluster, truth]] of known.entries())
          for (const [otherCluster, otherTruth] of known.slice(at + 1)) {
            if (cluster === otherCluster) found++;
            if (truth === otherTruth) real++;
            if (cluster === otherCluster && truth === otherTruth) right++;
          }
        const result = evaluate(
          records.map(([cluster]) => cluster),
          records.map(([, truth]) => truth),
          right,
        );
        expect([result.foundPairs, result.truePairs, result.rightPairs]).toEqual([found, real, right]);
        expect(result.f1).toBeCloseTo(found + real === 0 ? 1 : (2 * right) / (found + real), 9);
      }),
    );
  });

  it("is one for the truth itself", () => {
    const { f1, bCubed, blockingRecall } = evaluate([0, 0, 2], [7, 7, 9], 1);
    expect([f1, bCubed.f1, blockingRecall]).toEqual([1, 1, 1]);
  });

  it("counts true pairs that no block held as missed", () => {
    expect(evaluate([0, 1, 2, 2], [5, 5, 6, 6], 1)).toMatchObject({
      recall: 0.5,
      blockingRecall: 0.5,
      largestCluster: 2,
    });
  });

  it("averages B-cubed over records (Amigó et al. 2009)", () => {
    const { bCubed } = evaluate([0, 0, 0, 3], [1, 1, 2, 2], 0);
    expect(bCubed.precision).toBeCloseTo((2 / 3 + 2 / 3 + 1 / 3 + 1) / 4, 9);
    expect(bCubed.recall).toBeCloseTo((1 + 1 + 0.5 + 0.5) / 4, 9);
  });

  it("shows whether probabilities come true", () => {
    const counted = { number: [0, 1], right: [9, 1], all: [10, 100] };
    const { precision, recall, calibration, calibrationError } = evaluatePairs(counted, [0.92, 0.005], 12, 0.9);
    expect([precision, recall]).toEqual([0.9, 0.75]);
    expect(calibrationError).toBeCloseTo(0.02, 9);
    expect(calibration).toEqual([
      { from: 0, to: 0.01, pairs: 100, meanProbability: 0.005, rightShare: 0.01 },
      { from: 0.9, to: 0.99, pairs: 10, meanProbability: expect.closeTo(0.92) as number, rightShare: 0.9 },
    ]);
  });
});
