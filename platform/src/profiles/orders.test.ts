import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sourceKinds } from "../model/source.ts";
import {
  day,
  effectOf,
  eventOf,
  fragmentOf,
  hash,
  homeCurrency,
  march,
  order,
  orderFrom,
  ordersFrom,
  shuffledHistories,
} from "./events.fake.ts";
import { applyOrderEffect, emptyOrder, maxRefundReportsPerOrder, orderEffectOf } from "./orders.ts";
import { maxOrderIdLength } from "./orderProperties.ts";

function saleReportOf(...given: Parameters<typeof order>) {
  const [sale] = orderFrom(order(...given)).sales;
  if (sale === undefined) throw new TypeError("no sale");
  return sale;
}
function refundOf(...given: Parameters<typeof order>) {
  const [refund] = Object.values(orderFrom(order(...given)).refunds);
  if (refund === undefined) throw new TypeError("no refund");
  return refund;
}

describe("which events tell of orders", () => {
  it.each([
    "Order Completed",
    "order completed",
    "order_completed",
    "orderCompleted",
    "ORDER-COMPLETED",
    "  Order  Completed ",
    "Order Updated",
    "order.updated",
  ])("%j is a sale", (name) => {
    expect(effectOf(order(name, { order_id: "1", total: 1 }))).toHaveProperty("sale");
  });

  it.each(["Order Refunded", "order_refunded", "Order Cancelled", "Order Canceled", "orderCancelled"])(
    "%j takes back",
    (name) => {
      expect(effectOf(order(name, { order_id: "1" }))).toHaveProperty("refund");
    },
  );

  it.each([
    "Product Viewed",
    "Order Viewed",
    "Reorder Completed",
    "Order Completed!",
    "Order",
    "",
    "x".repeat(100_000),
  ])("%j tells of none", (name) => {
    expect(orderEffectOf(order(name, { order_id: "1" }), "f", hash, homeCurrency)).toBeNull();
  });

  it("only track calls do", () => {
    const page = eventOf({ type: "page", event: "Order Completed", body: { properties: { order_id: "1" } } });
    expect(orderEffectOf(page, "f", hash, homeCurrency)).toBeNull();
    expect(orderEffectOf(eventOf({ event: null }), "f", hash, homeCurrency)).toBeNull();
  });
});

describe("which order it is", () => {
  it("is the same by number, text, surrounding space, Unicode form and either spelling of the property", () => {
    const ids = [
      { order_id: 1001 },
      { order_id: "1001" },
      { order_id: " 1001\n" },
      { orderId: "1001" },
      { order_id: "", orderId: 1001 },
    ];
    expect(new Set(ids.map((properties) => effectOf(order("Order Completed", properties)).key)).size).toBe(1);
    const forms = ["caf\u00e9", "cafe\u0301"].map((id) => effectOf(order("Order Completed", { order_id: id })).key);
    expect(new Set(forms).size).toBe(1);
  });

  it("is the same for every source, and apart for ids that differ in case", () => {
    const keys = sourceKinds.map((kind) => effectOf(order("Order Completed", { order_id: "A1" }, kind)).key);
    expect(new Set(keys).size).toBe(1);
    expect(effectOf(order("Order Completed", { order_id: "a1" })).key).not.toBe(keys[0]);
  });

  it("is the message's own without an id, within its source", () => {
    const given = { messageId: "m-1" };
    const [web, again, pos, other] = [
      effectOf(order("Order Completed", { total: 5 }, "web", given)),
      effectOf(order("Order Updated", { order_id: null, total: 5 }, "web", given)),
      effectOf(order("Order Completed", {}, "pos", given)),
      effectOf(order("Order Completed", { order_id: "m-1" }, "web", given)),
    ];
    expect(web).toMatchObject({ orderId: "m-1", key: again?.key });
    expect(new Set([web?.key, pos?.key, other?.key]).size).toBe(3);
  });

  it.each([true, {}, [], "  ", null])("takes %j for no id", (id) => {
    expect(effectOf(order("Order Completed", { order_id: id }, "web", { messageId: "m-2" })).orderId).toBe("m-2");
  });

  it("cuts an over-long id without breaking a character", () => {
    const { orderId } = effectOf(order("Order Completed", { order_id: `${"x".repeat(maxOrderIdLength - 1)}😀` }));
    expect(orderId).toHaveLength(maxOrderIdLength);
    expect(orderId.isWellFormed()).toBe(true);
  });

  it("of a refund that names no order is its refund id, shared by all sources, else its message", () => {
    const byId = (["web", "erp"] as const).map((kind) => effectOf(order("Order Refunded", { refund_id: "r9" }, kind)));
    expect(byId[0]).toMatchObject({ orderId: "r9", key: byId[1]?.key });
    expect(effectOf(order("Order Completed", { order_id: "r9" })).key).not.toBe(byId[0]?.key);
    expect(effectOf(order("Order Refunded", { total: 3 }, "web", { messageId: "m-3" })).orderId).toBe("m-3");
  });

  it("is none for a cancellation that names none", () => {
    expect(orderEffectOf(order("Order Cancelled", { total: 5 }), "f", hash, homeCurrency)).toBeNull();
  });
});

