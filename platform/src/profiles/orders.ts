import { orderEvents, type AcceptedEvent, type JsonObject } from "../model/event.ts";
import type { FragmentId } from "../model/fragment.ts";
import { orderKeyOf, type KeyedHash } from "../model/keyedHash.ts";
import type { OrderKey, OrderReport, OrderState, RefundReport } from "../model/order.ts";
import type { Money } from "../model/profile.ts";
import {
  listsLines,
  readOrderProperties,
  readRefund,
  readSale,
  statedAmount,
  statesMoney,
  type OrderProperties,
} from "./orderProperties.ts";
import { keepLeastKeys, ownValue } from "./ownKeys.ts";
import { isBetterRefund, rankOf, type Reporter } from "./reportRank.ts";
import { withReport } from "./saleReports.ts";

/** Refund reports kept of one order; of more, those with the least keys stay, whatever the order of arrival. */
export const maxRefundReportsPerOrder = 1_000;

/** What one event says of one order: for the state under `key`. */
export type OrderEffect = { readonly key: OrderKey; readonly orderId: string } & (
  | { readonly sale: OrderReport }
  | { readonly refund: RefundReport }
);

/**
 * Reads an order event; null for every other event, and for an update that says nothing of the order's money or lines.
 * All sources share one namespace of order ids, so that two that
 * report one order meet; a sale without an id is an order of its own. A refund that names no order is an entity of
 * its own under its refund id (shared by all sources too), else its message; a cancellation that names none says
 * nothing and has no effect. `fragment` is where the event was folded: its person owns the order if this report is
 * the best. `homeCurrency` is the ISO 4217 code for reports that name none.
 */
export function orderEffectOf(
  event: AcceptedEvent,
  fragment: FragmentId,
  hash: KeyedHash,
  homeCurrency: string,
): OrderEffect | null {
  const kind = event.type === "track" && event.event !== null ? kindOf(event.event) : null;
  if (kind === null) return null;
  const properties = propertiesOf(event);
  const said = readOrderProperties(properties);
  if (kind === "cancellation" && said.orderId === null) return null;
  const currency = said.currency ?? homeCurrency;
  const reporter = { ...reporterOf(event, fragment, said), currency, currencyAssumed: said.currency === null };
  const identity = identityOf(kind, said, event, hash);
  if (kind === "sale") {
    const sale = saleReportOf(reporter, properties, squeezed(event.event ?? "") === updated);
    return sale === null ? null : { ...identity, sale };
  }
  const cancels = kind === "cancellation";
  const { amountMinor, lines } = readRefund(properties, currency);
  const refund: RefundReport = {
    ...reporter,
    ownId: said.refundId,
    amountMinor: cancels ? null : amountMinor,
    cancels,
    lines,
  };
  return { ...identity, refund };
}

/**
 * The amount that an order event states, read as its order reads it; null for every other event, and where none is
 * stated that can be read. A refund's and a cancellation's have no sign.
 */
export function statedOrderAmount(
  event: Pick<AcceptedEvent, "type" | "event" | "body">,
  homeCurrency: string,
): Money | null {
  const kind = event.type === "track" && event.event !== null ? kindOf(event.event) : null;
  if (kind === null) return null;
  const properties = propertiesOf(event);
  const currency = readOrderProperties(properties).currency ?? homeCurrency;
  const stated = statedAmount(properties, currency);
  return stated === null ? null : { amount: kind === "sale" ? stated : Math.abs(stated), currency };
}

export function emptyOrder(key: OrderKey, orderId: string): OrderState {
  return { key, orderId, sales: [], refunds: {} };
}

/**
 * Applies an effect to the order under the same key, in place; true if that changed anything. Effects commute, and
 * applying one again changes nothing.
 */
export function applyOrderEffect(state: OrderState, effect: OrderEffect): boolean {
  return "sale" in effect ? applySale(state, effect.sale) : applyRefund(state, effect.refund);
}

