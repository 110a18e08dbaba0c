import type { ClusterSettings } from "./cluster.ts";
import type { ColumnType } from "./columnType.ts";
import type { Comparison } from "./comparison.ts";
import type { Estimate } from "./em.ts";

export const modelFormat = "c360-linkage-model";
export const modelVersion = 1;
/** Pairs at least as probable are accepted. */
export const defaultAcceptProbability = 0.9;

export interface ModelLevel {
  label: string;
  /** Share among pairs of one person, of one household, of strangers, where nothing of it is missing. */
  match: number;
  household: number;
  stranger: number;
  /** Of levels whose values are equal, by how rare the value is: the parts of `match` and of `stranger`. */
  terms?: { match: number[]; stranger: number[] };
}

export interface ModelComparison {
  name: string;
  levels: ModelLevel[];
}

/** All that was learned from tables, to be applied to others of their kind. A document: versioned, readable, checked. */
export interface LinkageModel {
  format: typeof modelFormat;
  version: typeof modelVersion;
  /** By table, what its columns are. */
  columns: { name: string; type: ColumnType }[][];
  comparisons: ModelComparison[];
  /** Expected pairs of one person, and of one household, for each record. */
  matchesPerRecord: number;
  householdsPerRecord: number;
  clusters: ClusterSettings;
  /** Pairs at least as probable as this are accepted. */
  acceptProbability: number;
}

const decimals = 7;

/** The document of what was estimated. */
export function modelOf(
  learned: { estimate: Estimate; comparisons: readonly Comparison[]; records: number },
  rest: Pick<LinkageModel, "columns" | "clusters" | "acceptProbability">,
): LinkageModel {
  const { estimate, comparisons, records } = learned;
  return {
    format: modelFormat,
    version: modelVersion,
    ...rest,
    comparisons: comparisons.map((comparison, k) => ({
      name: comparison.name,
      levels: comparison.levels.map((level, at) => ({
        label: level.label,
        ...levelShares(estimate, k, at, comparison.levels.length, level.termField !== null),
      })),
    })),
    matchesPerRecord: rounded(estimate.matchPairs / Math.max(1, records)),
    householdsPerRecord: rounded(estimate.householdPairs / Math.max(1, records)),
  };
}

function levelShares(
  estimate: Estimate,
  k: number,
  at: number,
  levels: number,
  hasTerms: boolean,
): Omit<ModelLevel, "label"> {
  const ofLevel = (shares: Float64Array | undefined): number[] =>
    [...(shares ?? [])].filter((_, outcome) => outcome % levels === at);
  const match = ofLevel(estimate.match[k]);
  const stranger = ofLevel(estimate.stranger[k]);
  const sums = { match: sum(match), household: sum(ofLevel(estimate.household[k])), stranger: sum(stranger) };
  const shares = { match: rounded(sums.match), household: rounded(sums.household), stranger: rounded(sums.stranger) };
  if (!hasTerms) return shares;
  const parts = (values: number[], of: number): number[] => values.map((value) => (of > 0 ? rounded(value / of) : 0));
  return { ...shares, terms: { match: parts(match, sums.match), stranger: parts(stranger, sums.stranger) } };
}

/** The parameters that a document gives for these comparisons, which {@link parseLinkageModel} has held against it. */
export function estimateOf(
  model: LinkageModel,
  comparisons: readonly Comparison[],
  records: number,
  buckets: number,
): Estimate {
  const byName = new Map(model.comparisons.map((each) => [each.name, each]));
  const made: Pick<Estimate, "match" | "household" | "stranger"> = { match: [], household: [], stranger: [] };
  for (const { name, levels } of comparisons) {
    const known = byName.get(name)?.levels ?? [];
    const hasTerms = levels.some(({ termField }) => termField !== null);
    const size = levels.length * (hasTerms ? buckets : 1);
    const share = (of: "match" | "household" | "stranger", terms: "match" | "stranger"): Float64Array =>
      Float64Array.from({ length: size }, (_, outcome) => {
        const level = known[outcome % levels.length];
        const bucket = Math.floor(outcome / levels.length);
        const part = level?.terms === undefined ? (bucket === 0 ? 1 : 0) : (level.terms[terms][bucket] ?? 0);
        return Math.max((level?.[of] ?? 0) * Math.max(part, leastPart), leastShare);
      });
    made.match.push(share("match", "match"));
    made.household.push(share("household", isHeld(levels) ? "stranger" : "match"));
    made.stranger.push(share("stranger", "stranger"));
  }
  return {
    ...made,
    matchPairs: model.matchesPerRecord * records,
    householdPairs: model.householdsPerRecord * records,
    iterations: 0,
  };
}

/** What the tables that the model learned from did not show may be there in others. */
const leastPart = 1e-4;
const leastShare = 1e-12;

function isHeld(levels: Comparison["levels"]): boolean {
  return levels.every(({ household }) => household === null);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function rounded(value: number): number {
  return Number(value.toPrecision(decimals));
}
