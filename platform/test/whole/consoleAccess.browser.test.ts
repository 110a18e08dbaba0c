import type { Browser, Locator, Page } from "playwright-core";
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
  await expect.poll(() => new URL(page.url()).pathname).toBe("/rules");
  await context.close();
});

/** Answers what matches as to a token that may not. */
const refuse = (page: Page, what: RegExp, method = "GET"): Promise<unknown> =>
  page.route(what, (route) =>
    route.request().method() === method ? route.fulfill({ status: 403, json: { error: refusal } }) : route.fallback(),
  );

/** What is wrong where it is told: once, as something to see, with nothing that was known beside it. */
async function faultsOfForgetting(page: Page, gone: Locator[]): Promise<string[]> {
  const main = page.getByRole("main");
  await main.getByText(titled).waitFor();
  const told = await main.getByText(/You may not (see|do) this/).allInnerTexts();
  const faults = told.length === 1 ? [] : [`it is told ${told.length} times`];
  if (told.some((text) => text.trim() !== titled)) faults.push("it is told as something to do");
  for (const each of gone) if ((await each.count()) > 0) faults.push(`${String(each)} stays`);
  return faults;
}

test("Live forgets what it showed when the stream is refused, and says so once", async () => {
  const { context, page } = await openPage(browser, { url: `${site.url}/live`, token: apiToken });
  await page.getByText("Live", { exact: true }).and(page.getByRole("status")).waitFor();
  await site.reads.import("app", [{ type: "track", messageId: "live-1", userId: "ada", event: "Basket Opened" }]);
  const row = page.getByRole("row").filter({ hasText: "Basket Opened" });
  await row.getByText("Processed").waitFor();
  await row.getByRole("link", { name: "Basket Opened" }).press("Enter");
  const details = page.getByRole("region", { name: "Event" });
  await details.getByRole("heading", { name: "Basket Opened" }).waitFor();
  await refuse(page, /\/api\/stream/);
  await page.getByRole("button", { name: /^Status:/ }).click();
  await page.getByRole("checkbox", { name: "Processed" }).check();
  expect(await faultsOfForgetting(page, [row, details, page.locator(".liveFacts"), page.getByRole("alert")])).toEqual(
    [],
  );
  await context.close();
});

test.each([
  { of: "a customer's timeline", path: () => routed("customers/:id"), asked: /\/api\/profiles\/id\/[^/]+\/events/ },
  { of: "the corrections", path: () => routed("corrections"), asked: /\/api\/identity\/corrections/ },
])("the second page of $of that is refused is told once, as something to see", async ({ path, asked }) => {
  const { context, page } = await openPage(browser, { url: `${site.url}/colour-scheme.js`, token: apiToken });
  await page.route(asked, async (route) => {
    if (new URL(route.request().url()).searchParams.has("after")) {
      return route.fulfill({ status: 403, json: { error: refusal } });
    }
    const answer = await route.fetch();
    return route.fulfill({ response: answer, json: { ...((await answer.json()) as object), next: "more" } });
  });
  await page.goto(`${site.url}${path()}`);
  const earlier = page.getByRole("button", { name: "Show earlier" });
  await earlier.click();
  expect(await faultsOfForgetting(page, [earlier, page.locator(".timelineRow, [data-testid=correction]")])).toEqual([]);
  await context.close();
});

const routed = (route: string): string => pages.find((each) => each.route === route)?.path ?? "";

interface Written {
  dialog: string;
  path: string;
  open: (page: Page) => Promise<void>;
  field: string;
  value: string;
  submit: string;
  asked: RegExp;
  method: string;
}

const byButton = (name: string) => (page: Page) => page.getByRole("button", { name }).first().click();

const dialogs: Written[] = [
  {
    dialog: "a new source",
    path: "/sources",
    open: byButton("New source"),
    field: "Name",
    value: "Till 9",
    submit: "Create",
    asked: /\/api\/sources$/,
    method: "POST",
  },
  {
    dialog: "a source's limit",
    path: "/sources/app",
    open: byButton("Change limit"),
    field: "Events a second",
    value: "9",
    submit: "Save",
    asked: /\/api\/sources\/app$/,
    method: "PATCH",
  },
  {
    dialog: "a correction",
    path: "/corrections",
    open: byButton("Take back…"),
    field: "Why?",
    value: "They are one after all.",
    submit: "Take back",
    asked: /\/api\/identity\/corrections$/,
    method: "POST",
  },
  {
    dialog: "rules to publish",
    path: "/rules",
    open: async (page) => {
      await page.getByRole("textbox", { name: "Limit of email" }).fill("7");
      await byButton("Publish…")(page);
    },
    field: "Reason",
    value: "Seven share a tablet.",
    submit: "Publish",
    asked: /\/api\/identity\/rules$/,
    method: "POST",
  },
];

test.each(dialogs)("what is refused of $dialog is said there, and what was written stays", async (written) => {
  const { context, page } = await openPage(browser, { url: `${site.url}${written.path}`, token: apiToken });
  await written.open(page);
  await refuse(page, written.asked, written.method);
  const dialog = page.getByRole("dialog");
  const field = dialog.getByRole("textbox", { name: written.field });
  await field.fill(written.value);
  await dialog.getByRole("button", { name: written.submit, exact: true }).click();
  await dialog.getByRole("alert").getByText("You may not do this").waitFor();
  await dialog.getByText(refusal.hint).waitFor();
  expect(await dialog.getByRole("button", { name: "Use another token" }).count()).toBe(0);
  await expect.poll(() => field.inputValue()).toBe(written.value);
  await context.close();
});

test("customers that may not be searched are told as something to see, in the dialog that asks for one", async () => {
  const { context, page } = await openPage(browser, { url: `${site.url}/customers`, token: apiToken });
  await page.getByRole("button", { name: "Merge two…" }).click();
  await refuse(page, /\/api\/profiles\/search/, "POST");
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox").fill("joan");
  await dialog.getByRole("alert").getByText(titled).waitFor();
  expect((await dialog.getByRole("status").allInnerTexts()).join("")).toBe("");
  await expect.poll(() => dialog.getByRole("textbox").inputValue()).toBe("joan");
  await context.close();
});
