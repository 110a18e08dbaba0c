import type { FragmentId } from "../model/fragment.ts";
import { rescaleMinor, sumMinor } from "../model/money.ts";
import type { OrderFigures, OrderLine, OrderReport, OrderState, RefundReport } from "../model/order.ts";
import {
  bestOf,
  channelOf,
  isBetterForChannel,
  isBetterForOwner,
  isBetterRefund,
  isBetterReport,
  type Reporter,
} from "./reportRank.ts";
import { saleOf } from "./saleReports.ts";

/**
 * An order as people read it, from the set of its reports. Nothing is converted: a refund in another currency than the
 * order's counts as a refund but takes nothing off. More may be refunded than was paid; net is then negative. What is
 * refunded is summed exactly and then held at `maxSumMinorUnits`. An order of which only refunds are known has gross 0.
 *
 * @throws TypeError for a state without any report, which no event makes
 */
export function figuresOf(state: OrderState): OrderFigures {
  const sale = saleOf(state.sales);
  const best = bestReport(state);
  const currency = sale?.currency ?? refundCurrency(state) ?? best.currency;
  const refunds = Object.values(state.refunds).map((refund) => inOrderCurrency(refund, currency));
  const distinct = distinctRefunds(refunds);
  const { partial, whole } = distinct;
  const sold = sale === null ? null : soldIn(sale.money, currency);
  const grossMinor = sold?.grossMinor ?? 0;
  const sum = sumMinor(partial.map((refund) => (refund.currency === currency ? refund.amountMinor : 0)));
  const refundedMinor = whole.length > 0 ? allOf(grossMinor, sum) : sum;
  const takesTheRest = whole.some((refund) => !refund.cancels) && (partial.length === 0 || sum < grossMinor);
  const occurredAt = sale?.soldAt ?? best.occurredAt;
  return {
    orderId: state.orderId,
    ownerFragment: ownerOf(state),
    channel: channelOf(bestReport(state, isBetterForChannel)),
    occurredAt,
    currency,
    grossMinor,
    refundedMinor,
    netMinor: sumMinor([grossMinor, -refundedMinor]),
    refundCount: partial.length + (takesTheRest ? 1 : 0),
    isSale: sale !== null && !whole.some((refund) => refund.cancels),
    lines: [...marked(sold?.lines ?? [], "sale", occurredAt), ...refundLines(distinct, currency)],
  };
}

/**
 * The fragment whose person owns the order: that of the best sale report that carried an identifier, else of the best
 * one; of an order of which only refunds are known, the same of these.
 */
export function ownerOf(state: OrderState): FragmentId {
  return bestReport(state, isBetterForOwner).fragment;
}

type PartialRefund = RefundReport & { amountMinor: number };
interface DistinctRefunds {
  partial: PartialRefund[];
  whole: RefundReport[];
}

/** All that remains, of whatever sign: a cancelled negative adjustment comes to nothing too. */
function allOf(grossMinor: number, alreadyRefunded: number): number {
  return grossMinor < 0 ? grossMinor : Math.max(grossMinor, alreadyRefunded);
}

function bestReport(state: OrderState, isBetter = isBetterReport): Reporter & { currency: string } {
  const best = bestOf(state.sales, isBetter) ?? bestOf(Object.values(state.refunds), isBetter);
  if (best === null) throw new TypeError("an order has at least one report");
  return best;
}

/** Of refunds whose order is unknown: that of the best one that names any. */
function refundCurrency(state: OrderState): string | null {
  return bestOf(Object.values(state.refunds).filter((refund) => !refund.currencyAssumed))?.currency ?? null;
}

/** A report that named no currency means the order's: its amounts have the minor units of the currency assumed. */
function inOrderCurrency(refund: RefundReport, currency: string): RefundReport {
  if (!refund.currencyAssumed || refund.currency === currency) return refund;
  const { currency: assumed, amountMinor, lines } = refund;
  return {
    ...refund,
    currency,
    amountMinor: amountMinor === null ? null : rescaleMinor(amountMinor, assumed, currency),
    lines: rescaledLines(lines, assumed, currency),
  };
}

