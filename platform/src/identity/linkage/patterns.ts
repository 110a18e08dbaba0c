import type { LinkageDatabase } from "../../storage/linkageDatabase.ts";
import type { Comparison } from "./comparison.ts";
import type { Patterns } from "./em.ts";
import type { Field } from "./fields.ts";
import * as sql from "./sql/patternSql.ts";
import { termFieldsOf } from "./terms.ts";

/**
 * Compares the pairs of a table `(l, r)`: `into` holds each with its pattern, `into_patterns` the patterns by number.
 * Millions of pairs come down to thousands of patterns, and all that is estimated is estimated from those.
 */
export async function comparePairs(
  database: LinkageDatabase,
  options: { pairs: string; into: string; fields: readonly Field[]; comparisons: readonly Comparison[] },
  onProgress?: (percent: number) => void,
): Promise<Patterns> {
  const { pairs, into, fields, comparisons } = options;
  const columns = [...fields.map(({ name }) => name), ...termFieldsOf(comparisons).map((name) => `${name}_term`)];
  await database.run(sql.comparedSql(into, pairs, columns, comparisons), onProgress);
  await database.run(sql.patternsSql(into));
  return readPatterns(await database.rows(sql.patternRowsSql(into)), comparisons);
}

function readPatterns(rows: readonly (string | number | null)[][], comparisons: readonly Comparison[]): Patterns {
  const outcomes = new Uint16Array(rows.length * comparisons.length);
  const counts = new Float64Array(rows.length);
  const radices = comparisons.map((each) => BigInt(sql.outcomeCount(each)));
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

/** As many of the comparisons, first ones first, as fit into one number of 63 bits. */
export function fittingComparisons(comparisons: readonly Comparison[]): Comparison[] {
  let size = 1n;
  return comparisons.filter((comparison) => {
    const next = size * BigInt(sql.outcomeCount(comparison));
    if (next >= 2n ** 62n) return false;
    size = next;
    return true;
  });
}
