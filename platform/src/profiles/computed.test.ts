import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maxSumMinorUnits } from "../model/money.ts";
import type { JsonObject } from "../model/event.ts";
import type { OrderFigures } from "../model/order.ts";
import type { ComputedTraits } from "../model/profile.ts";
import type { SourceKind } from "../model/source.ts";
import { computedTraits } from "./computed.ts";
import { day, march, order, ordersFrom, shuffledHistories } from "./events.fake.ts";
import { figuresOf } from "./figures.ts";

type Report = [name: "Completed" | "Refunded" | "Cancelled", properties: JsonObject, kind?: SourceKind, days?: number];

function figuresFrom(reports: readonly Report[]): OrderFigures[] {
  const events = reports.map(([name, properties, kind = "web", days = 0]) =>
    order(`Order ${name}`, properties, kind, { occurredAt: march + days * day }),
  );
  return [...ordersFrom(events).values()].map(figuresOf);
}

function computed(...reports: Report[]): ComputedTraits {
  return computedTraits(figuresFrom(reports), reports.length, "GBP");
}

describe("computedTraits", () => {
  it("of nobody's orders are zeros and nulls", () => {
    expect(computedTraits([], 3, "GBP")).toEqual({
      eventCount: 3,
      orderCount: 0,
      refundCount: 0,
      revenue: { amount: 0, currency: "GBP" },
      revenueByCurrency: {},
      averageOrderValue: {},
      firstOrderAt: null,
      lastOrderAt: null,
      daysBetweenOrders: null,
      favouriteCategory: null,
      favouriteChannel: null,
      rfm: { lastOrderAt: null, frequency: 0, monetary: { amount: 0, currency: "GBP" } },
    });
  });

  it("count an order that was refunded in full, and none that was cancelled", () => {
    const reports: Report[] = [
      ["Completed", { order_id: 1, total: 10 }, "web", 0],
      ["Refunded", { order_id: 1 }, "web", 1],
      ["Completed", { order_id: 2, total: 10 }, "web", 2],
      ["Completed", { order_id: 3, total: 99 }, "web", 5],
    ];
    expect(computed(...reports)).toMatchObject({ orderCount: 3, lastOrderAt: "2026-03-06T00:00:00.000Z" });
    expect(computed(...reports, ["Cancelled", { order_id: 3 }, "erp", 6])).toMatchObject({
      orderCount: 2,
      refundCount: 1,
      revenue: { amount: 1000, currency: "GBP" },
      firstOrderAt: "2026-03-01T00:00:00.000Z",
      lastOrderAt: "2026-03-03T00:00:00.000Z",
      daysBetweenOrders: 2,
      rfm: { lastOrderAt: "2026-03-03T00:00:00.000Z", frequency: 2, monetary: { amount: 1000, currency: "GBP" } },
    });
  });

  it("keep currencies apart, and have refunds without an order in the revenue", () => {
    const traits = computed(
      ["Completed", { order_id: 1, total: 10, currency: "JPY" }],
      ["Completed", { order_id: 2, total: 20, currency: "EUR" }],
      ["Completed", { order_id: 3, total: 15.01, currency: "EUR" }],
      ["Refunded", { refund_id: "r", total: 5, currency: "EUR" }],
      ["Refunded", { refund_id: "s", total: 7 }],
    );
    expect(traits).toMatchObject({
      revenue: { amount: -700, currency: "GBP" },
      averageOrderValue: { EUR: 1501, JPY: 10 },
      refundCount: 2,
      orderCount: 3,
    });
    expect(Object.entries(traits.revenueByCurrency)).toEqual([
      ["EUR", 3001],
      ["GBP", -700],
      ["JPY", 10],
    ]);
  });

  it("give the mean gap in days to two decimals", () => {
    const at = (...days: number[]) =>
      computed(...days.map((days, index): Report => ["Completed", { order_id: index }, "web", days])).daysBetweenOrders;
    expect(at(0)).toBeNull();
    expect(at(0, 1)).toBe(1);
    expect(at(10, 0, 0, 3)).toBe(3.33);
    expect(at(0, 0)).toBe(0);
    expect(at(0, 0.005)).toBe(0.01);
  });

  it("favour the category with most units, then the most value, then by name", () => {
    const buying = (...products: [category: string | null, quantity: number, price: number][]) =>
      computed([
        "Completed",
        {
          order_id: 1,
          products: products.map(([category, quantity, price]) => ({ sku: "x", category, quantity, price })),
        },
      ]).favouriteCategory;
    expect(buying(["Tea", 2, 1], ["Cups", 1, 99], ["Tea", 0.5, 1])).toBe("Tea");
    expect(buying(["Tea", 1, 1], ["Cups", 1, 2])).toBe("Cups");
    expect(buying(["Tea", 1, 2], ["Cups", 1, 2])).toBe("Cups");
    expect(buying(["Tea", 0.1, 2], ["Tea", 0.2, 2], ["Cups", 0.3, 1])).toBe("Tea");
    expect(buying(["Cups", 0.3, 2], ["Tea", 0.1, 1], ["Tea", 0.2, 1])).toBe("Cups");
    expect(buying([null, 5, 2])).toBeNull();
    expect(buying(["Returns", -5, 2])).toBeNull();
    expect(buying(["__proto__", 2, 2], ["constructor", 1, 2])).toBe("__proto__");
  });

  it("favour the channel with most orders, then that of the latest, then by name", () => {
    const channels = (...orders: [channel: string, days: number][]) =>
      computed(
        ...orders.map(([channel, days], index): Report => ["Completed", { order_id: index, channel }, "web", days]),
      ).favouriteChannel;
    expect(channels(["shop", 0], ["shop", 1], ["online", 2])).toBe("shop");
    expect(channels(["shop", 5], ["online", 2])).toBe("shop");
    expect(channels(["shop", 2], ["online", 2])).toBe("online");
  });

  it("average times orders is the revenue, to half a minor unit an order", () => {
    fc.assert(
      fc.property(shuffledHistories, ([events]) => {
        const figures = [...ordersFrom(events).values()].map(figuresOf);
        const traits = computedTraits(figures, events.length, "GBP");
        for (const [currency, average] of Object.entries(traits.averageOrderValue)) {
          const orders = figures.filter((order) => order.isSale && order.currency === currency).length;
          expect(Math.abs(average * orders - (traits.revenueByCurrency[currency] ?? NaN))).toBeLessThanOrEqual(
            orders / 2,
          );
        }
        const total = figures.reduce((sum, order) => sum + order.netMinor, 0);
        expect(Object.values(traits.revenueByCurrency).reduce((sum, amount) => sum + amount, 0)).toBe(total);
      }),
    );
  });
});

describe("absurd amounts", () => {
  const total = 1_000_000_000_000;

  it("leave every figure a safe integer, which all followers can hold", () => {
    const sales = Array.from({ length: 200 }, (_, n): Report => ["Completed", { order_id: `o-${n}`, total }]);
    const { revenue, revenueByCurrency, averageOrderValue } = computed(...sales);
    expect(revenue.amount).toBe(maxSumMinorUnits);
    expect(revenueByCurrency).toEqual({ GBP: maxSumMinorUnits });
    expect(Number.isSafeInteger(averageOrderValue["GBP"])).toBe(true);
  });

  it("of refunds do too", () => {
    const refunds = Array.from({ length: 200 }, (_, n): Report => [
      "Refunded",
      { order_id: "o-1", refund_id: `r-${n}`, total },
    ]);
    const [figures] = figuresFrom([["Completed", { order_id: "o-1", total: -total }], ...refunds]);
    expect(figures?.refundedMinor).toBe(maxSumMinorUnits);
    expect(figures?.netMinor).toBe(-maxSumMinorUnits);
  });
});
