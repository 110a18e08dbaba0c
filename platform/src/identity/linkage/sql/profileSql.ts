/** Normalised profiles as they come. */
export function loadedSql(fields: readonly string[]): string {
  return `CREATE TABLE loaded (id VARCHAR, ${fields.map((name) => `${name} VARCHAR`).join(", ")})`;
}

/** `records_text` as it is made of files. */
export function normalisedSql(fields: readonly string[]): string {
  return `CREATE TABLE records_text AS
    SELECT (row_number() OVER (ORDER BY id))::INTEGER - 1 AS rid, 0::TINYINT AS tbl, id, NULL::VARCHAR AS truth, ${fields.join(", ")}
    FROM loaded`;
}

/** `a, b, number, is_cluster` of pairs at least so probable, the most probable first. */
export function foundSql(leastProbability: number): string {
  return `SELECT a.id, b.id, number, (ca.cluster = cb.cluster)::INTEGER
    FROM compared JOIN compared_patterns USING (pattern) JOIN scores USING (number)
      JOIN records a ON a.rid = l JOIN records b ON b.rid = r
      JOIN clusters ca ON ca.rid = l JOIN clusters cb ON cb.rid = r
    WHERE probability >= ${leastProbability} ORDER BY scores.probability DESC, a.id, b.id`;
}
