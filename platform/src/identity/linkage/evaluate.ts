/** How found clusters compare with the truth. Pairs are unordered pairs of records. */
export interface Evaluation {
  /** Records whose truth is known: only they are counted. */
  records: number;
  truePairs: number;
  foundPairs: number;
  rightPairs: number;
  precision: number;
  recall: number;
  /** Over all true pairs, those that no block held included. */
  f1: number;
  /** Bagga & Baldwin 1998, averaged over records. */
  bCubed: { precision: number; recall: number; f1: number };
  /** Share of the true pairs that were compared at all. */
  blockingRecall: number;
  largestCluster: number;
  largestTrueCluster: number;
}

/** `truth` by record, -1 where it is not known; `blockedTruePairs` is how many true pairs were compared. */
export function evaluate(clusters: ArrayLike<number>, truth: ArrayLike<number>, blockedTruePairs: number): Evaluation {
  const known = Array.from({ length: truth.length }, (_, record) => record).filter(
    (record) => (truth[record] ?? -1) >= 0,
  );
  const foundSizes = new Map<number, number>();
  const trueSizes = new Map<number, number>();
  const bothSizes = new Map<string, number>();
  const add = <Key>(sizes: Map<Key, number>, key: Key): void => {
    sizes.set(key, (sizes.get(key) ?? 0) + 1);
  };
  for (const record of known) {
    add(foundSizes, clusters[record] ?? -1);
    add(trueSizes, truth[record] ?? -1);
    add(bothSizes, `${clusters[record] ?? -1} ${truth[record] ?? -1}`);
  }
  const [truePairs, foundPairs, rightPairs] = [pairsOf(trueSizes), pairsOf(foundSizes), pairsOf(bothSizes)];
  let bPrecision = 0;
  let bRecall = 0;
  for (const [key, both] of bothSizes) {
    const [found = "", real = ""] = key.split(" ");
    bPrecision += (both * both) / (foundSizes.get(Number(found)) ?? 1);
    bRecall += (both * both) / (trueSizes.get(Number(real)) ?? 1);
  }
  const records = Math.max(1, known.length);
  const [precision, recall] = [ratio(rightPairs, foundPairs), ratio(rightPairs, truePairs)];
  return {
    records: known.length,
    truePairs,
    foundPairs,
    rightPairs,
    precision,
    recall,
    f1: harmonic(precision, recall),
    bCubed: {
      precision: bPrecision / records,
      recall: bRecall / records,
      f1: harmonic(bPrecision / records, bRecall / records),
    },
    blockingRecall: ratio(blockedTruePairs, truePairs),
    largestCluster: largest(foundSizes),
    largestTrueCluster: largest(trueSizes),
  };
}

function pairsOf(sizes: ReadonlyMap<unknown, number>): number {
  let pairs = 0;
  for (const size of sizes.values()) pairs += (size * (size - 1)) / 2;
  return pairs;
}

function largest(sizes: ReadonlyMap<unknown, number>): number {
  let most = 0;
  for (const size of sizes.values()) most = Math.max(most, size);
  return most;
}

/** Nothing of nothing is all of it. */
function ratio(part: number, whole: number): number {
  return whole === 0 ? 1 : part / whole;
}

function harmonic(a: number, b: number): number {
  return a + b === 0 ? 0 : (2 * a * b) / (a + b);
}

/** How the pairs' probabilities compare with the truth. */
export interface PairEvaluation {
  /** Of accepted pairs. */
  precision: number;
  recall: number;
  f1: number;
  /** By probability, what share of such pairs is right: a calibrated probability says what it will be. */
  calibration: CalibrationBin[];
  /**
   * Expected calibration error (Naeini & al. 2015) over pairs of probability 0.01 or more: how far, on average over such
   * pairs, what was predicted lies from what came true. All others are sure strangers, whose number would hide it.
   */
  calibrationError: number;
}

export interface CalibrationBin {
  from: number;
  to: number;
  pairs: number;
  /** Predicted. */
  meanProbability: number;
  /** Observed. */
  rightShare: number;
}

const calibrationEdges = [0, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 1];

/** `counted`: by pattern, its true pairs and all its pairs. */
export function evaluatePairs(
  counted: { number: ArrayLike<number>; right: ArrayLike<number>; all: ArrayLike<number> },
  probabilities: ArrayLike<number>,
  truePairs: number,
  acceptProbability: number,
): PairEvaluation {
  const bins = calibrationEdges
    .slice(1)
    .map((to, at) => ({ from: calibrationEdges[at] ?? 0, to, pairs: 0, expected: 0, right: 0 }));
  let [accepted, acceptedRight] = [0, 0];
  for (let at = 0; at < counted.number.length; at++) {
    const probability = probabilities[counted.number[at] ?? 0] ?? 0;
    const [right, all] = [counted.right[at] ?? 0, counted.all[at] ?? 0];
    if (probability >= acceptProbability) {
      accepted += all;
      acceptedRight += right;
    }
    const bin = bins.find(({ to }) => probability <= to);
    if (bin === undefined) continue;
    bin.pairs += all;
    bin.expected += all * probability;
    bin.right += right;
  }
  const [precision, recall] = [ratio(acceptedRight, accepted), ratio(acceptedRight, truePairs)];
  const calibration = bins
    .filter(({ pairs }) => pairs > 0)
    .map(({ from, to, pairs, expected, right }): CalibrationBin => ({
      from,
      to,
      pairs,
      meanProbability: expected / pairs,
      rightShare: right / pairs,
    }));
  return { precision, recall, f1: harmonic(precision, recall), calibration, calibrationError: errorOf(calibration) };
}

const leastQuestionable = 0.01;

function errorOf(calibration: readonly CalibrationBin[]): number {
  let [pairs, away] = [0, 0];
  for (const bin of calibration) {
    if (bin.from < leastQuestionable) continue;
    pairs += bin.pairs;
    away += bin.pairs * Math.abs(bin.meanProbability - bin.rightShare);
  }
  return pairs === 0 ? 0 : away / pairs;
}
