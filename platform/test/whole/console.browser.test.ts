import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { faultsOfLook, launchBrowser, widths } from "./browser.ts";
import { apiToken, openSite, type Site, writeKey } from "./server.ts";

const maxFirstLoadBytes = 250_000;

let site: Site;
let browser: Browser;

beforeAll(async () => {
  site = await openSite();
  await site.start();
  const calls = Array.from({ length: 20 }, (_, at) => ({
    type: "track",
    event: at % 2 === 0 ? "Product Viewed" : "Cart Viewed",
    userId: `u${at % 5}`,
    messageId: `console-${at}`,
  }));
  const sent = await fetch(`${site.url}/v1/batch`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${writeKey}:`)}`, "content-type": "application/json" },
    body: JSON.stringify({ batch: calls }),
  });
  if (sent.status !== 200) throw new Error(`the events were not accepted: ${sent.status}`);
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await site.close();
});

async function open(path: string, { width = "wide" }: { width?: keyof typeof widths } = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: widths[width] });
  const page = await context.newPage();
  await page.goto(`${site.url}${path}#token=${apiToken}`);
  return page;
}

const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name });

async function writeSql(page: Page, sql: string): Promise<void> {
  await page.locator(".cm-content").click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText(sql);
}

describe("the console in a browser", () => {
  test("Operations: how far everything is, what came in the last hour, what the disk holds", async () => {
    const page = await open("/ops");
    await heading(page, "Operations").waitFor();
    for (const name of ["Deciding", "SQL and timelines", "Search", "Review queue"]) {
      await page.getByRole("row", { name: new RegExp(`^${name}.*Following`) }).waitFor();
    }
    const hour = page.getByRole("img", { name: /In the last hour/ });
    await expect.poll(() => hour.getAttribute("aria-label")).toMatch(/ 20 calls were accepted and 0 refused/);
    await page.getByRole("row", { name: /^Event log .*iB$/ }).waitFor();
    await page.getByText("All is well").waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("s");
    await heading(page, "Sources").waitFor();
    await page.goBack();
    await heading(page, "Operations").waitFor();
  });

  test("a link signs in, its token leaves the address; signing out forgets it", async () => {
    const page = await open("/sources");
    await heading(page, "Sources").waitFor();
    await expect.poll(() => page.url()).toBe(`${site.url}/sources`);
    await page.reload();
    await heading(page, "Sources").waitFor();
    await page.getByRole("button", { name: "Account and settings" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await heading(page, "Sign in").waitFor();
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain(apiToken);
    await page.context().close();
  });

  test("a wrong token is refused with a word of what to do, and the right one leads back", async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${site.url}/query`);
    await heading(page, "Sign in").waitFor();
    await page.getByLabel("API token").fill("nobody's");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("This token is not known here").waitFor();
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain("nobody");
    await page.getByLabel("API token").fill(apiToken);
    await page.getByRole("button", { name: "Sign in" }).click();
    await heading(page, "Query").waitFor();
    await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/query/);
    await context.close();
  });

  test("a query that meets nothing leads back into it, or to the latest events in a query of their own", async () => {
    const page = await open("/query");
    await heading(page, "Query").waitFor();
    const sql = "SELECT event FROM events WHERE event = 'product viewed'";
    await writeSql(page, sql);
    await page.keyboard.press("ControlOrMeta+Enter");
    await page.getByText("found no rows").waitFor();
    const address = page.url();
    await page.getByRole("button", { name: "Edit the query" }).click();
    await page.keyboard.insertText(" ");
    await expect.poll(() => page.locator(".cm-content").innerText()).toContain(`${sql} `);
    await page.getByRole("link", { name: "Latest events" }).click();
    await expect.poll(() => page.url()).not.toBe(address);
    await page.getByRole("button", { name: "Run" }).click();
    await page.getByRole("cell", { name: "Product Viewed" }).first().waitFor();
    await page.goto(address);
    await expect.poll(() => page.locator(".cm-content").innerText()).toContain(sql);
    await page.context().close();
  });

  test("a query is run, charted and exported; reload and Back keep it", async () => {
    const page = await open("/query");
    await heading(page, "Query").waitFor();
    const sql = "SELECT event, count(*) AS events FROM events GROUP BY event ORDER BY event";
    await expect
      .poll(
        async () => {
          await writeSql(page, sql);
          await page.keyboard.press("ControlOrMeta+Enter");
          return page
            .getByText("Cart Viewed")
            .first()
            .isVisible({ timeout: 1_000 })
            .catch(() => false);
        },
        { timeout: 20_000, interval: 500 },
      )
      .toBe(true);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page
        .getByRole("button", { name: /CSV/ })
        .or(page.getByRole("menuitem", { name: /CSV/ }))
        .first()
        .click(),
    ]);
    const csv = readFileSync(await download.path(), "utf8");
    expect(csv.replaceAll("\r", "").trim().split("\n")).toEqual([
      "event,events",
      "Cart Viewed,10",
      "Product Viewed,10",
    ]);
    await page.getByText("Chart", { exact: true }).first().click();
    await page.locator(".chartRoom canvas, .chartRoom svg").first().waitFor();
    await expect.poll(() => page.url()).toContain("view=chart");
    const address = page.url();
    await page.reload();
    await expect.poll(() => page.locator(".cm-content").innerText()).toContain("GROUP BY event");
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "Sources" }).first().click();
    await heading(page, "Sources").waitFor();
    await page.goBack();
    await heading(page, "Query").waitFor();
    await expect.poll(() => page.url()).toBe(address);
    await expect.poll(() => page.locator(".cm-content").innerText()).toContain("GROUP BY event");
    await page.context().close();
  });

  test("a source is limited, a wrong limit is told, and the limit is taken back", async () => {
    const page = await open("/sources/default");
    const button = page.getByRole("button", { name: "Change limit" });
    const limitTo = async (text: string): Promise<void> => {
      await button.click();
      await page.getByLabel("Events a second").fill(text);
      await page.getByRole("button", { name: "Save" }).click();
    };
    const held = async (): Promise<unknown> => {
      const headers = { authorization: `Bearer ${apiToken}` };
      const answer = await fetch(`${site.url}/api/sources/default`, { headers });
      return ((await answer.json()) as { maxEventsPerSecond: unknown }).maxEventsPerSecond;
    };
    await limitTo("0");
    await page.getByText("A whole number of 1 to 1,000,000.").waitFor();
    expect(await held()).toBeNull();
    await page.getByRole("button", { name: "Cancel" }).click();
    await limitTo("500");
    await page.getByText("at most 500 events a second").waitFor();
    expect(await held()).toBe(500);
    await page.reload();
    await page.getByText("at most 500 events a second").waitFor();
    await limitTo("");
    await page.getByText("as much as its share").waitFor();
    expect(await held()).toBeNull();
    await page.context().close();
  });

  test("a source is created, its snippet sends, and the first event is seen", async () => {
    const page = await open("/sources");
    await page
      .getByRole("button", { name: /create|new|add/i })
      .first()
      .click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox").first().fill("Till in Porto");
    await dialog.locator("select").selectOption("pos");
    await dialog.locator("button[type=submit]").click();
    await heading(page, "Till in Porto").waitFor();
    const snippet = await page.getByTestId("snippet").first().innerText();
    expect(snippet).toContain(site.url);
    const key = /(wk_[\w-]+)/.exec(snippet)?.[1] ?? "";
    const answer = await fetch(`${site.url}/v1/track`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa(`${key}:`)}`, "content-type": "application/json" },
      body: JSON.stringify({ userId: "u1", event: "Order Completed", properties: { order_id: "o1", total: 3 } }),
    });
    expect(answer.status).toBe(200);
    const arrived = page.getByRole("status").filter({ hasText: "Order Completed" });
    await arrived.waitFor();
    await expect.poll(() => arrived.count()).toBe(1);
    await page.context().close();
  });

  test.each(["wide", "phone"] as const)("axe finds nothing at %s width, in light and dark", async (width) => {
    for (const [path, name, content] of [
      ["/sources", "Sources", "default"],
      ["/sources/default", "", "curl"],
      ["/query", "Query", "Run"],
    ] as const) {
      const page = await open(path, { width });
      await page.getByRole("heading", { level: 1, ...(name === "" ? {} : { name }) }).waitFor();
      await page.getByText(content).first().waitFor();
      await page.waitForLoadState("networkidle");
      expect({ path, faults: await faultsOfLook(page) }).toEqual({ path, faults: [] });
      await page.context().close();
    }
  });
});

test("the first load has at most 250 KB of JavaScript, compressed", () => {
  const dist = join(import.meta.dirname, "../../../console/dist");
  const html = readFileSync(join(dist, "index.html"), "utf8");
  const scripts = [...html.matchAll(/(?:src|href)="\/([^"]+\.js)"/g)].map(([, file]) => String(file));
  expect(scripts.length).toBeGreaterThan(0);
  expect(readdirSync(join(dist, "assets")).length).toBeGreaterThan(scripts.length);
  const bytes = scripts.reduce((sum, file) => sum + gzipSync(readFileSync(join(dist, file))).length, 0);
  expect(bytes).toBeLessThanOrEqual(maxFirstLoadBytes);
});
