import type { JsonObject } from "../model/event.ts";
import { priceFactors, productFor, type Product } from "./catalogue.ts";
import type { Draws } from "./draws.ts";

export interface BasketLine {
  product: Product;
  quantity: number;
  /** Of one, in the basket's currency. */
  priceMinor: number;
}

/** What somebody buys. Money in minor units of the currency, all of which have hundredths. */
export interface Basket {
  currency: string;
  lines: readonly BasketLine[];
  discountMinor: number;
  shippingMinor: number;
  /** Lines and shipping less the discount. */
  totalMinor: number;
}

export function lineFor(draws: Draws, product: Product, currency: string): BasketLine {
  const roll = draws.next();
  return {
    product,
    quantity: roll < 0.75 ? 1 : roll < 0.93 ? 2 : 3 + (Math.floor(roll * 37) % 3),
    priceMinor: priceIn(product, currency),
  };
}

export function priceIn({ priceMinor }: Product, currency: string): number {
  return Math.round(priceMinor * (priceFactors[currency] ?? 1));
}

export function basketOf(draws: Draws, category: string, currency: string, most: number): BasketLine[] {
  const count = 1 + Math.floor(draws.next() ** 2 * most);
  return Array.from({ length: count }, () => lineFor(draws, productFor(draws, category), currency));
}

export function checkedOut(
  lines: readonly BasketLine[],
  currency: string,
  terms: { isShipped: boolean; discount: number },
): Basket {
  const goods = lines.reduce((sum, { priceMinor, quantity }) => sum + priceMinor * quantity, 0);
  const discountMinor = Math.round(goods * terms.discount);
  const isFree = !terms.isShipped || goods - discountMinor >= Math.round(5_000 * (priceFactors[currency] ?? 1));
  const shippingMinor = isFree ? 0 : Math.round(395 * (priceFactors[currency] ?? 1));
  return { currency, lines, discountMinor, shippingMinor, totalMinor: goods - discountMinor + shippingMinor };
}

/** Units of the currency, as JSON numbers are sent: 1250 → 12.5. */
export function major(minor: number): number {
  return minor / 100;
}

export function productProperties({ product, quantity, priceMinor }: BasketLine): JsonObject {
  const { sku, name, category } = product;
  return { product_id: sku, sku, name, category, price: major(priceMinor), quantity };
}

/** Segment's e-commerce properties of an order. */
export function orderProperties(orderId: string, basket: Basket): JsonObject {
  const { currency, lines, discountMinor, shippingMinor, totalMinor } = basket;
  return {
    order_id: orderId,
    total: major(totalMinor),
    revenue: major(totalMinor - shippingMinor),
    ...(shippingMinor === 0 ? {} : { shipping: major(shippingMinor) }),
    ...(discountMinor === 0 ? {} : { discount: major(discountMinor) }),
    currency,
    products: lines.map(productProperties),
  };
}

/** All of it, or one line: never more than was paid for what goes back. */
export function refundProperties(draws: Draws, orderId: string, refundId: string, basket: Basket): JsonObject {
  const { lines, currency, totalMinor } = basket;
  const goods = lines.reduce((sum, { priceMinor, quantity }) => sum + priceMinor * quantity, 0);
  const isWhole = lines.length === 1 || draws.chance(0.35);
  const back = isWhole ? lines : [draws.pick(lines)];
  const backGoods = back.reduce((sum, { priceMinor, quantity }) => sum + priceMinor * quantity, 0);
  const paid = isWhole
    ? totalMinor
    : Math.min(totalMinor, Math.floor((backGoods * (goods - basket.discountMinor)) / goods));
  return {
    order_id: orderId,
    refund_id: refundId,
    total: major(paid),
    currency,
    reason: draws.pick(["changed mind", "damaged", "too small", "too large", "not as described", "arrived late"]),
    products: back.map(productProperties),
  };
}