/** Likewise of a sale: what it comes to and its lines. */
function soldIn(money: OrderReport, currency: string): Pick<OrderReport, "grossMinor" | "lines"> {
  if (money.currency === currency) return money;
  return {
    grossMinor: rescaleMinor(money.grossMinor, money.currency, currency),
    lines: rescaledLines(money.lines, money.currency, currency),
  };
}

function rescaledLines(lines: readonly OrderLine[], from: string, to: string): OrderLine[] {
  return lines.map((line) => ({
    ...line,
    priceMinor: rescaleMinor(line.priceMinor, from, to),
    valueMinor: rescaleMinor(line.valueMinor, from, to),
  }));
}

/**
 * Which reports tell of different refunds. One that has its own id is the same refund wherever that id is reported,
 * and its best report counts. Those without are matched by amount: for each amount there are as many refunds as the
 * source that reports the most of them reports, so that two sources' reports of one refund count once and one
 * source's two equal refunds twice. Refunds of all that remains are kept apart: together they can happen only once.
 * Each list is in order of (occurredAt, messageId, source).
 */
function distinctRefunds(refunds: readonly RefundReport[]): DistinctRefunds {
  const whole: RefundReport[] = [];
  const byAmount = new Map<string, SameAmount>();
  for (const [ownId, reports] of Map.groupBy(refunds, (refund) => refund.ownId)) {
    const best = ownId === null ? null : bestOf(reports, isBetterRefund);
    if (best !== null && isPartial(best)) groupOf(byAmount, best).named.push(best);
    else if (best !== null) whole.push(best);
    for (const report of reports) {
      const said = best === null ? report : { ...report, currency: best.currency, amountMinor: best.amountMinor };
      if (isPartial(said)) groupOf(byAmount, said).reports.push(said);
      else if (best === null) whole.push(said);
    }
  }
  const partial = [...byAmount.values()].flatMap(countedOf);
  return { partial: partial.sort(byTime), whole: whole.sort(byTime) };
}

/** Refunds of one amount: those with an id, and every source's reports of these and of others. */
interface SameAmount {
  named: PartialRefund[];
  reports: PartialRefund[];
}

function countedOf({ named, reports }: SameAmount): PartialRefund[] {
  let most: PartialRefund[] = [];
  for (const own of Map.groupBy(reports, (refund) => refund.source).values()) {
    if (own.length > most.length || (own.length === most.length && isBetterSource(own, most))) most = own;
  }
  const missing = most.length - named.length;
  if (missing <= 0) return named;
  const unnamed = most.filter((refund) => refund.ownId === null).sort(byTime);
  return [...named, ...unnamed.slice(-missing)];
}

/** Of two sources that report as many, the better-ranked one's reports are shown; then the first by name. */
function isBetterSource(a: readonly RefundReport[], b: readonly RefundReport[]): boolean {
  const [first, second] = [a[0], b[0]];
  if (first === undefined || second === undefined) return second === undefined;
  return first.rank !== second.rank ? first.rank < second.rank : first.source < second.source;
}

function groupOf(groups: Map<string, SameAmount>, refund: PartialRefund): SameAmount {
  const key = `${refund.currency} ${refund.amountMinor}`;
  const group = groups.get(key) ?? { named: [], reports: [] };
  groups.set(key, group);
  return group;
}

function isPartial(refund: RefundReport): refund is PartialRefund {
  return refund.amountMinor !== null;
}

function byTime(a: RefundReport, b: RefundReport): number {
  if (a.occurredAt !== b.occurredAt) return a.occurredAt - b.occurredAt;
  if (a.messageId !== b.messageId) return a.messageId < b.messageId ? -1 : 1;
  return a.source < b.source ? -1 : a.source > b.source ? 1 : 0;
}

type FigureLine = OrderFigures["lines"][number];

/** Those of the refunds that take something off, each once. */
function refundLines({ partial, whole }: DistinctRefunds, currency: string): FigureLine[] {
  const shown = partial.length > 0 ? partial : whole.filter((refund) => refund.lines.length > 0).slice(0, 1);
  return shown
    .filter((refund) => refund.currency === currency)
    .flatMap((refund) => marked(refund.lines, "refund", refund.occurredAt));
}

function marked(lines: readonly OrderLine[], kind: "sale" | "refund", occurredAt: number): FigureLine[] {
  return lines.map((line) => ({ ...line, kind, occurredAt }));
}
