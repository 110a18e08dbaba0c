import type { FragmentId } from "./fragment.ts";

/** Keyed hash of (namespace, order id), 16 base64url characters. */
export type OrderKey = string;

/** A line of an order or a refund. Money in integer minor units of the report's currency. */
export interface OrderLine {
  sku: string | null;
  name: string | null;
  category: string | null;
  /** May be fractional (weighed goods); as sent. */
  quantity: number;
  /** Unit price, rounded half up. */
  priceMinor: number;
  /** quantity × unit price computed exactly, then rounded half up once. */
  valueMinor: number;
}

/** One report of a sale; the best one is that of the least `rank`, then the latest (occurredAt, receivedAt, messageId, source). */
export interface OrderReport {
  /** From the source's kind: erp 0, pos 1, crm 2, web 3, mobile 4, social 5, iot 6. */
  rank: number;
  source: string;
  /** Null where it names none. */
  channel: string | null;
  messageId: string;
  occurredAt: number;
  receivedAt: number;
  fragment: FragmentId;
  /** It carried no identifier, so that its fragment is nobody's. */
  isGuest: boolean;
  /** From `Order Completed`, which tells when the sale was; an update tells when something of it changed. */
  completes: boolean;
  currency: string;
  /** It named no currency: `currency` is the home currency. */
  currencyAssumed: boolean;
  /** False where it names neither an amount nor a priced line: `grossMinor` 0 is then nobody's word. */
  statesMoney: boolean;
  grossMinor: number;
  lines: OrderLine[];
}

/** A refund or cancellation: `ownId` from the source, or null, then reports are matched by content (see profiles/figures). */
export interface RefundReport {
  ownId: string | null;
  rank: number;
  source: string;
  /** Null where it names none. */
  channel: string | null;
  messageId: string;
  occurredAt: number;
  receivedAt: number;
  fragment: FragmentId;
  /** It carried no identifier, so that its fragment is nobody's. */
  isGuest: boolean;
  currency: string;
  /** It named no currency: `currency` is the home currency, and what is meant is the order's, whichever that is. */
  currencyAssumed: boolean;
  /** Never negative. null: all that remains (a cancellation, or a full refund that names no amount). */
  amountMinor: number | null;
  /** A cancelled order is no sale; a refunded one still is. */
  cancels: boolean;
  lines: OrderLine[];
}

/**
 * An order as an entity: reported by any number of sources, counted once. `sales` are the reports that decide it, best
 * first (see profiles/saleReports). `refunds` is a set keyed by source and the refund's own id, or by source and
 * messageId where it has none. A refund that names no order is an entity of its own, without a sale. Merging reports is
 * commutative, associative and idempotent.
 */
export interface OrderState {
  readonly key: OrderKey;
  readonly orderId: string;
  sales: OrderReport[];
  refunds: Record<string, RefundReport>;
}

/** An order as people read it: one row of the `orders` view. */
export interface OrderFigures {
  orderId: string;
  /** Fragment of the best-ranked report: its person owns the order. */
  ownerFragment: FragmentId;
  /** The one that the best report with a channel names; else the kind of the best source that sells. */
  channel: string;
  /** When it was sold; of refunds whose order is unknown, when the best-ranked one was. */
  occurredAt: number;
  currency: string;
  grossMinor: number;
  refundedMinor: number;
  /** grossMinor − refundedMinor. */
  netMinor: number;
  /** Distinct refunds; a cancellation is none. */
  refundCount: number;
  /** False for a cancelled order and for a refund whose order is unknown. */
  isSale: boolean;
  lines: (OrderLine & { kind: "sale" | "refund"; occurredAt: number })[];
}
