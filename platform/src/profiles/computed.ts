import { isoTime } from "../model/isoTime.ts";
import { divideHalfUp, sumMinor } from "../model/money.ts";
import type { OrderFigures } from "../model/order.ts";
import type { ComputedTraits } from "../model/profile.ts";
import { sortedByKey } from "./ownKeys.ts";

const msPerDay = 86_400_000;

/**
 * What a person's set of orders says of them. Orders are sales that were not cancelled; a refunded one still is one.
 * Money is net of every refund and cancellation, those included whose order is unknown, by currency and never
 * converted; a sum is exact, and then held at `maxSumMinorUnits`. A pure function of the set: the caller gives the figures in an order that depends on the set alone.
 */
export function computedTraits(
  figures: readonly OrderFigures[],
  eventCount: number,
  homeCurrency: string,
): ComputedTraits {
  const sales = figures.filter((order) => order.isSale);
  const net = sumBy(figures, (order) => [order.currency, order.netMinor]);
  const counts = sumBy(sales, (order) => [order.currency, 1]);
  const first = sales.reduce((least, order) => Math.min(least, order.occurredAt), Infinity);
  const last = sales.reduce((greatest, order) => Math.max(greatest, order.occurredAt), -Infinity);
  const lastOrderAt = sales.length === 0 ? null : isoTime(last);
  const revenue = { amount: net[homeCurrency] ?? 0, currency: homeCurrency };
  const average: Record<string, number> = {};
  for (const currency of Object.keys(counts)) {
    average[currency] = divideHalfUp(net[currency] ?? 0, counts[currency] ?? 1);
  }
  return {
    eventCount,
    orderCount: sales.length,
    refundCount: figures.reduce((sum, order) => sum + order.refundCount, 0),
    revenue,
    revenueByCurrency: net,
    averageOrderValue: average,
    firstOrderAt: sales.length === 0 ? null : isoTime(first),
    lastOrderAt,
    daysBetweenOrders:
      sales.length < 2 ? null : divideHalfUp((last - first) * 100, (sales.length - 1) * msPerDay) / 100,
    favouriteCategory: favouriteCategoryOf(sales),
    favouriteChannel: favouriteChannelOf(sales),
    rfm: { lastOrderAt, frequency: sales.length, monetary: { ...revenue } },
  };
}

/** Keys sorted. */
function sumBy(
  figures: readonly OrderFigures[],
  entry: (order: OrderFigures) => [string, number],
): Record<string, number> {
  const amounts: Record<string, number[]> = {};
  for (const order of figures) {
    const [key, amount] = entry(order);
    (amounts[key] ??= []).push(amount);
  }
  return sortedByKey(amounts, (each) => sumMinor(each));
}

/** Quantities are summed in millionths, so that 0.1 + 0.2 ties with 0.3. */
const quantityUnits = 1e6;

/** Most units bought, before returns; ties by value, then by name. Null without a category that has any. */
function favouriteCategoryOf(sales: readonly OrderFigures[]): string | null {
  const tallies = new Map<string, Tally>();
  for (const order of sales) {
    for (const line of order.lines) {
      if (line.kind !== "sale" || line.category === null) continue;
      const tally = tallyOf(tallies, line.category);
      tally.most += Math.round(line.quantity * quantityUnits);
      tally.tieBreak += line.valueMinor;
    }
  }
  return favouriteOf(tallies);
}

/** Most orders; ties go to the channel of the latest order, then by name. */
function favouriteChannelOf(sales: readonly OrderFigures[]): string | null {
  const tallies = new Map<string, Tally>();
  for (const order of sales) {
    const tally = tallyOf(tallies, order.channel);
    tally.most += 1;
    tally.tieBreak = Math.max(tally.tieBreak, order.occurredAt);
  }
  return favouriteOf(tallies);
}

interface Tally {
  most: number;
  tieBreak: number;
}

function tallyOf(tallies: Map<string, Tally>, name: string): Tally {
  const tally = tallies.get(name) ?? { most: 0, tieBreak: 0 };
  tallies.set(name, tally);
  return tally;
}

function favouriteOf(tallies: ReadonlyMap<string, Tally>): string | null {
  let favourite: (Tally & { name: string }) | null = null;
  for (const [name, tally] of tallies) {
    if (tally.most > 0 && (favourite === null || isAhead({ name, ...tally }, favourite)))
      favourite = { name, ...tally };
  }
  return favourite?.name ?? null;
}

function isAhead(a: Tally & { name: string }, b: Tally & { name: string }): boolean {
  if (a.most !== b.most) return a.most > b.most;
  return a.tieBreak !== b.tieBreak ? a.tieBreak > b.tieBreak : a.name < b.name;
}
