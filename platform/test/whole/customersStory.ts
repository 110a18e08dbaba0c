import type { JsonObject } from "../../src/model/event.ts";

/** A customer's story: a visit, a login, an order, a refund of a part of it, another visit. */
export const kinds = 5;

/** Deterministic: a retry, and a test that adds up, make the same call from the same number. */
export function callOf(name: string, n: number): JsonObject {
  const who = `${name}-${Math.floor(n / kinds)}`;
  const messageId = messageIdOf(name, n);
  const orderId = `order-${who}`;
  switch (n % kinds) {
    case 0:
      return { type: "page", messageId, anonymousId: `visit-${who}`, name: "Home" };
    case 1:
      return {
        type: "identify",
        messageId,
        anonymousId: `visit-${who}`,
        userId: who,
        traits: { email: `${who}@shop.example` },
      };
    case 2:
      return orderCall(messageId, who, "Order Completed", { order_id: orderId, total: saleMinor(n) / 100 });
    case 3:
      return orderCall(messageId, who, "Order Refunded", { order_id: orderId, total: refundMinor(n) / 100 });
    default:
      return orderCall(messageId, who, "Product Viewed", { sku: `sku-${n % 97}` });
  }
}

/** A track call that names no event. */
export function refusableCallOf(name: string, n: number) {
  return { type: "track", messageId: `${name}:refused:${n}`, userId: `${name}-${n}` };
}

function orderCall(messageId: string, userId: string, event: string, properties: JsonObject): JsonObject {
  return { type: "track", messageId, userId, event, properties: { ...properties, currency: "GBP" } };
}

export function messageIdOf(name: string, n: number): string {
  return `${name}:${n}`;
}

function saleMinor(n: number): number {
  return 1_000 + ((n * 7_919) % 50_000);
}
function refundMinor(n: number): number {
  return (n * 104_729) % 1_000;
}
export function netMinorOf(n: number): number {
  if (n % kinds === 2) return saleMinor(n);
  return n % kinds === 3 ? -refundMinor(n) : 0;
}
