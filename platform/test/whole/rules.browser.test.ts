import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { faultsOfLook, launchBrowser, type Width, widths } from "./browser.ts";
import { apiToken, openSite, type Site } from "./server.ts";

let site: Site;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let complaints: string[];

const path = "/api/identity/rules";

/** One card and three e-mails: a family, or one person with many addresses. */
const family = ["ana", "rui", "zé"].map((name, at) => ({
  type: "track",
  messageId: name,
  timestamp: `2026-01-0${at + 1}T12:00:00Z`,
  event: "Card Shown",
  properties: { email: `${["ana", "rui", "ze"][at]}@silva.example`, loyalty_card: "778" },
}));

beforeAll(async () => {
  site = await openSite();
  await site.start();
  await site.reads.import("default", family);
  await site.reads.settled();
  browser = await launchBrowser();
}, 120_000);
afterAll(async () => {
  await browser.close();
  await site.close();
});

async function openContext(width: Width = "wide"): Promise<void> {
  context = await browser.newContext({ viewport: widths[width] });
  await context.addInitScript((token) => localStorage.setItem("c360.token", token), apiToken);
  page = await context.newPage();
  complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
}

async function open(at: string): Promise<void> {
  await openContext();
  await page.goto(`${site.url}${at}`);
}
beforeEach(() => {
  complaints = [];
});
afterEach(async () => {
  await context.close();
});

const limitOfEmail = () => page.getByRole("textbox", { name: "Limit of email" });
const button = (name: string) => page.getByRole("button", { name, exact: true });

/** Types a number, as a person would. */
async function setLimit(limit: number): Promise<void> {
  await limitOfEmail().fill(String(limit));
}

async function versionThatHolds(): Promise<number> {
  const { body } = await site.reads.request("GET", path);
  return (body as { current: { number: number } }).current.number;
}

async function publishWith(reason: string): Promise<void> {
  await button("Publish…").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Reason" }).fill(reason);
  await dialog.getByRole("button", { name: "Publish", exact: true }).click();
}

describe("the page of rules", () => {
  test("a limit is changed, tried out, published, seen on the customer's page, and taken back", async () => {
    const before = JSON.stringify(await site.reads.someone("email", "ze@silva.example"));
    await open("/live");
    await page.keyboard.press("g");
    await page.keyboard.press("u");
    await page.getByRole("heading", { level: 1, name: "Rules" }).waitFor();
    await page.getByText("The platform's defaults hold").waitFor();
    await expect.poll(() => button("Try it out").isDisabled()).toBe(true);

    await setLimit(2);
    await page.getByRole("row", { name: /types\.email\.limit 5 2/ }).waitFor();
    await button("Try it out").click();
    await page.getByText("A person has at most 2 of email").waitFor();
    const effect = page.getByRole("region", { name: "What would change" });
    await effect.getByText("1 → 2", { exact: true }).waitFor();
    expect(await versionThatHolds()).toBe(1);

    // Who would split is one click away, and Back brings the draft and what was found.
    await effect.getByRole("link").first().click();
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.waitForURL(/\/customers\/p_/);
    await page.goBack();
    await page.getByText("A person has at most 2 of email").waitFor();
    await expect.poll(() => limitOfEmail().inputValue()).toBe("2");

    await publishWith("Families share a card here.");
    await page.getByText("Version 2 holds.").waitFor();
    await expect.poll(() => limitOfEmail().inputValue()).toBe("2");
    await page.getByRole("row", { name: /Version 2 Holds .* Families share a card here\./ }).waitFor();
    await site.reads.settled();
    const split = await site.reads.someone("email", "ze@silva.example");
    await page.goto(`${site.url}/customers/${split.id}`);
    await page.getByText("ze@silva.example").first().waitFor();
    expect(split.identifiers.map(({ value }) => value)).toEqual(["ze@silva.example"]);

    await page.goto(`${site.url}/rules/1`);
    await page.getByRole("heading", { level: 1, name: "Rules, version 1" }).waitFor();
    await page.getByRole("row", { name: /types\.email\.limit 2 5/ }).waitFor();
    await button("Take this version as a draft").click();
    await page.getByRole("row", { name: /types\.email\.limit 2 5/ }).waitFor();
    await publishWith("As before.");
    await page.getByText("Version 3 holds.").waitFor();
    await site.reads.settled();
    expect(JSON.stringify(await site.reads.someone("email", "ze@silva.example"))).toBe(before);
    expect(complaints).toEqual([]);
  });

  test("a draft that somebody overtook is told so, and can go on from what holds", async () => {
    await open("/rules");
    await setLimit(3);
    await page.getByRole("row", { name: /types\.email\.limit 5 3/ }).waitFor();
    const holds = await versionThatHolds();
    const { body } = await site.reads.request("GET", `${path}/${holds}`);
    const { document } = body as { document: Record<string, unknown> };
    const other = { document: { ...document, hubThreshold: 9 }, basedOn: holds, reason: "Somebody else's." };
    expect((await site.reads.request("POST", path, other)).status).toBe(200);
    await publishWith("Mine.");
    await page.getByRole("dialog").getByText(`based on version ${holds}`).waitFor();
    await page.keyboard.press("Escape");
    await page.getByText(`meanwhile version ${holds + 1} was published`).waitFor();
    await page.getByRole("row", { name: /hubThreshold 9 3/ }).waitFor();
    await button(`Go on from version ${holds + 1}`).click();
    await publishWith("Mine after all.");
    await page.getByText(`Version ${holds + 2} holds.`).waitFor();
  });

  test("what is wrong is told where it is: numbers, JSON, patterns", async () => {
    await open("/rules");
    await limitOfEmail().fill("many");
    await page.getByText("Give a whole number.").waitFor();
    await limitOfEmail().fill("4");
    await page.getByRole("button", { name: "Blocked values of email" }).click();
    await page.getByRole("dialog").getByLabel("Patterns").fill("(?=x)y");
    await page.getByRole("dialog").getByRole("button", { name: "Done" }).click();
    await button("Try it out").click();
    await page.getByRole("alert").getByText("types.email.blocked.patterns[0]").waitFor();
    await page.getByText("JSON", { exact: true }).click();
    const json = page.getByRole("textbox", { name: "The rules as JSON" });
    await json.fill("{");
    await page.getByText(/This is no JSON/).waitFor();
    await expect.poll(() => button("Try it out").isDisabled()).toBe(true);
    await page.getByText("Form", { exact: true }).click();
    await page.getByText("The form comes back once the JSON can be read.").waitFor();
    await button("Discard the draft").click();
    await limitOfEmail().waitFor();
  });
});

