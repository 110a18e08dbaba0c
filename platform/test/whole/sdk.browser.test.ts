import type { AnalyticsBrowser, AnalyticsBrowserSettings, InitOptions } from "@segment/analytics-next";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { until } from "./polling.ts";
import { openSite, type Served, type Site, writeKey } from "./server.ts";
import { openBrowser, openShop, type Shop, visit, type Visitor } from "./shop.ts";

/** The SDK's own retries are in it. */
const maxArrivalMs = 40_000;

declare global {
  interface Window {
    AnalyticsNext: { AnalyticsBrowser: typeof AnalyticsBrowser };
    analytics: AnalyticsBrowser;
  }
}

let site: Site;
let server: Served;
let shop: Shop;
let browser: Browser;
let visitor: Visitor;
beforeAll(async () => {
  site = await openSite();
  server = await site.start();
  shop = await openShop();
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
  await shop.close();
  await site.close();
});
afterEach(() => visitor.close());

/** Loads the SDK in the visitor's page as a shop would, and gives the anonymous id. */
async function load(page: Page, settings: AnalyticsBrowserSettings, options: InitOptions = {}): Promise<string> {
  return page.evaluate(async (given) => {
    const { settings, options } = JSON.parse(given) as { settings: AnalyticsBrowserSettings; options: InitOptions };
    window.analytics = window.AnalyticsNext.AnalyticsBrowser.load(settings, options);
    await window.analytics.ready();
    const [analytics] = await window.analytics;
    return analytics.user().anonymousId() ?? "";
  }, JSON.stringify({ settings, options }));
}

/** Nothing but the shop itself and the platform was asked for anything, and nothing went wrong in the page. */
function expectNothingElsewhere(): void {
  const known = [shop.url, site.url, "data:", "blob:"];
  const elsewhere = visitor.requests.filter((line) => !known.some((start) => line.split(" ")[1]?.startsWith(start)));
  expect(elsewhere).toEqual([]);
  expect(visitor.complaints).toEqual([]);
}

async function history(type: string, value: string): Promise<string[]> {
  const { id } = await site.reads.someone(type, value);
  return (await site.reads.timeline(id)).map(({ type, event }) => event ?? type).sort();
}

async function arrived(type: string, value: string, events: number): Promise<void> {
  await until(`${events} events of ${type}`, maxArrivalMs, async () => {
    return (await site.reads.profile(type, value))?.computed.eventCount === events;
  });
  await site.reads.settled();
}

const settings = (): AnalyticsBrowserSettings => ({ writeKey, cdnURL: site.url });

