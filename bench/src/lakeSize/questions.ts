import type { Connections } from "../connections.ts";
import { cpuSince, type CpuByThread } from "../threadCpu.ts";
import { historyMs, type LakePlan } from "./plan.ts";

export interface Question {
  name: string;
  sql: string;
}

const dayMs = 86_400_000;
const recentDays = 90;
/** Where the gate's own limit is: no dashboard asks for more. */
const rowLimit = 10_000;

/** What dashboards ask: of money, over all of it; of events, over the three years and over the latest ninety days. */
export function questionsOf({ startMs }: LakePlan): Question[] {
  const since = new Date(startMs + historyMs - recentDays * dayMs).toISOString().slice(0, 10);
  const recent = `occurred_at >= TIMESTAMP '${since}'`;
  const both = (name: string, sql: (where: string) => string): Question[] => [
    { name, sql: sql("true") },
    { name: `${name}, ${recentDays} days`, sql: sql(recent) },
  ];
  return [
    {
      name: "revenue by day",
      sql: "SELECT date_trunc('day', occurred_at) AS day, sum(net_minor), count(*) FROM orders GROUP BY day ORDER BY day",
    },
    {
      name: "top products",
      sql: "SELECT sku, any_value(name), sum(value_minor) AS value FROM order_lines GROUP BY sku ORDER BY value DESC LIMIT 20",
    },
    ...both("events by day and name", byDay),
    ...both("approximate daily actives", dailyActives),
    ...both("most viewed products (JSON)", mostViewed),
    ...both("funnel, 3 steps in 7 days", funnel),
    ...both("weekly retention", retention),
  ];
}

const byDay = (where: string): string => `SELECT date_trunc('day', occurred_at) AS day, event, count(*) FROM events
  WHERE ${where} GROUP BY day, event ORDER BY day LIMIT ${rowLimit}`;

const dailyActives = (where: string): string => `SELECT date_trunc('day', occurred_at) AS day,
  approx_count_distinct(profile_id) FROM events WHERE ${where} GROUP BY day ORDER BY day`;

const mostViewed = (where: string): string => `SELECT properties->>'$.sku' AS sku, count(*) AS views FROM events
  WHERE event = 'Product Viewed' AND ${where} GROUP BY sku ORDER BY views DESC LIMIT 20`;

/** Of whoever looked at a product: who put one into the cart within a week of the first look, and who then bought. */
const funnel = (where: string): string => `WITH
  steps AS (SELECT profile_id, event, occurred_at AS moment FROM events
    WHERE event IN ('Product Viewed', 'Product Added', 'Order Completed') AND ${where}),
  viewed AS (SELECT profile_id, min(moment) AS moment FROM steps WHERE event = 'Product Viewed' GROUP BY profile_id),
  added AS (SELECT profile_id, any_value(v.moment) AS began, min(s.moment) AS moment FROM viewed v JOIN steps s USING (profile_id)
    WHERE s.event = 'Product Added' AND s.moment > v.moment AND s.moment <= v.moment + INTERVAL 7 DAY GROUP BY profile_id),
  bought AS (SELECT DISTINCT profile_id FROM added a JOIN steps s USING (profile_id)
    WHERE s.event = 'Order Completed' AND s.moment > a.moment AND s.moment <= a.began + INTERVAL 7 DAY)
  SELECT (SELECT count(*) FROM viewed), (SELECT count(*) FROM added), (SELECT count(*) FROM bought)`;

const retention = (where: string): string => `WITH
  weekly AS (SELECT DISTINCT profile_id, date_trunc('week', occurred_at) AS week FROM events WHERE ${where}),
  cohorts AS (SELECT profile_id, min(week) AS cohort FROM weekly GROUP BY profile_id)
  SELECT cohort, date_diff('week', cohort, week) AS weeks, count(*) FROM weekly JOIN cohorts USING (profile_id)
  WHERE date_diff('week', cohort, week) <= 12 GROUP BY cohort, weeks ORDER BY cohort, weeks`;

export interface Asked {
  /** Ms from the question to its answer: the first after a start, and the median of those after it. */
  firstMs: number;
  warmMs: number | null;
  /** Of the server's processor for one answer, all threads, the mean of all that were asked; null where /proc is missing. */
  cpuMs: number | null;
  rows: number;
  /** The code of the answer's problem, where there was no answer. */
  refused: string | null;
}

/** What the server answers; throws on anything but 200 and 422. */
export async function ask(
  connections: Connections,
  sql: string,
): Promise<{ rows: unknown[][]; refused: string | null; ms: number }> {
  const startedAt = performance.now();
  const { status, body } = await connections.post("/api/query", Buffer.from(JSON.stringify({ sql, limit: rowLimit })));
  const ms = performance.now() - startedAt;
  const answer = JSON.parse(body) as { rows?: unknown[][]; error?: { code: string } };
  if (status !== 200 && status !== 422) throw new Error(`a query was answered ${status}: ${body.slice(0, 300)}`);
  return { rows: answer.rows ?? [], refused: status === 200 ? null : (answer.error?.code ?? "unknown"), ms };
}

/** Once, then `again` times more where there was an answer. `cpu`: of the server, since it began. */
export async function timeQuestion(
  connections: Connections,
  { sql }: Question,
  { again, cpu }: { again: number; cpu: () => CpuByThread },
): Promise<Asked> {
  const before = cpu();
  const first = await ask(connections, sql);
  const warm: number[] = [];
  for (let nth = 0; nth < again && first.refused === null; nth++) warm.push((await ask(connections, sql)).ms);
  const spent = Object.values(cpuSince(before, cpu()));
  const cpuMs = spent.length === 0 ? null : spent.reduce((sum, ms) => sum + ms, 0) / (1 + warm.length);
  warm.sort((one, other) => one - other);
  const warmMs = warm[warm.length >> 1] ?? null;
  return { firstMs: first.ms, warmMs, cpuMs, rows: first.rows.length, refused: first.refused };
}
