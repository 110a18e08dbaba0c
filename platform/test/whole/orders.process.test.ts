import { Agent } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/model/event.ts";
import { keepAliveAgent, postBody } from "./senders.ts";
import { openSite, type Site } from "./server.ts";

/** One report of one source, of an order or what came of it. */
interface Report {
  source: "shop" | "books";
  event: "Order Completed" | "Order Updated" | "Order Refunded" | "Order Cancelled";
  properties: JsonObject;
  /** Minutes after the first. */
  minute: number;
}

let site: Site;
let agent: Agent;
const keys = new Map<Report["source"], string>();
beforeAll(async () => {
  site = await openSite();
  await site.start();
  agent = keepAliveAgent();
  keys.set("shop", await site.reads.createSource("shop", "web"));
  keys.set("books", await site.reads.createSource("books", "erp"));
});
afterAll(async () => {
  agent.destroy();
  await site.close();
});

/** Sends a report for `customer`, whom the shop knows by login and the books by their number, and both by e-mail. */
async function send(customer: string, { source, event, properties, minute }: Report): Promise<void> {
  const body = {
    ...(source === "shop" ? { userId: customer } : { anonymousId: `books-${customer}` }),
    event,
    properties: { ...properties, email: `${customer}@orders.example` },
    timestamp: new Date(Date.UTC(2026, 2, 1, 9, minute)).toISOString(),
  };
  const answer = await postBody(`${site.url}/v1/track`, JSON.stringify(body), keys.get(source) ?? "", agent);
  expect(answer?.status).toBe(200);
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}

/** Each way to deliver the reports, as one customer each, whose orders' ids have the customer's name in them. */
async function deliverInEveryOrder(name: string, reports: (customer: string) => Report[]): Promise<string[]> {
  const customers: string[] = [];
  const count = permutations(reports("")).length;
  for (let nth = 0; nth < count; nth++) {
    const customer = `${name}${nth}`;
    for (const report of permutations(reports(customer))[nth] ?? []) await send(customer, report);
    customers.push(customer);
  }
  await site.reads.settled();
  return customers;
}

async function ordersOf(customer: string): Promise<unknown[][]> {
  const { id } = await site.reads.someone("user_id", customer);
  return site.reads.query(
    `select gross_minor, refunded_minor, net_minor, currency, channel from orders where profile_id = '${id}' order by order_id`,
  );
}

function order(customer: string, more: JsonObject): JsonObject {
  return { order_id: `order-${customer}`, currency: "GBP", ...more };
}