describe("@segment/analytics-next in a browser", () => {
  it("takes its settings from here, and the customer who signs in keeps the anonymous history", async () => {
    visitor = await visit(browser, `${shop.url}/`);
    const { page } = visitor;
    const anonymousId = await load(page, settings());
    await page.evaluate(async () => {
      await window.analytics.page("Home");
      await window.analytics.track("Product Viewed", { sku: "tea-1" });
    });
    await arrived("anonymous_id", anonymousId, 2);

    await page.evaluate(async () => {
      await window.analytics.identify("uma", { email: "Uma@Example.com", firstName: "Uma" });
      await window.analytics.track("Order Completed", { order_id: "web-1", total: 19.99, currency: "GBP" });
      // What shops have in their code, although identify has said it: an alias of an id to itself.
      await window.analytics.alias("uma");
    });
    await arrived("user_id", "uma", 5);
    const uma = await site.reads.someone("user_id", "uma");
    expect(await site.reads.someone("anonymous_id", anonymousId)).toEqual(uma);
    expect(await site.reads.someone("email", "uma@example.com")).toEqual(uma);
    expect(uma.traits["firstName"]?.value).toBe("Uma");
    expect(uma.computed).toMatchObject({ orderCount: 1, revenue: { amount: 1_999, currency: "GBP" } });
    expect(uma.identifiers).toHaveLength(3);
    expect(await history("user_id", "uma")).toEqual(["Home", "Order Completed", "Product Viewed", "alias", "identify"]);
    expect(visitor.requests).toContain(`GET ${site.url}/v1/projects/${writeKey}/settings`);
    expectNothingElsewhere();
  });

  it("an alias joins a visitor whom no event named, and reset makes a new one", async () => {
    visitor = await visit(browser, `${shop.url}/basket`);
    const { page } = visitor;
    const anonymousId = await load(page, settings());
    await page.evaluate(() => window.analytics.track("Product Added", { sku: "tea-2" }));
    await page.evaluate((previous) => window.analytics.alias("vic", previous), anonymousId);
    await arrived("user_id", "vic", 2);
    expect(await history("anonymous_id", anonymousId)).toEqual(["Product Added", "alias"]);

    const next = await page.evaluate(async () => {
      const [analytics] = await window.analytics;
      analytics.reset();
      await analytics.track("Product Viewed");
      return analytics.user().anonymousId() ?? "";
    });
    await arrived("anonymous_id", next, 1);
    expect((await site.reads.someone("anonymous_id", next)).id).not.toBe(
      (await site.reads.someone("user_id", "vic")).id,
    );
    expectNothingElsewhere();
  });

  it("sends in batches, and what is left when the page goes", async () => {
    visitor = await visit(browser, `${shop.url}/`);
    const { page } = visitor;
    const deliveryStrategy = { strategy: "batching" as const, config: { size: 5, timeout: 60_000 } };
    const anonymousId = await load(page, settings(), { integrations: { "Segment.io": { deliveryStrategy } } });
    await page.evaluate(async () => {
      const calls = Array.from({ length: 5 }, (_, n) => window.analytics.track("Product Viewed", { sku: `tea-${n}` }));
      await Promise.all(calls);
    });
    await arrived("anonymous_id", anonymousId, 5);
    expect(visitor.requests.filter((line) => line === `POST ${site.url}/v1/b`)).toHaveLength(1);

    await page.evaluate(() => window.analytics.track("Checkout Started"));
    await page.goto(`${shop.url}/away`);
    await arrived("anonymous_id", anonymousId, 6);
    expectNothingElsewhere();
  });

  it("goes where `apiHost` says, with settings that the shop brings itself", async () => {
    visitor = await visit(browser, `${shop.url}/`);
    const segment = { apiKey: writeKey, apiHost: `${new URL(site.url).host}/v1`, protocol: "http" as const };
    const anonymousId = await load(visitor.page, {
      writeKey,
      cdnSettings: { integrations: { "Segment.io": segment }, metrics: { sampleRate: 0 } },
    });
    await visitor.page.evaluate(() => window.analytics.track("Product Viewed"));
    await arrived("anonymous_id", anonymousId, 1);
    expect(visitor.requests).toContain(`POST ${site.url}/v1/t`);
    expect(visitor.requests.filter((line) => line.includes("/v1/projects/"))).toEqual([]);
    expectNothingElsewhere();
  });

  it("keeps what it could not send while the platform was down, and it counts once", async () => {
    visitor = await visit(browser, `${shop.url}/`);
    const { page } = visitor;
    const anonymousId = await load(page, settings());
    await server.kill();
    await page.evaluate(() => {
      void window.analytics.track("Product Added", { sku: "late" });
      void window.analytics.track("Wishlist Shared");
    });
    const isRefused = (): boolean => visitor.complaints.some((text) => text.includes("ERR_CONNECTION_REFUSED"));
    await until("the page has noticed", maxArrivalMs, isRefused);
    server = await site.start();
    await arrived("anonymous_id", anonymousId, 2);
    expect(await history("anonymous_id", anonymousId)).toEqual(["Product Added", "Wishlist Shared"]);
  });
});

describe("other origins", () => {
  interface Asking {
    method: string;
    headers: Record<string, string>;
    body: string;
    credentials?: "include";
  }
  /** As the page's own script sees it. */
  const ask = (page: Page, path: string, init: Asking) =>
    page.evaluate(
      async ({ url, init }) => {
        const answer = await fetch(url, init);
        return { status: answer.status, body: await answer.text() };
      },
      { url: `${site.url}${path}`, init },
    );

  it("may send with a preflight, and read answers and errors", async () => {
    visitor = await visit(browser, `${shop.url}/`);
    const headers = { "content-type": "application/json", authorization: `Basic ${btoa(`${writeKey}:`)}` };
    const body = JSON.stringify({ userId: "wes", event: "Product Viewed" });
    const good = await ask(visitor.page, "/v1/track", { method: "POST", headers, body, credentials: "include" });
    expect(good).toEqual({ status: 200, body: JSON.stringify({ success: true }) });
    const stranger = { ...headers, authorization: `Basic ${btoa("stranger:")}` };
    const refused = await ask(visitor.page, "/v1/track", { method: "POST", headers: stranger, body });
    expect(refused.status).toBe(401);
    expect(JSON.parse(refused.body)).toMatchObject({ error: { code: "write_key_unknown" } });
    const bad = await ask(visitor.page, "/v1/track", { method: "POST", headers, body: "{" });
    expect(bad.status).toBe(400);
  });

  it("may not read the API", async () => {
    visitor = await visit(browser, `${shop.url}/`);
    const outcome = await visitor.page.evaluate(async (url) => {
      try {
        return (await fetch(url)).status;
      } catch (error) {
        return String(error);
      }
    }, `${site.url}/api/status`);
    expect(outcome).toBe("TypeError: Failed to fetch");
  });
});