describe("a header", () => {
  it("has total, else revenue, else value, else the sum of its lines", () => {
    const products = [
      { sku: "a", price: 1.005 },
      { sku: "b", price: "2", quantity: 3 },
    ];
    expect(saleReportOf("Order Completed", { total: 9, revenue: 8, value: 7, products }).grossMinor).toBe(900);
    expect(saleReportOf("Order Completed", { total: "n/a", revenue: "8.5", value: 7, products }).grossMinor).toBe(850);
    expect(saleReportOf("Order Completed", { value: 7, products }).grossMinor).toBe(700);
    expect(saleReportOf("Order Completed", { products }).grossMinor).toBe(701);
    expect(saleReportOf("Order Completed", {}).grossMinor).toBe(0);
  });

  it("reads lines with exact values", () => {
    const { lines } = saleReportOf("Order Completed", {
      currency: "gbp",
      products: [
        { product_id: 7, name: " Mug ", category: "Kitchen", quantity: "3", price: 0.335 },
        { sku: "s", product_id: "p", price: "1.005", quantity: 0.333 },
        { sku: "free", quantity: -2 },
        { name: "by name", price: "2", quantity: "many" },
        {},
        null,
        "text",
        [1],
        { quantity: 5 },
      ],
    });
    expect(lines).toEqual([
      { sku: "7", name: "Mug", category: "Kitchen", quantity: 3, priceMinor: 34, valueMinor: 101 },
      { sku: "s", name: null, category: null, quantity: 0.333, priceMinor: 101, valueMinor: 33 },
      { sku: "free", name: null, category: null, quantity: -2, priceMinor: 0, valueMinor: 0 },
      { sku: null, name: "by name", category: null, quantity: 1, priceMinor: 200, valueMinor: 200 },
    ]);
  });

  it("takes `items` for `products`, and the properties themselves for a single product", () => {
    expect(saleReportOf("Order Completed", { items: [{ sku: "a", price: 1 }] }).lines).toHaveLength(1);
    expect(saleReportOf("Order Completed", { sku: "a", price: 4, quantity: 2 })).toMatchObject({
      grossMinor: 800,
      lines: [{ sku: "a" }],
    });
    expect(saleReportOf("Order Completed", { sku: "a", total: 4 }).lines).toEqual([]);
  });

  it("has the currency it names, else the home currency, with that currency's minor units", () => {
    expect(saleReportOf("Order Completed", { currency: "jpy", total: 1000.4 })).toMatchObject({
      currency: "JPY",
      grossMinor: 1000,
    });
    expect(saleReportOf("Order Completed", { currency: "KWD", total: "1.0005" })).toMatchObject({
      currency: "KWD",
      grossMinor: 1001,
    });
    expect(saleReportOf("Order Completed", { currency: "pounds", total: 1 })).toMatchObject({
      currency: "GBP",
      grossMinor: 100,
    });
  });

  it("has the channel it names, and none otherwise", () => {
    expect(saleReportOf("Order Completed", { channel: " click & collect " }).channel).toBe("click & collect");
    expect(saleReportOf("Order Completed", { affiliation: "Shop" }, "pos").channel).toBeNull();
  });

  it("is the best-ranked source's, however late another comes", () => {
    const reports = sourceKinds.map((kind, index) =>
      order("Order Completed", { order_id: 1, total: 1 }, kind, { occurredAt: march + index * day }),
    );
    expect(orderFrom(...reports).sales[0]?.source).toBe("erp");
    expect(orderFrom(...reports.filter((report) => report.sourceKind !== "erp")).sales[0]?.source).toBe("pos");
  });

  it("of one source is the latest, and of the same time the one received last", () => {
    const first = order("Order Completed", { order_id: 1, total: 1 }, "web", { messageId: "z" });
    const corrected = order("Order Completed", { order_id: 1, total: 2 }, "web", {
      messageId: "a",
      receivedAt: first.receivedAt + 1,
    });
    const earlier = order("Order Updated", { order_id: 1, total: 3 }, "web", {
      occurredAt: march - 1,
      receivedAt: march + day,
    });
    for (const events of [
      [first, corrected, earlier],
      [earlier, corrected, first],
    ]) {
      expect(orderFrom(...events).sales[0]?.grossMinor).toBe(200);
    }
  });
});