describe("one order, two sources", () => {
  it("counts once and is refunded once, whoever reports it and whatever comes first", async () => {
    const customers = await deliverInEveryOrder("both", (customer) => [
      { source: "shop", event: "Order Completed", minute: 0, properties: order(customer, { total: 100.1 }) },
      { source: "books", event: "Order Completed", minute: 1, properties: order(customer, { total: 100.1 }) },
      { source: "shop", event: "Order Refunded", minute: 2, properties: order(customer, { total: 30.05 }) },
      { source: "books", event: "Order Refunded", minute: 3, properties: order(customer, { total: 30.05 }) },
    ]);
    expect(customers).toHaveLength(24);
    for (const customer of customers) {
      const { computed } = await site.reads.someone("user_id", customer);
      expect({ customer, ...computed }).toMatchObject({
        customer,
        eventCount: 4,
        orderCount: 1,
        refundCount: 1,
        revenue: { amount: 7_005, currency: "GBP" },
      });
      expect(await ordersOf(customer)).toEqual([[10_010, 3_005, 7_005, "GBP", "web"]]);
    }
  });

  it.each(["shop", "books"] as const)("a refund that only %s reports subtracts once", async (source) => {
    const customers = await deliverInEveryOrder(`only-${source}`, (customer) => [
      { source: "shop", event: "Order Completed", minute: 0, properties: order(customer, { total: 20 }) },
      { source: "books", event: "Order Completed", minute: 1, properties: order(customer, { total: 20 }) },
      {
        source,
        event: "Order Refunded",
        minute: 2,
        properties: order(customer, { refund_id: `r-${customer}`, total: 5 }),
      },
    ]);
    for (const customer of customers) {
      expect((await site.reads.someone("user_id", customer)).computed).toMatchObject({ orderCount: 1, refundCount: 1 });
      expect(await ordersOf(customer)).toEqual([[2_000, 500, 1_500, "GBP", "web"]]);
    }
  });

  it("two refunds are two, and a refund of everything leaves nothing, not less", async () => {
    const customers = await deliverInEveryOrder("two", (customer) => [
      { source: "books", event: "Order Completed", minute: 0, properties: order(customer, { total: 50 }) },
      {
        source: "books",
        event: "Order Refunded",
        minute: 1,
        properties: order(customer, { refund_id: `${customer}-1`, total: 10 }),
      },
      {
        source: "shop",
        event: "Order Refunded",
        minute: 2,
        properties: order(customer, { refund_id: `${customer}-2`, total: 10 }),
      },
      { source: "shop", event: "Order Completed", minute: 3, properties: order(customer, { total: 50 }) },
    ]);
    for (const customer of customers) {
      expect((await site.reads.someone("user_id", customer)).computed.refundCount).toBe(2);
      expect(await ordersOf(customer)).toEqual([[5_000, 2_000, 3_000, "GBP", "web"]]);
      await send(customer, { source: "shop", event: "Order Refunded", minute: 9, properties: order(customer, {}) });
    }
    await site.reads.settled();
    for (const customer of customers) expect(await ordersOf(customer)).toEqual([[5_000, 5_000, 0, "GBP", "web"]]);
  });

  it("two currencies stay apart", async () => {
    const customers = await deliverInEveryOrder("money", (customer) => [
      { source: "shop", event: "Order Completed", minute: 0, properties: order(customer, { total: 12.5 }) },
      {
        source: "shop",
        event: "Order Completed",
        minute: 1,
        properties: { order_id: `yen-${customer}`, currency: "JPY", total: 5_000 },
      },
      {
        source: "books",
        event: "Order Refunded",
        minute: 2,
        properties: { order_id: `yen-${customer}`, currency: "JPY", total: 1_000 },
      },
    ]);
    for (const customer of customers) {
      const { computed } = await site.reads.someone("user_id", customer);
      expect(computed.revenue).toEqual({ amount: 1_250, currency: "GBP" });
      expect(computed.revenueByCurrency).toEqual({ GBP: 1_250, JPY: 4_000 });
      expect(await ordersOf(customer)).toEqual([
        [1_250, 0, 1_250, "GBP", "web"],
        [5_000, 1_000, 4_000, "JPY", "web"],
      ]);
    }
  });

  it("a late correction changes the order and nothing else; a cancelled order is no sale", async () => {
    const customers = await deliverInEveryOrder("late", (customer) => [
      { source: "books", event: "Order Completed", minute: 0, properties: order(customer, { total: 80 }) },
      { source: "books", event: "Order Updated", minute: 5, properties: order(customer, { total: 75.5 }) },
      { source: "shop", event: "Order Updated", minute: 9, properties: order(customer, { total: 99 }) },
    ]);
    for (const customer of customers) {
      expect((await site.reads.someone("user_id", customer)).computed).toMatchObject({ orderCount: 1, refundCount: 0 });
      // The books know better than the shop, however late the shop speaks.
      expect(await ordersOf(customer)).toEqual([[7_550, 0, 7_550, "GBP", "web"]]);
      await send(customer, { source: "books", event: "Order Cancelled", minute: 7, properties: order(customer, {}) });
    }
    await site.reads.settled();
    for (const customer of customers) {
      expect((await site.reads.someone("user_id", customer)).computed).toMatchObject({
        orderCount: 0,
        revenue: { amount: 0, currency: "GBP" },
      });
      expect(await ordersOf(customer)).toEqual([[7_550, 7_550, 0, "GBP", "web"]]);
    }
  });

  it("profiles add up to orders, and the same calls sent again change nothing", async () => {
    const byOrders = await site.reads.query("select currency, sum(net_minor) from orders group by 1 order by 1");
    const inHome = await site.reads.value("select sum(revenue_minor) from profiles");
    expect(byOrders.find(([currency]) => currency === "GBP")?.[1]).toBe(inHome);
    expect(await site.reads.value("select count(*) from orders where profile_id is null")).toBe(0);

    const messageId = "again";
    const call = { messageId, userId: "both0", event: "Order Refunded", properties: order("both0", { total: 1 }) };
    for (let times = 0; times < 3; times++) {
      const body = JSON.stringify(call);
      expect((await postBody(`${site.url}/v1/track`, body, keys.get("shop") ?? "", agent))?.status).toBe(200);
    }
    await site.reads.settled();
    expect(await site.reads.fate(messageId)).toMatchObject({ fate: "processed", duplicates: 2, differs: false });
    expect(await ordersOf("both0")).toEqual([[10_010, 3_105, 6_905, "GBP", "web"]]);
  });
});
