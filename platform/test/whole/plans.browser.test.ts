import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { faultsOfLook, launchBrowser, openPage, type OpenedPage, type Width } from "./browser.ts";
import { apiToken, openSite, type Site } from "./server.ts";

let site: Site;
let browser: Browser;
let opened: OpenedPage | null = null;

const viewed = (messageId: string, properties: Record<string, string | number>) => ({
  type: "track",
  event: "Product Viewed",
  messageId,
  userId: "ada",
  properties,
});

beforeAll(async () => {
  site = await openSite();
  await site.start();
  await site.reads.createSource("app", "mobile");
  await site.reads.createSource("shop", "web");
  await site.reads.createSource("till", "pos");
  await site.reads.import("app", [viewed("seen-1", { sku: "S-7", price: 9 }), viewed("seen-2", { sku: "S-8" })]);
  await site.reads.import("shop", [viewed("shop-1", { sku: "S-7" })]);
  await site.reads.settled();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await site.close();
});
afterEach(async () => {
  await opened?.context.close();
  opened = null;
});

async function open(path: string, width: Width = "wide"): Promise<Page> {
  opened = await openPage(browser, { url: `${site.url}${path}`, token: apiToken, width });
  return opened.page;
}

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const title = (page: Page, name: string) => page.getByRole("heading", { level: 1, name }).waitFor();

async function publish(page: Page, reason: string): Promise<void> {
  await button(page, "Publish…").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Reason" }).fill(reason);
  await dialog.getByRole("button", { name: "Publish", exact: true }).click();
}

/** In place of all that stands in the editor. */
async function write(page: Page, document: object | string): Promise<void> {
  await page.getByRole("textbox", { name: "The plan as JSON" }).click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText(typeof document === "string" ? document : JSON.stringify(document, null, 2));
}

const planOf = (price: object, mode = "observe") => ({
  mode,
  unplannedEvents: "observe",
  events: { "Product Viewed": { type: "object", properties: { sku: { type: "string" }, price } } },
});

async function planThatHolds(source: string) {
  const { body } = await site.reads.request("GET", `/api/sources/${source}/tracking-plan`);
  return body as { version: number; document: { mode: string; events: object } | null };
}

async function drafted(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Write a plan" }).click();
  await page.getByText("This source has no tracking plan").waitFor();
  await page.getByRole("link", { name: "Write a plan" }).click();
  await title(page, "Draft of a plan for app");
  await button(page, "Draft it from what was sent").click();
  await page.locator(".cm-content").getByText('"Product Viewed"').waitFor();

  // What is wrong is told where it is, before anything is asked and after.
  await write(page, '{"a" 1}');
  await page.locator(".editorFault").getByText("Line 1, column 6").waitFor();
  await write(page, planOf({ type: "money" }));
  await button(page, "Check").click();
  await page.locator(".editorFault").getByText('events["Product Viewed"].properties.price.type').waitFor();
  await page.locator(".cm-lintRange-error").getByText("money").waitFor();

  await write(page, planOf({ type: "number", maximum: 5 }));
  await page.getByText("The draft was changed since.").waitFor();
  await button(page, "Check").click();
  const outcome = page.getByRole("region", { name: "What the latest calls say" });
  await outcome.getByRole("row", { name: /Product Viewed It is out of bounds properties\.price .*seen-1 1/ }).waitFor();
  await page.reload();
  await outcome.getByRole("link", { name: "seen-1" }).click();
  await title(page, "Live");
  await page.goBack();
  await outcome.getByRole("link", { name: "seen-1" }).waitFor();
  expect(await planThatHolds("app")).toMatchObject({ version: 0 });
}

async function published(page: Page): Promise<void> {
  await button(page, "Publish…").click();
  await page.getByRole("dialog").getByText("Of the latest 2 calls 1 break it, and 0 would be refused.").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Publish", exact: true }).click();
  await page.getByRole("dialog").getByText("Say why.").waitFor();
  await page.keyboard.press("Escape");
  await publish(page, "What the team agreed to.");
  await title(page, "Tracking plan of app");
  await page.getByText("No call that was taken broke the plan.").waitFor();
  await page.getByRole("row", { name: /Version 1 Holds .* What the team agreed to\./ }).waitFor();
  expect((await planThatHolds("app")).document).toEqual(planOf({ type: "number", maximum: 5 }));
}

