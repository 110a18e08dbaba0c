import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { faultsOfLook, launchBrowser, type Width, widths } from "./browser.ts";
import { apiToken, openSite, type Site, writeKey } from "./server.ts";

let site: Site;
let browser: Browser;

beforeAll(async () => {
  site = await openSite();
  await site.start();
  const batch = [
    { type: "identify", userId: "ada", traits: { name: "Ada Park", email: "ada@example.com" } },
    { type: "track", userId: "ada", event: "Product Viewed" },
    { type: "track", userId: "ada", messageId: "refused-1" },
  ];
  const sent = await fetch(`${site.url}/v1/batch`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${writeKey}:`)}`, "content-type": "application/json" },
    body: JSON.stringify({ batch }),
  });
  if (sent.status !== 200) throw new Error(`the events were not accepted: ${sent.status}`);
  await site.reads.settled();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await site.close();
});

interface State {
  name: string;
  path: string;
  heading: string;
  isSignedOut?: boolean;
  only?: Width;
  /** Requests that the platform answers with a failure. */
  failing?: string;
  /** Brings the state about, and asserts that it is there. */
  reach: (page: Page) => Promise<void>;
}

const press = (page: Page, name: string | RegExp) => page.getByRole("button", { name }).first().click();
const inDialog = (page: Page, text: string | RegExp) => page.getByRole("dialog").getByText(text).first().waitFor();
const told = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();
const palette = async (page: Page, words: string): Promise<void> => {
  await page.keyboard.press("ControlOrMeta+k");
  await page.getByRole("textbox", { name: "Find a customer or jump to a page" }).fill(words);
};

const signingIn: State[] = [
  {
    name: "sign-in",
    path: "/sign-in",
    heading: "Sign in",
    isSignedOut: true,
    reach: (page) => told(page, "API token"),
  },
  {
    name: "sign-in, refused",
    path: "/sign-in",
    heading: "Sign in",
    isSignedOut: true,
    reach: async (page) => {
      await page.getByLabel("API token").fill("nobody's");
      await press(page, "Sign in");
      await told(page, "This token is not known here");
    },
  },
];

const shell: State[] = [
  {
    name: "palette",
    path: "/sources",
    heading: "Sources",
    reach: async (page) => {
      await palette(page, "ada");
      await page
        .getByRole("dialog")
        .getByRole("button", { name: /Ada Park/ })
        .waitFor();
    },
  },
  {
    name: "palette, nothing found",
    path: "/sources",
    heading: "Sources",
    reach: async (page) => {
      await palette(page, "zzzzzz");
      await inDialog(page, "Nothing found.");
    },
  },
  {
    name: "? help",
    path: "/sources",
    heading: "Sources",
    reach: async (page) => {
      await page.keyboard.press("?");
      await inDialog(page, "In the graph: along its edges");
    },
  },
  {
    name: "account menu",
    path: "/sources",
    heading: "Sources",
    reach: async (page) => {
      await press(page, "Account and settings");
      await page.getByRole("menuitem", { name: "Sign out" }).waitFor();
    },
  },
  {
    name: "menu of a phone",
    path: "/sources",
    heading: "Sources",
    only: "phone",
    reach: async (page) => {
      await press(page, "Open the menu");
      await page.getByRole("dialog").getByRole("link", { name: "Query" }).waitFor();
    },
  },
  {
    name: "no such page",
    path: "/nowhere",
    heading: "There is no such page",
    reach: (page) => told(page, "Go to the first page"),
  },
  {
    name: "a page that fails",
    path: "/sources",
    heading: "This page failed",
    failing: "**/assets/SourcesPage-*.js",
    reach: (page) => told(page, "The platform was updated since this tab was opened"),
  },
];

const sources: State[] = [
  {
    name: "create a source, with what is wrong",
    path: "/sources",
    heading: "Sources",
    reach: async (page) => {
      await press(page, "New source");
      await inDialog(page, "Kind");
      await page.getByRole("dialog").getByRole("button", { name: "Create" }).click();
      await inDialog(page, "Give it a name.");
    },
  },
  {
    name: "rotate a key",
    path: "/sources/default",
    heading: "Default",
    reach: async (page) => {
      await press(page, "Rotate key");
      await inDialog(page, "stops at once");
    },
  },
  {
    name: "disable a source",
    path: "/sources/default",
    heading: "Default",
    reach: async (page) => {
      await press(page, "Disable");
      await inDialog(page, "refused with a 404");
    },
  },
  {
    name: "no such source",
    path: "/sources/nobody",
    heading: "There is no such source",
    reach: (page) => told(page, "All sources"),
  },
  {
    name: "sources that cannot be read",
    path: "/sources",
    heading: "Sources",
    failing: "**/api/sources*",
    reach: (page) => told(page, "It broke."),
  },
];

const queries: State[] = [
  {
    name: "a query that fails",
    path: "/query",
    heading: "Query",
    reach: async (page) => {
      await page.locator(".cm-content").click();
      await page.keyboard.insertText("SELECT nothing FROM events");
      await page.keyboard.press("ControlOrMeta+Enter");
      await page.getByRole("alert").waitFor();
    },
  },
  {
    name: "no rows",
    path: "/query",
    heading: "Query",
    reach: async (page) => {
      await page.locator(".cm-content").click();
      await page.keyboard.insertText("SELECT event FROM events WHERE false");
      await page.keyboard.press("ControlOrMeta+Enter");
      await told(page, "found no rows");
    },
  },
  {
    name: "drafts",
    path: "/query",
    heading: "Query",
    reach: async (page) => {
      await press(page, "Drafts");
      await page.getByRole("menuitem", { name: "Delete this draft" }).waitFor();
    },
  },
  {
    name: "schema of a phone",
    path: "/query",
    heading: "Query",
    only: "phone",
    reach: async (page) => {
      await press(page, "Show the schema");
      await inDialog(page, "order_lines");
    },
  },
];

