import type { Page } from "playwright-core";
import { customerScreens } from "./customerScreens.ts";
import { writeKey } from "../../platform/test/whole/server.ts";

/** One picture a width and colours: a page in one of its states. */
export interface Screen {
  /** Of the file. */
  name: string;
  path: string;
  /** Without a session. */
  isSignedOut?: boolean;
  /** Brings the page into its state; the picture is taken when it returns. */
  prepare: (page: Page) => Promise<void>;
}

const heading = (page: Page, name: string): Promise<void> => page.getByRole("heading", { level: 1, name }).waitFor();

async function run(page: Page, sql: string): Promise<void> {
  await page.locator(".cm-content").click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText(sql);
  await page.keyboard.press("ControlOrMeta+Enter");
}

const perHour =
  "SELECT date_trunc('hour', occurred_at) AS hour, count(*) AS events\nFROM events\nGROUP BY ALL\nORDER BY hour";
const perEvent =
  "SELECT coalesce(event, type) AS event, count(*) AS events\nFROM events\nGROUP BY ALL\nORDER BY events DESC";

const never = (page: Page, pattern: string): Promise<unknown> => page.route(pattern, () => undefined);
const failing = (page: Page, pattern: string, status: number, error: object): Promise<unknown> =>
  page.route(pattern, (route) =>
    route.fulfill({ status, contentType: "application/json", body: JSON.stringify({ error }) }),
  );

/** Sends while the page looks on. */
async function sendLive(page: Page): Promise<void> {
  await page.getByText("Live", { exact: true }).and(page.getByRole("status")).waitFor();
  const id = String(Date.now());
  const batch = [
    ...["Product Viewed", "Product Added", "Checkout Started"].map((event) => ({
      type: "track",
      event,
      userId: "ada",
    })),
    {
      type: "identify",
      userId: "ada",
      anonymousId: `visitor-${id}`,
      traits: { name: "Maria da Conceição Vasconcelos" },
    },
    { type: "track", userId: "ada", properties: { order_id: id, total: 12.5, currency: "EUR" } },
  ];
  const headers = { authorization: `Basic ${btoa(`${writeKey}:`)}` };
  await page.request.post(new URL("/v1/batch", page.url()).href, { headers, data: { batch } });
  await page.getByRole("row").filter({ hasText: "Refused" }).waitFor();
}

