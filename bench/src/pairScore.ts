/** Whose an identifier is, and where it was put; the identifiers are the scorer's own numbering, 0 to n − 1. */
export interface Partitions {
  /** By identifier, the person's number. */
  person: ArrayLike<number>;
  /** By identifier, the profile's number. */
  profile: ArrayLike<number>;
  /** By identifier, the number of what the evidence that was sent connects. */
  evidence: ArrayLike<number>;
}

/** Counts of unordered pairs of identifiers. */
export interface PairScore {
  /** Of one person. */
  truePairs: number;
  /** In one profile. */
  joinedPairs: number;
  /** Both. */
  rightPairs: number;
  /** Of one person, with evidence between them: the most that can be known. */
  knowablePairs: number;
  rightKnowablePairs: number;
  /** rightPairs ÷ joinedPairs. */
  precision: number;
  /** rightPairs ÷ truePairs. */
  recall: number;
  /** rightKnowablePairs ÷ knowablePairs. */
  knowableRecall: number;
}

/** Precision and recall of pairs, counted from the sizes of groups, so that millions of identifiers take seconds. */
export function scorePairs({ person, profile, evidence }: Partitions): PairScore {
  const identifiers = Array.from({ length: person.length }, (_, at) => at);
  const pairs = (...keys: ArrayLike<number>[]): number => {
    const sizes = new Map<string, number>();
    for (const at of identifiers) {
      const key = keys.map((part) => String(part[at])).join(" ");
      sizes.set(key, (sizes.get(key) ?? 0) + 1);
    }
    return [...sizes.values()].reduce((sum, size) => sum + (size * (size - 1)) / 2, 0);
  };
  const truePairs = pairs(person);
  const joinedPairs = pairs(profile);
  const rightPairs = pairs(person, profile);
  const knowablePairs = pairs(person, evidence);
  const rightKnowablePairs = pairs(person, evidence, profile);
  return {
    truePairs,
    joinedPairs,
    rightPairs,
    knowablePairs,
    rightKnowablePairs,
    precision: ratio(rightPairs, joinedPairs),
    recall: ratio(rightPairs, truePairs),
    knowableRecall: ratio(rightKnowablePairs, knowablePairs),
  };
}

/** Nothing of nothing is all of it. */
function ratio(part: number, whole: number): number {
  return whole === 0 ? 1 : part / whole;
}
