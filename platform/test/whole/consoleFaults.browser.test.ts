import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser } from "./browser.ts";
import { until } from "./polling.ts";
import { apiToken, openSite, type Site, writeKey } from "./server.ts";

const rowsSent = 2_500;
const batchCalls = 500;
/** From sending to seeing, on a busy machine. */
const maxSeenMs = 5_000;
const maxFollowMs = 60_000;
/** Of a table of thousands, those that may be in the page at once. */
const maxRowsInPage = 80;

let site: Site;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let requests: string[];
let complaints: string[];

beforeAll(async () => {
  site = await openSite();
  await site.start();
  for (let from = 0; from < rowsSent; from += batchCalls) {
    const batch = Array.from({ length: batchCalls }, (_, at) => ({
      type: "track",
      event: "Product Viewed",
      userId: `u${(from + at) % 7}`,
      messageId: `m-${String(from + at).padStart(5, "0")}`,
    }));
    const { status } = await post("/v1/batch", { batch }, `Basic ${btoa(`${writeKey}:`)}`);
    if (status !== 200) throw new Error(`the events were not accepted: ${status}`);
  }
  await until("all events are in the views", maxFollowMs, async () => {
    return (await query("SELECT count(*) FROM events")).rows[0]?.[0] === rowsSent;
  });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await site.close();
});
afterEach(() => context.close());

