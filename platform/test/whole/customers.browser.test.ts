import { readFileSync } from "node:fs";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { faultsOfLook, launchBrowser, type Width, widths } from "./browser.ts";
import { until } from "./polling.ts";
import { apiToken, openSite, type Site, writeKey } from "./server.ts";

/** More than the list asks for at once. */
const many = 300;
const maxFollowMs = 90_000;
/** A chart is drawn so soon after its panel. */
const chartMs = 300;

let site: Site;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let requests: { url: string; body: string | null }[];
let complaints: string[];
let tillKey: string;

function post(path: string, body: unknown, authorization = `Bearer ${apiToken}`): Promise<Response> {
  const headers = { authorization, "content-type": "application/json" };
  return fetch(`${site.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
}

async function send(calls: object[], key = writeKey): Promise<void> {
  const answer = await post("/v1/batch", { batch: calls }, `Basic ${btoa(`${key}:`)}`);
  if (answer.status !== 200) throw new Error(`the events were not accepted: ${answer.status}`);
}

async function json<Body>(path: string, body: unknown): Promise<Body> {
  return (await (await post(path, body)).json()) as Body;
}

async function idOf(type: string, value: string): Promise<string> {
  return (await json<{ id: string }>("/api/profiles/lookup", { type, value })).id;
}

const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();

/** John on the web, in the shop and in both: seen apart first, then with one card and one address. */
async function sendJohn(): Promise<void> {
  await send([
    {
      type: "identify",
      userId: "john",
      timestamp: daysAgo(60),
      traits: { name: "John Smith", email: "john.smith@example.com", city: "São Paulo" },
      context: { consent: { categoryPreferences: { "marketing.email": true, "marketing.sms": false } } },
    },
    ...["Earl Grey", "Assam", "Darjeeling"].map((name, index) => ({
      type: "track",
      userId: "john",
      event: "Product Viewed",
      timestamp: new Date(Date.now() - 86_400_000 - index * 60_000).toISOString(),
      properties: { name },
    })),
  ]);
  await send(
    [
      {
        type: "track",
        anonymousId: "till-778",
        event: "Order Completed",
        timestamp: daysAgo(90),
        properties: { order_id: "o-1", total: 12.5, currency: "GBP", loyalty_card: "778" },
      },
      {
        type: "identify",
        anonymousId: "till-778",
        timestamp: daysAgo(30),
        traits: { email: "john.smith@example.com", loyalty_card: "778", city: "Santos" },
      },
    ],
    tillKey,
  );
}

beforeAll(async () => {
  site = await openSite();
  await site.start();
  const made = await json<{ writeKey: string }>("/api/sources", { id: "till", name: "Till", kind: "pos" });
  tillKey = made.writeKey;
  const calls = Array.from({ length: many }, (_, at) => ({
    type: "identify",
    userId: `crowd-${at}`,
    messageId: `crowd-${at}`,
    timestamp: new Date(Date.UTC(2026, 0, 1) + at * 1_000).toISOString(),
    traits: { name: `Person ${String(at).padStart(5, "0")}` },
  }));
  const crowd = await post("/api/imports/default", { calls });
  if (crowd.status !== 200) throw new Error(`the crowd was not accepted: ${crowd.status} ${await crowd.text()}`);
  await send([
    { type: "page", anonymousId: "nobody-1", name: "Home" },
    { type: "identify", userId: "mary", traits: { name: "Mary Jones", email: "mary@example.com" } },
  ]);
  await sendJohn();
  await until("everybody can be found", maxFollowMs, async () => {
    const { total } = await json<{ total: { value: number } }>("/api/profiles/search", { limit: 1 });
    return total.value === many + 3;
  });
  browser = await launchBrowser();
}, 180_000);
afterAll(async () => {
  await browser.close();
  await site.close();
});
afterEach(() => context.close());

/** Opens the console signed in, and notes what it asks for and what it complains of. */
async function open(path: string, { width = "wide" }: { width?: Width } = {}): Promise<void> {
  context = await browser.newContext({ viewport: widths[width], acceptDownloads: true });
  await context.addInitScript((token) => localStorage.setItem("c360.token", token), apiToken);
  page = await context.newPage();
  requests = [];
  complaints = [];
  page.on("request", (request) => requests.push({ url: request.url(), body: request.postData() }));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // The browser reports each refused request by itself.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      complaints.push(message.text());
    }
  });
  await page.goto(`${site.url}${path}`);
}

const heading = (name: string) => page.getByRole("heading", { level: 1, name });
const field = () => page.getByRole("textbox", { name: "Search customers" });
const rows = () => page.locator(".customerRow.atPlace");
const scrollTop = () => page.locator(".customersScroller").evaluate((element) => element.scrollTop);

async function openJohn(search = ""): Promise<void> {
  await open(`/customers/${await idOf("user_id", "john")}${search}`);
  await heading("John Smith").waitFor();
}

describe("Customers in a browser", () => {
  test("somebody is found by a misspelt name, without their name in an address, and opens by Enter", async () => {
    await open("/customers");
    await heading("Customers").waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("jhon smtih", { delay: 40 });
    await page.getByText("1 customer", { exact: true }).waitFor();
    await rows().first().waitFor();
    await expect.poll(() => rows().count()).toBe(1);
    await expect.poll(() => rows().first().innerText()).toContain("similar spelling");
    await expect.poll(() => rows().first().innerText()).toContain("£12.50");
    const asked = requests.filter(({ body }) => body?.includes('"q"'));
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.length).toBeLessThan("jhon smtih".length);
    await page.keyboard.press("Enter");
    await heading("John Smith").waitFor();
    await page.reload();
    await heading("John Smith").waitFor();
    expect(requests.filter(({ url }) => /smith|smtih/i.test(url))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("filters, words and place are there again after a reload and on Back", async () => {
    await open("/customers");
    await heading("Customers").waitFor();
    await page.getByRole("combobox", { name: "Source" }).selectOption("web");
    await field().fill("person");
    await page.waitForURL(/#q=person/);
    await page.locator('.customersPanel[aria-busy="false"]').waitFor();
    await page.getByText("Person 0").first().waitFor();
    await page.locator(".customersScroller").evaluate((element) => element.scrollTo(0, 1_800));
    await expect.poll(() => rows().first().innerText()).not.toBe("");
    await page.waitForTimeout(300);
    const [place, address] = [await scrollTop(), page.url()];
    expect(place).toBeGreaterThan(1_000);
    const box = await page.locator(".customersScroller").boundingBox();
    await page.mouse.click((box?.x ?? 0) + 400, (box?.y ?? 0) + 200);
    await page.getByRole("heading", { level: 1, name: /^Person \d/ }).waitFor();
    await page.goBack();
    await heading("Customers").waitFor();
    await expect.poll(() => page.url()).toBe(address);
    await expect.poll(() => field().inputValue()).toBe("person");
    await expect.poll(scrollTop).toBe(place);
    await page.reload();
    await page.getByText("Person 0").first().waitFor();
    await expect.poll(() => field().inputValue()).toBe("person");
    await expect.poll(() => page.getByRole("combobox", { name: "Source" }).inputValue()).toBe("web");
  });

  test("J and K move, Enter opens; letters stay letters in the field", async () => {
    await open("/customers");
    await rows().nth(2).waitFor();
    const second = await rows().nth(1).locator("a").innerText();
    for (const key of ["j", "j", "j", "k"]) await page.keyboard.press(key);
    await page.keyboard.press("Enter");
    await heading(second).waitFor();
    await page.goBack();
    await heading("Customers").waitFor();
    // As fast as a browser can: the field keeps every letter, and Enter waits for their answer.
    await field().pressSequentially("mary jones");
    await expect.poll(() => field().inputValue()).toBe("mary jones");
    await page.keyboard.press("Enter");
    await heading("Mary Jones").waitFor();
  });

  test("nobody found: why, and known spellings that find", async () => {
    await open("/customers#q=mery+jonse+qqqq");
    await page.getByText("Nobody found").waitFor();
    await page.getByRole("button", { name: "jones", exact: true }).click();
    await page.getByRole("link", { name: "Mary Jones" }).waitFor();
    await expect.poll(() => field().inputValue()).toBe("jones");
    await field().fill("");
    await page.getByText("Most recently seen first").waitFor();
    await page.getByRole("combobox", { name: "Consent" }).selectOption("marketing.email:denied");
    await page.getByText("Nobody matches these filters.").waitFor();
    await page.getByRole("button", { name: "Clear filters" }).last().click();
    await page.getByText(`${many + 3} customers`).waitFor();
  });

  test("the CSV has all rows of the view", async () => {
    await open("/customers?source=pos");
    await page.getByText("1 customer", { exact: true }).waitFor();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: /CSV/ }).click(),
    ]);
    const lines = readFileSync(await file.path(), "utf8")
      .trim()
      .split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain("John Smith");
  });

  test("a search that fails says so, with a way on", async () => {
    await open("/customers");
    await rows().first().waitFor();
    await page.route("**/api/profiles/search", (route) =>
      route.fulfill({
        status: 500,
        json: { error: { code: "internal", message: "It broke.", hint: "Tell them.", requestId: "r-77" } },
      }),
    );
    await field().fill("mary");
    await page.getByText("It broke.").waitFor();
    await page.getByText("r-77").waitFor();
    await page.unroute("**/api/profiles/search");
    await page.getByRole("button", { name: "Retry" }).click();
    await page.getByRole("link", { name: "Mary Jones" }).waitFor();
    await expect.poll(() => page.getByText("It broke.").count()).toBe(0);
  });
});

describe("⌘K in a browser", () => {
  const palette = () => page.getByRole("textbox", { name: "Find a customer or jump to a page" });
  const asked = () => requests.filter(({ body }) => body?.includes('"q"'));

  async function openPalette(): Promise<void> {
    await open("/sources");
    await heading("Sources").waitFor();
    await page.keyboard.press("ControlOrMeta+k");
    await palette().waitFor();
  }

  test("finds a customer by a misspelt name, and opens by Enter", async () => {
    await openPalette();
    await page.keyboard.type("j", { delay: 40 });
    await page.waitForTimeout(400);
    expect(asked()).toEqual([]);
    await page.keyboard.type("hon smtih", { delay: 40 });
    const found = page.getByRole("dialog").getByRole("button", { name: /John Smith/ });
    await found.waitFor();
    await expect.poll(() => found.innerText()).toContain("similar spelling");
    expect(asked().length).toBeLessThan("jhon smtih".length);
    await page.keyboard.press("Enter");
    await heading("John Smith").waitFor();
    expect(requests.filter(({ url }) => /smith|smtih/i.test(url))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("Enter waits for the answer to what stands there; pages come before customers", async () => {
    await openPalette();
    await palette().pressSequentially("mary jones");
    await page.keyboard.press("Enter");
    await heading("Mary Jones").waitFor();
    await page.keyboard.press("ControlOrMeta+k");
    await palette().fill("person");
    await page.getByRole("button", { name: "All customers for “person”" }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: /^Person \d/ }).waitFor();
    await page.keyboard.press("ControlOrMeta+k");
    await palette().fill("person");
    await page.getByRole("button", { name: "All customers for “person”" }).click();
    await heading("Customers").waitFor();
    await expect.poll(() => field().inputValue()).toBe("person");
    await page.keyboard.press("ControlOrMeta+k");
    await palette().fill("sources");
    await page.keyboard.press("Enter");
    await heading("Sources").waitFor();
  });

  test("typing on takes a question back, and its answer is not shown", async () => {
    await openPalette();
    const failed: string[] = [];
    page.on("requestfailed", (request) => failed.push(String(request.postData())));
    let isHeld = false;
    await page.route("**/api/profiles/search", async (route) => {
      if (!String(route.request().postData()).includes('"q":"mary"')) return route.continue();
      isHeld = true;
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      await route.continue().catch(() => undefined);
    });
    await palette().fill("mary");
    await expect.poll(() => isHeld).toBe(true);
    await palette().fill("john smith");
    await expect.poll(() => failed.some((body) => body.includes('"q":"mary"'))).toBe(true);
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /John Smith/ })
      .waitFor();
    await page.waitForTimeout(1_600);
    expect(await page.getByRole("dialog").getByText("Mary").count()).toBe(0);
  });

  test("nobody found, and a search that fails, are told", async () => {
    await openPalette();
    await palette().fill("zzzzzzzz");
    await page.getByText("Nothing found.").waitFor();
    await page.route("**/api/profiles/search", (route) =>
      route.fulfill({ status: 500, json: { error: { code: "internal", message: "It broke.", requestId: "r-78" } } }),
    );
    await palette().fill("query mary");
    await page.getByText("Customers could not be searched: It broke.").waitFor();
    await palette().fill("query");
    await page.getByRole("dialog").getByRole("button", { name: "New query" }).waitFor();
    expect(complaints).toEqual([]);
  });
});

describe("Customer 360 in a browser", () => {
  test("it tells who, what each source says, how much and whether one may write", async () => {
    await openJohn();
    await page.getByText("Marketing e-mail allowed").waitFor();
    await page.getByText("Marketing SMS refused").waitFor();
    await page.getByText("£12.50").first().waitFor();
    await page.getByText("1 source says otherwise").waitFor();
    await page.getByRole("button", { name: "Where City comes from" }).click();
    const values = page.locator(".values").first();
    await expect.poll(() => values.locator("bdi").allInnerTexts()).toEqual(["Santos", "São Paulo"]);
    await page.getByTestId("spend-chart").locator("svg").waitFor();
    const spend = page.getByRole("region", { name: "Spend by month", exact: true });
    const asChart = await spend.boundingBox();
    await page.getByRole("button", { name: "As table" }).click();
    await page.getByRole("cell", { name: "£12.50" }).first().waitFor();
    expect(await spend.boundingBox()).toEqual(asChart);
    await expect.poll(() => page.url()).toContain("spend=table");
    expect(complaints).toEqual([]);
  });

  test("the timeline folds a visit, draws silences and joins; an event opens with what it said", async () => {
    await openJohn();
    const timeline = page.locator(".timeline");
    await timeline.getByText("Product Viewed × 3").waitFor();
    await timeline
      .getByText(/days silent/)
      .first()
      .waitFor();
    await timeline.getByText("Found to be one person").first().waitFor();
    await expect.poll(() => timeline.getByText("Earl Grey").count()).toBe(1);
    await page.keyboard.press("a");
    await timeline.getByText("Product Viewed × 3").waitFor({ state: "detached" });
    await timeline.locator("button", { hasText: "Darjeeling" }).waitFor();
    await expect.poll(() => page.url()).toContain("timeline=all");
    for (const key of ["j", "Enter"]) await page.keyboard.press(key);
    const drawer = page.getByRole("dialog");
    await drawer.getByText("Earl Grey").first().waitFor();
    await page.keyboard.press("Escape");
    await drawer.waitFor({ state: "hidden" });
    await page.reload();
    await timeline.locator("button", { hasText: "Darjeeling" }).waitFor();
    await expect.poll(() => timeline.getByText("Product Viewed × 3").count()).toBe(0);
    await page.keyboard.press("2");
    await expect.poll(() => timeline.getByText("Product Viewed").count()).toBe(0);
    await timeline.getByText("Order Completed").waitFor();
    await expect.poll(() => page.url()).toContain("source=till");
  });

  test("an event that is sent shows, and changes what it changes", async () => {
    await openJohn();
    await page.locator("#main").getByText("Live", { exact: true }).waitFor();
    await send([{ type: "track", userId: "john", event: "Basket Opened" }]);
    await page.locator(".timeline").getByText("Basket Opened").waitFor();
    await send([{ type: "track", userId: "john", event: "Ticket Opened", timestamp: daysAgo(45) }]);
    await page.locator(".timeline").getByText("Ticket Opened").waitFor();
    await send([{ type: "identify", userId: "john", traits: { birthday: "1980-05-04" } }]);
    await page.getByText("Birthday").waitFor();
    expect(complaints).toEqual([]);
  });

  test("why two identifiers are one person is followed step by step, and why others are not", async () => {
    await openJohn();
    await page.locator(".identityGraph .identifierNode").first().waitFor();
    await page.locator(".identifierNode", { hasText: "778" }).first().click();
    await page.locator(".identifierNode", { hasText: /^user id/ }).click();
    await page.getByText("One person", { exact: true }).waitFor();
    const steps = page.getByTestId("why-steps").getByRole("listitem");
    await expect.poll(() => steps.count()).toBeGreaterThan(1);
    await expect
      .poll(() => steps.allInnerTexts())
      .toEqual(expect.arrayContaining([expect.stringContaining("john.smith@example.com")]));
    await page.reload();
    await page.getByText("One person", { exact: true }).waitFor();
    await page.getByRole("combobox", { name: "and another" }).selectOption("other");
    await page.getByRole("textbox", { name: "Identifier, as type:value" }).fill("mary@example.com");
    await page.getByRole("button", { name: "Why?" }).click();
    await page.getByText("Write it as type:value").waitFor();
    await page.getByRole("textbox", { name: "Identifier, as type:value" }).fill("email:mary@example.com");
    await page.getByRole("button", { name: "Why?" }).click();
    await page.getByText("Not one person", { exact: true }).waitFor();
    await page.getByRole("heading", { level: 1 }).click();
    await page.keyboard.press("l");
    await page.locator(".identityList").getByText("john.smith@example.com").first().waitFor();
    expect(requests.filter(({ url }) => /smith|mary/i.test(url))).toEqual([]);
    await page.keyboard.press("l");
    await page.locator(".identifierNode").first().waitFor();
    for (const key of ["g", "c"]) await page.keyboard.press(key);
    await heading("Customers").waitFor();
  });

  test("the graph is walked by arrows along its edges, and Enter opens the reason", async () => {
    await openJohn();
    await page.locator(".identifierNode", { hasText: /^user id/ }).focus();
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
    await page.keyboard.press("ArrowLeft");
    await expect.poll(focused).toContain("john");
    await expect.poll(() => page.locator(".link.walked").count()).toBe(1);
    await page.keyboard.press("ArrowRight");
    for (let step = 0; step < 4 && !/john\.smith/.test(await focused()); step++) await page.keyboard.press("ArrowUp");
    for (let step = 0; step < 4 && !/john\.smith/.test(await focused()); step++) await page.keyboard.press("ArrowDown");
    await expect.poll(focused).toContain("john.smith@example.com");
    expect(await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle)).toBe(
      "solid",
    );
    // Tab leads out of the graph, and back to where one was in it.
    await page.keyboard.press("Tab");
    await expect.poll(focused).not.toContain("john.smith@example.com");
    await page.keyboard.press("Shift+Tab");
    await expect.poll(focused).toContain("john.smith@example.com");
    await page.keyboard.press("Enter");
    await page.getByText("One person", { exact: true }).waitFor();
    const chosen = page.getByRole("combobox", { name: /identifier|another/ });
    expect(await chosen.evaluateAll((all) => all.map((each) => (each as HTMLSelectElement).value).sort())).toEqual([
      "email:john.smith@example.com",
      "user_id:john",
    ]);
    expect(complaints).toEqual([]);
  });

  test("a retired id leads to the person, and says so", async () => {
    const id = await idOf("user_id", "john");
    const profile = (await (
      await fetch(`${site.url}/api/profiles/id/${id}`, { headers: { authorization: `Bearer ${apiToken}` } })
    ).json()) as { retiredIds: string[] };
    const retired = profile.retiredIds[0] ?? "";
    await open(`/customers/${retired}`);
    await heading("John Smith").waitFor();
    await expect.poll(() => new URL(page.url()).pathname).toBe(`/customers/${id}`);
    await page.getByText(`${retired} was found to be this person`).waitFor();
    await page.getByRole("button", { name: "Close this notice" }).click();
    await expect.poll(() => page.getByText("was found to be this person").count()).toBe(0);
  });

  test("somebody unknown is told as that, with what would identify them; an id that is none too", async () => {
    await open(`/customers/${await idOf("anonymous_id", "nobody-1")}`);
    await page.getByText("Nobody has said who this is").waitFor();
    await page.getByText("No orders yet.").waitFor();
    await page.goto(`${site.url}/customers/p_none`);
    await heading("There is no such customer").waitFor();
    expect(complaints).toEqual([]);
  });

  test("a panel that fails leaves the others as they are", async () => {
    context = await browser.newContext({ viewport: widths.wide });
    await context.route("**/traits", (route) =>
      route.fulfill({
        status: 403,
        json: { error: { code: "forbidden", message: "No.", hint: "Ask for the role analyst." } },
      }),
    );
    await context.route("**/api/query", (route) =>
      route.fulfill({ status: 500, json: { error: { code: "internal", message: "It broke.", requestId: "r-9" } } }),
    );
    await context.addInitScript((token) => localStorage.setItem("c360.token", token), apiToken);
    page = await context.newPage();
    await page.goto(`${site.url}/customers/${await idOf("user_id", "john")}`);
    await page.getByText("You may not see this").waitFor();
    await page.getByText("Ask for the role analyst.").waitFor();
    await page.getByText("It broke.").waitFor();
    await page.locator(".timeline").getByText("Order Completed").waitFor();
    await context.unroute("**/api/query");
    await page.getByRole("button", { name: "Retry" }).click();
    await page.getByTestId("spend-chart").locator("svg").waitFor();
    await expect.poll(() => page.getByText("You may not see this").count()).toBe(1);
  });
});

describe("the look of Customers and Customer 360", () => {
  test.each(["wide", "phone"] as const)(
    "axe finds nothing at %s width, in light and dark, and nothing is cut",
    async (width) => {
      const john = `/customers/${await idOf("user_id", "john")}`;
      const nobody = `/customers/${await idOf("anonymous_id", "nobody-1")}`;
      const pair = "#a=loyalty_card%3A778&b=user_id%3Ajohn";
      for (const [path, name, content] of [
        ["/customers", "Customers", "Mary Jones"],
        ["/customers#q=jhon+smtih", "Customers", "John Smith"],
        ["/customers#q=zzzzzz", "Customers", "Nobody found"],
        [`${john}${pair}`, "John Smith", "One person"],
        [`${john}?identity=list&spend=table&timeline=all`, "John Smith", "Found to be one person"],
        [nobody, "anonymous id nobody-1", "No orders yet."],
      ] as const) {
        await open(path, { width });
        await heading(name).waitFor();
        await page.getByText(content).first().waitFor();
        await page.getByRole("status", { name: "Loading" }).first().waitFor({ state: "detached" });
        await page.waitForTimeout(chartMs);
        expect({ path, faults: await faultsOfLook(page), complaints }).toEqual({ path, faults: [], complaints: [] });
        if (path !== nobody) await context.close();
      }
    },
  );

  test("axe finds nothing in an event's drawer and in the large graph, in light and dark", async () => {
    await openJohn();
    await page.locator(".timeline button", { hasText: "Order Completed" }).click();
    await page.getByRole("dialog").getByText("Happened").waitFor();
    expect(await faultsOfLook(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Larger" }).click();
    await page.getByRole("dialog").locator(".identifierNode").first().waitFor();
    expect(await faultsOfLook(page)).toEqual([]);
  });
});
