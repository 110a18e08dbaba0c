import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { faultsOfLook, launchBrowser, type Width, widths } from "./browser.ts";
import { apiToken, openSite, type Served, type Site, writeKey } from "./server.ts";

let site: Site;
let served: Served;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  site = await openSite();
  served = await site.start();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await site.close();
});
afterEach(() => context.close());

function post(path: string, body: unknown, authorization = `Basic ${btoa(`${writeKey}:`)}`): Promise<Response> {
  const headers = { authorization, "content-type": "application/json" };
  return fetch(`${site.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
}

async function sendEvent(call: object): Promise<void> {
  const answer = await post("/v1/batch", { batch: [{ type: "track", userId: "ada", ...call }] });
  expect(answer.status).toBe(200);
}

async function open(path = "/live", { width = "wide" }: { width?: Width } = {}): Promise<void> {
  context = await browser.newContext({ viewport: widths[width] });
  page = await context.newPage();
  complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${site.url}${path}#token=${apiToken}`);
  await page.getByRole("heading", { level: 1, name: "Live" }).waitFor();
}

/** The stream is open: what is sent from now on is seen. */
const isLive = (): Promise<void> => page.getByText("Live", { exact: true }).and(page.getByRole("status")).waitFor();
const row = (name: string) => page.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });
/** A row's middle may be the link to its customer. */
const atTheTime = { position: { x: 30, y: 12 } };
const names = (): Promise<string[]> => page.locator(".rowLink").allInnerTexts();

