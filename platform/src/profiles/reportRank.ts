import type { OrderReport, RefundReport } from "../model/order.ts";
import type { SourceKind } from "../model/source.ts";

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

const ranks: Readonly<Record<SourceKind, number>> = {
  erp: 0,
  pos: 1,
  crm: 2,
  web: 3,
  mobile: 4,
  social: 5,
  iot: 6,
};
const kinds = Object.keys(ranks) as SourceKind[];
/** Systems that book what others sell. */
const offices: ReadonlySet<SourceKind> = new Set(["erp", "crm"]);

export function rankOf(kind: SourceKind): number {
  return ranks[kind];
}

/** What a report says of the channel; of one that names none, the kind of its source. */
export function channelOf({ channel, rank }: Reporter): string {
  return channel ?? kindOf(rank) ?? "";
}

/** Where an order was placed is told by a report that says so, else by whoever sold it: an ERP is no channel. */
export function isBetterForChannel(a: Reporter, b: Reporter): boolean {
  const [statesA, statesB] = [a.channel !== null, b.channel !== null];
  if (statesA !== statesB) return statesA;
  const [sellsA, sellsB] = [sells(a), sells(b)];
  return !statesA && sellsA !== sellsB ? sellsA : isBetterReport(a, b);
}

function sells({ rank }: Reporter): boolean {
  const kind = kindOf(rank);
  return kind !== undefined && !offices.has(kind);
}

function kindOf(rank: number): SourceKind | undefined {
  return kinds.find((kind) => ranks[kind] === rank);
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
