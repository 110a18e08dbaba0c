import { orderProperties, refundProperties, type Basket } from "./basket.ts";
import { dayMs } from "./calendar.ts";
import { slot } from "./identities.ts";
import { emailSlot, type Scene } from "./scene.ts";

/** Nothing of an order happens later than that after it. */
export const longestOrderDays = 32;

interface Order {
  orderId: string;
  basket: Basket;
  /** UTC ms. */
  placedAt: number;
  channel: "web" | "mobile" | "store";
}

const minuteMs = 60_000;

/** The ERP books what the shop sold, ships it, and takes some of it back. */
export function afterOnlineOrder(scene: Scene, { orderId, basket, placedAt, channel }: Order): void {
  const { draws, persona } = scene;
  const erpId = scene.use(slot.erpId);
  const who = {
    anonymousId: scene.use(slot.erpKey),
    context: { externalIds: [{ type: "erp_id", id: erpId, collection: "users", encoding: "none" }] },
  };
  const bookedAt = placedAt + draws.between(2, 50) * minuteMs;
  const email = scene.use(emailSlot(scene));
  const booked = { ...orderProperties(orderId, basket), channel, email };
  scene.emit("erp", bookedAt, { event: "Order Completed", properties: booked, ...who });
  if (draws.chance(0.02)) {
    const cancelled = { order_id: orderId, currency: basket.currency, reason: "out of stock" };
    scene.emit("erp", bookedAt + draws.between(30, 900) * minuteMs, {
      event: "Order Cancelled",
      properties: cancelled,
      ...who,
    });
    return;
  }
  const shippedAt = placedAt + draws.between(6, 60) * 60 * minuteMs;
  const address = { city: persona.address.city, country: persona.address.country };
  scene.emit("erp", shippedAt, {
    event: "Order Shipped",
    properties: { order_id: orderId, carrier: "Parcelhaus", ...address },
    ...who,
  });
  if (!draws.chance(0.09)) return;
  const refundedAt = shippedAt + draws.between(4, 26) * dayMs + draws.between(0, 600) * minuteMs;
  const refund = refundProperties(draws, orderId, `R${orderId}`, basket);
  scene.emit("erp", refundedAt, { event: "Order Refunded", properties: refund, ...who });
}