function post(path: string, body: unknown, authorization = `Bearer ${apiToken}`): Promise<Response> {
  const headers = { authorization, "content-type": "application/json" };
  return fetch(`${site.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
}

async function query(sql: string): Promise<{ rows: unknown[][] }> {
  return (await (await post("/api/query", { sql })).json()) as { rows: unknown[][] };
}

/** Opens the console signed in, and notes what it asks for and what it complains of. */
async function open(path: string, { token = apiToken, width = 1280 } = {}): Promise<void> {
  context = await browser.newContext({ viewport: { width, height: 800 } });
  page = await context.newPage();
  requests = [];
  complaints = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // The browser reports each refused request by itself.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      complaints.push(message.text());
    }
  });
  await page.goto(`${site.url}${path}#token=${token}`);
}

const heading = (name: string) => page.getByRole("heading", { level: 1, name });

async function runSql(sql: string): Promise<void> {
  await page.locator(".cm-content").click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText(sql);
  await page.keyboard.press("ControlOrMeta+Enter");
}

describe("a query in the console", () => {
  test("that fails says where, keeps the rows of the one before, and goes on", async () => {
    await open("/query");
    await runSql("SELECT count(*) AS seen FROM events");
    await page.getByRole("cell", { name: String(rowsSent) }).waitFor();
    await runSql("SELECT sum(sen) FROM events");
    const alert = page.getByRole("alert");
    await alert.waitFor();
    await expect.poll(() => alert.innerText()).toMatch(/sen/);
    await expect.poll(() => alert.innerText()).toMatch(/[0-9a-f]{8}-[0-9a-f]{4}/);
    await expect.poll(() => page.locator(".cm-lintRange-error").innerText()).toBe("sen");
    await page.getByRole("cell", { name: String(rowsSent) }).waitFor();
    await page.getByText("Edited since it ran").waitFor();
    await runSql("SELECT 41 + 1 AS answer");
    await page.getByRole("cell", { name: "42" }).waitFor();
    await expect.poll(() => alert.count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("says that it was cut off, brings the rest, and scrolls through all of it", async () => {
    await open("/query");
    await runSql("SELECT message_id FROM events ORDER BY message_id");
    await page.getByText("Limited: the first 1,000 rows").waitFor();
    await page.getByRole("button", { name: "Get 10,000" }).click();
    await page.getByText(`${rowsSent.toLocaleString("en")} rows`).waitFor();
    expect(await page.getByRole("row").count()).toBeLessThan(maxRowsInPage);
    await page.locator(".resultScroller").evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await page.getByRole("cell", { name: `m-0${rowsSent - 1}` }).waitFor();
    expect(await page.getByRole("row").count()).toBeLessThan(maxRowsInPage);
  });

  test("that takes long can be cancelled, and what was there stays", async () => {
    await open("/query");
    await runSql("SELECT 7 AS before");
    await page.getByRole("cell", { name: "7" }).waitFor();
    await runSql("SELECT sum(a.x * b.x) FROM range(1000000) a(x), range(1000000) b(x) WHERE hash(a.x + b.x) > 5");
    await page.waitForTimeout(300);
    await page.getByRole("button", { name: "Cancel" }).click();
    const cancelledAt = Date.now();
    await page.getByRole("button", { name: "Cancel" }).waitFor({ state: "detached" });
    await page.getByRole("cell", { name: "7" }).waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
    // It would hold the one place until its deadline of ten seconds: it was stopped where it ran, too.
    await runSql("SELECT 8 AS after");
    await page.getByRole("cell", { name: "8" }).waitFor();
    expect(Date.now() - cancelledAt).toBeLessThan(maxSeenMs);
  });

  test("is completed with the columns that are there", async () => {
    await open("/query");
    await page.getByRole("button", { name: /message_id/ }).waitFor();
    await page.locator(".cm-content").click();
    await page.keyboard.type("SELECT rece");
    const options = page.locator(".cm-tooltip-autocomplete li");
    await options.first().waitFor();
    // The list of an earlier letter may be there first.
    await expect.poll(() => options.first().innerText()).toContain("received_at");
  });
});

describe("a source in the console", () => {
  test("that waits for its first event sees it within seconds", async () => {
    const made = await post("/api/sources", { id: "app", name: "App", kind: "mobile" });
    const { writeKey: key } = (await made.json()) as { writeKey: string };
    await open("/sources/app");
    await page.getByText("Waiting for the first event").waitFor();
    const startedAt = Date.now();
    await post("/v1/track", { userId: "u1", event: "App Opened" }, `Basic ${btoa(`${key}:`)}`);
    await page.getByRole("status").filter({ hasText: "The first event has arrived: App Opened" }).waitFor();
    expect(Date.now() - startedAt).toBeLessThan(maxSeenMs);
  });

  const sendWith = async (key: string): Promise<number> =>
    (await post("/v1/track", { userId: "u1", event: "Product Viewed" }, `Basic ${btoa(`${key}:`)}`)).status;

  test("shows what disabling and rotating stop before they do", async () => {
    const made = await post("/api/sources", { id: "till", name: "Till", kind: "pos" });
    const { writeKey: oldKey } = (await made.json()) as { writeKey: string };
    expect(await sendWith(oldKey)).toBe(200);
    await open("/sources/till");
    await heading("Till").waitFor();

    await page.getByRole("button", { name: "Rotate key" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("stops at once").waitFor();
    expect(await sendWith(oldKey)).toBe(200);
    await dialog.getByRole("button", { name: "Rotate key" }).click();
    const newKey = await page.getByTestId("write-key").innerText();
    expect([await sendWith(oldKey), await sendWith(newKey.trim())]).toEqual([401, 200]);

    await page.getByRole("button", { name: "Disable" }).click();
    await dialog.getByText("refused with a 404").waitFor();
    await dialog.getByRole("button", { name: "Disable" }).click();
    await page.getByText("Disabled", { exact: true }).waitFor();
    expect(await sendWith(newKey.trim())).toBe(404);
    await page.getByRole("button", { name: "Enable" }).click();
    await page.getByRole("button", { name: "Disable" }).waitFor();
    expect(await sendWith(newKey.trim())).toBe(200);

    await page.reload();
    await heading("Till").waitFor();
    expect(await page.content()).not.toContain(newKey.trim());
    expect(await page.evaluate(() => JSON.stringify([localStorage, sessionStorage]))).not.toContain(newKey.trim());
  });

  test("that is not there is told, with the way back", async () => {
    await open("/sources/nobody");
    await heading("There is no such source").waitFor();
    await page.getByRole("link", { name: "All sources" }).click();
    await heading("Sources").waitFor();
    await expect.poll(() => new URL(page.url()).pathname).toBe("/sources");
  });
});

describe("the shell of the console", () => {
  test("a token that is revoked leads to sign-in, and back to where one was", async () => {
    const { id, token } = (await (await post("/api/tokens", { name: "short" })).json()) as {
      id: string;
      token: string;
    };
    await open("/sources/default", { token });
    await page.getByText("Write key", { exact: true }).waitFor();
    await fetch(`${site.url}/api/tokens/${id}`, { method: "DELETE", headers: { authorization: `Bearer ${apiToken}` } });
    await page.getByText("Your session has ended").waitFor({ timeout: 30_000 });
    await page.getByLabel("API token").fill(` Bearer ${apiToken} `);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("Write key", { exact: true }).waitFor();
    await expect.poll(() => new URL(page.url()).pathname).toBe("/sources/default");
    expect(requests.filter((url) => url.includes(token) || url.includes(apiToken))).toEqual([]);
    expect(requests.filter((url) => !url.startsWith(site.url))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("a platform that does not answer is told, what is known stays, and Retry goes on", async () => {
    await open("/sources");
    await page.getByRole("link", { name: "Default" }).waitFor();
    await page.route("**/api/**", (route) => route.abort());
    await page.getByText("The platform does not answer").waitFor({ timeout: 40_000 });
    await page.getByRole("link", { name: "Default" }).waitFor();
    await page.unroute("**/api/**");
    await page.getByRole("button", { name: "Retry" }).click();
    await page.getByRole("alert").waitFor({ state: "detached" });
    await expect.poll(() => page.getByRole("link", { name: "Default" }).count()).toBe(1);
  });

  test("a page that fails leaves the rail", async () => {
    await open("/sources");
    await page.getByRole("link", { name: "Default" }).waitFor();
    await page.route("**/assets/QueryPage-*.js", (route) => route.abort());
    await page.getByRole("link", { name: "Query" }).click();
    await heading("This page failed").waitFor();
    await page.getByRole("link", { name: "Sources", exact: true }).click();
    await heading("Sources").waitFor();
    expect(await heading("This page failed").count()).toBe(0);
  });

  test("keys go to pages, not while one writes, and not when they are turned off", async () => {
    await open("/query");
    await page.locator(".cm-content").click();
    await page.keyboard.type("gs?/");
    await expect.poll(() => page.locator(".cm-content").innerText()).toContain("gs?/");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.keyboard.press("s");
    await heading("Sources").waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Account and settings" }).click();
    await page.getByRole("menuitem", { name: "Turn single-key shortcuts off" }).click();
    await page.getByRole("menu").waitFor({ state: "detached" });
    await page.keyboard.press("g");
    await page.keyboard.press("q");
    await page.keyboard.press("ControlOrMeta+k");
    await page.getByRole("textbox", { name: "Find a customer or jump to a page" }).fill("query");
    await page.keyboard.press("ArrowDown");
    expect(new URL(page.url()).pathname).toBe("/sources");
    await page.getByRole("button", { name: "New query" }).click();
    await heading("Query").waitFor();
  });

  test("on a phone the pages are in a drawer", async () => {
    await open("/sources", { width: 390 });
    await heading("Sources").waitFor();
    await page.getByRole("button", { name: "Open the menu" }).click();
    await page.getByRole("dialog").getByRole("link", { name: "Query" }).click();
    await heading("Query").waitFor();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/query\//);
  });

  test("the colours that one chose stay", async () => {
    await open("/sources");
    await page.getByRole("button", { name: "Account and settings" }).click();
    await page.getByRole("menuitemradio", { name: "Dark" }).click();
    await page.reload();
    const scheme = page.locator("html[data-mantine-color-scheme=dark]");
    await scheme.waitFor({ state: "attached" });
    await heading("Sources").waitFor();
    await expect.poll(() => scheme.count()).toBe(1);
  });
});
