import type { Page } from "playwright-core";
import { shownEmail } from "./retailer.ts";
import { failing, loading, refusing, type Screen } from "./screen.ts";

const field = (page: Page) => page.getByRole("textbox", { name: "Search customers" });
const search = "**/api/profiles/search";
const parts = "**/api/profiles/id/*/*";

async function find(page: Page, words: string): Promise<void> {
  await field(page).fill(words);
  await page.locator(".cell-matched .dimmed:not(.noMatch)").first().waitFor({ state: "attached" });
}

async function openShown(page: Page): Promise<void> {
  await find(page, shownEmail);
  await field(page).press("Enter");
  await page.locator(".timeline li").nth(3).waitFor();
  // On a phone it is drawn when it comes into sight.
  await page.getByRole("heading", { name: "Spend by month" }).scrollIntoViewIfNeeded();
  await page.getByTestId("spend-chart").locator("svg").waitFor();
  await page.evaluate("scrollTo(0, 0)");
}

/** An id that was theirs before the person of this page's address was found to be one. */
function retiredIdOf(page: Page, pathname: string): Promise<string> {
  return page.evaluate(async (id) => {
    const headers = { authorization: `Bearer ${localStorage.getItem("c360.token")}` };
    const answer = await fetch(`/api/profiles/id/${id}`, { headers });
    const { retiredIds } = (await answer.json()) as { retiredIds: string[] };
    return String(retiredIds[0]);
  }, pathname.split("/").at(-1));
}

/** Customers and Customer 360, each in its states. */
export const customerScreens: readonly Screen[] = [
  { name: "customers", path: "/customers", prepare: (page) => page.locator(".customerLink").nth(5).waitFor() },
  { name: "customers-found", path: "/customers", prepare: (page) => find(page, "joao") },
  {
    name: "customers-nobody",
    path: "/customers",
    prepare: async (page) => {
      await field(page).fill("zzzzzz");
      await page.getByText("Nobody found").waitFor();
    },
  },
  {
    name: "customers-empty",
    path: "/customers",
    prepare: async (page) => {
      const asOf = new Date().toISOString();
      const nobody = { items: [], next: null, total: { value: 0, exact: true }, suggestions: [], asOf };
      await page.route(search, (route) => route.fulfill({ json: nobody }));
      await page.reload();
      await page.getByText("Nobody is known yet").waitFor();
    },
  },
  { name: "customers-loading", path: "/customers", prepare: (page) => loading(page, search) },
  { name: "customers-error", path: "/customers", prepare: (page) => failing(page, search) },
  { name: "customers-no-access", path: "/customers", prepare: (page) => refusing(page, search) },
  { name: "customer", path: "/customers", prepare: openShown },
  { name: "customer-whole", path: "/customers", isWhole: true, prepare: openShown },
  { name: "customer-printed", path: "/customers", isPrinted: true, prepare: openShown },
  {
    name: "customer-event",
    path: "/customers",
    prepare: async (page) => {
      await openShown(page);
      await page.keyboard.press("a");
      await page.locator("button.timelineRow[aria-haspopup]").first().click();
      await page.getByRole("dialog").waitFor();
    },
  },
  {
    name: "customer-menu",
    path: "/customers",
    prepare: async (page) => {
      await openShown(page);
      await page.getByRole("button", { name: "More actions" }).click();
      await page.getByRole("menuitem", { name: "Print" }).waitFor();
    },
  },
  {
    name: "customer-anonymous",
    path: "/customers?source=web",
    prepare: async (page) => {
      await page.locator(".customerLink[title^='anonymous id']").first().click();
      await page.getByRole("heading", { name: "Nobody has said who this is" }).waitFor();
      await page.locator(".timeline li").nth(1).waitFor();
    },
  },
  {
    name: "customer-retired",
    path: "/customers",
    prepare: async (page) => {
      await openShown(page);
      const { pathname } = new URL(page.url());
      await page.goto(new URL(`/customers/${await retiredIdOf(page, pathname)}`, page.url()).href);
      await page.getByText("was found to be this person").waitFor();
      await page.locator(".timeline li").nth(3).waitFor();
    },
  },
  {
    name: "customer-graph",
    path: "/customers",
    prepare: async (page) => {
      await openShown(page);
      const graph = page.locator(".identityGraph");
      await page.getByRole("heading", { name: "Why one person" }).scrollIntoViewIfNeeded();
      await graph.locator(".identifierNode").nth(2).waitFor();
      await graph.locator(".identifierNode").first().click();
      await graph.locator(".identifierNode").nth(2).click();
      await page.locator(".whyAnswer").waitFor();
    },
  },
  {
    name: "customer-list",
    path: "/customers",
    prepare: async (page) => {
      await openShown(page);
      await page.keyboard.press("l");
      await page.locator(".identityList").scrollIntoViewIfNeeded();
    },
  },
  {
    name: "customer-spend",
    path: "/customers",
    prepare: async (page) => {
      await openShown(page);
      await page.getByRole("button", { name: "As table" }).click();
      await page.getByRole("region", { name: "Spend by month and channel" }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: "customer-traits",
    path: "/customers",
    prepare: async (page) => {
      await openShown(page);
      for (const at of [0, 1]) await page.locator(".disclose").nth(at).click();
    },
  },
  {
    name: "customer-loading",
    path: "/customers",
    prepare: async (page) => {
      await openShown(page);
      await page.route("**/api/query", () => undefined);
      await loading(page, parts);
    },
  },
  {
    name: "customer-error",
    path: "/customers",
    prepare: async (page) => {
      await openShown(page);
      await failing(page, parts);
    },
  },
  {
    name: "customer-no-access",
    path: "/customers",
    prepare: async (page) => {
      await openShown(page);
      await refusing(page, parts);
    },
  },
  {
    name: "customer-missing",
    path: "/customers/p_none",
    prepare: (page) => page.getByText("Nobody has the id").waitFor(),
  },
];
