import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { faultsOfLook, launchBrowser, type Width, widths } from "./browser.ts";
import { until } from "./polling.ts";
import { apiToken, openSite, type Site, writeKey } from "./server.ts";

const maxFollowMs = 90_000;
let site: Site;
let browser: Browser;

function post(path: string, body: unknown, authorization = `Bearer ${apiToken}`): Promise<Response> {
  const headers = { authorization, "content-type": "application/json" };
  return fetch(`${site.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
}

async function send(calls: object[]): Promise<void> {
  const answer = await post("/v1/batch", { batch: calls }, `Basic ${btoa(`${writeKey}:`)}`);
  if (answer.status !== 200) throw new Error(`the events were not accepted: ${answer.status}`);
}

async function ask<Body>(path: string, body: unknown): Promise<Body> {
  return (await (await post(path, body)).json()) as Body;
}

const at = (hour: number): string => new Date(Date.UTC(2026, 4, 3, hour)).toISOString();
const anonymousId = "family-tablet";

beforeAll(async () => {
  site = await openSite();
  await site.start();
  await send([
    { type: "identify", anonymousId, userId: "anna", timestamp: at(1), traits: { name: "Anna Lind" } },
    { type: "page", anonymousId, name: "Tea", messageId: "p-1", timestamp: at(2) },
    { type: "page", anonymousId, name: "Cups", messageId: "p-2", timestamp: at(6) },
    { type: "identify", anonymousId, userId: "ben", timestamp: at(8), traits: { name: "Ben Lind" } },
    { type: "page", anonymousId, name: "Coffee", messageId: "p-3", timestamp: at(9) },
    { type: "track", anonymousId, event: "Signed Out", timestamp: at(10) },
    { type: "page", anonymousId, name: "Bread", messageId: "p-4", timestamp: at(11) },
  ]);
  browser = await launchBrowser();
}, 180_000);
afterAll(async () => {
  await browser.close();
  await site.close();
});

async function idOf(type: string, value: string): Promise<string> {
  return (await ask<{ id: string }>("/api/profiles/lookup", { type, value })).id;
}

/** Of the pages that only named the tablet: by SQL, whose each is. */
async function pagesBySql(): Promise<string[]> {
  const sql = "SELECT message_id, profile_id FROM events WHERE message_id LIKE 'p-%' ORDER BY message_id";
  const { rows } = await ask<{ rows: string[][] }>("/api/query", { sql, limit: 10 });
  return rows.map((row) => row.join(" "));
}

describe("a family's tablet", () => {
  test("each page is its reader's, a late login takes its own, and the console says whose the tablet was", async () => {
    const [anna, ben, tablet] = [
      await idOf("user_id", "anna"),
      await idOf("user_id", "ben"),
      await idOf("anonymous_id", anonymousId),
    ];
    const owners = (...of: string[]) => of.map((owner, index) => `p-${index + 1} ${owner}`);
    await until("SQL has followed", maxFollowMs, async () => {
      return JSON.stringify(await pagesBySql()) === JSON.stringify(owners(anna, anna, ben, tablet));
    });
    await send([{ type: "track", anonymousId, userId: "ben", event: "Cart Viewed", timestamp: at(4) }]);
    await until("the late login counts", maxFollowMs, async () => {
      return JSON.stringify(await pagesBySql()) === JSON.stringify(owners(anna, ben, ben, tablet));
    });
    for (const width of ["wide", "phone"] as const) {
      expect(await look(anna, width)).toEqual({
        spans: [
          expect.stringMatching(/anna until .*2026/),
          expect.stringMatching(/ben then, until .*2026/),
          expect.stringMatching(/nobody's since /),
        ],
        faults: [],
      });
    }
  });
});

async function look(anna: string, width: Width): Promise<{ spans: string[]; faults: string[] }> {
  const context = await browser.newContext({ viewport: widths[width] });
  await context.addInitScript((token) => localStorage.setItem("c360.token", token), apiToken);
  const page = await context.newPage();
  await page.goto(`${site.url}/customers/${anna}?identity=list`);
  const device = page.locator(".sharedDevice");
  await device.waitFor();
  const spans = await device.locator("ol > li").allInnerTexts();
  const faults = await faultsOfLook(page);
  await context.close();
  return { spans: spans.map((span) => span.replace(/\s+/g, " ")), faults };
}