async function broken(page: Page): Promise<void> {
  await site.reads.import("app", [viewed("broken-1", { sku: "S-9", price: "cheap" })]);
  await page
    .getByRole("row", { name: /Product Viewed Version 1 It is of another type properties\.price 1 / })
    .waitFor();
  await page.getByRole("combobox", { name: "Version" }).selectOption("Version 1");
  await page.getByText("Most", { exact: true }).click();
  await page.waitForURL(/version=1&order=frequent/);
  await page.reload();
  await page.getByRole("link", { name: "broken-1" }).click();
  await page.getByText("It broke the tracking plan (version 1):").waitFor();
  await page.goBack();
  await page.waitForURL(/version=1&order=frequent/);
  await page.getByRole("link", { name: "broken-1" }).waitFor();
  await expect.poll(() => page.getByRole("combobox", { name: "Version" }).inputValue()).toBe("1");
}

async function changedAndTakenAway(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Change the plan" }).click();
  await page.getByRole("combobox", { name: "What becomes of what breaks it" }).selectOption("Reject");
  await page.getByRole("row", { name: "mode observe reject" }).waitFor();
  await button(page, "Check").click();
  await page.getByRole("definition").getByText("0 → 2").waitFor();
  await publish(page, "It is mended.");
  await page.getByText("Version 2 holds.").waitFor();
  await page.getByRole("link", { name: "Rejects of this source" }).waitFor();
  await page.getByRole("link", { name: "Version 1", exact: true }).click();
  await title(page, "Plan of app, version 1");
  await page.getByRole("row", { name: "mode reject observe" }).waitFor();
  await button(page, "Take this version as a draft").click();
  await page.getByRole("row", { name: "mode reject observe" }).waitFor();
  await button(page, "Discard the draft").click();
  await page.getByRole("link", { name: "Tracking plan", exact: false }).first().click();
  await button(page, "Take away…").click();
  await button(page, "Take away").click();
  await page.getByText("the last version took it away").waitFor();
  expect(await planThatHolds("app")).toMatchObject({ version: 3, document: null });
}

describe("the page of a source's tracking plan", () => {
  test("a plan is drafted, checked, published, broken, changed and taken away", async () => {
    const page = await open("/sources/app");
    await drafted(page);
    await published(page);
    await broken(page);
    await changedAndTakenAway(page);
    expect(opened?.complaints).toEqual([]);
  });

  test("a draft that somebody overtook is told so, and can go on from what holds", async () => {
    const address = "/api/sources/till/tracking-plan";
    await site.reads.request("PUT", address, { document: planOf({}), basedOn: 0, reason: "First." });
    const page = await open("/sources/till/plan/draft");
    await page.getByRole("combobox", { name: "Events that it does not name" }).selectOption("Allow");
    await page.getByRole("row", { name: "unplannedEvents observe allow" }).waitFor();
    await site.reads.request("PUT", address, { document: planOf({}, "drop"), basedOn: 1, reason: "Somebody else's." });
    await publish(page, "Mine.");
    await page.getByRole("dialog").getByRole("alert").waitFor();
    await page.keyboard.press("Escape");
    await page.getByText("meanwhile version 2 was published").waitFor();
    await button(page, "Go on from version 2").click();
    await publish(page, "Mine after all.");
    await page.getByText("Version 3 holds.").waitFor();
    const mine = { ...planOf({}), unplannedEvents: "allow" };
    expect((await planThatHolds("till")).document).toEqual(mine);
  });
});

interface Shown {
  name: string;
  at: string;
  fails?: { url: string; status: number };
  reach: (page: Page) => Promise<void>;
}

const told = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();

