import { householdsSql } from "./householdsView.ts";
import { quoted } from "./sqlText.ts";

/** The relations that a user's query may read (API.md, SQL). */
export const viewNames = ["events", "profiles", "identifiers", "orders", "order_lines", "households"] as const;

const eventsBody = `e.message_id, e.source, e.source_kind, e.type, e.event, e.occurred_at, e.received_at,
  e.original_timestamp, CASE WHEN e.identifier IS NOT NULL THEN split_part(e.identifier, ':', 1) END AS identifier_type,
  substr(e.identifier, strpos(e.identifier, ':') + 1) AS identifier_value`;
const eventsTail = "e.properties, e.context, e.revenue_minor, e.currency";

const ordersBody = "o.channel, o.occurred_at, o.gross_minor, o.refunded_minor, o.net_minor, o.currency";
const linesBody = `l.occurred_at, l.sku, l.name, l.category, l.quantity, l.price_minor, l.value_minor, l.currency,
  l.kind`;

/**
 * The views in two schemas: `main` with `profile_id`, and `narrow` without it, which spares queries that don't name
 * it the join with the map of fragments (five times as long on 50 M events). Made anew whenever the lake's files
 * change, in the same transaction, so that a reader sees hot rows or their file and never both.
 */
export function viewsSql(lakeFiles: readonly string[]): string[] {
  const columns = `fragment, message_id, source, source_kind, type, event, occurred_at, received_at,
    original_timestamp, identifier, properties, context, revenue_minor, currency`;
  const lake =
    lakeFiles.length === 0
      ? ""
      : ` UNION ALL SELECT ${columns} FROM read_parquet([${lakeFiles.map(quoted).join(",")}], hive_partitioning=false)`;
  const stored = `(SELECT ${columns} FROM store.hot${lake}) e`;
  const owner = (alias: string) => `LEFT JOIN store.fragments f ON f.fragment = ${alias}.fragment`;
  const holder = `LEFT JOIN store.fragment_parts t ON t.fragment = e.fragment
    AND epoch_ms(e.occurred_at) >= t.from_ms AND epoch_ms(e.occurred_at) < t.until_ms`;
  const views: [string, string][] = [
    [
      "main.events",
      `SELECT ${eventsBody}, coalesce(t.profile_id, f.profile_id) AS profile_id, ${eventsTail}
        FROM ${stored} ${owner("e")} ${holder}`,
    ],
    ["narrow.events", `SELECT ${eventsBody}, ${eventsTail} FROM ${stored}`],
    ["main.orders", `SELECT o.order_id, f.profile_id, ${ordersBody} FROM store.orders o ${owner("o")}`],
    ["narrow.orders", `SELECT o.order_id, ${ordersBody} FROM store.orders o`],
    ["main.order_lines", `SELECT l.order_id, f.profile_id, ${linesBody} FROM store.order_lines l ${owner("l")}`],
    ["narrow.order_lines", `SELECT l.order_id, ${linesBody} FROM store.order_lines l`],
  ];
  for (const schema of ["main", "narrow"]) {
    views.push([`${schema}.profiles`, "SELECT * FROM store.profiles"]);
    views.push([`${schema}.identifiers`, "SELECT * FROM store.identifiers"]);
    views.push([`${schema}.households`, householdsSql]);
  }
  return views.map(([name, body]) => `CREATE OR REPLACE VIEW ${name} AS ${body}`);
}
