import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { launchBrowser } from "../../platform/test/whole/browser.ts";
import { readDemoState } from "../../platform/src/cli/demoState.ts";
import { until } from "../../platform/test/whole/polling.ts";
import { apiToken, openSite, type Served, type Site } from "../../platform/test/whole/server.ts";

const folder = join(import.meta.dirname, "../../docs/images");
const viewport = { width: 1280, height: 800 };
/** The same people each time. */
const seed = 7;
const maxHistoryMs = 600_000;
/** Live events flow for as long before the picture. */
const liveMs = 90_000;
const settleMs = 800;
const webpQuality = 0.9;
/** Customers of the demo have names in scripts that the test browser has no letters for: it draws boxes. */
const withoutLetters = /[^\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Common}\p{Script=Inherited}]/u;
/** Live shows others every few seconds. */
const maxTries = 100;
const retryMs = 1_000;

/** The pictures of README.md: Live and one customer of the demo, in light and dark. */
async function takeAll(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const site = await openSite();
  const browser = await launchBrowser();
  try {
    const filling = await startDemo(site);
    await until("the history", maxHistoryMs, () => filling.stdout().includes("The history is in"));
    // Started again, the last five minutes are those of a shop, not of a history that is filled in. A kill, since it is
    // busy with the history and would take its time to stop; nothing that was acknowledged is lost.
    await filling.kill();
    await startDemo(site);
    await sleep(liveMs);
    for (const colorScheme of ["light", "dark"] as const) {
      await take(site, browser, `live-${colorScheme}`, colorScheme, openLive);
      await take(site, browser, `customer-${colorScheme}`, colorScheme, openCustomer);
    }
  } finally {
    await browser.close();
    await site.close();
  }
}

async function startDemo(site: Site): Promise<Served> {
  const demo = site.launchVerb(["demo", "--data-dir", site.dataDir, "--seed", String(seed), "--no-open"]);
  await demo.ready();
  return demo;
}

async function openLive(page: Page, { url }: Site): Promise<void> {
  await page.goto(`${url}/live#token=${apiToken}`);
  await page.locator(".liveRow.atPlace").nth(13).waitFor({ timeout: liveMs });
}

async function openCustomer(page: Page, { url, dataDir }: Site): Promise<void> {
  await page.goto(`${url}/customers#token=${apiToken}`);
  const field = page.getByRole("textbox", { name: "Search customers" });
  const state = readDemoState(dataDir);
  if (state === null) throw new Error("there is no demo in the directory");
  await field.fill(state.showcase.joined.email);
  await field.press("Enter");
  await page.getByTestId("spend-chart").locator("svg").waitFor();
  await page.locator(".identifierNode").first().waitFor();
}

async function take(
  site: Site,
  browser: Browser,
  name: string,
  colorScheme: "light" | "dark",
  open: (page: Page, site: Site) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({ viewport, colorScheme });
  const page = await context.newPage();
  await open(page, site);
  await page.waitForTimeout(settleMs);
  const png = (await drawn(page)).toString("base64");
  await page.goto("about:blank");
  const webp = await page.evaluate(
    async ([data, quality]) => {
      const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
      const canvas = Object.assign(document.createElement("canvas"), { width: picture.width, height: picture.height });
      canvas.getContext("2d")?.drawImage(picture, 0, 0);
      return canvas.toDataURL("image/webp", quality);
    },
    [png, webpQuality] as const,
  );
  writeFileSync(join(folder, `${name}.webp`), Buffer.from(webp.slice(webp.indexOf(",") + 1), "base64"));
  process.stdout.write(`docs/images/${name}.webp\n`);
  await context.close();
}

/** A picture at a moment when everything that is shown can be drawn. */
async function drawn(page: Page): Promise<Buffer> {
  for (let tries = 0; tries < maxTries; tries++) {
    await hold(page);
    if (!withoutLetters.test(await page.locator("main").innerText())) return page.screenshot();
    await letGo(page);
    await page.waitForTimeout(retryMs);
  }
  throw new Error(`after ${maxTries} tries there was always a name without letters`);
}

/** What comes from now on shows nowhere: the page stands as it is, while a picture takes its time. */
async function hold(page: Page): Promise<void> {
  await page.evaluate(`(() => {
    window.held = document.body;
    document.body.replaceWith(document.body.cloneNode(true));
  })()`);
}

async function letGo(page: Page): Promise<void> {
  await page.evaluate("document.body.replaceWith(window.held)");
}

await takeAll();
