import RudderAnalytics from "@rudderstack/rudder-sdk-node";
import { Analytics } from "@segment/analytics-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until, within } from "./polling.ts";
import { openSite, type Site, writeKey } from "./server.ts";

const maxFlushMs = 20_000;

let site: Site;
beforeAll(async () => {
  site = await openSite();
  await site.start();
});
afterAll(() => site.close());

/** Traits by their values; who said them is told apart. */
async function traitsOf(userId: string): Promise<Record<string, unknown>> {
  const { traits } = await site.reads.someone("user_id", userId);
  return Object.fromEntries(Object.entries(traits).map(([name, { value }]) => [name, value]));
}

/** Oldest first: what a person did, by name. */
async function history(userId: string): Promise<string[]> {
  const { id } = await site.reads.someone("user_id", userId);
  const items = await site.reads.timeline(id);
  return items.toReversed().map(({ type, event }) => event ?? type);
}

function minute(n: number): Date {
  return new Date(Date.UTC(2026, 4, 1, 12, n));
}

describe("@segment/analytics-node", () => {
  let analytics: Analytics;
  const failures: unknown[] = [];
  beforeAll(() => {
    analytics = new Analytics({ writeKey, host: site.url, flushAt: 5, flushInterval: 200 });
    analytics.on("error", (error) => failures.push(error));
  });
  const flushed = async (): Promise<void> => {
    await within("flush", maxFlushMs, analytics.flush());
    expect(failures).toEqual([]);
    await site.reads.settled();
  };

  it("a visitor who signs in keeps the anonymous history, and all that they told", async () => {
    const anonymousId = "visitor-ada";
    analytics.page({ anonymousId, name: "Home", timestamp: minute(0) });
    analytics.track({ anonymousId, event: "Product Viewed", properties: { sku: "tea-1" }, timestamp: minute(1) });
    await flushed();
    const before = await site.reads.someone("anonymous_id", anonymousId);
    expect(before.computed.eventCount).toBe(2);

    const traits = { email: "Ada@Example.com", firstName: "Ada", plan: "gold" };
    analytics.identify({ userId: "ada", anonymousId, traits, timestamp: minute(2) });
    analytics.track({
      userId: "ada",
      event: "Order Completed",
      properties: {
        order_id: "seg-1",
        total: 25.5,
        currency: "GBP",
        products: [{ sku: "tea-1", category: "Tea", price: 8.5, quantity: 3 }],
      },
      timestamp: minute(3),
    });
    analytics.track({ userId: "ada", event: "Order Completed", properties: { order_id: "seg-2", total: 10 } });
    analytics.track({ userId: "ada", event: "Order Refunded", properties: { order_id: "seg-1", total: 5.25 } });
    analytics.group({ userId: "ada", groupId: "readers", traits: { name: "Readers" }, timestamp: minute(4) });
    await flushed();

    const ada = await site.reads.someone("user_id", "ada");
    expect(await site.reads.someone("email", "ada@example.com")).toEqual(ada);
    expect(await site.reads.someone("anonymous_id", anonymousId)).toEqual(ada);
    expect(await site.reads.profileById(before.id)).toEqual(ada);
    expect(ada.identifiers.map(({ type, value }) => `${type}:${value}`).sort()).toEqual([
      "anonymous_id:visitor-ada",
      "email:ada@example.com",
      "user_id:ada",
    ]);
    expect(await traitsOf("ada")).toMatchObject({ firstName: "Ada", plan: "gold" });
    expect(ada.computed).toMatchObject({
      eventCount: 7,
      orderCount: 2,
      refundCount: 1,
      revenue: { amount: 3_025, currency: "GBP" },
      favouriteCategory: "Tea",
    });
    expect((await history("ada")).slice(0, 5)).toEqual([
      "Home",
      "Product Viewed",
      "identify",
      "Order Completed",
      "group",
    ]);
    // The server's clock minus the client's, which a slow moment between them adds to.
    expect(Date.parse(ada.firstSeenAt) - minute(0).getTime()).toBeLessThan(30_000);
  });

  it("an alias brings in what was done anonymously, without any event that carries both ids", async () => {
    analytics.track({ anonymousId: "visitor-bob", event: "Product Added", timestamp: minute(10) });
    analytics.alias({ userId: "bob", previousId: "visitor-bob", timestamp: minute(11) });
    analytics.track({ userId: "bob", event: "Product Viewed", timestamp: minute(12) });
    await flushed();
    expect(await history("bob")).toEqual(["Product Added", "alias", "Product Viewed"]);
    const bob = await site.reads.someone("user_id", "bob");
    expect(await site.reads.someone("anonymous_id", "visitor-bob")).toEqual(bob);
  });

  it("an alias from one user id to another is one person, who answers to both", async () => {
    analytics.identify({ userId: "cem-old", traits: { city: "Izmir" }, timestamp: minute(20) });
    analytics.track({
      userId: "cem-old",
      event: "Order Completed",
      properties: { order_id: "seg-3", total: 7 },
      timestamp: minute(21),
    });
    analytics.track({ userId: "cem", event: "Product Viewed", timestamp: minute(22) });
    await flushed();
    expect((await site.reads.someone("user_id", "cem")).id).not.toBe(
      (await site.reads.someone("user_id", "cem-old")).id,
    );
    analytics.alias({ userId: "cem", previousId: "cem-old", timestamp: minute(23) });
    await flushed();
    const cem = await site.reads.someone("user_id", "cem");
    expect(await site.reads.someone("user_id", "cem-old")).toEqual(cem);
    expect(cem.computed).toMatchObject({ eventCount: 4, orderCount: 1, revenue: { amount: 700 } });
    expect(cem.retiredIds).toHaveLength(1);
    expect(await history("cem")).toEqual(["identify", "Order Completed", "Product Viewed", "alias"]);
    expect(await traitsOf("cem")).toMatchObject({ city: "Izmir" });
  });

  it("closeAndFlush leaves nothing behind, and a batch's messageIds have their fates", async () => {
    const sent: string[] = [];
    analytics.on("track", (context) => sent.push(String(context.event.messageId)));
    for (let n = 0; n < 333; n++) analytics.track({ userId: `crowd-${n % 50}`, event: "Stock Checked" });
    await within("closeAndFlush", maxFlushMs, analytics.closeAndFlush({ timeout: maxFlushMs }));
    expect(failures).toEqual([]);
    expect(new Set(sent).size).toBe(333);
    await site.reads.settled();
    expect(await site.reads.value("select count(*) from events where event = 'Stock Checked'")).toBe(333);
    for (const messageId of sent.slice(0, 20)) {
      expect(await site.reads.fate(messageId)).toMatchObject({ fate: "processed", duplicates: 0 });
    }
  });
});