/** Each page in each of its states. A new page adds its own. */
export const screens: readonly Screen[] = [
  { name: "sign-in", path: "/sign-in", isSignedOut: true, prepare: (page) => heading(page, "Sign in") },
  {
    name: "sign-in-refused",
    path: "/sign-in",
    isSignedOut: true,
    prepare: async (page) => {
      await page.getByLabel("API token").fill("not-a-token");
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByText("This token is not known here").waitFor();
    },
  },
  {
    name: "live-waiting",
    path: "/live?event=Never+Sent",
    prepare: (page) => page.getByText("Nothing that matches").waitFor(),
  },
  { name: "live", path: "/live", prepare: sendLive },
  {
    name: "live-event",
    path: "/live",
    prepare: async (page) => {
      await sendLive(page);
      await page.getByRole("link", { name: "identify" }).first().click();
      await page.getByText("What it linked").waitFor();
    },
  },
  {
    name: "live-refused",
    path: "/live",
    prepare: async (page) => {
      await sendLive(page);
      await page.getByRole("row").filter({ hasText: "Refused" }).first().click();
      await page.getByRole("button", { name: "Replay" }).waitFor();
    },
  },
  {
    name: "live-paused",
    path: "/live",
    prepare: async (page) => {
      await sendLive(page);
      await page.keyboard.press("Space");
      await page.getByText("Paused", { exact: true }).waitFor();
      await page.request.post(new URL("/v1/track", page.url()).href, {
        headers: { authorization: `Basic ${btoa(`${writeKey}:`)}` },
        data: { userId: "ada", event: "Product Viewed" },
      });
      await page.getByRole("button", { name: "1 new" }).waitFor();
    },
  },
  ...customerScreens,
  { name: "sources", path: "/sources", prepare: (page) => page.getByRole("link", { name: "Web shop" }).waitFor() },
  {
    name: "sources-loading",
    path: "/sources",
    prepare: async (page) => {
      await never(page, "**/api/sources*");
      await page.reload();
      await page.getByRole("status", { name: "Loading" }).waitFor();
    },
  },
  {
    name: "sources-empty",
    path: "/sources",
    prepare: async (page) => {
      await page.route("**/api/sources*", (route) => route.fulfill({ json: { items: [], next: null } }));
      await page.reload();
      await page.getByText("No sources yet").waitFor();
    },
  },
  {
    name: "sources-failed",
    path: "/sources",
    prepare: async (page) => {
      const requestId = "0f6b1c3e-8b6e-4b5e-9a52-1d2f3c4b5a69";
      await failing(page, "**/api/sources*", 500, {
        code: "internal",
        message: "Something went wrong inside; nothing you sent is to blame.",
        hint: "Try again. If it goes on, report it with the requestId, which the server's log names too.",
        requestId,
      });
      await page.reload();
      await page.getByRole("alert").waitFor();
    },
  },
  {
    name: "sources-no-access",
    path: "/sources",
    prepare: async (page) => {
      await failing(page, "**/api/sources*", 403, {
        code: "forbidden",
        message: "Not allowed.",
        hint: "the role engineer",
      });
      await page.reload();
      await page.getByText("You may not see this").waitFor();
    },
  },
  {
    name: "sources-create",
    path: "/sources",
    prepare: async (page) => {
      await page.getByRole("button", { name: "New source" }).click();
      await page.getByLabel("Name").fill("Loja do Porto – Santa Catarina");
    },
  },
  {
    name: "source-waiting",
    path: "/sources/till-lisbon",
    prepare: (page) => page.getByText("Waiting for the first event").waitFor(),
  },
  {
    name: "source",
    path: "/sources/web-shop",
    prepare: (page) => page.getByRole("cell", { name: "Product Viewed" }).first().waitFor(),
  },
  {
    name: "source-disable",
    path: "/sources/web-shop",
    prepare: async (page) => {
      await page.getByRole("button", { name: "Disable" }).click();
      await page.getByRole("dialog").getByText("refused with a 404").waitFor();
    },
  },
  { name: "query-empty", path: "/query", prepare: (page) => page.getByText("Try one of these").waitFor() },
  {
    name: "query-table",
    path: "/query",
    prepare: async (page) => {
      await run(page, "SELECT * FROM events");
      await page.getByRole("table").waitFor();
    },
  },
  {
    name: "query-bars",
    path: "/query?view=chart",
    prepare: async (page) => {
      await run(page, perEvent);
      await page.locator("[data-testid=chart] svg").waitFor();
    },
  },
  {
    name: "query-lines",
    path: "/query?view=chart",
    prepare: async (page) => {
      await run(page, perHour);
      await page.locator("[data-testid=chart] svg").waitFor();
    },
  },
  {
    name: "query-error",
    path: "/query",
    prepare: async (page) => {
      await run(page, "SELECT 1 AS one");
      await page.getByRole("table").waitFor();
      await run(page, "SELECT revenu FROM profiles");
      await page.getByRole("alert").waitFor();
    },
  },
  {
    name: "palette",
    path: "/sources",
    prepare: async (page) => {
      await page.getByRole("link", { name: "Web shop" }).waitFor();
      await page.keyboard.press("ControlOrMeta+k");
      await page.getByRole("textbox", { name: "Find a customer or jump to a page" }).waitFor();
    },
  },
  {
    name: "shortcuts",
    path: "/sources",
    prepare: async (page) => {
      await heading(page, "Sources");
      await page.keyboard.press("?");
      await page.getByRole("dialog").waitFor();
    },
  },
  { name: "missing-page", path: "/no-such-page", prepare: (page) => heading(page, "There is no such page") },
];
