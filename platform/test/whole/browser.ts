import chromium from "@sparticuz/chromium";
import axe from "axe-core";
import { type Browser, type Page, chromium as playwright } from "playwright-core";

export const widths = { wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
export type Width = keyof typeof widths;
export type Colours = "light" | "dark";

/**
 * One process crashes as root. Drawing by a graphics card that is only simulated, inside of the browser's own process,
 * falls behind a long scroll by a minute and more, for which no other page opens. Without web security every page may
 * read everything.
 */
const unwantedFlags =
  /^--(single-process|in-process-gpu|ignore-gpu-blocklist|use-gl|use-angle|enable-unsafe-swiftshader|disable-web-security|allow-running-insecure-content)\b/;

export async function launchBrowser(args: readonly string[] = []): Promise<Browser> {
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    args: [...chromium.args.filter((flag) => !unwantedFlags.test(flag)), "--disable-gpu", ...args],
    headless: true,
  });
}

/** What axe finds, as "rule: element". */
export async function axeFindings(page: Page): Promise<string[]> {
  // Evaluated as the test's, not the page's: its policy allows no scripts from elsewhere.
  await page.evaluate(axe.source);
  return page.evaluate<string[]>(`axe.run().then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ": " + html.slice(0, 200))))`);
}
