import type { LinkageDatabase } from "../../storage/linkageDatabase.ts";
import { type ChanceShares, type Estimate, estimate, type Patterns } from "./em.ts";
import { chanceShares, type TermShares } from "./chance.ts";
import { clusterByAverage, defaultClusterSettings } from "./cluster.ts";
import type { Comparison } from "./comparison.ts";
import { evaluate, type Evaluation } from "./evaluate.ts";
import { type PatternScores, scorePatterns } from "./score.ts";
import * as blocking from "./sql/blockingSql.ts";
import { comparisonsOf } from "./sql/comparisonSql.ts";
import * as pattern from "./sql/patternSql.ts";
import { recordsSql } from "./sql/recordsSql.ts";
import { type ReadOptions, readTables, type ReadTables } from "./tables.ts";

const randomPairs = 400_000;
const maxBlockRecords = { tight: 200, medium: 200, loose: 1_000 };
/** Of one tight rule: as many for any table, and as many more for a large one. */
const leastTightPairs = 400_000;
const tightPairsPerRecord = 0.6;
const leastMediumPairs = 400_000;
/** Medium rules stop when all rules together have reached so many. */
const mediumEndsAtPairs = 3_000_000;
/** Of a loose rule in a small table; fewer in a larger one, none from `looseEndsAtRecords`. */
const loosePairs = 1_000_000;
const looseEndsAtRecords = 100_000;

function allowedPairs(grip: blocking.BlockingRule["grip"], records: number, sum: number): number {
  if (grip === "tight") return Math.max(leastTightPairs, tightPairsPerRecord * records);
  if (grip === "medium") return Math.min(leastMediumPairs, mediumEndsAtPairs - sum);
  return loosePairs * (1 - records / looseEndsAtRecords);
}

export interface Linked {
  tables: ReadTables;
  comparisons: Comparison[];
  estimate: Estimate;
  clusters: Int32Array;
  pairs: number;
  scored: { left: Float64Array; right: Float64Array; weight: Float32Array };
  evaluation: Evaluation | null;
  blocks: { rule: string; pairs: number; largest: number }[];
  stages: { name: string; cpuS: number; s: number }[];
}

export async function link(database: LinkageDatabase, options: ReadOptions): Promise<Linked> {
  const stages: Linked["stages"] = [];
  const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const [cpu, at] = [process.cpuUsage(), performance.now()];
    const result = await work();
    const used = process.cpuUsage(cpu);
    stages.push({ name, cpuS: (used.user + used.system) / 1e6, s: (performance.now() - at) / 1e3 });
    return result;
  };
  const tables = await timed("read", () => readTables(database, options));
  await timed("normalise", async () => {
    await database.run(recordsSql(tables.inputs, tables.fields, { dayFirst: tables.dayFirst }));
    for (const { sqlName } of tables.inputs) await database.run(`DROP TABLE ${sqlName}`);
  });
  const records = Number((await database.rows("SELECT count(*) FROM records_text"))[0]?.[0] ?? 0);
  const comparisons = comparisonsOf(tables.fields);
  const termFields = [...new Set(comparisons.flatMap(({ levels }) => levels.flatMap(({ termField }) => termField ?? [])))];
  const terms = await timed("terms", () => countTerms(database, termFields, records));
  const blocks = await timed("block", () => block(database, tables, records));
  const chance = await timed("chance", () => measureChance(database, tables, comparisons, terms, records));
  const patterns = await timed("compare", () => compare(database, tables, comparisons, "compared", "pairs"));
  const found = await timed("estimate", async () => estimate(patterns, comparisons, chance, records));
  const scores = scorePatterns(patterns, found, chance.totalPairs);
  const scored = await timed("score", () => scoredPairs(database, scores));
  const clusters = await timed("cluster", async () => clusterByAverage(records, scored, defaultClusterSettings));
  const evaluation = options.truthColumn === null ? null : await evaluated(database, clusters, records);
  const pairs = Number((await database.rows("SELECT count(*) FROM pairs"))[0]?.[0] ?? 0);
  return { tables, comparisons, estimate: found, clusters, pairs, scored, evaluation, blocks, stages };
}

async function countTerms(database: LinkageDatabase, fields: readonly string[], records: number): Promise<Map<string, TermShares>> {
  const terms = new Map<string, TermShares>();
  for (const field of fields) {
    await database.run(pattern.termsSql(field, records));
    const shares = { records: new Float64Array(pattern.termBuckets), pairs: new Float64Array(pattern.termBuckets) };
    for (const [bucket, inBucket, pairs] of await database.rows(pattern.termSharesSql(field))) {
      shares.records[Number(bucket)] = Number(inBucket);
      shares.pairs[Number(bucket)] = Number(pairs);
    }
    terms.set(field, shares);
  }
  await database.run(pattern.withTermsSql(fields));
  for (const field of fields) await database.run(`DROP TABLE terms_${field}`);
  await database.run("DROP TABLE records_text");
  return terms;
}

