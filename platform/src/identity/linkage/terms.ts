import type { LinkageDatabase } from "../../storage/linkageDatabase.ts";
import type { Comparison } from "./comparison.ts";
import * as sql from "./sql/patternSql.ts";

/** By bucket of a field's values: records that have such a value, and pairs of records that share one. */
export interface TermShares {
  records: Float64Array;
  pairs: Float64Array;
}

/** Fields of which it matters how rare an equal value is. */
export function termFieldsOf(comparisons: readonly Comparison[]): string[] {
  return [...new Set(comparisons.flatMap(({ levels }) => levels.flatMap(({ termField }) => termField ?? [])))];
}

/** Counts each field's values; `records_text` becomes `records`, with each value's bucket beside it. */
export async function countTerms(
  database: LinkageDatabase,
  fields: readonly string[],
  records: number,
): Promise<Map<string, TermShares>> {
  const terms = new Map<string, TermShares>();
  for (const field of fields) {
    await database.run(sql.termsSql(field, records));
    const shares = { records: new Float64Array(sql.termBuckets), pairs: new Float64Array(sql.termBuckets) };
    for (const [bucket, inBucket, pairs] of await database.rows(sql.termSharesSql(field))) {
      shares.records[Number(bucket)] = Number(inBucket);
      shares.pairs[Number(bucket)] = Number(pairs);
    }
    terms.set(field, shares);
  }
  await database.run(sql.withTermsSql(fields));
  for (const field of fields) await database.run(`DROP TABLE terms_${field}`);
  await database.run("DROP TABLE records_text");
  return terms;
}
