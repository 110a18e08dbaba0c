/** A month's orders of one channel in one currency. */
export interface SpendRow {
  /** `2026-11`. */
  month: string;
  channel: string;
  currency: string;
  /** Minor units, net of refunds. */
  net: number;
  orders: number;
}

export interface Spend {
  currency: string;
  /** Every month from the first to the last, `2026-11`. */
  months: string[];
  /** Net by month in `months`' order, the largest channel first. */
  channels: { channel: string; net: number[] }[];
}

/** A profile's id has only letters, digits, - and _. */
export function spendSql(id: string): string {
  return `SELECT strftime(occurred_at, '%Y-%m') AS month, coalesce(channel, '') AS channel, currency,
  sum(net_minor) AS net_minor, count(*) AS orders
FROM orders WHERE profile_id = '${id.replaceAll("'", "''")}'
GROUP BY ALL ORDER BY month, channel, currency`;
}

/** The currencies that were paid in, the most used first. They are never added up. */
export function currenciesOf(rows: readonly SpendRow[]): string[] {
  const orders = new Map<string, number>();
  for (const row of rows) orders.set(row.currency, (orders.get(row.currency) ?? 0) + row.orders);
  return [...orders].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([currency]) => currency);
}

export function spendIn(rows: readonly SpendRow[], currency: string): Spend {
  const own = rows.filter((row) => row.currency === currency);
  const months = monthsBetween(own.map(({ month }) => month));
  const nets = new Map<string, number[]>();
  for (const { month, channel, net } of own) {
    const series = nets.get(channel) ?? months.map(() => 0);
    const at = months.indexOf(month);
    series[at] = (series[at] ?? 0) + net;
    nets.set(channel, series);
  }
  const total = (series: readonly number[]): number => series.reduce((sum, each) => sum + each, 0);
  const channels = [...nets].map(([channel, net]) => ({ channel, net })).sort((a, b) => total(b.net) - total(a.net));
  return { currency, months, channels };
}

/** At least two, so that one bar is not as wide as the chart. */
function monthsBetween(months: readonly string[]): string[] {
  const sorted = months.toSorted();
  const [first] = sorted;
  const last = sorted.at(-1);
  if (first === undefined || last === undefined) return [];
  const all: string[] = [];
  for (let month = first === last ? monthBefore(first) : first; month <= last; month = monthAfter(month))
    all.push(month);
  return all;
}

const monthAfter = (month: string): string => shifted(month, 1);
const monthBefore = (month: string): string => shifted(month, -1);

function shifted(month: string, by: number): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return new Date(Date.UTC(year, number - 1 + by, 1)).toISOString().slice(0, 7);
}
