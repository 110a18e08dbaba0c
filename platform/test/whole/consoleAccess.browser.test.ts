import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { faultsOfLook, launchBrowser, type OpenedPage, openPage, type Width } from "./browser.ts";
import { type ConsolePage, consolePages, fillEveryPage, routesOfConsole } from "./consolePages.ts";
import { apiToken, openSite, type Site } from "./server.ts";

/** As the API tells whoever is known and may not. */
const refusal = {
  code: "forbidden",
  message: "The token support-desk lacks the right to read this.",
  hint: "Ask whoever runs the platform for a token with the role engineer.",
  requestId: "r-403",
};
const titled = "You may not see this";

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

/** A tab whose requests are answered as those of a token without any right; no page of the console is open in it yet. */
async function openRefused(token: string, width: Width): Promise<OpenedPage> {
  const opened = await openPage(browser, { url: `${site.url}/colour-scheme.js`, token, width });
  await opened.page.route("**/api/**", (route) => route.fulfill({ status: 403, json: { error: refusal } }));
  return opened;
}

async function show(page: Page, path: string): Promise<void> {
  await page.goto(`${site.url}${path}`);
  await page.getByText(titled).first().waitFor();
}

/** What is missing of the state, or stands where nothing can come. */
async function faultsOfRefusal(page: Page): Promise<string[]> {
  const faults: string[] = [];
  const main = page.getByRole("main");
  const shown = async (what: string, count: Promise<number>, least = 1): Promise<void> => {
    if ((await count) < least) faults.push(`without ${what}`);
  };
  await shown("a heading", main.getByRole("heading", { level: 1 }).count());
  await shown("what is missing", main.getByText(refusal.message).count());
  await shown("who can give it", main.getByText(refusal.hint).count());
  await shown("its request", main.getByText(refusal.requestId).count());
  await shown("a way on", main.getByRole("button", { name: "Use another token" }).count());
  if ((await main.getByRole("status", { name: "Loading" }).count()) > 0) faults.push("a skeleton stays");
  if ((await main.getByRole("button", { name: "Retry" }).count()) > 0) faults.push("Retry, which cannot help");
  return faults;
}

describe.each(["wide", "phone"] as const)("a token without the right, %s", (width) => {
  test("every page says what is missing and who can give it, and looks right", async () => {
    expect(new Set(pages.map(({ route }) => route))).toEqual(new Set(routesOfConsole()));
    const faults: Record<string, string[]> = {};
    const { context, page, complaints } = await openRefused(apiToken, width);
    for (const { path } of pages) {
      await show(page, path);
      const found = [...(await faultsOfRefusal(page)), ...(await faultsOfLook(page)), ...complaints.splice(0)];
      if (found.length > 0) faults[path] = found;
    }
    await context.close();
    expect(faults).toEqual({});
  });
});

test("another token leads back to where it was missing", async () => {
  const { context, page } = await openRefused("support-desk", "wide");
  await show(page, "/rules");
  await page.getByRole("button", { name: "Use another token" }).click();
  await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  await page.unroute("**/api/**");
  await page.getByLabel("API token").fill(apiToken);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { level: 1, name: "Rules" }).waitFor();
  await page.getByText("Identifier types").waitFor();
  expect(new URL(page.url()).pathname).toBe("/rules");
  await context.close();
});

test("what is refused in a dialog is said there, and what was written stays", async () => {
  const { context, page } = await openPage(browser, { url: `${site.url}/sources`, token: apiToken, width: "wide" });
  await page.getByRole("button", { name: "New source" }).click();
  await page.route("**/api/sources", (route) => {
    if (route.request().method() !== "POST") return route.continue();
    return route.fulfill({ status: 403, json: { error: refusal } });
  });
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Name" }).fill("Till 9");
  await dialog.getByRole("button", { name: "Create" }).click();
  await dialog.getByRole("alert").getByText("You may not do this").waitFor();
  await dialog.getByText(refusal.hint).waitFor();
  expect(await dialog.getByRole("textbox", { name: "Name" }).inputValue()).toBe("Till 9");
  await context.close();
});