const live: State[] = [
  {
    name: "a refused event, corrected wrongly",
    path: "/live?open=default%20refused-1",
    heading: "Live",
    reach: async (page) => {
      await page.getByRole("textbox", { name: "The call, as it was sent" }).fill("{");
      await press(page, "Replay");
      await told(page, "This is no JSON:");
    },
  },
  {
    name: "a filter",
    path: "/live",
    heading: "Live",
    reach: async (page) => {
      await press(page, /^Status/);
      await page.getByRole("checkbox").first().waitFor();
    },
  },
  {
    name: "nothing that matches",
    path: "/live?event=Nothing%20Such",
    heading: "Live",
    reach: (page) => told(page, "Nothing that matches"),
  },
];

const customers: State[] = [
  {
    name: "nobody found",
    path: "/customers#q=zzzzzz",
    heading: "Customers",
    reach: (page) => told(page, "Nobody found"),
  },
  {
    name: "a search that fails",
    path: "/customers",
    heading: "Customers",
    failing: "**/api/profiles/search",
    reach: (page) => told(page, "It broke."),
  },
  {
    name: "no such customer",
    path: "/customers/p_none",
    heading: "There is no such customer",
    reach: (page) => told(page, "Nobody has the id p_none"),
  },
];

const corrections: State[] = [
  {
    name: "nothing was corrected",
    path: "/corrections",
    heading: "Corrections",
    reach: (page) => told(page, "Nobody has corrected anything."),
  },
  {
    name: "a list that fails",
    path: "/corrections",
    heading: "Corrections",
    failing: "**/api/identity/corrections*",
    reach: (page) => told(page, "It broke."),
  },
  {
    name: "looking for one of two",
    path: "/customers",
    heading: "Customers",
    reach: async (page) => {
      await press(page, "Merge two…");
      await inDialog(page, "Type two characters or more");
    },
  },
];

const operations: State[] = [
  {
    name: "operations, with all well",
    path: "/ops",
    heading: "Operations",
    reach: async (page) => {
      await told(page, "Event log");
      await page.getByText("As a table").click();
    },
  },
  {
    name: "operations, with something to do",
    path: "/ops",
    heading: "Operations",
    reach: async (page) => {
      await page.route("**/api/operations", async (route) => {
        const answer = (await (await route.fetch()).json()) as { consumers: object[] };
        const [first, ...others] = answer.consumers;
        const advice = [
          { code: "disk_low", severity: "trouble", message: "0.4 GiB are left.", hint: "Make room." },
          { code: "sql_behind", severity: "attention", message: "SQL is behind.", hint: "It catches up." },
        ];
        const behind = { ...first, state: "behind", lagSeconds: 99, waiting: 1_234 };
        await route.fulfill({ json: { ...answer, state: "trouble", advice, consumers: [behind, ...others] } });
      });
      await page.reload();
      await told(page, "0.4 GiB are left.");
    },
  },
  {
    name: "operations that cannot be read",
    path: "/ops",
    heading: "Operations",
    failing: "**/api/operations",
    reach: (page) => told(page, "It broke."),
  },
];

/** Opens the state's page with nothing remembered but who is signed in, asserts its heading, and brings it about. */
async function openState(context: BrowserContext, state: State): Promise<Page> {
  const page = await context.newPage();
  await page.addInitScript(
    (token) => {
      localStorage.clear();
      if (token !== null) localStorage.setItem("c360.token", token);
    },
    state.isSignedOut === true ? null : apiToken,
  );
  if (state.failing !== undefined) {
    const error = { code: "internal", message: "It broke.", hint: "Tell them.", requestId: "r-77" };
    await page.route(state.failing, (route) => route.fulfill({ status: 500, json: { error } }));
  }
  await page.goto(`${site.url}${state.path}`);
  await page.getByRole("heading", { level: 1, name: state.heading, includeHidden: true }).waitFor();
  await state.reach(page);
  return page;
}

describe.each(["wide", "phone"] as const)("at %s width", (width) => {
  test.each([
    ["sign-in", signingIn],
    ["the shell", shell],
    ["Sources", sources],
    ["Query", queries],
    ["Live", live],
    ["Customers", customers],
    ["Corrections", corrections],
    ["Operations", operations],
  ] as const)(
    "axe finds nothing in the dialogs, menus and states of %s, in light and dark, nor is anything cut",
    async (_, states) => {
      const reached: string[] = [];
      const context = await browser.newContext({ viewport: widths[width] });
      for (const state of states) {
        if (state.only !== undefined && state.only !== width) continue;
        const page = await openState(context, state);
        expect({ state: state.name, faults: await faultsOfLook(page) }).toEqual({ state: state.name, faults: [] });
        reached.push(state.name);
        await page.close();
      }
      expect(reached.length).toBeGreaterThan(0);
      await context.close();
    },
  );
});
