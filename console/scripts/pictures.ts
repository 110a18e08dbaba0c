import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { atRest, type Colours, type Width, widths } from "../../platform/test/whole/browser.ts";
import { apiToken, type Site } from "../../platform/test/whole/server.ts";
import type { Screen } from "./screen.ts";

export const folder = join(import.meta.dirname, "../screenshots");
/** For what a screen waits for: a page that fails is told soon. */
const maxWaitMs = 15_000;

export interface Taking {
  site: Site;
  browser: Browser;
}

/**
 * Brings a screen about once and takes its pictures in light and dark, on a wide window as somebody sees it who sees no
 * colours, too. Their files' names. Throws with what could not be brought about, and leaves a picture of how far it
 * came.
 */
export async function picturesOf({ site, browser }: Taking, screen: Screen, width: Width): Promise<string[]> {
  const context = await browser.newContext({ viewport: widths[width], colorScheme: "light" });
  context.setDefaultTimeout(maxWaitMs);
  const page = await context.newPage();
  try {
    await page.goto(`${site.url}${screen.path}${screen.isSignedOut === true ? "" : `#token=${apiToken}`}`);
    await screen.prepare(page);
    if (screen.isPrinted === true) await page.emulateMedia({ media: "print" });
    const files = [await taken(page, screen, width, "light")];
    if (width === "wide") files.push(await inGrey(page, screen));
    files.push(await taken(page, screen, width, "dark"));
    await screen.putBack?.(page);
    return files;
  } catch (error) {
    await page.screenshot({ path: fileOf(screen, width, "failed") }).catch(() => undefined);
    throw error;
  } finally {
    await context.close();
  }
}

async function taken(page: Page, screen: Screen, width: Width, colours: Colours): Promise<string> {
  await page.emulateMedia({ colorScheme: colours });
  // Paper has colours of its own.
  const shown = screen.isPrinted === true ? "light" : colours;
  await page.locator(`html[data-mantine-color-scheme=${shown}]`).waitFor({ state: "attached" });
  await atRest(page);
  return saved(page, screen, width, colours);
}

async function inGrey(page: Page, screen: Screen): Promise<string> {
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setEmulatedVisionDeficiency", { type: "achromatopsia" });
  const file = await saved(page, screen, "wide", "grey");
  await session.send("Emulation.setEmulatedVisionDeficiency", { type: "none" });
  await session.detach();
  return file;
}

async function saved(page: Page, screen: Screen, width: Width, look: string): Promise<string> {
  const path = fileOf(screen, width, look);
  await page.screenshot({ path, fullPage: screen.isPrinted === true || screen.isWhole === true });
  return path.slice(folder.length + 1);
}

function fileOf({ name }: Screen, width: Width, look: string): string {
  return join(folder, `${name}-${widths[width].width}-${look}.png`);
}
