import type { Field } from "../fields.ts";
import type { BlockingRule } from "./blockingSql.ts";
import { bucketOfUsesSql } from "./patternSql.ts";
import { named } from "./sqlText.ts";

/** An input table like one that was read from a file: an `id`, and texts. */
export function inputSql(columns: readonly string[]): string {
  return `CREATE OR REPLACE TABLE input_0 (id VARCHAR, ${columns.map((name) => `${named(name)} VARCHAR`).join(", ")})`;
}

/** Of `records_text` in the order of their ids, which are numbers: each field's value, then each rule's key. */
export function indexedSql(fields: readonly Field[], rules: readonly BlockingRule[]): string {
  const values = fields.map(({ name }) => `${name}::VARCHAR`);
  return `SELECT ${[...values, ...rules.map(keySql)].join(", ")} FROM records_text ORDER BY id::INTEGER`;
}

/** 53 bits, which JavaScript and SQLite both hold; of each rule its own, so that a name never meets a street. */
function keySql({ parts }: BlockingRule, number: number): string {
  const there = parts.map((part) => `${part} IS NOT NULL`).join(" AND ");
  return `CASE WHEN ${there} THEN (hash(${[number, ...parts].join(", ")}) >> 11)::BIGINT END`;
}

export function liveTextsSql(fields: readonly Field[], terms: readonly string[]): string {
  const columns = [...fields.map(({ name }) => name), ...terms.map((name) => `${name}_uses`)];
  return `CREATE OR REPLACE TABLE live_texts (rid VARCHAR, ${columns.map((name) => `${name} VARCHAR`).join(", ")})`;
}

/** `records` as a linkage of files makes it, the values' buckets by how often all records have them. */
export function liveRecordsSql(fields: readonly Field[], terms: readonly string[], records: number): string {
  const buckets = terms.map(
    (name) =>
      `CASE WHEN ${name} IS NOT NULL THEN ${bucketOfUsesSql(records, `${name}_uses::INTEGER`)} END AS ${name}_term`,
  );
  const values = fields.map(({ name }) => name);
  return `CREATE OR REPLACE TABLE records AS SELECT ${["rid::INTEGER AS rid", ...values, ...buckets].join(", ")} FROM live_texts`;
}
