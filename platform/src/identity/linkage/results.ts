import type { LinkageDatabase } from "../../storage/linkageDatabase.ts";
import { evaluate, type Evaluation, type PairEvaluation, evaluatePairs } from "./evaluate.ts";
import type { Linked } from "./link.ts";
import { type Waterfall, waterfallOf } from "./score.ts";
import * as sql from "./sql/resultsSql.ts";

/** `clusters` with `table,record_id,cluster_id`; a cluster is named after its first record. */
export async function writeClusters(
  database: LinkageDatabase,
  { clusters }: Linked,
  file: string,
  labels: readonly string[],
): Promise<void> {
  const rid = Float64Array.from({ length: clusters.length }, (_, at) => at);
  await database.load("clusters", { rid, cluster: clusters });
  await database.run(sql.writeClustersSql(file, labels));
}

/** Scores by pattern number, for what is written next. */
export async function loadScores(database: LinkageDatabase, { scores }: Linked): Promise<void> {
  const number = Float64Array.from({ length: scores.weights.length }, (_, at) => at);
  await database.load("scores", { number, probability: scores.probabilities });
}

/** Every compared pair with its probability; after {@link loadScores}. */
export async function writePairs(
  database: LinkageDatabase,
  { model }: Linked,
  file: string,
  labels: readonly string[],
): Promise<void> {
  await database.run(sql.writePairsSql(file, labels, model.acceptProbability));
}

export interface ExplainedPair extends Waterfall {
  left: { table: string; id: string };
  right: { table: string; id: string };
}

/** Why each pair that is at least so probable is so: the way to its weight; after {@link loadScores}. */
export async function* explainedPairs(
  database: LinkageDatabase,
  linked: Linked,
  labels: readonly string[],
  leastProbability: number,
): AsyncGenerator<ExplainedPair> {
  const { patterns, comparisons, estimate, totalPairs } = linked;
  const waterfalls = new Map<number, Waterfall>();
  for await (const rows of database.stream(sql.probablePairsSql(labels, leastProbability))) {
    for (const [leftTable, leftId, rightTable, rightId, cell] of rows) {
      const number = Number(cell);
      const at = number * patterns.comparisons;
      const known =
        waterfalls.get(number) ??
        waterfallOf(patterns.outcomes.subarray(at, at + patterns.comparisons), comparisons, estimate, totalPairs);
      waterfalls.set(number, known);
      yield {
        left: { table: String(leftTable), id: String(leftId ?? "") },
        right: { table: String(rightTable), id: String(rightId ?? "") },
        ...known,
      };
    }
  }
}

export interface Measured {
  clusters: Evaluation;
  pairs: PairEvaluation;
}

/** Holds the result against the truth column, which nothing before has looked at. */
export async function measure(database: LinkageDatabase, linked: Linked): Promise<Measured> {
  await database.run(sql.truthsSql);
  const [truth = new Float64Array(0)] = await database.numbers(sql.truthNumbersSql, 1, linked.records);
  const [[blocked] = []] = await database.rows(sql.blockedTruePairsSql);
  const patterns = linked.scores.weights.length;
  const [number = [], right = [], all = []] = await database.numbers(sql.truePatternsSql, 3, patterns);
  const clusters = evaluate(linked.clusters, truth, Number(blocked));
  const counted = { number, right, all };
  return {
    clusters,
    pairs: evaluatePairs(counted, linked.scores.probabilities, clusters.truePairs, linked.model.acceptProbability),
  };
}
