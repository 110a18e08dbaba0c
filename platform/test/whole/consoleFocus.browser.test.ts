import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser, type Width, widths } from "./browser.ts";
import { type ConsolePage, consolePages, fillEveryPage, routesOfConsole } from "./consolePages.ts";
import { type Focused, forgetSeen, probe, unreached } from "./focusProbe.ts";
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

interface Walk {
  stops: Focused[];
  faults: string[];
}

/**
 * By a key through all that it reaches, once round, from what has the focus now. At the end of the page nothing has it;
 * before that, it was lost.
 */
async function walk(page: Page, key: "Tab" | "ArrowDown"): Promise<Walk> {
  const stops: Focused[] = [];
  const lost: string[] = [];
  while (stops.length < mostStops) {
    await page.keyboard.press(key);
    const stop = await focused(page);
    if (stop === null) {
      const [next, ...others] = await page.evaluate<string[]>(unreached);
      if (next !== undefined) lost.push(`the focus is lost after ${stops.length} stops: ${next}, +${others.length}`);
    }
    if (stop === null || stop.isSeenBefore) break;
    stops.push(stop);
  }
  const faults = stops.flatMap(({ told, faults }) => faults.map((fault) => `${told}: ${fault}`));
  return { stops, faults: [...faults, ...lost] };
}

/** What opens something over a page. A menu is walked by the arrows. */
interface Opener {
  path: string;
  opens: (page: Page) => Locator;
  only?: Width;
  by?: "ArrowDown";
  /** It opens beside the page, not over it. */
  beside?: boolean;
  /** What brings what opens it. */
  first?: () => Promise<unknown>;
}

const button = (name: string | RegExp) => (page: Page) => page.getByRole("button", { name }).first();

const liveRow = (page: Page) => page.locator("[data-row-link]").first();

/** Live shows what comes while it is looked at. */
const sendLive = (): Promise<unknown> =>
  site.reads.import("app", [
    { type: "track", messageId: `live-${crypto.randomUUID()}`, userId: "ada", event: "Basket Opened" },
  ]);

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
    { path: ada, opens: (page) => page.locator(".timelineRow[aria-haspopup=dialog]").first() },
    { path: ada, opens: button("More actions"), by: "ArrowDown" },
    { path: "/query", opens: button("Drafts"), by: "ArrowDown" },
    { path: "/query", opens: button("Show the schema"), only: "phone" },
    { path: "/live", opens: button(/^Source/) },
    { path: "/live", opens: liveRow, first: sendLive, only: "wide", beside: true },
    { path: "/live", opens: liveRow, first: sendLive, only: "phone" },
    { path: cause, opens: button(/^Replay all/) },
    { path: cause, opens: button("refused-1") },
    { path: "/rules", opens: button("Blocked values of user_id") },
  ];
}

/** From opening it to the focus's return, by keys alone; what is wrong on the way. */
async function faultsOfLayer(page: Page, { opens, by, beside = false }: Opener): Promise<string[]> {
  const opener = opens(page);
  await opener.focus();
  await page.keyboard.press("Enter");
  if (beside) return faultsOfClosing(page, opener);
  const isIn = async (): Promise<boolean> => (await focused(page))?.isInLayer === true;
  await expect.poll(isIn, { timeout: maxOpenMs, message: "the focus goes into it" }).toBe(true);
  const { stops, faults } = await walk(page, by ?? "Tab");
  for (const { told, isInLayer } of stops) if (!isInLayer) faults.push(`${told}: behind it`);
  if (!(await isIn())) faults.push("the focus has left it");
  await page.keyboard.press("Escape");
  await isGivenBack(opener);
  return faults;
}

async function isGivenBack(opener: Locator): Promise<void> {
  const isBack = (): Promise<boolean> => opener.evaluate((element) => element === document.activeElement);
  await expect.poll(isBack, { timeout: maxOpenMs, message: "the focus comes back" }).toBe(true);
}

