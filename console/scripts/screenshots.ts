import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import chromium from "@sparticuz/chromium";
import { type Browser, chromium as playwright } from "playwright-core";
import { until } from "../../platform/test/whole/polling.ts";
import { apiToken, openSite, type Site } from "../../platform/test/whole/server.ts";
import { type Screen, screens } from "./screens.ts";

const folder = join(import.meta.dirname, "../screenshots");
const sizes = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
];
/** What moves comes to rest within it. */
const settleMs = 400;
const eventsPerSource = 600;
const followMs = 60_000;
const hourMs = 3_600_000;

const sources = [
  { id: "web-shop", name: "Web shop", kind: "web" },
  { id: "pos-porto", name: "Loja do Porto – Santa Catarina", kind: "pos" },
  { id: "crm", name: "CRM", kind: "crm" },
  { id: "app", name: "App", kind: "mobile" },
  { id: "till-lisbon", name: "Caixa de Lisboa", kind: "pos" },
];
const names = ["Product Viewed", "Product Added", "Checkout Started", "Order Completed", "Email Opened"];

/** Takes a picture of every screen, or of those whose name holds the first argument. */
async function takeAll(wanted: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const site = await openSite();
  const browser = await playwright.launch({
    executablePath: await chromium.executablePath(),
    args: chromium.args.filter((flag) => flag !== "--single-process"),
    headless: true,
  });
  try {
    await site.start();
    await seed(site, Date.now());
    for (const screen of screens.filter(({ name }) => name.includes(wanted))) await takeOne(site, browser, screen);
  } finally {
    await browser.close();
    await site.close();
  }
}

async function takeOne(site: Site, browser: Browser, screen: Screen): Promise<void> {
  for (const viewport of sizes) {
    for (const colorScheme of ["light", "dark"] as const) {
      const context = await browser.newContext({ viewport, colorScheme });
      const page = await context.newPage();
      const file = `${screen.name}-${viewport.width}-${colorScheme}.png`;
      try {
        await page.goto(`${site.url}${screen.path}${screen.isSignedOut === true ? "" : `#token=${apiToken}`}`);
        await screen.prepare(page);
        await page.waitForTimeout(settleMs);
        process.stdout.write(`${file}\n`);
      } catch (error) {
        process.exitCode = 1;
        process.stderr.write(`${file}: ${error instanceof Error ? error.message : String(error)}\n`);
      }
      await page.screenshot({ path: join(folder, file) });
      await context.close();
    }
  }
}

/** Sources of several kinds, and a day of events from all but the last. `now` in UTC ms. */
async function seed(site: Site, now: number): Promise<void> {
  const post = async (path: string, body: unknown, authorization: string): Promise<Response> =>
    fetch(`${site.url}${path}`, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  for (const [at, source] of sources.entries()) {
    const made = await post("/api/sources", source, `Bearer ${apiToken}`);
    const { writeKey } = (await made.json()) as { writeKey: string };
    if (at === sources.length - 1) continue;
    const batch = Array.from({ length: eventsPerSource }, (_, index) => ({
      type: "track",
      event: names[(index * (at + 1) + (index % 7)) % names.length],
      userId: `customer-${(index * 13) % 97}`,
      messageId: `${source.id}-${index}`,
      timestamp: new Date(now - ((index * index) % (24 * hourMs)) - (index % 24) * hourMs).toISOString(),
      properties: { order_id: `${source.id}-${index}`, total: (index % 90) + 0.95, currency: "EUR" },
    }));
    await post("/v1/batch", { batch }, `Basic ${btoa(`${writeKey}:`)}`);
  }
  await until("the events are in the views", followMs, async () => {
    const answer = await post("/api/query", { sql: "SELECT count(*) FROM events" }, `Bearer ${apiToken}`);
    const { rows } = (await answer.json()) as { rows: number[][] };
    return rows[0]?.[0] === eventsPerSource * (sources.length - 1);
  });
}

await takeAll(process.argv[2] ?? "");
