import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser, type Width, widths } from "./browser.ts";
import { until } from "./polling.ts";
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

const crowd = 10_000;
const pageRows = 100;
/** Of a list of thousands, those that may be in the page at once. */
const maxCustomerRows = 80;
/** Of the 500 rows of Live. */
const maxLiveRows = 60;
/** From sending to seeing. */
const maxShownMs = 1_000;
/** Of the page's own thread, on average, in processor time: a frame of 60 Hz has 16.7 ms. Others' load does not count. */
const maxWorkMs = 16;
/** It takes half a second; a browser that was still busy with the page before took ten and more. */
const maxOpenMs = 8_000;
const maxFollowMs = 90_000;
/** For ten letters. */
const maxQuestions = 5;

let site: Site;
let browser: Browser;
/** Those of the test that runs. */
let contexts: BrowserContext[] = [];
let page: Page;
let ada: string;
let bob: string;

function post(path: string, body: unknown, authorization = `Basic ${btoa(`${writeKey}:`)}`): Promise<Response> {
  const headers = { authorization, "content-type": "application/json" };
  return fetch(`${site.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
}

async function send(...batch: object[]): Promise<void> {
  const { status } = await post("/v1/batch", { batch });
  if (status !== 200) throw new Error(`the events were not accepted: ${status}`);
}

beforeAll(async () => {
  site = await openSite();
  await site.start();
  const calls = Array.from({ length: crowd }, (_, at) => ({
    type: "identify",
    userId: `crowd-${at}`,
    messageId: `crowd-${at}`,
    timestamp: new Date(Date.UTC(2026, 0, 1) + at * 1_000).toISOString(),
    traits: { name: `Person ${String(at).padStart(5, "0")}` },
  }));
  await site.reads.import("default", calls);
  await send(
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
  );
  await until("everybody can be found", maxFollowMs, async () => {
    const answer = await site.reads.request("POST", "/api/profiles/search", { limit: 1 });
    return (answer.body as { total: { value: number } }).total.value === crowd + 42;
  });
  await site.reads.settled();
  ada = (await site.reads.someone("user_id", "ada")).id;
  bob = (await site.reads.someone("user_id", "bob")).id;
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await site.close();
});
afterEach(async () => {
  await Promise.all(contexts.map((context) => context.close()));
  contexts = [];
});

/** A page signed in and not yet opened, which notes its layout shifts and its slow inputs. */
async function prepare(width: Width = "wide"): Promise<Page> {
  const context = await browser.newContext({ viewport: widths[width] });
  contexts.push(context);
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
  return page;
}

interface Noted {
  shifts: { value: number; what: string }[];
  inputs: { name: string; ms: number }[];
}
const noted = (on: Page) => on.evaluate<Noted>("window.noted");

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

const customerRows = () => page.locator(".customerRow.atPlace");
const liveRow = (name: string) => page.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });

/** How many searches the page asks for from now on. */
function countSearches(on: Page): () => number {
  let searches = 0;
  on.on("request", (request) => {
    if (request.url().endsWith("/api/profiles/search")) searches += 1;
  });
  return () => searches;
}

/** Live with its stream open: what is sent from now on is seen. */
async function openLive(): Promise<void> {
  await prepare();
  await page.goto(`${site.url}/live`);
  await page.getByText("Live", { exact: true }).and(page.getByRole("status")).waitFor();
}

/** Begins to measure; the answer tells the processor time, in ms, that the page's thread has worked since. */
async function workOf(measured: Page): Promise<() => Promise<number>> {
  const session = await measured.context().newCDPSession(measured);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const taskMs = async (): Promise<number> => {
    const { metrics } = await session.send("Performance.getMetrics");
    return (metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0) * 1_000;
  };
  const before = await taskMs();
  return async () => (await taskMs()) - before;
}

describe("the console's budgets", () => {
  test.each(["wide", "phone"] as const)("nothing moves while a page of %s width loads", async (width) => {
    const loads = pages().map(async ([path, name, content]) => {
      const loaded = await prepare(width);
      await loaded.goto(`${site.url}${path}`);
      await loaded.getByRole("heading", { level: 1, name }).waitFor();
      await loaded.getByText(content).first().waitFor();
      await loaded.waitForTimeout(settleMs);
      return { path, ...(await noted(loaded)) };
    });
    for (const { path, shifts } of await Promise.all(loads)) {
      const moved = shifts.reduce((sum, { value }) => sum + value, 0);
      expect(moved, `${path}: ${JSON.stringify(shifts)}`).toBeLessThanOrEqual(maxLayoutShift);
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
    const { inputs } = await noted(page);
    const answers = inputs.filter(({ name }) => name === "keydown").map(({ ms }) => ms);
    const sorted = answers.toSorted((a, b) => a - b);
    process.stdout.write(`Inputs answered in ms, those of 16 and more: ${sorted.join(" ")}\n`);
    // Those below 16 ms are not reported at all.
    const pressed = 29;
    const late = sorted.filter((ms) => ms > maxInputMs).length;
    expect(late / pressed).toBeLessThanOrEqual(lateShare);
  });

  test("what is typed without a pause is few questions, not one for every letter", async () => {
    await prepare();
    await page.goto(`${site.url}/customers`);
    await customerRows().nth(5).waitFor();
    let asked = countSearches(page);
    await page.keyboard.press("/");
    await page.keyboard.type("jhon smtih", { delay: 40 });
    await page.getByText("Nobody found").waitFor();
    expect(asked()).toBeGreaterThan(0);
    expect(asked()).toBeLessThan(maxQuestions);
    await page.keyboard.press("ControlOrMeta+k");
    await page.getByRole("dialog").waitFor();
    asked = countSearches(page);
    await page.keyboard.type("jhon smtih", { delay: 40 });
    await page.getByRole("dialog").getByText("Nothing found.").waitFor();
    expect(asked()).toBeGreaterThan(0);
    expect(asked()).toBeLessThan(maxQuestions);
  });

  test("the first paint on a slow line and processor is told", async () => {
    const told: string[] = [];
    for (const [path, name] of pages()) {
      await prepare();
      const session = await page.context().newCDPSession(page);
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
      await page.close();
    }
    process.stdout.write(`First paint at 10 Mbit/s, processor four times slower, ms: ${told.join(", ")}\n`);
  });

  test("ten thousand rows scroll to their end without a stutter, a few of them in the page", async () => {
    await prepare();
    const searches = countSearches(page);
    await page.goto(`${site.url}/customers`);
    await customerRows().nth(5).waitFor();
    const work = await workOf(page);
    const gaps = await page.evaluate(async () => {
      const scroller = document.querySelector(".customersScroller");
      const gaps: number[] = [];
      let last = performance.now();
      const giveUpAt = last + 120_000;
      while (scroller !== null && last < giveUpAt) {
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        gaps.push(now - last);
        last = now;
        scroller.scrollTop += 400;
        if (/Person 00000/.test(scroller.textContent)) return gaps;
      }
      throw new Error("the end was not reached");
    });
    const sorted = gaps.toSorted((a, b) => a - b);
    const p95 = sorted[Math.floor(sorted.length * 0.95)] ?? 0;
    expect(await customerRows().count()).toBeLessThan(maxCustomerRows);
    expect(searches()).toBeGreaterThan(crowd / pageRows);
    const workMs = (await work()) / gaps.length;
    process.stdout.write(
      `Customers: a frame p95 ${Math.round(p95)} ms, its work ${workMs.toFixed(1)} ms of processor\n`,
    );
    expect(workMs).toBeLessThan(maxWorkMs);
  });

  test("what is opened after it is there at once", async () => {
    const from = Date.now();
    await prepare();
    await page.goto(`${site.url}/customers`);
    await customerRows().nth(5).waitFor();
    expect(Date.now() - from).toBeLessThan(maxOpenMs);
  });

  test("an event that is sent shows on its customer's page within a second", async () => {
    await prepare();
    await page.goto(`${site.url}/customers/${ada}`);
    await page.locator("#main").getByText("Live", { exact: true }).waitFor();
    const took: number[] = [];
    for (const name of ["One", "Two", "Three", "Four", "Five"]) {
      const sentAt = Date.now();
      await send({ type: "track", userId: "ada", event: `Sent ${name}` });
      await page.locator(".timeline").getByText(`Sent ${name}`).waitFor();
      took.push(Date.now() - sentAt);
    }
    expect(took.toSorted((a, b) => a - b)[2]).toBeLessThan(maxShownMs);
  });

  test("an event that is sent shows in Live within a second", async () => {
    await openLive();
    await send({ type: "track", userId: "ada", event: "Warm Up" });
    await liveRow("Warm Up").waitFor();
    const from = Date.now();
    await send({ type: "track", userId: "ada", event: "Basket Opened" });
    await liveRow("Basket Opened").waitFor({ timeout: maxShownMs });
    expect(Date.now() - from).toBeLessThan(maxShownMs);
  });

  test("at 2,000 events a second input answers within 100 ms, and what is shown is said", async () => {
    await openLive();
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    let isOver = false;
    let sent = 0;
    const from = Date.now();
    const generator = (async () => {
      while (!isOver) {
        const batch = Array.from({ length: 200 }, (_, n) => ({
          type: "track",
          event: `Event ${n % 9}`,
          userId: `u${(sent + n) % 997}`,
          messageId: `load-${sent + n}`,
        }));
        await send(...batch);
        sent += batch.length;
        const due = from + sent / 2;
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - Date.now())));
      }
    })();
    try {
      await page.getByText(/^Showing \d+ of [12],\d+ a second/).waitFor({ timeout: 20_000 });
      const answers: number[] = [];
      for (let n = 0; n < 20; n++) {
        answers.push(await keyAnswerMs());
        await page.waitForTimeout(150);
      }
      answers.sort((one, other) => one - other);
      process.stdout.write(
        `Live at ${Math.round((sent / (Date.now() - from)) * 1_000)}/s: input ms ${answers.join(" ")}\n`,
      );
      expect(await page.getByRole("row").count()).toBeLessThan(maxLiveRows);
      expect(answers[Math.floor(answers.length * 0.9)]).toBeLessThanOrEqual(maxInputMs);
      expect(sent / (Date.now() - from)).toBeGreaterThan(1.5);
    } finally {
      isOver = true;
      await generator;
    }
    expect(complaints).toEqual([]);
  });
});

/** From a key's press to the frame that shows what it did, in ms, measured in the page. */
function keyAnswerMs(): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const from = performance.now();
        const button = [...document.querySelectorAll("button")].find((each) => /Pause|Go on/.test(each.textContent));
        const before = button?.textContent;
        document.body.dispatchEvent(new KeyboardEvent("keydown", { key: " ", bubbles: true, cancelable: true }));
        const look = (): void => {
          if (button?.textContent === before) requestAnimationFrame(look);
          else resolve(Math.round(performance.now() - from));
        };
        requestAnimationFrame(look);
      }),
  );
}