interface Shown {
  name: string;
  at: string;
  heading: string | RegExp;
  fails?: { url: string; status: number };
  reach: () => Promise<void>;
}

const running = { id: "r_1", status: "running", progress: 0.42, startedAt: "2026-11-23T12:00:00.000Z", endedAt: null };
const nothingYet = { hash: "h", changes: [], against: null, effect: null, problem: null };

const states: readonly Shown[] = [
  { name: "rules", at: "/rules", heading: "Rules", reach: () => limitOfEmail().waitFor() },
  {
    name: "tried out",
    at: "/rules",
    heading: "Rules",
    reach: async () => {
      await setLimit(1);
      await page.getByRole("textbox", { name: "Rank of phone" }).fill("61");
      await button("Try it out").click();
      await page.getByText("A person has at most 1 of email").waitFor();
    },
  },
  {
    name: "looking",
    at: "/rules?run=r_1",
    heading: "Rules",
    reach: async () => {
      await page.getByText("Looking at everybody: 42 %").waitFor();
    },
  },
  {
    name: "blocked values",
    at: "/rules",
    heading: "Rules",
    reach: async () => {
      await page.getByRole("button", { name: "Blocked values of every type" }).click();
      await page.getByRole("dialog").getByLabel("Patterns").waitFor();
    },
  },
  {
    name: "publish, without a reason",
    at: "/rules",
    heading: "Rules",
    reach: async () => {
      await setLimit(1);
      await button("Publish…").click();
      await page.getByRole("dialog").getByRole("button", { name: "Publish", exact: true }).click();
      await page.getByText("Say why.").waitFor();
    },
  },
  {
    name: "as JSON",
    at: "/rules",
    heading: "Rules",
    reach: async () => {
      await page.getByText("JSON", { exact: true }).click();
      await page.getByRole("textbox", { name: "The rules as JSON" }).waitFor();
    },
  },
  {
    name: "an earlier version",
    at: "/rules/1",
    heading: "Rules, version 1",
    reach: () => button("Take this version as a draft").waitFor(),
  },
  {
    name: "no such version",
    at: "/rules/999",
    heading: /There is no such version/,
    reach: () => page.getByText("Nobody has published a version 999").waitFor(),
  },
  {
    name: "fails",
    at: "/rules",
    heading: "Rules",
    fails: { url: "**/api/identity/rules?*", status: 500 },
    reach: () => page.getByText("It broke.").waitFor(),
  },
  {
    name: "not allowed",
    at: "/rules",
    heading: "Rules",
    fails: { url: "**/api/identity/rules?*", status: 403 },
    reach: () => page.getByText("You may not see this").waitFor(),
  },
];

async function show({ at, heading, fails, reach }: Shown, width: Width): Promise<void> {
  await openContext(width);
  if (fails !== undefined) {
    const error = { code: "internal", message: "It broke.", hint: "the role of an engineer", requestId: "r-77" };
    await context.route(fails.url, (route) => route.fulfill({ status: fails.status, json: { error } }));
  }
  await context.route("**/previews/r_1", (route) => route.fulfill({ json: { ...running, ...nothingYet } }));
  await page.goto(`${site.url}${at}`);
  await page.getByRole("heading", { level: 1, name: heading, includeHidden: true }).waitFor();
  await reach();
}

/** Where pictures go, for whoever looks at them. */
const pictures = process.env["C360_PICTURES"];

async function takePicture(name: string): Promise<void> {
  if (pictures !== undefined) await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
}

/** So that the first version is an earlier one. */
async function publishSomething(): Promise<void> {
  const { body } = await site.reads.request("GET", path);
  const { number, document } = (body as { current: { number: number; document: Record<string, unknown> } }).current;
  if (number > 1) return;
  await site.reads.request("POST", path, {
    document: { ...document, hubThreshold: 4 },
    basedOn: 1,
    reason: "To look.",
  });
}

describe("the look of the page of rules", () => {
  beforeAll(publishSomething);
  test.each(["wide", "phone"] as const)(
    "at %s width: axe finds nothing in any state, in light and dark, nor is anything cut",
    async (width) => {
      for (const state of states) {
        await show(state, width);
        await takePicture(`${state.name}-${width}-light`);
        expect({ state: state.name, faults: await faultsOfLook(page) }).toEqual({ state: state.name, faults: [] });
        await takePicture(`${state.name}-${width}-dark`);
        await context.close();
      }
    },
  );
});
