import type { Browser, BrowserContext, Page } from "playwright-core";
import { launchBrowser } from "./browser.ts";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { until } from "./polling.ts";
import { apiToken, openSite, type Site, writeKey } from "./server.ts";

const widths = { wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
const minTargetPixels = 44;
const maxFollowMs = 30_000;
/** A refusal is on the list sooner than the list asks by itself. */
const maxListedMs = 8_000;

let site: Site;
let browser: Browser;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  site = await openSite();
  await site.start();
  await send([
    { type: "identify", userId: "ada", traits: { name: "Ada Lovelace", email: "ada@example.com" } },
    {
      type: "track",
      userId: "ada",
      event: "Order Completed",
      properties: { order_id: "o-1", total: 12.5, currency: "GBP" },
    },
    { type: "track", anonymousId: "visitor-1", event: "Product Viewed" },
  ]);
  await until("everybody can be found", maxFollowMs, async () => {
    const headers = { authorization: `Bearer ${apiToken}`, "content-type": "application/json" };
    const answer = await fetch(`${site.url}/api/profiles/search`, { method: "POST", headers, body: '{"limit":1}' });
    return ((await answer.json()) as { total: { value: number } }).total.value === 2;
  });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await site.close();
});
afterEach(() => context.close());

async function send(batch: object[]): Promise<void> {
  const headers = { authorization: `Basic ${btoa(`${writeKey}:`)}`, "content-type": "application/json" };
  const answer = await fetch(`${site.url}/v1/batch`, { method: "POST", headers, body: JSON.stringify({ batch }) });
  if (answer.status !== 200) throw new Error(`the events were not accepted: ${answer.status}`);
}

async function open(
  path: string,
  { width = "wide", colours = "light" }: { width?: keyof typeof widths; colours?: "light" | "dark" } = {},
): Promise<void> {
  context = await browser.newContext({ viewport: widths[width], colorScheme: colours });
  page = await context.newPage();
  await page.goto(`${site.url}${path}#token=${apiToken}`);
}

async function openAda(colours: "light" | "dark" = "light", width: keyof typeof widths = "wide"): Promise<void> {
  await open("/customers", { colours, width });
  await page.getByRole("link", { name: "Ada Lovelace" }).click();
  await page.locator(".timeline li").nth(1).waitFor();
  await page.locator(".trait").nth(3).waitFor();
}

/**
 * What can be pressed and is smaller than a thumb. A link that covers its whole row is as large as that; what stands in
 * a sentence is exempt; what the identity graph has, its list has as large rows.
 */
const smallTargets = (): Promise<string[]> =>
  page.evaluate<
    string[]
  >(`[...document.querySelectorAll("a, button, select, summary, input:not([type=checkbox]):not([type=radio]), textarea")]
    .filter((each) => each.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
    .filter((each) => getComputedStyle(each, "::after").position !== "absolute" && !each.closest("p, .cm-editor"))
    .map((each) => ({ each, box: each.getBoundingClientRect() }))
    .filter(({ box }) => box.width > 1 && box.right > 0 && box.bottom > 0 && box.height < ${minTargetPixels} - 0.5)
    .map(({ each, box }) => each.tagName + "." + each.className + " " + Math.round(box.height) + " " + each.innerText)`);

