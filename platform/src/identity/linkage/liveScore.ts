import type { LinkageDatabase } from "../../storage/linkageDatabase.ts";
import type { LinkageModel } from "./model.ts";
import { estimateOf } from "./model.ts";
import { comparePairs } from "./patterns.ts";
import {
  profileBlocking,
  profileColumns,
  profileComparisons,
  profileDayFirst,
  profileFields,
  type ProfileTexts,
} from "./profileRecord.ts";
import { scorePatterns, type Waterfall, waterfallOf } from "./score.ts";
import * as sql from "./sql/liveSql.ts";
import { scoredNumbersSql, termBuckets } from "./sql/patternSql.ts";
import { recordsSql } from "./sql/recordsSql.ts";
import { termFieldsOf } from "./terms.ts";

/** A record as an index of them keeps it. */
export interface IndexedRecord {
  /** Normalised, one for each of the profile's fields. */
  values: (string | null)[];
  /** What it is blocked by: whole numbers below 2^53. Records that share one may be one person's. */
  keys: number[];
}

/** The fields in which it matters how rare an equal value is, as positions among the profile's fields. */
export const termPositions: readonly number[] = termFieldsOf(profileComparisons).map((name) =>
  profileFields.findIndex((field) => field.name === name),
);

/** As a linkage of files normalises and blocks them, by the same SQL: some hundred at a time. */
export async function normaliseRecords(
  database: LinkageDatabase,
  texts: readonly ProfileTexts[],
): Promise<IndexedRecord[]> {
  if (texts.length === 0) return [];
  await database.run(sql.inputSql(profileColumns.map(({ name }) => name)));
  await database.appendTexts("input_0", [texts.map((_, at) => String(at)), ...columnsOf(texts, profileColumns.length)]);
  await database.run("DROP TABLE IF EXISTS records_text");
  const input = { sqlName: "input_0", idColumn: "id", truthColumn: null };
  await database.run(recordsSql([input], profileFields, { dayFirst: profileDayFirst }));
  const rows = await database.rows(sql.indexedSql(profileFields, profileBlocking));
  return rows.map((row) => ({
    values: row.slice(0, profileFields.length).map((value) => (value === null ? null : String(value))),
    keys: row.slice(profileFields.length).flatMap((key) => (key === null ? [] : [Number(key)])),
  }));
}

export interface ComparedRecord {
  values: readonly (string | null)[];
  /** Records that have the same value, this one too, for each of {@link termPositions}; 0 where it has none. */
  uses: readonly number[];
}

export interface LiveScore extends Waterfall {
  left: number;
  right: number;
}

/**
 * The pairs' scores by a model, just as a linkage of all `total` records gives them: the same SQL compares, the same
 * model weighs. `pairs`: positions among the records.
 */
export async function scoreRecords(
  database: LinkageDatabase,
  model: LinkageModel,
  given: { records: readonly ComparedRecord[]; pairs: readonly (readonly [number, number])[]; total: number },
): Promise<LiveScore[]> {
  const { records, pairs, total } = given;
  if (pairs.length === 0) return [];
  const terms = termPositions.map((at) => profileFields[at]?.name ?? "");
  await database.run(sql.liveTextsSql(profileFields, terms));
  await database.appendTexts("live_texts", [
    records.map((_, at) => String(at)),
    ...columnsOf(
      records.map(({ values }) => values),
      profileFields.length,
    ),
    ...terms.map((_, at) => records.map(({ uses }) => String(Math.max(1, uses[at] ?? 1)))),
  ]);
  await database.run(sql.liveRecordsSql(profileFields, terms, total));
  await database.run("DROP TABLE IF EXISTS pairs");
  await database.load("pairs", { l: pairs.map(([left]) => left), r: pairs.map(([, right]) => right) });
  const compared = { pairs: "pairs", into: "compared", fields: profileFields, comparisons: profileComparisons };
  const patterns = await comparePairs(database, compared);
  const totalPairs = Math.max(1, (total * (total - 1)) / 2);
  const estimate = estimateOf(model, profileComparisons, total, termBuckets);
  const { weights } = scorePatterns(patterns, estimate, totalPairs);
  const waterfalls = [...weights.keys()].map((p) => {
    const outcomes = patterns.outcomes.subarray(p * patterns.comparisons, (p + 1) * patterns.comparisons);
    return waterfallOf(outcomes, profileComparisons, estimate, totalPairs);
  });
  const [left = [], right = [], numbers = []] = await database.numbers(scoredNumbersSql, 3, pairs.length);
  return [...numbers].flatMap((number, at) => {
    const waterfall = waterfalls[number];
    return waterfall === undefined ? [] : [{ left: left[at] ?? 0, right: right[at] ?? 0, ...waterfall }];
  });
}

function columnsOf<T>(rows: readonly (readonly (T | null)[])[], count: number): (T | null)[][] {
  return Array.from({ length: count }, (_, column) => rows.map((row) => row[column] ?? null));
}
