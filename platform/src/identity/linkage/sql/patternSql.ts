import type { Comparison } from "../comparison.ts";

/** Records of one field's value by how rare it is: bucket b holds values of which a record in 4^b or fewer has one. */
export const termBuckets = 10;

/** How often each value of a field is there, and its bucket. */
export function termsSql(field: string, records: number): string {
  return `CREATE OR REPLACE TEMP TABLE terms_${field} AS
    SELECT ${field} AS value, count(*)::INTEGER AS uses,
      ${bucketOfUsesSql(records, "count(*)")} AS bucket
    FROM records_text WHERE ${field} IS NOT NULL GROUP BY ${field}`;
}

/** The bucket of a value that so many of the records have. */
export function bucketOfUsesSql(records: number, uses: string): string {
  return `least(${termBuckets - 1}, greatest(0, floor(log2(${records} / ${uses}) / 2)))::UTINYINT`;
}

/** Records and ordered pairs of records by bucket: `bucket, records, pairs` (unordered pairs of equal values). */
export function termSharesSql(field: string): string {
  return `SELECT bucket, sum(uses)::DOUBLE, sum(uses::DOUBLE * (uses - 1) / 2)::DOUBLE FROM terms_${field} GROUP BY bucket ORDER BY bucket`;
}

/** `records`: the texts with their buckets beside them, `email_term` for `email`. */
export function withTermsSql(termFields: readonly string[]): string {
  const columns = termFields.map((field) => `, terms_${field}.bucket AS ${field}_term`).join("");
  const joins = termFields.map((field) => `LEFT JOIN terms_${field} ON t.${field} = terms_${field}.value`).join(" ");
  return `CREATE OR REPLACE TABLE records AS SELECT t.*${columns} FROM records_text t ${joins}`;
}

/** How many outcomes a comparison has in a pattern: each level in each bucket. */
export function outcomeCount({ levels }: Comparison): number {
  const hasTerms = levels.some(({ termField }) => termField !== null);
  return levels.length * (hasTerms ? termBuckets : 1);
}

/**
 * `into`: each pair with the outcomes of all comparisons as one number, mixed radix, the first comparison its lowest
 * digit. Fields, similarities and levels are computed one after the other, each once: neither DuckDB nor Spark takes a
 * repeated function call out of the branches of a CASE.
 */
export function comparedSql(
  into: string,
  pairs: string,
  columns: readonly string[],
  comparisons: readonly Comparison[],
): string {
  const both = columns.flatMap((column) => [`a.${column} AS a_${column}`, `b.${column} AS b_${column}`]);
  const similarities = comparisons.flatMap((each) => each.similarities.map(({ name, sql }) => `${sql} AS ${name}`));
  const levels = comparisons.map(({ levelSql }, at) => `(${levelSql})::BIGINT AS level_${at}`);
  let factor = 1n;
  const digits = comparisons.map((comparison, at) => {
    const digit = `${factor}::BIGINT * (level_${at} + ${comparison.levels.length} * (${bucketSql(comparison, at)})::BIGINT)`;
    factor *= BigInt(outcomeCount(comparison));
    return digit;
  });
  return `CREATE OR REPLACE TABLE ${into} AS
    SELECT l, r, ${digits.join(" + ")} AS pattern FROM (
      SELECT *, ${levels.join(", ")} FROM (
        SELECT *, ${similarities.join(", ")} FROM (
          SELECT p.l, p.r, ${both.join(", ")}
          FROM ${pairs} p JOIN records a ON a.rid = p.l JOIN records b ON b.rid = p.r)))`;
}

function bucketSql({ levels }: Comparison, at: number): string {
  const byField = new Map<string, number[]>();
  for (const [level, { termField }] of levels.entries()) {
    if (termField !== null) byField.set(termField, [...(byField.get(termField) ?? []), level]);
  }
  if (byField.size === 0) return "0";
  const whens = [...byField].map(
    ([field, numbers]) => `WHEN level_${at} IN (${numbers.join(", ")}) THEN a_${field}_term`,
  );
  return `CASE ${whens.join(" ")} ELSE 0 END`;
}

/** `patterns`: each pattern with a number 0…n−1 and how many pairs have it. */
export function patternsSql(from: string): string {
  return `CREATE OR REPLACE TABLE ${from}_patterns AS
    SELECT (row_number() OVER (ORDER BY pattern))::INTEGER - 1 AS number, pattern, uses
    FROM (SELECT pattern, count(*)::DOUBLE AS uses FROM ${from} GROUP BY pattern)`;
}

/** `pattern` as text, since it may have more digits than a number holds, and its count; in the order of the numbers. */
export function patternRowsSql(from: string): string {
  return `SELECT pattern::VARCHAR, uses FROM ${from}_patterns ORDER BY number`;
}

/** Each compared pair with its pattern's number. */
export const scoredNumbersSql = "SELECT l, r, number FROM compared JOIN compared_patterns USING (pattern)";
