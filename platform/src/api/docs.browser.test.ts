import type { Browser } from "playwright-core";
import { launchBrowser } from "../../test/whole/browser.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApi } from "./server.ts";
import { fakeServices } from "./services.fake.ts";

const services = fakeServices();
let browser: Browser;
let url: string;
let close: () => Promise<void>;

beforeAll(async () => {
  const app = await createApi(services);
  url = await app.listen({ port: 0, host: "127.0.0.1" });
  close = () => app.close();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await close();
});

describe("the API's docs in a browser", () => {
  it("show every operation, load nothing from elsewhere and break no policy", async () => {
    const context = await browser.newContext({ httpCredentials: { username: "anybody", password: services.token } });
    const page = await context.newPage();
    const complaints: string[] = [];
    const elsewhere: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => {
      if (!request.url().startsWith(url) && !request.url().startsWith("data:")) elsewhere.push(request.url());
    });
    await page.goto(`${url}/api/docs`);
    await page.locator(".opblock").first().waitFor();
    const { paths } = (await (await context.request.get(`${url}/api/openapi.json`)).json()) as {
      paths: Record<string, object>;
    };
    const operations = Object.values(paths).flatMap((path) => Object.keys(path));
    expect(operations.length).toBeGreaterThan(50);
    await expect.poll(() => page.locator(".opblock").count()).toBe(operations.length);
    expect(complaints).toEqual([]);
    expect(elsewhere).toEqual([]);
    await context.close();
  });

  it("try an operation with a token, which Basic alone does not allow", async () => {
    const context = await browser.newContext({ httpCredentials: { username: "anybody", password: services.token } });
    const page = await context.newPage();
    await page.goto(`${url}/api/docs`);
    const status = () => page.evaluate(async () => (await fetch("/api/status", { credentials: "include" })).status);
    expect(await status()).toBe(401);
    await page.locator("button.authorize").click();
    await page.locator(".auth-container input").fill(services.token);
    await page.locator(".auth-btn-wrapper .authorize").click();
    await page.locator(".btn-done").click();
    await page.locator("#operations-operations-getStatus").click();
    await page.locator("#operations-operations-getStatus .execute").click();
    const answer = page.locator("#operations-operations-getStatus .live-responses-table .response-col_status");
    await answer.first().waitFor();
    await expect.poll(() => answer.allTextContents()).toEqual(expect.arrayContaining([expect.stringContaining("200")]));
    await context.close();
  });
});
