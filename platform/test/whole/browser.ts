import chromium from "@sparticuz/chromium";
import axe from "axe-core";
import { type Browser, type BrowserContext, type Page, chromium as playwright } from "playwright-core";

export const widths = { wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
export type Width = keyof typeof widths;
export type Colours = "light" | "dark";

/** What has not moved for so many frames is at rest: longer than a dialog waits before it fades in. */
const framesAtRest = 8;

/**
 * One process crashes as root. Drawing by a graphics card that is only simulated, inside of the browser's own process,
 * falls behind a long scroll by a minute and more, for which no other page opens. Without web security every page may
 * read everything.
 */
const unwantedFlags =
  /^--(single-process|in-process-gpu|ignore-gpu-blocklist|use-gl|use-angle|enable-unsafe-swiftshader|disable-web-security|allow-running-insecure-content)\b/;

export async function launchBrowser(args: readonly string[] = []): Promise<Browser> {
  return playwright.launch({
    executablePath: process.env["C360_TEST_CHROMIUM"] ?? (await chromium.executablePath()),
    args: [...chromium.args.filter((flag) => !unwantedFlags.test(flag)), "--disable-gpu", ...args],
    headless: true,
  });
}

/** A page of the console, and what it complains of but for answers that are not as wished. */
export interface OpenedPage {
  context: BrowserContext;
  page: Page;
  complaints: string[];
}

/** Signed in with `token`. */
export async function openPage(
  browser: Browser,
  { url, token, width = "wide" }: { url: string; token: string; width?: Width },
): Promise<OpenedPage> {
  const context = await browser.newContext({ viewport: widths[width] });
  await context.addInitScript((shown) => localStorage.setItem("c360.token", shown), token);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      complaints.push(message.text());
    }
  });
  await page.goto(url);
  return { context, page, complaints };
}

/** What colours decide. All other rules find the same in light and dark: only colours differ. */
const rulesOfColours = ["color-contrast", "link-in-text-block"];

/** What axe finds, as "rule: element"; by these rules only, where they are named. */
async function axeFindings(page: Page, rules?: readonly string[]): Promise<string[]> {
  // Evaluated as the test's, not the page's: its policy allows no scripts from elsewhere.
  if (!(await page.evaluate<boolean>("'axe' in window"))) await page.evaluate(axe.source);
  // What passed is not told: to describe it takes longer than to find what did not.
  const options = { resultTypes: ["violations"], ...(rules === undefined ? {} : { runOnly: rules }) };
  return page.evaluate<string[]>(`axe.run(${JSON.stringify(options)}).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ": " + html.slice(0, 200))))`);
}

/** Resolves once nothing moves any more that comes to rest: dialogs that open, colours that change. */
export async function atRest(page: Page): Promise<void> {
  await page.evaluate(`(async () => {
    const moves = () => document.getAnimations().some(({ playState, effect }) =>
      playState === "running" && effect.getComputedTiming().endTime !== Infinity);
    for (let still = 0; still < ${framesAtRest}; still = moves() ? 0 : still + 1) await new Promise(requestAnimationFrame);
  })()`);
}

/**
 * What is wrong with the look of a page of the console as it stands, in light and then in dark: what axe finds, and
 * that it is wider than its window. Leaves the page in dark.
 */
export async function faultsOfLook(page: Page): Promise<string[]> {
  const faults: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor({ state: "attached" });
    await atRest(page);
    const rules = colorScheme === "light" ? undefined : rulesOfColours;
    for (const finding of await axeFindings(page, rules)) faults.push(`${colorScheme}: ${finding}`);
    if (await isCut(page)) faults.push(`${colorScheme}: it is wider than the window`);
  }
  return faults;
}

async function isCut(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
}
