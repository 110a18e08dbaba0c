import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { faultsOfLook, launchBrowser, openPage, type Width } from "./browser.ts";
import { until } from "./polling.ts";
import { apiToken, openSite, type Site } from "./server.ts";

const pairs = 10;
const maxOfferedMs = 60_000;

let site: Site;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let complaints: string[];

const given = ["Ada", "Grace", "Joan", "Mary", "Edith", "Hedy", "Radia", "Barbara", "Frances", "Karen", "Sophie"];
const family = [
  "Lovelace",
  "Hopper",
  "Clarke",
  "Jackson",
  "Clarkson",
  "Lamarr",
  "Perlman",
  "Liskov",
  "Allen",
  "Jones",
  "Wilson",
];

function person(n: number, copy: number): Record<string, unknown> {
  const lastName = family[n] ?? "";
  return {
    firstName: given[n],
    lastName: copy === 0 ? lastName : `${lastName.slice(0, -1)}${lastName.endsWith("e") ? "" : "e"}`,
    birthday: `19${70 + n}-0${1 + (n % 9)}-1${n % 9}`,
    address: { street: `${10 + n} Oak Street`, city: copy === 0 ? "Leeds" : "York", postalCode: `LS${n} 4AP` },
    ...(copy === 0 ? { phone: `020 7946 09${10 + n}` } : {}),
  };
}

async function request<Body>(method: string, path: string, body?: unknown): Promise<Body> {
  const answer = await site.reads.request(method, path, body);
  if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body as Body;
}

interface Listed {
  items: { id: string; state: string }[];
  summary: { open: number; skipped: number; answered: { pairs: number; same: number } };
}
const queue = () => request<Listed>("GET", "/api/identity/reviews?limit=100");

async function send(numbers: readonly number[]): Promise<void> {
  const calls = numbers.flatMap((n) =>
    [0, 1].map((copy) => ({
      type: "identify",
      messageId: `${n}-${copy}`,
      traits: person(n, copy) as never,
      context: { externalIds: [{ id: `p${n}-${copy}`, type: "crm_id" }] },
    })),
  );
  await site.reads.import("default", calls);
}

async function offered(count: number): Promise<void> {
  await until(`${count} pairs`, maxOfferedMs, async () => (await queue()).items.length >= count);
}

beforeAll(async () => {
  site = await openSite();
  await site.start();
  await send(Array.from({ length: pairs }, (_, n) => n));
  await offered(pairs);
  browser = await launchBrowser();
}, 180_000);
afterAll(async () => {
  await browser.close();
  await site.close();
});
afterEach(() => context.close());

/** What a busy machine takes. */
const patience = { timeout: 15_000 };

async function open(path: string, width: Width = "wide"): Promise<void> {
  const where = { url: `${site.url}${path}`, token: apiToken, width };
  ({ context, page, complaints } = await openPage(browser, where));
}

const table = () => page.locator(".reviewTable");
const firstName = () => table().locator(".reviewRow td").first().innerText();