/** Beside a page the focus goes where a person takes it. Of what closes it there, with the focus in it. */
async function faultsOfClosing(page: Page, opener: Locator): Promise<string[]> {
  const close = page.locator(".eventDetails").getByRole("button", { name: "Close" });
  for (const key of ["Enter", "Escape"]) {
    await close.focus();
    await page.keyboard.press(key);
    await close.waitFor({ state: "detached" });
    await isGivenBack(opener);
    await page.keyboard.press("Enter");
    await close.waitFor();
  }
  await page.keyboard.press("Escape");
  await close.waitFor({ state: "detached" });
  await isGivenBack(opener);
  return [];
}

async function faultsOfPage(page: Page, each: ConsolePage, isFirst: boolean): Promise<string[]> {
  await show(page, each);
  // The header and the rail are those of the first page.
  if (!isFirst) await page.locator("#main").focus();
  const { stops, faults } = await walk(page, "Tab");
  return stops.length < leastStops ? [...faults, `${stops.length} stops`] : faults;
}

describe.each(["wide", "phone"] as const)("by the keyboard, %s", (width) => {
  test("what has the focus is marked and uncovered on every page, in light and dark", async () => {
    expect(new Set(pages.map(({ route }) => route))).toEqual(new Set(routesOfConsole()));
    const { context, page } = await openContext(width);
    const faults: Record<string, string[]> = {};
    for (const [nth, each] of pages.entries()) {
      let found = await faultsOfPage(page, each, nth === 0);
      // On a busy machine parts may still come while it goes through them: a fault is met again, and after a while too.
      for (const afterMs of [0, 3_000]) {
        if (found.length === 0) break;
        await page.waitForTimeout(afterMs);
        found = await faultsOfPage(page, each, nth === 0);
      }
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
      if (opener.first !== undefined) {
        await page.getByText("Live", { exact: true }).and(page.getByRole("status")).waitFor();
        await opener.first();
        await opener.opens(page).waitFor();
      }
      await page.evaluate(forgetSeen);
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

test("Live gives the focus back to the row that was opened last, where one was opened after another", async () => {
  const { context, page } = await openContext("wide");
  await page.goto(`${site.url}/live`);
  await page.getByText("Live", { exact: true }).and(page.getByRole("status")).waitFor();
  await sendLive();
  await liveRow(page).waitFor();
  await sendLive();
  await expect.poll(() => page.locator("[data-row-link]").count(), { timeout: maxOpenMs }).toBe(2);
  const details = page.locator(".eventDetails");
  for (const row of await page.locator("[data-row-link]").all()) {
    await row.press("Enter");
    await expect.poll(() => row.getAttribute("aria-current"), { timeout: maxOpenMs }).toBe("true");
  }
  await details.getByRole("button", { name: "Close" }).press("Enter");
  await details.waitFor({ state: "detached" });
  await isGivenBack(page.locator("[data-row-link]").nth(1));
  await context.close();
});

describe("what walks by the keyboard itself", () => {
  const [first, second, third] = ["one", "two", "three"].map((id) => `<button id="${id}">${id}</button>`);
  const walked = async (body: string): Promise<Walk> => {
    const page = await browser.newPage();
    await page.setContent(`<style>:focus-visible { outline: 2px solid #000 }</style>${body}`);
    const found = await walk(page, "Tab");
    await page.close();
    return found;
  };

  test("finds nothing wrong where all is reached and marked", async () => {
    const { stops, faults } = await walked(`${first}${second}${third}`);
    expect([stops.length, faults]).toEqual([3, []]);
  });

  test("finds a focus that is lost on the way", async () => {
    const lost = `<button id="lost">lost</button>`;
    const drops = `<script>lost.onfocus = () => lost.blur()</script>`;
    const { faults } = await walked(`${first}${second}${lost}${third}${drops}`);
    expect(faults).toEqual(["the focus is lost after 2 stops: button. lost, +1"]);
  });

  test("takes no outline for a ring that is there without the focus", async () => {
    const always = `<style>#two, #two:focus-visible { outline: 2px solid #000 }</style>`;
    expect((await walked(`${always}${first}${second}`)).faults).toEqual(["button. two: it has no ring"]);
    const framed = `<style>button:focus-visible { outline: none } p { outline: 2px solid #000 }</style>`;
    expect((await walked(`${framed}<p>${first}</p>`)).faults).toEqual(["button. one: it has no ring"]);
  });
});
