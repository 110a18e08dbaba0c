import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser, type Width, widths } from "./browser.ts";
import { type ConsolePage, consolePages, fillEveryPage, routesOfConsole } from "./consolePages.ts";
import { type Focused, probe } from "./focusProbe.ts";
import { apiToken, openSite, type Site } from "./server.ts";

/** Of one page: what comes after is more rows of a table. */
const mostStops = 50;
/** Something of the page's own. */
const leastStops = 2;
const maxOpenMs = 10_000;

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
async function openContext(width: Width): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext({ viewport: widths[width], reducedMotion: "reduce" });
  await context.addInitScript((token) => localStorage.setItem("c360.token", token), apiToken);
  return { context, page: await context.newPage() };
}

async function show(page: Page, { path, heading, shown }: ConsolePage): Promise<void> {
  await page.goto(`${site.url}${path}`);
  await page.getByRole("heading", { level: 1, name: heading }).waitFor();
  await page.locator(shown).first().waitFor();
}

const focused = (page: Page): Promise<Focused | null> => page.evaluate<Focused | null>(probe);

/** By a key through all that it reaches, once round, from what has the focus now. */
async function walk(page: Page, key: "Tab" | "ArrowDown"): Promise<Focused[]> {
  const stops: Focused[] = [];
  while (stops.length < mostStops) {
    await page.keyboard.press(key);
    const stop = await focused(page);
    if (stop === null || stop.isSeenBefore) break;
    stops.push(stop);
  }
  return stops;
}

const faultsOf = (stops: readonly Focused[]): string[] =>
  stops.flatMap(({ told, faults }) => faults.map((fault) => `${told}: ${fault}`));

/** What opens something over a page. A menu is walked by the arrows. */
interface Opener {
  path: string;
  opens: (page: Page) => Locator;
  only?: Width;
  by?: "ArrowDown";
}

const button = (name: string | RegExp) => (page: Page) => page.getByRole("button", { name }).first();

function openers(): Opener[] {
  const at = (route: string, nth = 0): string => pages.filter((each) => each.route === route)[nth]?.path ?? "";
  const [ada, cause] = [at("customers/:id"), at("rejects/:cause?", 1)];
  return [
    { path: "/sources", opens: button("New source") },
    { path: "/sources", opens: button("Account and settings"), by: "ArrowDown" },
    { path: "/sources", opens: button(/Find a customer/) },
    { path: "/sources", opens: button("Open the menu"), only: "phone" },
    { path: "/sources/app", opens: button("Rotate key") },
    { path: "/sources/app", opens: button("Disable") },
    { path: "/sources/app", opens: button("Change limit") },
    { path: "/sources/app/plan", opens: button("Take away…") },
    { path: "/customers", opens: button("Merge two…") },
    { path: ada, opens: button("Merge…") },
    { path: ada, opens: button("Split…") },
    { path: ada, opens: button("Larger") },
    { path: ada, opens: button("More actions"), by: "ArrowDown" },
    { path: "/query", opens: button("Drafts"), by: "ArrowDown" },
    { path: "/query", opens: button("Show the schema"), only: "phone" },
    { path: "/live", opens: button(/^Source/) },
    { path: cause, opens: button(/^Replay all/) },
    { path: cause, opens: button("refused-1") },
    { path: "/rules", opens: button("Blocked values of user_id") },
  ];
}

/** From opening it to the focus's return, by keys alone; what is wrong on the way. */
async function faultsOfLayer(page: Page, { opens, by }: Opener): Promise<string[]> {
  const opener = opens(page);
  await opener.focus();
  await page.keyboard.press("Enter");
  const isIn = async (): Promise<boolean> => (await focused(page))?.isInLayer === true;
  await expect.poll(isIn, { timeout: maxOpenMs, message: "the focus goes into it" }).toBe(true);
  const stops = await walk(page, by ?? "Tab");
  const faults = faultsOf(stops);
  for (const { told, isInLayer } of stops) if (!isInLayer) faults.push(`${told}: behind it`);
  if (!(await isIn())) faults.push("the focus has left it");
  await page.keyboard.press("Escape");
  const isBack = (): Promise<boolean> => opener.evaluate((element) => element === document.activeElement);
  await expect.poll(isBack, { timeout: maxOpenMs, message: "the focus comes back" }).toBe(true);
  return faults;
}

describe.each(["wide", "phone"] as const)("by the keyboard, %s", (width) => {
  test("what has the focus is marked and uncovered on every page, in light and dark", async () => {
    expect(new Set(pages.map(({ route }) => route))).toEqual(new Set(routesOfConsole()));
    const { context, page } = await openContext(width);
    const faults: Record<string, string[]> = {};
    for (const [nth, each] of pages.entries()) {
      await show(page, each);
      // The header and the rail are those of the first page.
      if (nth > 0) await page.locator("#main").focus();
      const stops = await walk(page, "Tab");
      const found = faultsOf(stops);
      if (stops.length < leastStops) found.push(`${stops.length} stops`);
      if (found.length > 0) faults[each.path] = found;
    }
    await context.close();
    expect(faults).toEqual({});
  });

  test("dialogs, drawers and menus take the focus, keep it, and give it back to what opened them", async () => {
    const { context, page } = await openContext(width);
    const faults: Record<string, string[]> = {};
    let before = "";
    for (const opener of openers().filter(({ only = width }) => only === width)) {
      const its = pages.find(({ path }) => path === opener.path);
      if (its === undefined) throw new Error(`no page ${opener.path}`);
      if (before !== its.path) await show(page, its);
      // A menu of drafts without one has nothing to go to.
      if (its.path === "/query") await page.locator(".cm-content").fill("SELECT 1");
      before = its.path;
      await page.evaluate("delete globalThis.c360Seen");
      const what = `${its.path} ${String(opener.opens(page))}`;
      const found = await faultsOfLayer(page, opener).catch((error: Error) => [error.message.slice(0, 300)]);
      if (found.length > 0) {
        faults[what] = found;
        before = "";
      }
    }
    await context.close();
    expect(faults).toEqual({});
  });
});