/** The message's report, if it is among those that are kept, belongs to another fragment than it was folded into. */
export function moveReport(
  { sales, refunds }: OrderState,
  { source, messageId }: Pick<AcceptedEvent, "source" | "messageId">,
  fragment: FragmentId,
): void {
  for (const report of [...sales, ...Object.values(refunds)]) {
    if (report.messageId === messageId && report.source === source) report.fragment = fragment;
  }
}

type OrderEventKind = "sale" | "refund" | "cancellation";

const updated = squeezed(orderEvents.updated);

const kindsByName: ReadonlyMap<string, OrderEventKind> = new Map([
  [squeezed(orderEvents.completed), "sale"],
  [updated, "sale"],
  [squeezed(orderEvents.refunded), "refund"],
  [squeezed(orderEvents.cancelled), "cancellation"],
  ["ordercanceled", "cancellation"],
]);

const maxOrderEventNameLength = 40;

/**
 * Null for an update of a status or an address, say: one that names neither an amount nor lines says nothing of the
 * sale. By an empty list of lines an update means that nothing is left, while who completes an order means no such thing.
 */
function saleReportOf(
  reporter: Omit<OrderReport, "completes" | "statesMoney" | "grossMinor" | "lines">,
  properties: JsonObject,
  isUpdate: boolean,
): OrderReport | null {
  const { currency } = reporter;
  const sale = readSale(properties, currency);
  const isEmptied = isUpdate && sale.lines.length === 0 && listsLines(properties);
  const states = isEmptied || statesMoney(properties, currency);
  if (isUpdate && !states && sale.lines.length === 0) return null;
  return { ...reporter, completes: !isUpdate, statesMoney: states, ...sale };
}

/** `Order Completed`, `order_completed`, `orderCompleted` are one name. */
function kindOf(name: string): OrderEventKind | null {
  if (name.length > maxOrderEventNameLength || !/^\s*order/i.test(name)) return null;
  return kindsByName.get(squeezed(name)) ?? null;
}

function squeezed(name: string): string {
  return name.toLowerCase().replace(/[\s_.-]+/g, "");
}

function reporterOf(event: AcceptedEvent, fragment: FragmentId, said: OrderProperties): Reporter {
  return {
    rank: rankOf(event.sourceKind),
    source: event.source,
    channel: said.channel,
    messageId: event.messageId,
    occurredAt: event.occurredAt,
    receivedAt: event.receivedAt,
    fragment,
    isGuest: event.identifiers.length === 0,
  };
}

/** Without an id the message is the entity, within its source. */
function identityOf(
  kind: OrderEventKind,
  { orderId, refundId }: OrderProperties,
  event: AcceptedEvent,
  hash: KeyedHash,
): { key: OrderKey; orderId: string } {
  if (orderId !== null) return { key: orderKeyOf(hash, "default", orderId), orderId };
  if (kind !== "sale" && refundId !== null) return { key: orderKeyOf(hash, "refund", refundId), orderId: refundId };
  return { key: orderKeyOf(hash, `message:${event.source}`, event.messageId), orderId: event.messageId };
}

/** Source ids hold no colon. */
function refundKeyOf(refund: RefundReport): string {
  return refund.ownId === null ? `message:${refund.source}:${refund.messageId}` : `id:${refund.source}:${refund.ownId}`;
}

function propertiesOf(event: Pick<AcceptedEvent, "body">): JsonObject {
  const properties = event.body["properties"];
  return typeof properties === "object" && properties !== null && !Array.isArray(properties) ? properties : {};
}

function applySale(state: OrderState, sale: OrderReport): boolean {
  const before = state.sales;
  state.sales = withReport(before, sale);
  return state.sales.some((report) => !before.includes(report));
}

function applyRefund(state: OrderState, refund: RefundReport): boolean {
  const key = refundKeyOf(refund);
  const held = ownValue(state.refunds, key);
  if (held !== undefined && !isBetterRefund(refund, held)) return false;
  state.refunds[key] = refund;
  keepLeastKeys(state.refunds, maxRefundReportsPerOrder);
  return Object.hasOwn(state.refunds, key);
}