describe("@rudderstack/rudder-sdk-node", () => {
  let client: RudderAnalytics;
  const failures: unknown[] = [];
  beforeAll(() => {
    client = new RudderAnalytics(writeKey, {
      dataPlaneUrl: site.url,
      flushAt: 4,
      flushInterval: 200,
      gzip: true,
      logLevel: "error",
      errorHandler: (error) => failures.push(error),
    });
  });
  /** Makes the calls and waits until the SDK says that each was delivered. */
  const deliver = async (...calls: ((delivered: () => void) => void)[]): Promise<void> => {
    const all = Promise.all(calls.map((call) => new Promise<void>((resolve) => call(resolve))));
    await within("the delivery", maxFlushMs, all);
    expect(failures).toEqual([]);
    await site.reads.settled();
  };

  it("gzipped under a wrong content type: a visitor who signs in keeps the anonymous history", async () => {
    const anonymousId = "visitor-dee";
    const order = { order_id: "rud-1", revenue: 12.34, currency: "EUR" };
    await deliver(
      (done) => client.page({ anonymousId, name: "Landing", timestamp: minute(30) }, done),
      (done) => client.track({ anonymousId, event: "Product Viewed", timestamp: minute(31) }, done),
      (done) =>
        client.identify(
          { userId: "dee", anonymousId, traits: { email: "dee@example.com" }, timestamp: minute(32) },
          done,
        ),
      (done) =>
        client.track({ userId: "dee", event: "Order Completed", properties: order, timestamp: minute(33) }, done),
      (done) => client.group({ userId: "dee", groupId: "friends", traits: { size: 3 }, timestamp: minute(34) }, done),
      (done) => client.screen({ userId: "dee", name: "Basket", timestamp: minute(35) }, done),
    );
    const dee = await site.reads.someone("user_id", "dee");
    expect(await site.reads.someone("email", "dee@example.com")).toEqual(dee);
    expect(dee.computed).toMatchObject({ eventCount: 6, orderCount: 1, revenueByCurrency: { EUR: 1_234 } });
    expect(await history("dee")).toEqual([
      "Landing",
      "Product Viewed",
      "identify",
      "Order Completed",
      "group",
      "Basket",
    ]);
  });

  it("aliases join an anonymous id, and an old user id", async () => {
    await deliver(
      (done) => client.track({ anonymousId: "visitor-eve", event: "Product Added", timestamp: minute(40) }, done),
      (done) => client.alias({ previousId: "visitor-eve", userId: "eve", timestamp: minute(41) }, done),
      (done) => client.track({ userId: "eve-old", event: "Coupon Applied", timestamp: minute(42) }, done),
      (done) => client.alias({ previousId: "eve-old", userId: "eve", timestamp: minute(43) }, done),
      (done) => client.track({ userId: "eve", event: "Checkout Started", timestamp: minute(44) }, done),
    );
    expect(await history("eve")).toEqual(["Product Added", "alias", "Coupon Applied", "alias", "Checkout Started"]);
    const eve = await site.reads.someone("user_id", "eve");
    expect(await site.reads.someone("user_id", "eve-old")).toEqual(eve);
    expect(await site.reads.someone("anonymous_id", "visitor-eve")).toEqual(eve);
  });

  it("an empty user id is no user: its visitors stay apart", async () => {
    await deliver(
      (done) => client.track({ anonymousId: "lone-1", userId: "", event: "Product Viewed" }, done),
      (done) => client.track({ anonymousId: "lone-2", userId: "", event: "Product Viewed" }, done),
    );
    const [one, two] = [
      await site.reads.someone("anonymous_id", "lone-1"),
      await site.reads.someone("anonymous_id", "lone-2"),
    ];
    expect(one.id).not.toBe(two.id);
    expect([one.identifiers.length, two.identifiers.length]).toEqual([1, 1]);
  });
});

