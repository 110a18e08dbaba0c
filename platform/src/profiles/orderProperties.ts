import type { JsonObject, JsonValue } from "../model/event.ts";
import { currencyOf, decimalNumber, lineValue, maxMinorUnits, sumMinor, toMinor } from "../model/money.ts";
import type { OrderLine } from "../model/order.ts";

/** Order and refund ids, in UTF-16 units; the rest of a longer one is cut off. */
export const maxOrderIdLength = 256;
/** SKU, name, category and channel, in UTF-16 units; likewise. */
export const maxOrderTextLength = 500;

/** What an order event's `properties` say, in the words of Segment's e-commerce specification. */
export interface OrderProperties {
  orderId: string | null;
  refundId: string | null;
  channel: string | null;
  /** Null when not said or not a three-letter code. */
  currency: string | null;
}

export function readOrderProperties(properties: JsonObject): OrderProperties {
  return {
    orderId: idOf(properties["order_id"]) ?? idOf(properties["orderId"]),
    refundId: idOf(properties["refund_id"]) ?? idOf(properties["refundId"]),
    channel: textOf(properties["channel"]),
    currency: currencyOf(properties["currency"]),
  };
}

/** A sale's money in `currency`: total, else revenue, else value, else the sum of its lines. */
export function readSale(properties: JsonObject, currency: string): { grossMinor: number; lines: OrderLine[] } {
  const lines = readLines(properties, currency, 1);
  return { grossMinor: statedAmount(properties, currency) ?? sumOfLines(lines), lines };
}

/** Whether a sale's properties say what it comes to: an amount, or lines of which one at least is priced. */
export function statesMoney(properties: JsonObject, currency: string): boolean {
  if (statedAmount(properties, currency) !== null) return true;
  return productsOf(properties, currency).some((product) => valueOf(product, quantityOf(product), currency) !== null);
}

/** Whether there is a list of lines, though it be empty. */
export function listsLines(properties: JsonObject): boolean {
  return Array.isArray(properties["products"] ?? properties["items"]);
}

/**
 * What a refund gives back in `currency`, never negative: the same fields as a sale, else the sum of its lines, else
 * null (all that remains). Sources that book returns with a minus sign mean the same as those that do not: an amount
 * loses its sign, and lines whose sum is negative have their quantities turned.
 */
export function readRefund(
  properties: JsonObject,
  currency: string,
): { amountMinor: number | null; lines: OrderLine[] } {
  const asSent = readLines(properties, currency, 1);
  const lines = sumOfLines(asSent) < 0 ? readLines(properties, currency, -1) : asSent;
  const stated = statedAmount(properties, currency);
  if (stated !== null) return { amountMinor: Math.abs(stated), lines };
  return { amountMinor: lines.length === 0 ? null : sumOfLines(lines), lines };
}

/** `total`, else `revenue`, else `value`: the first that is an amount. Null when none is. */
export function statedAmount(properties: JsonObject, currency: string): number | null {
  return (
    toMinor(properties["total"], currency) ??
    toMinor(properties["revenue"], currency) ??
    toMinor(properties["value"], currency)
  );
}

function sumOfLines(lines: readonly OrderLine[]): number {
  return sumMinor(
    lines.map((line) => line.valueMinor),
    maxMinorUnits,
  );
}

function readLines(properties: JsonObject, currency: string, sign: 1 | -1): OrderLine[] {
  return productsOf(properties, currency).map((product) => lineOf(product, currency, sign));
}

/** From `products` (or `items`); else the properties themselves, when they name one product and its price. */
function productsOf(properties: JsonObject, currency: string): JsonObject[] {
  const products = properties["products"] ?? properties["items"];
  if (!Array.isArray(products)) {
    const isOneProduct = skuOf(properties) !== null && toMinor(properties["price"], currency) !== null;
    return isOneProduct ? [properties] : [];
  }
  return products
    .filter(isObject)
    .filter((product) => (skuOf(product) ?? textOf(product["name"]) ?? toMinor(product["price"], currency)) !== null);
}

function lineOf(product: JsonObject, currency: string, sign: 1 | -1): OrderLine {
  const quantity = sign * quantityOf(product) + 0;
  return {
    sku: skuOf(product),
    name: textOf(product["name"]),
    category: textOf(product["category"]),
    quantity,
    priceMinor: toMinor(product["price"], currency) ?? 0,
    valueMinor: valueOf(product, quantity, currency) ?? 0,
  };
}

function quantityOf(product: JsonObject): number {
  return decimalNumber(product["quantity"]) ?? 1;
}

function valueOf(product: JsonObject, quantity: number, currency: string): number | null {
  return lineValue(quantity, product["price"], currency);
}

function skuOf(product: JsonObject): string | null {
  return textOf(product["sku"]) ?? textOf(product["product_id"]) ?? textOf(product["productId"]);
}

function idOf(value: JsonValue | undefined): string | null {
  const text = textOf(value, maxOrderIdLength);
  return text === null ? null : text.normalize("NFC");
}

function textOf(value: JsonValue | undefined, maxLength = maxOrderTextLength): string | null {
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") return null;
  const text = value.trim();
  if (text === "") return null;
  return text.length <= maxLength ? text : text.slice(0, maxLength).toWellFormed();
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
