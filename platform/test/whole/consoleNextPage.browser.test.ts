import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { atRest, faultsOfLook, launchBrowser, openPage } from "./browser.ts";
import { type ConsolePage, consolePages, fillEveryPage } from "./consolePages.ts";
import { apiToken, openSite, type Site } from "./server.ts";

const broken = { code: "internal", message: "It broke.", hint: "Tell them.", requestId: "r-77" };

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

interface List {
  of: string;
  /** The page's heading. */
  on: string;
  asked: RegExp;
  rows: string;
  more: string;
  /** What is new comes by the stream. */
  isFollowed?: boolean;
}

const lists: List[] = [
  {
    of: "a customer's timeline",
    on: "Ada Park",
    asked: /\/api\/profiles\/id\/[^/]+\/events/,
    rows: ".timelineRow",
    more: "Show earlier",
    isFollowed: true,
  },
  {
    of: "the corrections",
    on: "Corrections",
    asked: /\/api\/identity\/corrections/,
    rows: "[data-testid=correction]",
    more: "Show earlier",
  },
  {
    of: "the causes",
    on: "Rejects",
    asked: /\/api\/rejections\/causes\?(?!limit=1&)/,
    rows: ".causesTable a",
    more: "More causes",
  },
  {
    of: "a cause's calls",
    on: "event missing",
    asked: /\/api\/rejections\?/,
    rows: ".callsTable .callLink",
    more: "Those before",
  },
  {
    of: "what breaks a plan",
    on: "Tracking plan of app",
    asked: /\/tracking-plan\/violations/,
    rows: ".violationsTable tbody tr",
    more: "More",
  },
  {
    of: "a plan's versions",
    on: "Tracking plan of app",
    asked: /\/tracking-plan\/versions/,
    rows: ".versionLink",
    more: "Older",
  },
  { of: "Live's refusals", on: "Live", asked: /\/api\/rejections\?/, rows: ".refusals > li", more: "Those before" },
];

const isNext = (url: string, body: string | null): boolean =>
  new URL(url).searchParams.has("after") || (body !== null && "after" in (JSON.parse(body) as object));

/**
 * Answers what matches as a list that goes on, whose next page breaks until it is mended, and then is its last. A list
 * that is held is asked for, and not answered until it is let go.
 */
