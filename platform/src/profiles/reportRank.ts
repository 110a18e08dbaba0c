import type { OrderReport, RefundReport } from "../model/order.ts";

/** What every report says of where it comes from. */
export type Reporter = Pick<
  OrderReport,
  "rank" | "source" | "channel" | "messageId" | "occurredAt" | "receivedAt" | "fragment" | "isGuest"
>;

/** Whether `a` is the better report: the least rank, then the latest (occurredAt, receivedAt, messageId, source). */
export function isBetterReport(a: Reporter, b: Reporter): boolean {
  if (a.rank !== b.rank) return a.rank < b.rank;
  if (a.occurredAt !== b.occurredAt) return a.occurredAt > b.occurredAt;
  if (a.receivedAt !== b.receivedAt) return a.receivedAt > b.receivedAt;
  if (a.messageId !== b.messageId) return a.messageId > b.messageId;
  return a.source > b.source;
}

/** Whose an order is, is told by a report that says so: an ERP that knows no customer takes it from nobody. */
export function isBetterForOwner(a: Reporter, b: Reporter): boolean {
  return a.isGuest !== b.isGuest ? b.isGuest : isBetterReport(a, b);
}

/** Of two reports of one refund: one that states an amount, or cancels, before one that says nothing but that it was. */
export function isBetterRefund(a: RefundReport, b: RefundReport): boolean {
  const isSilent = (refund: RefundReport) => refund.amountMinor === null && !refund.cancels;
  return isSilent(a) !== isSilent(b) ? isSilent(b) : isBetterReport(a, b);
}

/** Null of none. */
export function bestOf<T extends Reporter>(
  reports: readonly T[],
  isBetter: (a: T, b: T) => boolean = isBetterReport,
): T | null {
  let best: T | null = null;
  for (const report of reports) {
    if (best === null || isBetter(report, best)) best = report;
  }
  return best;
}
