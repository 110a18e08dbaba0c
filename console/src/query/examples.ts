/** Questions to begin with; each runs on any platform. */
export const examples: readonly { label: string; sql: string }[] = [
  {
    label: "Events by source and hour",
    sql: "SELECT date_trunc('hour', received_at) AS hour, source, count(*) AS events\nFROM events\nGROUP BY ALL\nORDER BY hour",
  },
  {
    label: "What arrives",
    sql: "SELECT coalesce(event, type) AS event, count(*) AS events\nFROM events\nGROUP BY ALL\nORDER BY events DESC",
  },
  {
    label: "Revenue by channel",
    sql: "SELECT channel, currency, count(*) AS orders, sum(net_minor) / 100.0 AS net\nFROM orders\nGROUP BY ALL\nORDER BY net DESC",
  },
  {
    label: "Best customers",
    sql: "SELECT profile_id, order_count, revenue_minor / 100.0 AS revenue, currency, last_seen_at\nFROM profiles\nORDER BY revenue_minor DESC\nLIMIT 100",
  },
];

/** How events are written: what a query that meets nothing is held against. */
export const latestEventsSql =
  "SELECT received_at, occurred_at, source, type, event, properties\nFROM events\nORDER BY received_at DESC\nLIMIT 100";