async function breakNextPage(page: Page, asked: RegExp) {
  let isMended = false;
  let held: { isAsked: () => void; letGo: Promise<void> } | null = null;
  await page.route(asked, async (route) => {
    const request = route.request();
    if (!isNext(request.url(), request.postData())) {
      const answer = await route.fetch();
      const json = { ...((await answer.json()) as object), next: "more" };
      held?.isAsked();
      await held?.letGo;
      return route.fulfill({ response: answer, json });
    }
    if (!isMended) return route.fulfill({ status: 500, json: { error: broken } });
    return route.fulfill({ json: { items: [], next: null } });
  });
  const hold = () => {
    const [isAsked, letGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    held = { isAsked: isAsked.resolve, letGo: letGo.promise };
    return { isAsked: isAsked.promise, letGo: letGo.resolve };
  };
  return { mend: () => (isMended = true), hold };
}

/** Longer than any list waits before it is asked for by itself. */
const laterMs = 20_000;

/** As when a tab comes back to sight after a while. */
async function comeBackLater(page: Page): Promise<void> {
  await page.clock.fastForward(laterMs);
  await page.evaluate(() => dispatchEvent(new Event("visibilitychange")));
}

test.each(lists)("the next page of $of that fails is told once, at its end, and comes by Retry alone", async (list) => {
  const path = pages.find(({ heading }) => heading === list.on)?.path ?? "";
  const { context, page } = await openPage(browser, { url: `${site.url}/colour-scheme.js`, token: apiToken });
  await page.clock.install();
  // A customer's page that cannot follow the stream asks by itself.
  if (list.isFollowed === true) await page.route("**/api/stream*", (route) => route.abort());
  const { mend, hold } = await breakNextPage(page, list.asked);
  await page.goto(`${site.url}${path}`);
  const main = page.getByRole("main");
  const more = main.getByRole("button", { name: list.more, exact: true });
  const [rows, alert] = [main.locator(list.rows), main.getByRole("alert")];
  const expectToldAtEnd = async (): Promise<void> => {
    expect(await main.getByText(broken.message).count()).toBe(1);
    expect(await rows.count()).toBeGreaterThan(0);
    const [row, told] = [await rows.last().boundingBox(), await alert.boundingBox()];
    expect(told?.y).toBeGreaterThan(row?.y ?? Number.POSITIVE_INFINITY);
  };
  await more.click();
  await alert.getByText(broken.message).waitFor();
  await expectToldAtEnd();

  const anew = hold();
  await comeBackLater(page);
  await anew.isAsked;
  await atRest(page);
  await expectToldAtEnd();
  const answered = page.waitForResponse(list.asked);
  anew.letGo();
  await answered;
  await atRest(page);
  await expectToldAtEnd();

  const retry = alert.getByRole("button", { name: "Retry" });
  const refusedAgain = page.waitForResponse((response) => isNext(response.url(), response.request().postData()));
  await retry.press("Enter");
  await refusedAgain;
  await atRest(page);
  await expectToldAtEnd();
  expect(await retry.evaluate((button) => button === document.activeElement)).toBe(true);

  mend();
  await retry.press("Enter");
  await alert.waitFor({ state: "detached" });
  expect(await more.count()).toBe(0);
  expect(await rows.count()).toBeGreaterThan(0);
  await context.close();
});

test("the next page of customers that fails is told once, above the rows, and comes by Retry alone", async () => {
  const { context, page } = await openPage(browser, { url: `${site.url}/colour-scheme.js`, token: apiToken });
  const { mend } = await breakNextPage(page, /\/api\/profiles\/search/);
  await page.goto(`${site.url}/customers`);
  const main = page.getByRole("main");
  const rows = main.locator(".customerRow a");
  await main.getByRole("alert").getByText(broken.message).waitFor();
  expect(await main.getByText(broken.message).count()).toBe(1);
  await expect.poll(() => rows.count()).toBeGreaterThan(0);
  expect(await faultsOfLook(page)).toEqual([]);
  const asked: (string | null)[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/api/profiles/search")) asked.push(request.postData());
  });
  mend();
  await main.getByRole("button", { name: "Retry" }).click();
  await main.getByRole("alert").waitFor({ state: "detached" });
  expect(asked.map((body) => isNext(site.url, body))).toEqual([true]);
  await expect.poll(() => rows.count()).toBeGreaterThan(0);
  await context.close();
});

test("Refresh of the customers forgets a next page that did not come, and asks for it again", async () => {
  const { context, page } = await openPage(browser, { url: `${site.url}/colour-scheme.js`, token: apiToken });
  const { mend } = await breakNextPage(page, /\/api\/profiles\/search/);
  await page.goto(`${site.url}/customers`);
  const alert = page.getByRole("main").getByRole("alert");
  await alert.getByText(broken.message).waitFor();
  mend();
  const came = page.waitForResponse((response) => isNext(response.url(), response.request().postData()));
  await page.getByRole("button", { name: "Ask again" }).click();
  await alert.waitFor({ state: "detached" });
  expect((await came).status()).toBe(200);
  await context.close();
});

test("who may see the next page again sees the list as soon as it is asked for anew", async () => {
  const path = pages.find(({ heading }) => heading === "Corrections")?.path ?? "";
  const { context, page } = await openPage(browser, { url: `${site.url}/colour-scheme.js`, token: apiToken });
  await page.clock.install();
  await page.route(/\/api\/identity\/corrections\?/, async (route) => {
    const error = { code: "not_allowed", message: "This token may not do that.", hint: null, requestId: null };
    if (isNext(route.request().url(), null)) return route.fulfill({ status: 403, json: { error } });
    const answer = await route.fetch();
    return route.fulfill({ response: answer, json: { ...((await answer.json()) as object), next: "more" } });
  });
  await page.goto(`${site.url}${path}`);
  const more = page.getByRole("main").getByRole("button", { name: "Show earlier" });
  await more.click();
  await page.getByText("You may not see this").waitFor();
  await comeBackLater(page);
  await more.waitFor();
  expect(await page.getByText("You may not see this").count()).toBe(0);
  await context.close();
});
