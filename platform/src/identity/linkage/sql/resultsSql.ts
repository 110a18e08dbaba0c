import { quoted } from "./sqlText.ts";

const asCsv = "(FORMAT csv, HEADER true)";

function tableLabel(labels: readonly string[], tbl: string): string {
  return `CASE ${tbl} ${labels.map((label, at) => `WHEN ${at} THEN ${quoted(label)}`).join(" ")} END`;
}

/** `table,record_id,cluster_id`, a line for every record in the tables' order, from `clusters (rid, cluster)`. */
export function writeClustersSql(file: string, labels: readonly string[]): string {
  return `COPY (
    SELECT ${tableLabel(labels, "tbl")} AS "table", id AS record_id, 'c' || (cluster + 1)::BIGINT AS cluster_id
    FROM records JOIN clusters ON records.rid = clusters.rid ORDER BY records.rid
  ) TO ${quoted(file)} ${asCsv}`;
}

/** Every compared pair, the most probable first, from `scores (number, probability)`. */
export function writePairsSql(file: string, labels: readonly string[], acceptProbability: number): string {
  return `COPY (
    SELECT ${tableLabel(labels, "a.tbl")} AS left_table, a.id AS left_id,
      ${tableLabel(labels, "b.tbl")} AS right_table, b.id AS right_id,
      round(scores.probability, 6) AS probability, scores.probability >= ${acceptProbability} AS accepted
    FROM compared JOIN compared_patterns USING (pattern) JOIN scores USING (number)
      JOIN records a ON a.rid = l JOIN records b ON b.rid = r
    ORDER BY scores.probability DESC, l, r
  ) TO ${quoted(file)} ${asCsv}`;
}

/** Pairs at least so probable, the most probable first: `left_table, left_id, right_table, right_id, number`. */
export function probablePairsSql(labels: readonly string[], leastProbability: number): string {
  return `SELECT ${tableLabel(labels, "a.tbl")}, a.id, ${tableLabel(labels, "b.tbl")}, b.id, number
    FROM compared JOIN compared_patterns USING (pattern) JOIN scores USING (number)
      JOIN records a ON a.rid = l JOIN records b ON b.rid = r
    WHERE probability >= ${leastProbability} ORDER BY scores.probability DESC, l, r`;
}

/** `truths`: each record's true person as a number, −1 where it is not known. */
export const truthsSql = `CREATE OR REPLACE TABLE truths AS
  SELECT rid, CASE WHEN nullif(trim(truth), '') IS NULL THEN -1 ELSE dense_rank() OVER (ORDER BY trim(truth)) END AS truth FROM records`;

export const truthNumbersSql = "SELECT truth FROM truths ORDER BY rid";

export const blockedTruePairsSql = `SELECT count(*) FROM pairs JOIN truths a ON a.rid = l JOIN truths b ON b.rid = r
  WHERE a.truth = b.truth AND a.truth >= 0`;

/** True and all pairs by pattern number, of those whose truth is known. */
export const truePatternsSql = `SELECT number, sum((a.truth = b.truth)::INTEGER)::DOUBLE, count(*)::DOUBLE
  FROM compared JOIN compared_patterns USING (pattern) JOIN truths a ON a.rid = l JOIN truths b ON b.rid = r
  WHERE a.truth >= 0 AND b.truth >= 0 GROUP BY number`;
