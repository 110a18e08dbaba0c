import { viewsSql } from "./views.ts";

/** Of the analytic database and its lake together; an older version is upgraded, or rebuilt from the log. */
export const formatVersion = 5;

const homeTiesSql =
  "CREATE TABLE IF NOT EXISTS store.home_ties (profile_id VARCHAR, tie VARCHAR, records BIGINT, held BOOLEAN)";

/** What makes an older format the next one; from others there is no way but to begin anew. */
export const upgradeSql: Readonly<Record<number, readonly string[]>> = {
  2: ["ALTER TABLE store.lake_files ADD COLUMN checksum VARCHAR"],
  // Everybody is copied anew, with whom they live.
  3: [homeTiesSql, "UPDATE store.progress SET feed = NULL, feed_version = 0, copied = NULL"],
  // Null: of one month.
  4: ["ALTER TABLE store.lake_files ADD COLUMN IF NOT EXISTS until_month VARCHAR"],
};

/** Columns of a stored event, in the order of the hot table and of every lake file. */
export const eventColumns = [
  ["position", "BIGINT"],
  ["fragment", "VARCHAR"],
  ["message_id", "VARCHAR"],
  ["source", "VARCHAR"],
  ["source_kind", "VARCHAR"],
  ["type", "VARCHAR"],
  ["event", "VARCHAR"],
  ["occurred_at", "TIMESTAMP"],
  ["received_at", "TIMESTAMP"],
  ["original_timestamp", "TIMESTAMP"],
  ["identifier", "VARCHAR"],
  ["properties", "JSON"],
  ["context", "JSON"],
  ["revenue_minor", "BIGINT"],
  ["currency", "VARCHAR"],
] as const;

export const eventColumnNames = eventColumns.map(([name]) => name).join(", ");

const columnsSql = eventColumns.map(([name, type]) => `${name} ${type}`).join(", ");

/**
 * Base tables live in the schema `store`, out of the search path of user queries. `hot.fragment_key` is the first 48
 * bits of the fragment as an integer: it makes the scan for one customer several times cheaper than comparing text.
 */
const tablesSql = [
  "CREATE SCHEMA store",
  "CREATE SCHEMA narrow",
  "CREATE TABLE store.format (version INTEGER)",
  `INSERT INTO store.format VALUES (${formatVersion})`,
  "CREATE TABLE store.progress (position BIGINT, feed_version BIGINT, as_of BIGINT, feed VARCHAR, copied VARCHAR)",
  "INSERT INTO store.progress VALUES (0, 0, 0, NULL, NULL)",
  `CREATE TABLE store.hot (fragment_key BIGINT, ${columnsSql})`,
  `CREATE TABLE store.lake_files (path VARCHAR, month VARCHAR, until_month VARCHAR, bucket INTEGER,
    first_position BIGINT, last_position BIGINT, row_count BIGINT, checksum VARCHAR)`,
  "CREATE TABLE store.fragments (fragment VARCHAR, profile_id VARCHAR)",
  `CREATE TABLE store.profiles (profile_id VARCHAR, first_seen_at TIMESTAMP, last_seen_at TIMESTAMP,
    event_count BIGINT, order_count BIGINT, revenue_minor BIGINT, currency VARCHAR, traits JSON)`,
  `CREATE TABLE store.identifiers (profile_id VARCHAR, type VARCHAR, value VARCHAR, first_seen_at TIMESTAMP,
    last_seen_at TIMESTAMP)`,
  homeTiesSql,
  `CREATE TABLE store.orders (order_key VARCHAR, order_id VARCHAR, fragment VARCHAR, channel VARCHAR,
    occurred_at TIMESTAMP, gross_minor BIGINT, refunded_minor BIGINT, net_minor BIGINT, currency VARCHAR)`,
  `CREATE TABLE store.order_lines (order_key VARCHAR, order_id VARCHAR, fragment VARCHAR, occurred_at TIMESTAMP,
    sku VARCHAR, name VARCHAR, category VARCHAR, quantity DOUBLE, price_minor BIGINT, value_minor BIGINT,
    currency VARCHAR, kind VARCHAR)`,
];

/** Everything that a new database needs, to be run in one transaction. */
export const newDatabaseSql = ["BEGIN", ...tablesSql, ...viewsSql([]), "COMMIT"];

/** For databases from before the feed was pruned; they then copy everything once. */
export const olderDatabaseSql = [
  "ALTER TABLE store.progress ADD COLUMN IF NOT EXISTS feed VARCHAR",
  "ALTER TABLE store.progress ADD COLUMN IF NOT EXISTS copied VARCHAR",
];

const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const sixBits = new Map(base64url.split("").map((letter, bits) => [letter, bits]));

/** First 48 bits of a fragment id (16 base64url characters). */
export function fragmentNumber(fragment: string): number {
  let number = 0;
  for (let at = 0; at < 8; at++) number = number * 64 + (sixBits.get(fragment[at] ?? "A") ?? 0);
  return number;
}

/** 0 to 15: fragments are spread over the lake by the first four bits of their keyed hash. */
export function bucketOf(fragment: string): number {
  return (sixBits.get(fragment[0] ?? "A") ?? 0) >> 2;
}
