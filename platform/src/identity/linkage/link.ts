import type { LinkageDatabase } from "../../storage/linkageDatabase.ts";
import { type BlockingReport, blockRecords } from "./blocks.ts";
import { chanceShares } from "./chance.ts";
import { clusterByAverage, type ClusterSettings, defaultClusterSettings } from "./cluster.ts";
import type { Comparison } from "./comparison.ts";
import { type Estimate, estimate, type Patterns } from "./em.ts";
import type { Field } from "./fields.ts";
import { defaultAcceptProbability, estimateOf, type LinkageModel, modelOf } from "./model.ts";
import { checkModelFits } from "./parseModel.ts";
import { comparePairs, fittingComparisons } from "./patterns.ts";
import { type PatternScores, scorePatterns } from "./score.ts";
import { randomPairsSql } from "./sql/blockingSql.ts";
import { comparisonsOf } from "./sql/comparisonSql.ts";
import { scoredNumbersSql, termBuckets } from "./sql/patternSql.ts";
import { recordsSql } from "./sql/recordsSql.ts";
import { type ReadOptions, readTables, type ReadTables } from "./tables.ts";
import { countTerms, termFieldsOf, type TermShares } from "./terms.ts";

/** Enough to know what strangers look like; more cost time and change nothing. */
const maxRandomPairs = 400_000;

export const linkStages = [
  "reading",
  "normalising",
  "blocking",
  "sampling",
  "comparing",
  "estimating",
  "clustering",
] as const;
export type LinkStage = (typeof linkStages)[number];

export interface LinkOptions extends ReadOptions {
  /** In place of learning one from these tables. */
  model?: LinkageModel;
  /** `part`: of this stage, 0 to 1. */
  onProgress?: (stage: LinkStage, part: number) => void;
}

/** What a linkage found. The database holds the rest: `records`, `pairs`, `compared`, `compared_patterns`. */
export interface Linked {
  tables: ReadTables;
  comparisons: Comparison[];
  records: number;
  pairs: number;
  blocks: BlockingReport[];
  patterns: Patterns;
  scores: PatternScores;
  estimate: Estimate;
  /** Of all pairs of records, compared or not. */
  totalPairs: number;
  model: LinkageModel;
  /** By record, the smallest record of its cluster. */
  clusters: Int32Array;
}

/**
 * Probabilistic record linkage after Fellegi & Sunter (1969), from tables to clusters: normalise, block, compare,
 * estimate (or take a model's parameters), score, cluster. The truth, if there is one, is read and never looked at.
 */
export async function link(database: LinkageDatabase, options: LinkOptions): Promise<Linked> {
  const tell = options.onProgress ?? (() => undefined);
  tell("reading", 0);
  const tables = await readTables(database, { ...options, isComplete: options.model !== undefined });
  tell("normalising", 0);
  await normaliseTables(database, tables);
  return linkRecords(database, tables, options);
}

/** The same of records that are normalised already, in the table `records_text`. */
export async function linkRecords(
  database: LinkageDatabase,
  tables: ReadTables,
  options: Pick<LinkOptions, "model" | "onProgress">,
): Promise<Linked> {
  const tell = options.onProgress ?? (() => undefined);
  const { records, comparisons, terms } = await prepareRecords(database, tables);
  const totalPairs = Math.max(1, (records * (records - 1)) / 2);
  tell("blocking", 0);
  const blocks = await blockRecords(database, tables.fields, records, (done, of) => tell("blocking", done / of));
  const [[pairs] = []] = await database.rows("SELECT count(*) FROM pairs");
  if (options.model !== undefined) checkModelFits(options.model, comparisons);
  const sampled =
    options.model === undefined ? await randomPatterns(database, tables.fields, comparisons, records, tell) : null;
  tell("comparing", 0);
  const compared = { pairs: "pairs", into: "compared", fields: tables.fields, comparisons };
  const patterns = await comparePairs(database, compared, (percent) => tell("comparing", percent / 100));
  tell("estimating", 0);
  const found =
    options.model === undefined
      ? learned(patterns, sampled, comparisons, terms, records, totalPairs)
      : estimateOf(options.model, comparisons, records, termBuckets);
  const scores = scorePatterns(patterns, found, totalPairs);
  tell("clustering", 0);
  const settings = options.model?.clusters ?? defaultClusterSettings;
  const clusters = await clusterPairs(database, scores, { records, pairs: Number(pairs) }, settings);
  tell("clustering", 1);
  const learnedModel = (): LinkageModel =>
    modelOf(
      { estimate: found, comparisons, records },
      { columns: tables.columns, clusters: settings, acceptProbability: defaultAcceptProbability },
    );
  const model = options.model ?? learnedModel();
  const counts = { records, pairs: Number(pairs), totalPairs };
  return { tables, comparisons, ...counts, blocks, patterns, scores, estimate: found, model, clusters };
}

async function normaliseTables(database: LinkageDatabase, tables: ReadTables): Promise<void> {
  await database.run(recordsSql(tables.inputs, tables.fields, { dayFirst: tables.dayFirst }));
  for (const { sqlName } of tables.inputs) await database.run(`DROP TABLE ${sqlName}`);
}

async function prepareRecords(database: LinkageDatabase, tables: ReadTables) {
  const [[count] = []] = await database.rows("SELECT count(*) FROM records_text");
  const records = Number(count);
  const comparisons = fittingComparisons(comparisonsOf(tables.fields));
  const terms = await countTerms(database, termFieldsOf(comparisons), records);
  return { records, comparisons, terms };
}

async function randomPatterns(
  database: LinkageDatabase,
  fields: readonly Field[],
  comparisons: readonly Comparison[],
  records: number,
  tell: NonNullable<LinkOptions["onProgress"]>,
): Promise<Patterns> {
  tell("sampling", 0);
  await database.run(randomPairsSql(records, maxRandomPairs));
  const random = { pairs: "random_pairs", into: "random_compared", fields, comparisons };
  const patterns = await comparePairs(database, random, (percent) => tell("sampling", percent / 100));
  for (const table of ["random_pairs", "random_compared", "random_compared_patterns"])
    await database.run(`DROP TABLE ${table}`);
  return patterns;
}

function learned(
  patterns: Patterns,
  sampled: Patterns | null,
  comparisons: readonly Comparison[],
  terms: ReadonlyMap<string, TermShares>,
  records: number,
  totalPairs: number,
): Estimate {
  const random = sampled ?? {
    comparisons: comparisons.length,
    outcomes: new Uint16Array(0),
    counts: new Float64Array(0),
  };
  return estimate(patterns, comparisons, chanceShares(random, comparisons, terms, termBuckets, totalPairs), records);
}

async function clusterPairs(
  database: LinkageDatabase,
  scores: PatternScores,
  { records, pairs }: { records: number; pairs: number },
  settings: ClusterSettings,
): Promise<Int32Array> {
  const [left = [], right = [], numbers = new Float64Array(0)] = await database.numbers(scoredNumbersSql, 3, pairs);
  const weight = Float32Array.from(numbers, (number) => scores.weights[number] ?? 0);
  return clusterByAverage(records, { left, right, weight }, settings);
}
