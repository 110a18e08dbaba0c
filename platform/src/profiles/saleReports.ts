import type { OrderReport } from "../model/order.ts";
import { bestOf, isBetterForChannel, isBetterForOwner, isBetterReport } from "./reportRank.ts";

/**
 * What the reports of one sale come to: its money is that of the best report that states any; its time is that of the
 * earliest `Order Completed`, else of the earliest update. A currency that was only assumed counts for that of the best
 * report that names one.
 */
export interface Sale {
  money: OrderReport;
  /** ISO 4217; `money` may have been read in another, which it then only assumed. */
  currency: string;
  /** UTC ms. */
  soldAt: number;
}

/** Null without a report. */
export function saleOf(reports: readonly OrderReport[]): Sale | null {
  const money = bestOf(reports, isBetterForMoney);
  const named = bestOf(reports, isBetterForCurrency);
  const earliest = bestOf(reports, isBetterForTime);
  if (money === null || named === null || earliest === null) return null;
  const { currency } = money.currencyAssumed ? named : money;
  return { money, currency, soldAt: earliest.occurredAt };
}

/**
 * The reports that decide a sale of which `report` is one more, best first: at most six. Each is the best of all in
 * one respect, so that it makes no difference in which order they come, or how often.
 */
export function withReport(reports: readonly OrderReport[], report: OrderReport): OrderReport[] {
  const all = [...reports, report];
  const deciding = new Set(respects.map((isBetter) => bestOf(all, isBetter) ?? report));
  return [...deciding].sort((a, b) => (isBetterReport(a, b) ? -1 : 1));
}

const respects = [
  isBetterReport,
  isBetterForOwner,
  isBetterForChannel,
  isBetterForMoney,
  isBetterForCurrency,
  isBetterForTime,
];

function isBetterForMoney(a: OrderReport, b: OrderReport): boolean {
  return a.statesMoney !== b.statesMoney ? a.statesMoney : isBetterReport(a, b);
}

function isBetterForCurrency(a: OrderReport, b: OrderReport): boolean {
  return a.currencyAssumed !== b.currencyAssumed ? b.currencyAssumed : isBetterReport(a, b);
}

function isBetterForTime(a: OrderReport, b: OrderReport): boolean {
  if (a.completes !== b.completes) return a.completes;
  return a.occurredAt !== b.occurredAt ? a.occurredAt < b.occurredAt : isBetterReport(a, b);
}
