import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser, type Width, widths } from "./browser.ts";
import { type ConsolePage, consolePages, fillEveryPage, routesOfConsole } from "./consolePages.ts";
import { type Focused, probe } from "./focusProbe.ts";
import { apiToken, openSite, type Site } from "./server.ts";

/** Of one page with little in it. */
const mostStops = 150;
/** The rail, the header and something of the page's own. */
const leastStops = 5;

let site: Site;
let browser: Browser;
let pages: ConsolePage[];

beforeAll(async () => {
  site = await openSite();
  await site.start();
  await fillEveryPage(site);
  pages = await consolePages(site);
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await site.close();
});

/** Nothing moves in it, so that what has the focus looks at once as it will. */
function openContext(width: Width): Promise<BrowserContext> {
  return browser.newContext({ viewport: widths[width], reducedMotion: "reduce" });
}

const focused = (page: Page): Promise<Focused | null> => page.evaluate<Focused | null>(probe);

/** By Tab through all that it reaches, once round. */
async function walk(page: Page): Promise<{ stops: Focused[]; faults: string[] }> {
  const stops: Focused[] = [];
  while (stops.length < mostStops) {
    await page.keyboard.press("Tab");
    const stop = await focused(page);
    if (stop === null || stop.isSeenBefore) break;
    stops.push(stop);
  }
  return { stops, faults: stops.flatMap(({ told, faults }) => faults.map((fault) => `${told}: ${fault}`)) };
}

describe.each(["wide", "phone"] as const)("by the keyboard, %s", (width) => {
  test("what has the focus is marked and uncovered on every page, in light and dark", async () => {
    expect(new Set(pages.map(({ route }) => route))).toEqual(new Set(routesOfConsole()));
    const context = await openContext(width);
    await context.addInitScript((token) => localStorage.setItem("c360.token", token), apiToken);
    const page = await context.newPage();
    const faults: Record<string, string[]> = {};
    for (const { path, heading, shown } of pages) {
      await page.goto(`${site.url}${path}`);
      await page.getByRole("heading", { level: 1, name: heading }).waitFor();
      await page.locator(shown).first().waitFor({ timeout: 15_000 });
      const walked = await walk(page);
      if (walked.stops.length < leastStops) walked.faults.push(`${walked.stops.length} stops`);
      if (walked.stops.length === mostStops) walked.faults.push("it does not end");
      if (process.env["C360_TOLD"]) console.log(path, walked.stops.length);
      if (walked.faults.length > 0) faults[path] = walked.faults;
    }
    await context.close();
    expect(faults).toEqual({});
  });
});
