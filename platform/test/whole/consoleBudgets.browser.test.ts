import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser, widths } from "./browser.ts";
import { apiToken, openSite, type Site, writeKey } from "./server.ts";

/** Cumulative layout shift of a page's load. */
const maxLayoutShift = 0.02;
/** From an input to the frame that shows it. */
const maxInputMs = 100;
/** A machine that does other work at the same time answers late, in wall time: the median input is held to it. */
const lateShare = 1 / 2;
const settleMs = 1_500;
/** 10 Mbit/s with the latency of a wired line, on a processor four times slower. */
const slowLine = { offline: false, latency: 20, downloadThroughput: 1_250_000, uploadThroughput: 1_250_000 };
const slowProcessor = 4;

let site: Site;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let ada: string;
let bob: string;

beforeAll(async () => {
  site = await openSite();
  await site.start();
  const batch = [
    { type: "identify", userId: "ada", traits: { name: "Ada Park", email: "ada@example.com", city: "Leeds" } },
    ...Array.from({ length: 60 }, (_, at) => ({
      type: "track",
      userId: at % 3 === 0 ? "ada" : `u${at}`,
      event: at % 2 === 0 ? "Product Viewed" : "Cart Viewed",
      timestamp: new Date(Date.now() - at * 3_600_000).toISOString(),
    })),
    { type: "track", userId: "ada", messageId: "refused-1" },
    { type: "identify", userId: "bob", traits: { name: "Bob Reed", email: "bob@example.com" } },
    {
      type: "track",
      userId: "bob",
      event: "Order Completed",
      properties: { order_id: "o-1", total: 12.5, currency: "GBP" },
    },
  ];
  const sent = await fetch(`${site.url}/v1/batch`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${writeKey}:`)}`, "content-type": "application/json" },
    body: JSON.stringify({ batch }),
  });
  if (sent.status !== 200) throw new Error(`the events were not accepted: ${sent.status}`);
  await site.reads.settled();
  ada = (await site.reads.someone("user_id", "ada")).id;
  bob = (await site.reads.someone("user_id", "bob")).id;
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await site.close();
});
afterEach(() => context.close());

/** A page signed in and not yet opened, which notes its layout shifts and its slow inputs. */
async function prepare(width: keyof typeof widths = "wide"): Promise<void> {
  context = await browser.newContext({ viewport: widths[width] });
  await context.addInitScript((token) => localStorage.setItem("c360.token", token), apiToken);
  await context.addInitScript(() => {
    const noted = { shifts: [] as { value: number; what: string }[], inputs: [] as { name: string; ms: number }[] };
    Object.assign(window, { noted });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & {
        value: number;
        hadRecentInput: boolean;
        sources: { node?: Node | null; previousRect: DOMRect; currentRect: DOMRect }[];
      })[]) {
        if (entry.hadRecentInput) continue;
        const box = ({ y, height }: DOMRect): string => `${Math.round(y)}+${Math.round(height)}`;
        const what = entry.sources
          .map(({ node, previousRect, currentRect }) => {
            const name = node instanceof Element ? `${node.className} ${node.textContent.slice(0, 20)}` : "text";
            return `${name}: ${box(previousRect)} → ${box(currentRect)}`;
          })
          .join(", ");
        noted.shifts.push({ value: entry.value, what });
      }
    }).observe({ type: "layout-shift", buffered: true });
    new PerformanceObserver((list) => {
      for (const { name, duration } of list.getEntries()) noted.inputs.push({ name, ms: duration });
    }).observe({ type: "event", durationThreshold: 16, buffered: true } as PerformanceObserverInit);
  });
  page = await context.newPage();
}

interface Noted {
  shifts: { value: number; what: string }[];
  inputs: { name: string; ms: number }[];
}
const noted = () => page.evaluate<Noted>("window.noted");

const pages = () =>
  [
    ["/live", "Live", "Refused lately"],
    ["/customers", "Customers", "Ada Park"],
    [`/customers/${ada}`, "Ada Park", "Timeline"],
    [`/customers/${bob}`, "Bob Reed", "Timeline"],
    ["/query", "Query", "Run"],
    ["/sources", "Sources", "Default"],
    ["/sources/default", "Default", "Latest events"],
  ] as const;

describe("the console's budgets", () => {
  test.each(["wide", "phone"] as const)("nothing moves while a page of %s width loads", async (width) => {
    for (const [path, name, content] of pages()) {
      await prepare(width);
      await page.goto(`${site.url}${path}`);
      await page.getByRole("heading", { level: 1, name }).waitFor();
      await page.getByText(content).first().waitFor();
      await page.waitForTimeout(settleMs);
      const { shifts } = await noted();
      const moved = shifts.reduce((sum, { value }) => sum + value, 0);
      expect(moved, `${path}: ${JSON.stringify(shifts)}`).toBeLessThanOrEqual(maxLayoutShift);
      if (path !== "/sources/default") await context.close();
    }
  });

  test("an input is answered within 100 ms", async () => {
    await prepare();
    await page.goto(`${site.url}/customers`);
    await page.getByText("Ada Park").first().waitFor();
    for (const key of ["j", "j", "k", "/"]) await page.keyboard.press(key, { delay: 60 });
    await page.keyboard.type("ada park", { delay: 60 });
    await page.keyboard.press("ControlOrMeta+k");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.type("ada park", { delay: 60 });
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /Ada Park/ })
      .waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Ada Park" }).waitFor();
    await page.getByText("Product Viewed").first().waitFor();
    for (const key of ["a", "j", "j", "k", "l", "g", "2"]) await page.keyboard.press(key, { delay: 60 });
    await page.waitForTimeout(settleMs);
    const { inputs } = await noted();
    const answers = inputs.filter(({ name }) => name === "keydown").map(({ ms }) => ms);
    const sorted = answers.toSorted((a, b) => a - b);
    process.stdout.write(`Inputs answered in ms, those of 16 and more: ${sorted.join(" ")}\n`);
    // Those below 16 ms are not reported at all.
    const pressed = 29;
    const late = sorted.filter((ms) => ms > maxInputMs).length;
    expect(late / pressed).toBeLessThanOrEqual(lateShare);
  });

  test("the first paint on a slow line and processor is told", async () => {
    const told: string[] = [];
    for (const [path, name] of pages()) {
      await prepare();
      const session = await context.newCDPSession(page);
      await session.send("Network.enable");
      await session.send("Network.emulateNetworkConditions", slowLine);
      await session.send("Emulation.setCPUThrottlingRate", { rate: slowProcessor });
      await page.goto(`${site.url}${path}`);
      await page.getByRole("heading", { level: 1, name }).waitFor();
      const paint = await page.evaluate(
        () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN,
      );
      expect(paint).toBeGreaterThan(0);
      told.push(`${path.replace(/p_.*/, ":id")} ${Math.round(paint)}`);
      if (path !== "/sources/default") await context.close();
    }
    process.stdout.write(`First paint at 10 Mbit/s, processor four times slower, ms: ${told.join(", ")}\n`);
  });
});