describe("both SDKs", () => {
  it("one customer of both is one profile, and a wrong key is told", async () => {
    const analytics = new Analytics({ writeKey, host: site.url, flushAt: 1 });
    const client = new RudderAnalytics(writeKey, { dataPlaneUrl: site.url, flushAt: 1, logLevel: "error" });
    analytics.identify({ userId: "fay", traits: { firstName: "Fay" } });
    client.track({ userId: "fay", event: "Product Viewed" });
    await within("closeAndFlush", maxFlushMs, analytics.closeAndFlush());
    await within("flush", maxFlushMs, Promise.resolve(client.flush()));
    await until("both calls have come", maxFlushMs, async () => {
      return (await site.reads.profile("user_id", "fay"))?.computed.eventCount === 2;
    });

    const errors: { code: string }[] = [];
    const stranger = new Analytics({ writeKey: "not-a-key-of-ours", host: site.url, flushAt: 1, maxRetries: 0 });
    stranger.on("error", (error) => errors.push(error));
    stranger.track({ userId: "gus", event: "Product Viewed" });
    await within("closeAndFlush", maxFlushMs, stranger.closeAndFlush());
    expect(errors).toHaveLength(1);
    await site.reads.settled();
    expect(await site.reads.profile("user_id", "gus")).toBeNull();
  });
});