describe("Live", () => {
  test("says that it waits, and shows an event that is sent, then what became of it", async () => {
    await open();
    await isLive();
    await page.getByText("Waiting for events…").waitFor();
    await sendEvent({ event: "Basket Opened", messageId: "seen-1" });
    await row("Basket Opened").getByText("Processed").waitFor();
    await row("Basket Opened").getByText("ada").waitFor();
    expect(complaints).toEqual([]);
  });

  test("opens an event by mouse and by keys: whose it is, what was made of it, as it was sent", async () => {
    await open();
    await isLive();
    await sendEvent({
      event: "Order Completed",
      messageId: "open-1",
      properties: { order_id: "o-1", total: 12.5, currency: "EUR" },
    });
    await sendEvent({ type: "identify", anonymousId: "a-1", messageId: "open-2", traits: { name: "Ada" } });
    await row("Order Completed").getByText("Processed").waitFor();
    await row("Order Completed").click(atTheTime);
    const details = page.getByRole("region", { name: "Event" });
    await details.getByText("Mapped").click();
    await details.getByText("€12.50").waitFor();
    await details.getByText("Raw").click();
    await details.getByText('"order_id": "o-1"').waitFor();
    await page.reload();
    await details.getByRole("heading", { name: "Order Completed" }).waitFor();
    await page.keyboard.press("Escape");
    await details.waitFor({ state: "detached" });
    await expect.poll(() => new URL(page.url()).search).toBe("");

    await page.goto(`${site.url}/live`);
    await isLive();
    await sendEvent({ event: "Older" });
    await row("Older").waitFor();
    await sendEvent({ event: "Newer" });
    await row("Newer").waitFor();
    for (const key of ["j", "j", "k", "j", "Enter"]) await page.keyboard.press(key);
    await details.getByRole("heading", { name: "Older" }).waitFor();
    expect(complaints).toEqual([]);
  });

  test("shows who became one person, by which event and rule", async () => {
    const who = { userId: undefined };
    await sendEvent({ ...who, anonymousId: "visitor-7", event: "Product Viewed" });
    await sendEvent({ userId: "grace", event: "Order Completed" });
    await open();
    await isLive();
    await expect.poll(async () => (await site.reads.profile("anonymous_id", "visitor-7")) !== null).toBe(true);
    await sendEvent({ type: "identify", userId: "grace", anonymousId: "visitor-7", messageId: "login-7" });
    await row("identify").getByText("joined 2 people").waitFor();
    await row("identify").click(atTheTime);
    const details = page.getByRole("region", { name: "Event" });
    await details.getByText("This event showed two people to be one").waitFor();
    await details.getByText("visitor-7").first().waitFor();
    await details.getByText("seen together").first().waitFor();
  });

  test("a refused event is shown with its reason, is corrected and sent again", async () => {
    await open();
    await isLive();
    await sendEvent({ event: undefined, messageId: "bad-1" });
    const bad = page.getByRole("row").filter({ hasText: "Refused" });
    await bad.waitFor();
    await page.getByRole("listitem").getByText("event missing").waitFor();
    await bad.click();
    const details = page.getByRole("region", { name: "Event" });
    const call = details.getByRole("textbox");
    const sent = await call.inputValue();
    await call.fill(`${sent}]`);
    await details.getByRole("button", { name: "Replay" }).click();
    await details.getByText("This is no JSON").waitFor();
    await call.fill(sent.replace("{", '{ "event": "Product Reviewed",'));
    await details.getByRole("button", { name: "Replay" }).click();
    await details.getByText("Processed", { exact: true }).waitFor();
    await details.getByRole("heading", { name: "Product Reviewed" }).waitFor();
    expect(await site.reads.fate("bad-1")).toMatchObject({ fate: "processed", event: { event: "Product Reviewed" } });
    await details.getByRole("button", { name: "Close" }).click();
    await page.getByRole("listitem").getByText("event missing").click();
    await page.getByText("sent again").waitFor();
    expect(complaints).toEqual([]);
  });

  test("filters work on the server, survive reload and Back, and can be cleared", async () => {
    await open();
    await isLive();
    await sendEvent({ event: "Coupon Applied" });
    await sendEvent({ event: "Coupon Denied" });
    await row("Coupon Denied").waitFor();
    await page.getByRole("button", { name: /^Event:/ }).click();
    await page.getByLabel("Event's name").fill("Coupon Applied");
    await page
      .getByRole("button", { name: /Only/ })
      .or(page.getByRole("checkbox", { name: "Coupon Applied" }))
      .first()
      .click();
    await row("Coupon Denied").waitFor({ state: "detached" });
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: /^Status:/ }).click();
    await page.getByRole("checkbox", { name: "Processed" }).check();
    await page.keyboard.press("Escape");
    const address = page.url();
    expect(new URL(address).search).toBe("?event=Coupon+Applied&status=processed");
    await page.reload();
    await isLive();
    await page.getByRole("button", { name: "Event: Coupon Applied" }).waitFor();
    await page.getByText("Nothing that matches").waitFor();
    await sendEvent({ event: "Coupon Denied" });
    await sendEvent({ event: "Coupon Applied" });
    await row("Coupon Applied").waitFor();
    expect(await names()).toEqual(["Coupon Applied"]);
    await page.getByRole("link", { name: "Sources" }).first().click();
    await page.getByRole("heading", { level: 1, name: "Sources" }).waitFor();
    await page.goBack();
    await page.getByRole("button", { name: "Event: Coupon Applied" }).waitFor();
    await expect.poll(() => page.url()).toBe(address);
    await page.getByRole("button", { name: "Clear filters" }).first().click();
    await page.getByRole("button", { name: "Event: all" }).waitFor();
    await expect.poll(() => new URL(page.url()).search).toBe("");
  });

  test("paused by Space, it loses nothing, also over a break of the connection", async () => {
    await open();
    await isLive();
    await sendEvent({ event: "Before" });
    await row("Before").waitFor();
    await page.keyboard.press("Space");
    await page.getByText("Paused", { exact: true }).waitFor();
    const sent = Array.from({ length: 20 }, (_, n) => `Meanwhile ${n}`);
    for (const event of sent.slice(0, 10)) await sendEvent({ event });
    await page.getByRole("button", { name: "10 new" }).waitFor();
    expect(await names()).toEqual(["Before"]);
    await served.stop();
    await page.getByText("Reconnecting…").waitFor();
    await context.setOffline(true);
    served = await site.start();
    for (const event of sent.slice(10)) await sendEvent({ event });
    await context.setOffline(false);
    await page.getByRole("button", { name: "20 new" }).waitFor({ timeout: 30_000 });
    await page.keyboard.press("Space");
    await row("Meanwhile 19").waitFor();
    await expect.poll(names).toEqual([...sent.toReversed(), "Before"]);
  });

  test("what the reader points at does not move", async () => {
    await open();
    await isLive();
    await sendEvent({ event: "Under The Mouse" });
    await row("Under The Mouse").hover();
    await sendEvent({ event: "Came Later" });
    await page.getByRole("button", { name: "1 new" }).waitFor();
    expect(await names()).toEqual(["Under The Mouse"]);
    await page.mouse.move(5, 5);
    await row("Came Later").waitFor();
    await expect.poll(names).toEqual(["Came Later", "Under The Mouse"]);
  });

  test.each(["wide", "phone"] as const)(
    "axe finds nothing at %s width, in light and dark, nor is anything cut",
    async (width) => {
      await open("/live", { width });
      await isLive();
      await sendEvent({ event: "Product Viewed", userId: `axe-${width}` });
      await sendEvent({ event: undefined, messageId: `axe-${width}` });
      await row("Product Viewed").waitFor();
      await page.getByRole("listitem").getByText("event missing").waitFor();
      expect(await faultsOfLook(page)).toEqual([]);
      await row("Product Viewed").click(atTheTime);
      await page.getByText("Joined whom").waitFor();
      await page.getByText("carried nothing").waitFor();
      expect(await faultsOfLook(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.getByRole("row").filter({ hasText: "Refused" }).first().click();
      await page.getByRole("button", { name: "Replay" }).waitFor();
      expect(await faultsOfLook(page)).toEqual([]);
    },
  );
});
