import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identifiersOfCall } from "../../platform/src/model/callIdentifiers.ts";
import type { JsonObject } from "../../platform/src/model/event.ts";
import { openShop, shares } from "./events.ts";

const at = Date.UTC(2026, 10, 24, 12);

interface Call {
  type: string;
  event?: string;
  messageId: string;
  timestamp: string;
  properties?: { order_id: string; total: number; products: { price: number; quantity: number }[] };
}

function called(json: string): Call {
  return JSON.parse(json) as Call;
}

/** As ingestion will find them. */
function identifiersOf(json: string): readonly string[] {
  return identifiersOfCall(JSON.parse(json) as JsonObject).identifiers;
}

describe("the shop's events", () => {
  it("are the same for the same seed and ordinal, in any order, and differ between seeds", () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.nat(50_000_000), (seed, ordinal) => {
        const one = openShop(seed, 5_000);
        const other = openShop(seed, 5_000);
        const event = one.event(ordinal, at);
        other.event(ordinal + 1, at);
        expect(other.event(ordinal, at)).toBe(event);
        expect(openShop(seed + 1, 5_000).event(ordinal, at)).not.toBe(event);
      }),
      { numRuns: 20 },
    );
  });

  it("are about 1 KB of JSON, with a messageId of their own and the time given", () => {
    const shop = openShop(7, 1_000);
    const ids = new Set<string>();
    let bytes = 0;
    for (let ordinal = 0; ordinal < 2_000; ordinal++) {
      const json = shop.event(ordinal, at);
      const { messageId, timestamp } = called(json);
      expect(timestamp).toBe(new Date(at).toISOString());
      ids.add(messageId);
      bytes += Buffer.byteLength(json);
    }
    expect(ids.size).toBe(2_000);
    expect(bytes / 2_000).toBeGreaterThan(900);
    expect(bytes / 2_000).toBeLessThan(1_200);
  });

  it("are of each kind as often as is said", () => {
    const shop = openShop(3, 1_000);
    const counts = new Map<string, number>();
    for (let ordinal = 0; ordinal < 20_000; ordinal++) {
      const { type, event } = called(shop.event(ordinal, at));
      const kind = type === "track" ? String(event) : type;
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    const share = (kind: string): number => (counts.get(kind) ?? 0) / 20_000;
    expect(share("Order Completed")).toBeCloseTo(shares.order, 2);
    expect(share("identify")).toBeCloseTo(shares.identify, 2);
    expect(share("page")).toBeCloseTo(shares.page, 2);
    expect([...counts.keys()].sort()).toEqual(["Order Completed", "Product Viewed", "identify", "page"]);
  });

  it("name an order's total as the sum of its lines, and each order once", () => {
    const shop = openShop(5, 1_000);
    const orders = Array.from({ length: 5_000 }, (_, ordinal) => called(shop.event(ordinal, at)))
      .filter(({ event }) => event === "Order Completed")
      .flatMap(({ properties }) => properties ?? []);
    expect(orders.length).toBeGreaterThan(100);
    expect(new Set(orders.map((order) => order.order_id)).size).toBe(orders.length);
    for (const { total, products } of orders) {
      const cents = products.reduce((sum, line) => sum + Math.round(line.price * 100) * line.quantity, 0);
      expect(Math.round(total * 100)).toBe(cents);
    }
  });
});

describe("customers", () => {
  it("sign up with three identifiers that nobody else has, and events carry no others", () => {
    const profiles = 500;
    const shop = openShop(11, profiles);
    const owners = new Map<string, number>();
    for (let index = 0; index < profiles; index++) {
      const identifiers = identifiersOf(shop.signUp(index, at));
      expect(identifiers.map((key) => key.split(":")[0])).toEqual(["anonymous_id", "email", "user_id"]);
      for (const key of identifiers) {
        expect(owners.has(key)).toBe(false);
        owners.set(key, index);
      }
      expect(identifiers).toContain(`user_id:${shop.customer(index).userId}`);
    }
    for (let ordinal = 0; ordinal < 2_000; ordinal++) {
      const identifiers = identifiersOf(shop.event(ordinal, at));
      expect(new Set(identifiers.map((key) => owners.get(key))).size).toBe(1);
      expect(owners.get(identifiers[0] ?? "")).toBeDefined();
    }
  });

  it("use messageIds at sign-up that no event has", () => {
    const shop = openShop(2, 100);
    const events = new Set(Array.from({ length: 300 }, (_, ordinal) => called(shop.event(ordinal, at)).messageId));
    for (let index = 0; index < 100; index++) expect(events).not.toContain(called(shop.signUp(index, at)).messageId);
  });
});