describe("an update", () => {
  const completed = order("Order Completed", { order_id: "1", total: 10 }, "web", { occurredAt: march });

  it.each([{ status: "shipped" }, { total: "unknown" }, { products: "none" }])(
    "that names neither amount nor lines leaves the order as it was: %j",
    (said) => {
      const later = order("Order Updated", { order_id: "1", ...said }, "erp", { occurredAt: march + day });
      expect(orderEffectOf(later, "f", hash, homeCurrency)).toBeNull();
    },
  );

  it.each([{ total: 0 }, { products: [] }])("that says that nothing is left counts: %j", (said) => {
    const later = order("Order Updated", { order_id: "1", ...said }, "web", { occurredAt: march + day });
    for (const events of [
      [completed, later],
      [later, completed],
    ]) {
      expect(orderFrom(...events).sales[0]?.grossMinor).toBe(0);
    }
  });
});

describe("a refund", () => {
  it("has its amount, else the sum of its lines, else all that remains", () => {
    const products = [{ sku: "a", price: 2, quantity: 2 }];
    expect(refundOf("Order Refunded", { order_id: 1, total: 3, products }).amountMinor).toBe(300);
    expect(refundOf("Order Refunded", { order_id: 1, products }).amountMinor).toBe(400);
    expect(refundOf("Order Refunded", { order_id: 1 }).amountMinor).toBeNull();
    expect(refundOf("Order Cancelled", { order_id: 1, total: 3, products })).toMatchObject({
      amountMinor: null,
      cancels: true,
    });
  });

  it("means the same with a minus sign, on the amount, on the quantities or on the prices", () => {
    expect(refundOf("Order Refunded", { order_id: 1, total: "-3.005" }).amountMinor).toBe(300);
    const line = { sku: "a", quantity: 3, priceMinor: 34, valueMinor: 101 };
    const positive = refundOf("Order Refunded", { order_id: 1, products: [{ sku: "a", quantity: 3, price: 0.335 }] });
    const negative = refundOf("Order Refunded", {
      order_id: 1,
      products: [{ sku: "a", quantity: -3, price: "0.335" }],
    });
    expect(positive).toMatchObject({ amountMinor: 101, lines: [line] });
    expect(negative).toMatchObject({ amountMinor: 101, lines: [line] });
    const byPrice = refundOf("Order Refunded", { order_id: 1, products: [{ sku: "a", quantity: 3, price: -0.335 }] });
    expect(byPrice).toMatchObject({ amountMinor: 101, lines: [{ quantity: -3, valueMinor: 101 }] });
  });

  it("is one per source and own id, the latest report of it; without an id one per message", () => {
    const { refunds } = orderFrom(
      order("Order Refunded", { order_id: 1, refund_id: "r", total: 3 }, "web", { occurredAt: march + 1 }),
      order("Order Refunded", { order_id: 1, refundId: " r ", total: 2 }, "web"),
      order("Order Refunded", { order_id: 1, refund_id: "r", total: 4 }, "erp"),
      order("Order Refunded", { order_id: 1, total: 3 }),
      order("Order Refunded", { order_id: 1, total: 3 }),
    );
    expect(
      Object.values(refunds)
        .map(({ amountMinor }) => amountMinor ?? 0)
        .sort((a, b) => a - b),
    ).toEqual([300, 300, 300, 400]);
  });

  it("keeps a bounded number of reports, the same ones in any order", () => {
    const ids = Array.from({ length: maxRefundReportsPerOrder + 5 }, (_, index) => `m${10_000 + index}`);
    const events = ids.map((messageId) => order("Order Refunded", { order_id: 1, total: 1 }, "web", { messageId }));
    const kept = Object.keys(orderFrom(...events).refunds).sort();
    expect(kept).toHaveLength(maxRefundReportsPerOrder);
    expect(Object.keys(orderFrom(...events.toReversed()).refunds).sort()).toEqual(kept);
  });
});

describe("applyOrderEffect", () => {
  it("commutes and is idempotent", () => {
    fc.assert(
      fc.property(shuffledHistories, ([events, shuffled]) => {
        const twice = ordersFrom([...shuffled, ...shuffled.toReversed()]);
        const once = ordersFrom(events);
        expect([...twice]).toEqual([...once]);
      }),
    );
  });

  it("says whether it changed anything", () => {
    const effect = effectOf(order("Order Completed", { order_id: 1 }));
    const refund = effectOf(order("Order Refunded", { order_id: 1 }));
    const state = emptyOrder(effect.key, effect.orderId);
    expect([effect, effect, refund, refund].map((each) => applyOrderEffect(state, each))).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it("remembers the fragment that reported", () => {
    const event = order("Order Completed", { order_id: 1 });
    expect(orderFrom(event).sales[0]?.fragment).toBe(fragmentOf(event));
  });
});