describe("the look of the console", () => {
  test.each([
    ["/live", ".liveFacts"],
    ["/customers", ".customerRow a"],
    ["/query", ".cm-content"],
    ["/corrections", ".stateBox"],
    ["/ops", ".plainTable td"],
    ["/sources", ".plainTable a"],
    ["/sources/default", ".plainTable td"],
    ["/no-such-page", "h1"],
  ])("on a phone, whatever can be pressed on %s is as large as a thumb", async (path, shown) => {
    await open(path, { width: "phone" });
    await page.locator(shown).first().waitFor();
    expect(await smallTargets()).toEqual([]);
  });

  test("on a phone, whatever can be pressed of a customer is as large as a thumb", async () => {
    await openAda("light", "phone");
    expect(await smallTargets()).toEqual([]);
  });

  test("a customer's row opens wherever it is pressed, whichever page was there before", async () => {
    await open("/live");
    await page.getByRole("heading", { level: 1, name: "Live" }).waitFor();
    await page.getByRole("link", { name: "Customers" }).first().click();
    const row = page.getByRole("row").filter({ hasText: "Ada Lovelace" });
    // The row's link lies over it.
    await row.locator(".cell-spend").click({ force: true });
    await page.getByRole("heading", { level: 1, name: "Ada Lovelace" }).waitFor();
    await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/customers\/p_/);
  });

  test("whoever has no name is told by an identifier, in words", async () => {
    await open("/customers");
    const link = page.getByRole("link", { name: "anonymous id visitor-1" });
    await link.waitFor();
    // Nothing was searched for: there is no column for what matched.
    expect(await page.getByRole("columnheader", { name: "Matched on" }).isVisible()).toBe(false);
    await page.getByRole("textbox", { name: "Search customers" }).fill("ada");
    await page.getByRole("columnheader", { name: "Matched on" }).waitFor();
  });

  test("a refusal is on the list of Live soon after it is told", async () => {
    await open("/live");
    await page.getByText("Live", { exact: true }).and(page.getByRole("status")).waitFor();
    await page.getByText("Nothing refused").waitFor();
    await send([{ type: "track", userId: "ada" }]);
    const list = page.locator(".liveSide");
    await list.getByText("event missing").waitFor({ timeout: maxListedMs });
    await expect.poll(() => page.getByRole("row").getByText("event missing").count()).toBe(1);
  });

  test("one source has a heading while its data are awaited, and when they do not come", async () => {
    await open("/sources");
    await page.locator(".plainTable a").first().waitFor();
    await page.route("**/api/sources*", (route) =>
      route.fulfill({ status: 500, json: { error: { code: "internal", message: "It failed." } } }),
    );
    await page.goto(`${site.url}/sources/default`);
    await page.getByRole("heading", { level: 1, name: "default" }).waitFor();
    await page.getByText("It failed.").waitFor();
    await expect.poll(() => page.getByRole("button", { name: "Retry" }).count()).toBe(1);
  });

  test.each(["light", "dark"] as const)("in %s, a customer prints as one column, dark on light", async (colours) => {
    await openAda(colours);
    await page.emulateMedia({ media: "print" });
    const heading = page.getByRole("heading", { level: 1, name: "Ada Lovelace" });
    await expect.poll(() => heading.evaluate((element) => getComputedStyle(element).color)).toBe("rgb(0, 0, 0)");
    for (const gone of [".header", ".rail", ".backLink", ".sourceFilter", ".graphFoot", ".copyId button"]) {
      expect({ gone, seen: await page.locator(gone).first().isVisible() }).toEqual({ gone, seen: false });
    }
    const panels = await page
      .locator(".customerGrid .panel")
      .evaluateAll((all) => all.map((each) => each.getBoundingClientRect().left));
    expect(new Set(panels).size).toBe(1);
    const when = page.locator("time[data-printed]").first();
    expect(await when.evaluate((element) => getComputedStyle(element, "::after").content)).toMatch(/20\d\d/);
    await page.emulateMedia({ media: "screen" });
    const ink = colours === "light" ? "rgb(0, 0, 0)" : "rgb(201, 201, 201)";
    await expect.poll(() => heading.evaluate((element) => getComputedStyle(element).color)).toBe(ink);
  });

  test("Live prints its rows, whole", async () => {
    await open("/live");
    await page.getByText("Live", { exact: true }).and(page.getByRole("status")).waitFor();
    await send(Array.from({ length: 30 }, (_, at) => ({ type: "track", userId: "ada", event: `Printed ${at}` })));
    await page.getByRole("link", { name: "Printed 29", exact: true }).waitFor();
    await page.emulateMedia({ media: "print" });
    await page.getByRole("link", { name: "Printed 0", exact: true }).waitFor();
    const isCut = await page
      .locator(".liveScroller")
      .evaluate((element) => element.scrollHeight > element.clientHeight + 1);
    expect(isCut).toBe(false);
    expect(await page.getByRole("button", { name: /Pause/ }).isVisible()).toBe(false);
  });
});