async function block(database: LinkageDatabase, tables: ReadTables, records: number): Promise<Linked["blocks"]> {
  const used: Linked["blocks"] = [];
  await database.run(blocking.candidatesSql);
  let sum = 0;
  for (const rule of blocking.blockingRulesOf(tables.fields)) {
    const maxPairs = allowedPairs(rule.grip, records, sum);
    if (maxPairs < 1) continue;
    await database.run(blocking.keysSql(rule));
    await database.run(blocking.blocksSql);
    const sizes = (await database.rows(blocking.blockSizesSql)).map(([size, count]) => ({ size: Number(size), count: Number(count) }));
    let [pairs, largest] = [0, 0];
    for (const { size, count } of sizes) {
      const more = (count * size * (size - 1)) / 2;
      if (size > maxBlockRecords[rule.grip] || pairs + more > maxPairs) break;
      pairs += more;
      largest = size;
    }
    if (largest > 0) await database.run(blocking.blockPairsSql(largest));
    sum += pairs;
    used.push({ rule: rule.name, pairs, largest });
  }
  await database.run(blocking.pairsSql);
  await database.run("DROP TABLE candidates");
  return used;
}

async function compare(
  database: LinkageDatabase,
  tables: ReadTables,
  comparisons: readonly Comparison[],
  into: string,
  pairs: string,
): Promise<Patterns> {
  const names = tables.fields.map(({ name }) => name);
  const termNames = [...new Set(comparisons.flatMap(({ levels }) => levels.flatMap(({ termField }) => termField ?? [])))];
  await database.run(pattern.comparedSql(into, pairs, [...names, ...termNames.map((name) => `${name}_term`)], comparisons));
  await database.run(pattern.patternsSql(into));
  const rows = await database.rows(`SELECT pattern::VARCHAR, uses FROM ${into}_patterns ORDER BY number`);
  const outcomes = new Uint16Array(rows.length * comparisons.length);
  const counts = new Float64Array(rows.length);
  const radices = comparisons.map((each) => BigInt(pattern.outcomeCount(each)));
  for (const [p, [text, uses]] of rows.entries()) {
    let rest = BigInt(String(text));
    for (const [k, radix] of radices.entries()) {
      outcomes[p * comparisons.length + k] = Number(rest % radix);
      rest /= radix;
    }
    counts[p] = Number(uses);
  }
  return { comparisons: comparisons.length, outcomes, counts };
}

async function measureChance(
  database: LinkageDatabase,
  tables: ReadTables,
  comparisons: readonly Comparison[],
  terms: ReadonlyMap<string, TermShares>,
  records: number,
): Promise<ChanceShares> {
  await database.run(blocking.randomPairsSql(records, randomPairs));
  const random = await compare(database, tables, comparisons, "random_compared", "random_pairs");
  return chanceShares(random, comparisons, terms, pattern.termBuckets, (records * (records - 1)) / 2);
}

async function scoredPairs(database: LinkageDatabase, scores: PatternScores) {
  const pairs = Number((await database.rows("SELECT count(*) FROM pairs"))[0]?.[0] ?? 0);
  const sql = "SELECT l, r, number FROM compared JOIN compared_patterns USING (pattern)";
  const [left, right, numbers] = await database.numbers(sql, 3, pairs);
  const weight = Float32Array.from(numbers ?? [], (number) => scores.weights[number] ?? 0);
  return { left: left ?? new Float64Array(0), right: right ?? new Float64Array(0), weight };
}

async function evaluated(database: LinkageDatabase, clusters: Int32Array, records: number): Promise<Evaluation> {
  await database.run("CREATE OR REPLACE TABLE truths AS SELECT rid, CASE WHEN truth IS NULL THEN -1 ELSE dense_rank() OVER (ORDER BY truth) END AS truth FROM records");
  const [truth] = await database.numbers("SELECT truth FROM truths ORDER BY rid", 1, records);
  const [[blocked] = []] = await database.rows(
    "SELECT count(*) FROM pairs JOIN truths a ON a.rid = l JOIN truths b ON b.rid = r WHERE a.truth = b.truth AND a.truth >= 0",
  );
  return evaluate(clusters, truth ?? [], Number(blocked ?? 0));
}