describe("Review in a browser", () => {
  test.each<Width>(["wide", "phone"])(
    "a pair side by side: nothing is cut, axe finds nothing, in light and dark (%s)",
    async (width) => {
      await open("/review", width);
      await table().waitFor();
      await expect.poll(() => page.getByRole("heading", { level: 1 }).innerText()).toBe("Review");
      const likeness = await page.locator(".reviewLikeness").allInnerTexts();
      expect(likeness.some((each) => /≈\s*close/.test(each))).toBe(true);
      expect(likeness.some((each) => /=\s*same/.test(each))).toBe(true);
      expect(likeness.some((each) => /≠\s*differs/.test(each))).toBe(true);
      expect(await faultsOfLook(page)).toEqual([]);
      expect(complaints).toEqual([]);
    },
  );

  test("blind first: the weights show on W and add up", async () => {
    await open("/review");
    await table().waitFor();
    await page.getByText("Hidden, so that you judge for yourself.").waitFor();
    expect(await page.locator(".reviewBar").count()).toBe(0);
    await page.keyboard.press("w");
    await page.locator(".reviewBar").first().waitFor();
    const numberIn = (text: string): number => Number(text.replace("−", "-").replace(" bits", ""));
    const weights = (await page.locator(".reviewBar .numbers").allInnerTexts()).map(numberIn);
    const sum = numberIn(await page.locator(".reviewSum .numbers").innerText());
    expect(weights.reduce((total, each) => total + each, 0)).toBeCloseTo(sum, 0);
    await page.keyboard.press("w");
    await page.getByText("Hidden, so that you judge for yourself.").waitFor();
    expect(await page.locator(".reviewBar").count()).toBe(0);
  });

  test("decided elsewhere: told by whom and why, and S goes on", async () => {
    const [first] = (await queue()).items;
    await open("/review");
    await table().waitFor();
    const detail = await request<{ a: { anchor: string }; b: { anchor: string } }>(
      "GET",
      `/api/identity/reviews/${first?.id}`,
    );
    const apart = { a: detail.a.anchor, b: detail.b.anchor };
    const { corrections } = await request<{ corrections: { id: string }[] }>("POST", "/api/identity/corrections", {
      apart,
      reason: "They are sisters",
    });
    await page.goto(`${site.url}/review/${first?.id}`);
    await page.getByText(/Decided meanwhile|not in the queue any more/).waitFor();
    await expect
      .poll(() => page.locator(".reviewElsewhere, .reviewGone").innerText())
      .toMatch(/apart.*Said by administrator/s);
    const before = page.url();
    await page.keyboard.press("s");
    await page.waitForURL((url) => url.href !== before);
    await table().waitFor();
    // As it was.
    await request("POST", `/api/identity/corrections/${corrections[0]?.id}/withdraw`, { reason: "not sisters" });
    const run = await request<{ id: string }>("POST", "/api/identity/linkage/runs", {});
    // To its end: what it finds late would come into the next test's queue.
    await until("the comparison's end", maxOfferedMs, async () => {
      const { state } = await request<{ state: string }>("GET", `/api/identity/linkage/runs/${run.id}`);
      return state !== "running";
    });
    await offered(pairs);
  });

  test("a pair that has changed since it was shown is shown again instead of being answered", async () => {
    await open("/review");
    await table().waitFor();
    const shown = page.url();
    const n = given.indexOf(await firstName());
    const context = { externalIds: [{ id: `p${n}-0`, type: "crm_id" }] };
    const traits = { phone: "020 7946 0999" };
    await site.reads.import("default", [{ type: "identify", messageId: "changed", traits, context }]);
    await site.reads.settled();
    await page.keyboard.press("a");
    await page.getByText(/not as you saw it\. Changed: what the two say of themselves/).waitFor();
    await page.waitForURL(shown);
    await page.getByText("020 7946 0999").waitFor();
    expect((await queue()).items).toHaveLength(pairs);
    expect(complaints).toEqual([]);
  });

  test("a queue of ten pairs is cleared by the keyboard alone, with an undo, and the answers hold", async () => {
    await open("/review");
    await table().waitFor();
    expect(
      await page
        .getByRole("status")
        .filter({ hasText: /^1 of / })
        .innerText(),
    ).toMatch(/1 of 1\d/);
    const shown = new Set<string>();
    let name = "";
    const answers = ["a", "a", "r", "a", "s", "a", "a", "a", "a", "a"];
    for (const [n, key] of answers.entries()) {
      await page.getByText(new RegExp(`^${n + 1} of `)).waitFor();
      await table().waitFor();
      await expect.poll(() => shown.has(page.url()), patience).toBe(false);
      shown.add(page.url());
      // The pair before may still stand there.
      await expect.poll(firstName, patience).not.toBe(name);
      name = await firstName();
      await page.keyboard.press(key);
      if (n !== 2) continue;
      // The third: taken back, and said otherwise.
      await page.getByText("You said: different people.").waitFor();
      await page.keyboard.press("z");
      await page.waitForURL([...shown].at(-1) ?? "");
      await table().waitFor();
      await expect.poll(firstName, patience).toBe(name);
      await page.keyboard.press("a");
    }
    expect(shown.size).toBe(pairs);
    // Who is one now is compared again, and may resemble a third: that is another question, which comes when it comes.
    const nothing = page.getByText("Nothing waits for review");
    let more = 0;
    for (; ; more++) {
      const next = page.getByText(new RegExp(`^${pairs + more + 1} of `));
      await nothing.or(next).first().waitFor();
      if (await nothing.isVisible()) break;
      await table().waitFor();
      await page.keyboard.press("r");
    }
    const answered = pairs - 1 + more;
    await until("every answer", maxOfferedMs, async () => (await queue()).summary.answered.pairs >= answered);
    const { summary } = await queue();
    expect(summary).toMatchObject({ skipped: 1, answered: { pairs: answered, same: pairs - 1 } });
    await page
      .getByText(new RegExp(`Of your ${answered} answers, ${more === 0 ? "100" : String.raw`\d+`} % agreed`))
      .waitFor();
    await page.getByText(/Put off: 1/).waitFor();
    expect(complaints).toEqual([]);
  });

  test("an answer that is not taken is told; nothing is lost", async () => {
    await send([10]);
    await offered(2);
    await open("/review");
    await table().waitFor();
    await page.route("**/api/identity/reviews/*", (route) =>
      route.request().method() === "POST"
        ? route.fulfill({ status: 503, json: { error: { code: "reviews_busy", message: "The queue is busy." } } })
        : route.continue(),
    );
    await page.keyboard.press("a");
    await page.getByText("The last answer was not taken:").waitFor();
    await page.getByText("The queue is busy.").waitFor();
    expect((await queue()).summary.open + (await queue()).summary.skipped).toBe(2);
  });

  test("a comparison of all profiles is started, and told when it is done", async () => {
    await open("/review");
    await page.getByRole("button", { name: "Compare all profiles" }).click();
    await page.getByText(/Last comparison: \d+ profiles, \d+ pairs to review\./).waitFor({ timeout: 60_000 });
    const again = page.getByRole("button", { name: "Compare all profiles" });
    await expect.poll(() => again.isEnabled(), patience).toBe(true);
  });

  test("no permission and failure have their states", async () => {
    await open("/review");
    const error = { code: "forbidden", message: "Not allowed.", hint: "the role engineer" };
    await page.route("**/api/identity/reviews?*", (route) => route.fulfill({ status: 403, json: { error } }));
    await page.goto(`${site.url}/review`);
    await page.getByText("You may not see this").waitFor();
    await page.unroute("**/api/identity/reviews?*");
    await page.route("**/api/identity/reviews?*", (route) =>
      route.fulfill({ status: 500, json: { error: { code: "internal", message: "Something went wrong inside." } } }),
    );
    await page.goto(`${site.url}/review`);
    await page.getByRole("button", { name: "Retry" }).waitFor();
    await expect.poll(() => page.getByRole("alert").innerText()).toContain("Something went wrong inside.");
  });
});
