import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { launchBrowser } from "../../platform/test/whole/browser.ts";
import { apiToken, openSite, type Site } from "../../platform/test/whole/server.ts";
import { fillWithRetailer } from "./retailer.ts";
import type { Screen } from "./screen.ts";
import { screens } from "./screens.ts";

const folder = join(import.meta.dirname, "../screenshots");
const sizes = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
];
/** What moves comes to rest within it. */
const settleMs = 400;
/** For what a screen waits for: a page that fails is told soon. */
const maxWaitMs = 15_000;

/** Takes a picture of every screen, or of those whose name holds the first argument. */
async function takeAll(wanted: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const site = await openSite();
  const browser = await launchBrowser();
  try {
    await site.start();
    await fillWithRetailer(site);
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
      context.setDefaultTimeout(maxWaitMs);
      const page = await context.newPage();
      const file = `${screen.name}-${viewport.width}-${colorScheme}.png`;
      try {
        await page.goto(`${site.url}${screen.path}${screen.isSignedOut === true ? "" : `#token=${apiToken}`}`);
        await screen.prepare(page);
        if (screen.isPrinted === true) await page.emulateMedia({ media: "print" });
        await page.waitForTimeout(settleMs);
        await page.screenshot({ path: join(folder, file), fullPage: screen.isPrinted === true });
        process.stdout.write(`${file}\n`);
      } catch (error) {
        process.exitCode = 1;
        process.stderr.write(`${file}: ${error instanceof Error ? error.message : String(error)}\n`);
      }
      await context.close();
    }
  }
}

await takeAll(process.argv[2] ?? "");