const states: readonly Shown[] = [
  { name: "summary", at: "/sources/shop", reach: (page) => told(page, "Ways it was broken") },
  { name: "plan", at: "/sources/shop/plan", reach: (page) => page.getByRole("link", { name: "shop-2" }).waitFor() },
  {
    name: "nothing broke",
    at: "/sources/shop/plan?version=2",
    reach: (page) => told(page, "No call that was taken broke version 2."),
  },
  { name: "none", at: "/sources/default/plan", reach: (page) => told(page, "This source has no tracking plan") },
  { name: "start", at: "/sources/default/plan/draft", reach: (page) => told(page, "Begin with an example") },
  {
    name: "example",
    at: "/sources/default/plan/draft",
    reach: async (page) => {
      await button(page, "Begin with an example").click();
      await page.locator(".cm-content").waitFor();
    },
  },
  {
    name: "checked",
    at: "/sources/shop/plan/draft",
    reach: async (page) => {
      await page.getByRole("combobox", { name: "What becomes of what breaks it" }).selectOption("Reject");
      await button(page, "Check").click();
      await told(page, "It is of another type");
    },
  },
  {
    name: "mistake",
    at: "/sources/shop/plan/draft",
    reach: async (page) => {
      await write(page, planOf({ type: "money" }));
      await button(page, "Check").click();
      await page.locator(".cm-lintRange-error").waitFor();
    },
  },
  {
    name: "publish",
    at: "/sources/shop/plan/draft",
    reach: async (page) => {
      await page.getByRole("combobox", { name: "What becomes of what breaks it" }).selectOption("Drop");
      await button(page, "Publish…").click();
      await page.getByRole("dialog").getByRole("button", { name: "Publish", exact: true }).click();
      await told(page, "Say why.");
    },
  },
  {
    name: "take away",
    at: "/sources/shop/plan",
    reach: async (page) => {
      await button(page, "Take away…").click();
      await page.getByRole("dialog").getByText("All versions stay").waitFor();
    },
  },
  { name: "version", at: "/sources/shop/plan/versions/1", reach: (page) => told(page, "Take this version as a draft") },
  {
    name: "no such version",
    at: "/sources/shop/plan/versions/99",
    reach: (page) => told(page, "Nobody has published"),
  },
  { name: "no such source", at: "/sources/nobody/plan", reach: (page) => told(page, "There is no such source") },
  {
    name: "fails",
    at: "/sources/shop/plan",
    fails: { url: "**/tracking-plan/violations*", status: 500 },
    reach: (page) => told(page, "It broke."),
  },
  {
    name: "not allowed",
    at: "/sources/shop/plan",
    fails: { url: "**/tracking-plan", status: 403 },
    reach: (page) => told(page, "You may not see this"),
  },
];

/** Where pictures go, for whoever looks at them. */
const pictures = process.env["C360_PICTURES"];

async function takePicture(page: Page, name: string): Promise<void> {
  if (pictures !== undefined) await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
}

async function show({ at, fails, reach }: Shown, width: Width): Promise<Page> {
  opened = await openPage(browser, { url: "about:blank", token: apiToken, width });
  const { context, page } = opened;
  if (fails !== undefined) {
    const error = { code: "internal", message: "It broke.", hint: "the role of an engineer", requestId: "r-77" };
    await context.route(fails.url, (route) => route.fulfill({ status: fails.status, json: { error } }));
  }
  await page.goto(`${site.url}${at}`);
  await reach(page);
  await page.getByRole("heading", { level: 1, includeHidden: true }).waitFor({ state: "attached" });
  return page;
}

describe("the look of the pages of a tracking plan", () => {
  beforeAll(async () => {
    const address = "/api/sources/shop/tracking-plan";
    await site.reads.request("PUT", address, { document: planOf({ type: "number" }), basedOn: 0, reason: "First." });
    await site.reads.import("shop", [viewed("shop-2", { sku: "S-7", price: "cheap" })]);
    const second = { document: planOf({ type: "number", minimum: 0 }), basedOn: 1, reason: "No price is below 0." };
    await site.reads.request("PUT", address, second);
    await site.reads.settled();
  });
  test.each(["wide", "phone"] as const)(
    "at %s width: axe finds nothing in any state, in light and dark, nor is anything cut",
    async (width) => {
      for (const state of states) {
        const page = await show(state, width);
        await takePicture(page, `${state.name}-${width}-light`);
        expect({ state: state.name, faults: await faultsOfLook(page) }).toEqual({ state: state.name, faults: [] });
        await takePicture(page, `${state.name}-${width}-dark`);
        await opened?.context.close();
      }
    },
  );
});
