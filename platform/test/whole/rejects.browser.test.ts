import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { faultsOfLook, launchBrowser, openPage, type OpenedPage, type Width } from "./browser.ts";
import { until } from "./polling.ts";
import { apiToken, openSite, type Site } from "./server.ts";

const calls = 120;
const maxReplayMs = 30_000;

let site: Site;
let browser: Browser;
let opened: OpenedPage | null = null;

beforeAll(async () => {
  site = await openSite();
  await site.start();
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

/** A till that says `name` for `event` and writes its totals with a comma, but for one. */
async function refuse(till: string): Promise<void> {
  await site.reads.createSource(till, "pos");
  const wrong = Array.from({ length: calls }, (_, n) => ({
    type: "track",
    messageId: `receipt-${n}`,
    userId: `${till}-${n % 10}`,
    name: "Order Completed",
    timestamp: "2026-03-01T10:00:00.000Z",
    properties: { order_id: `${till}-${n}`, total: "1,50", currency: "EUR" },
  }));
  const odd = { type: "track", messageId: "odd", userId: `${till}-1`, name: "x", properties: { total: "free" } };
  await site.reads.import(till, [...wrong, odd]);
  await until("refused", 10_000, async () => {
    const answer = await site.reads.request("GET", `/api/rejections/causes?source=${till}`);
    const [cause] = (answer.body as { items: { open: number }[] }).items;
    return cause?.open === calls + 1;
  });
}

async function open(path: string, width: Width = "wide"): Promise<OpenedPage["page"]> {
  opened = await openPage(browser, { url: `${site.url}${path}`, token: apiToken, width });
  return opened.page;
}

describe("Rejects", () => {
  test("a cause is mended by steps: tried out, replayed, and nothing is left but what they do not mend", async () => {
    await refuse("first");
    const page = await open("/live");
    await page
      .getByRole("navigation")
      .getByRole("link", { name: /Rejects.*121 to mend/ })
      .click();
    await page.getByRole("heading", { level: 1, name: "Rejects" }).waitFor();
    await page.getByRole("link", { name: "event missing" }).click();
    await page.getByRole("heading", { level: 1, name: "event missing" }).waitFor();

    await page.getByRole("button", { name: "Add a step" }).click();
    await page.getByLabel("What step 1 does").selectOption("Rename");
    const first = page.getByRole("group", { name: "Step 1" });
    await first.getByLabel("Field", { exact: true }).fill("/name");
    await first.getByLabel("New field").fill("/event");
    await page.getByRole("button", { name: "Add a step" }).click();
    await page.getByLabel("What step 2 does").selectOption("Convert");
    const second = page.getByRole("group", { name: "Step 2" });
    await second.getByLabel("Field", { exact: true }).fill("/properties/total");
    await second.getByLabel("Decimal sign").selectOption("1.234,50");
    await page.getByRole("button", { name: "Try it out" }).click();
    const outcome = page.getByRole("region", { name: "What would come of it" });
    await outcome.getByText("120", { exact: true }).waitFor();
    await outcome.getByText("transformation failed").waitFor();
    await outcome.getByRole("cell", { name: "/properties/total", exact: true }).first().waitFor();

    await page.getByRole("button", { name: "Replay all 121" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("120 would be taken, 1 would be refused again.").waitFor();
    await dialog.getByRole("button", { name: "Replay", exact: true }).click();
    await page.getByText("The replay is through.").waitFor({ timeout: maxReplayMs });
    await page.getByRole("button", { name: "Replay all 1", exact: true }).waitFor();
    expect((await site.reads.someone("user_id", "first-1")).computed.orderCount).toBe(12);
    await page
      .getByRole("navigation")
      .getByRole("link", { name: /Rejects.*\(1 to mend\)/ })
      .waitFor();
    expect(opened?.complaints).toEqual([]);
  });

  test("a call opens in an editor that marks what is wrong where, and is mended there", async () => {
    await refuse("second");
    const page = await open("/rejects?source=second");
    await page.getByRole("link", { name: "event missing" }).click();
    await page.getByRole("button", { name: "odd", exact: true }).click();
    const drawer = page.getByRole("dialog", { name: "Refused call" });
    const editor = drawer.getByRole("textbox", { name: "The call, as it was sent" });
    await editor.waitFor();
    await drawer.locator(".cm-lintRange-error").first().waitFor();
    await editor.fill('{"type": "track", "event" "Seen"}');
    await drawer.getByText("Line 1, column 27: a colon is missing").waitFor();
    await expect.poll(() => drawer.getByRole("button", { name: "Replay" }).isDisabled()).toBe(true);
    await drawer.getByRole("button", { name: "As it was sent" }).click();
    await editor.fill('{"type": "track", "event": "Seen"}');
    await drawer.getByRole("button", { name: "Replay" }).click();
    // It named nobody now: of an import that is taken.
    await drawer.getByText("It was taken, and counts.").waitFor();
    expect(await site.reads.fate("odd", "second")).toMatchObject({ fate: "processed", duplicates: 0 });
    expect(opened?.complaints).toEqual([]);
  });

  test("some are chosen and replayed; the rest stays", async () => {
    await refuse("third");
    const page = await open("/rejects?source=third");
    await page.getByRole("link", { name: "event missing" }).click();
    await page.getByText("JSON", { exact: true }).click();
    const steps = { operations: [{ op: "rename", path: "/name", to: "/event" }] };
    await page.getByRole("textbox", { name: "The steps as JSON" }).fill(JSON.stringify(steps));
    for (const id of ["receipt-119", "receipt-118"]) {
      await page.getByRole("checkbox", { name: `Choose ${id}`, exact: true }).check();
    }
    await page.getByRole("button", { name: "Replay 2 chosen" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Replay", exact: true }).click();
    await page.getByText("The replay is through.").waitFor({ timeout: maxReplayMs });
    await page.getByRole("button", { name: "Replay all 119" }).waitFor();
    expect(await site.reads.fate("receipt-118", "third")).toMatchObject({ fate: "processed" });
    expect(await site.reads.fate("receipt-117", "third")).toMatchObject({ fate: "rejected" });
    expect(opened?.complaints).toEqual([]);
  });

  test.each(["wide", "phone"] as const)("looks as it should in light and dark, %s", async (width) => {
    await refuse(width);
    const page = await open(`/rejects?source=${width}`, width);
    await page.getByRole("link", { name: "event missing" }).waitFor();
    expect(await faultsOfLook(page)).toEqual([]);
    await page.getByRole("link", { name: "event missing" }).click();
    await page.getByRole("button", { name: "Add a step" }).click();
    await page.getByRole("button", { name: "Try it out" }).click();
    await page.getByRole("heading", { name: "Examples" }).waitFor();
    expect(await faultsOfLook(page)).toEqual([]);
    await page.getByRole("button", { name: "receipt-100", exact: true }).click();
    await page.getByRole("dialog", { name: "Refused call" }).locator(".cm-content").waitFor();
    expect(await faultsOfLook(page)).toEqual([]);
  });

  test("says what is not there, what may not be seen, and what failed", async () => {
    const page = await open("/rejects?source=nowhere");
    await page.getByText("Nothing to mend").waitFor();
    await page.goto(`${site.url}/rejects/rc_none`);
    await page.getByRole("heading", { level: 1, name: "There is no such cause" }).waitFor();
    const answer = (status: number) => ({
      status,
      json: { error: { code: "x", message: "It failed.", hint: "a role" } },
    });
    await page.route("**/api/rejections/causes?*", (route) => route.fulfill(answer(500)));
    await page.goto(`${site.url}/rejects`);
    await page.getByText("It failed.").waitFor();
    await page.unroute("**/api/rejections/causes?*");
    await page.route("**/api/rejections/causes?*", (route) => route.fulfill(answer(403)));
    await page.goto(`${site.url}/rejects`);
    await page.getByText("You may not see this").waitFor();
    expect(await page.getByRole("button", { name: "Retry" }).count()).toBe(0);
  });
});
