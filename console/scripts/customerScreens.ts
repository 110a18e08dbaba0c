import type { Page } from "playwright-core";
import type { Screen } from "./screens.ts";

const field = (page: Page) => page.getByRole("textbox", { name: "Search customers" });

async function openFirst(page: Page): Promise<void> {
  await page.locator(".customerLink").first().click();
  await page.locator(".timeline li").nth(3).waitFor();
  await page.getByTestId("spend-chart").locator("svg").waitFor();
}

/** Customers and Customer 360, each in its states. */
export const customerScreens: readonly Screen[] = [
  { name: "customers", path: "/customers", prepare: (page) => page.locator(".customerLink").nth(5).waitFor() },
  {
    name: "customers-found",
    path: "/customers",
    prepare: async (page) => {
      await field(page).fill("customer-13");
      await page.locator(".cell-matched", { hasText: "user id" }).first().waitFor({ state: "attached" });
    },
  },
  {
    name: "customers-nobody",
    path: "/customers",
    prepare: async (page) => {
      await field(page).fill("zzzzzz");
      await page.getByText("Nobody found").waitFor();
    },
  },
  {
    name: "customers-loading",
    path: "/customers",
    prepare: async (page) => {
      await page.route("**/api/profiles/search", () => undefined);
      await page.reload();
      await page.getByRole("status", { name: "Loading" }).waitFor();
    },
  },
  {
    name: "customers-error",
    path: "/customers",
    prepare: async (page) => {
      const error = { code: "internal", message: "The platform failed.", requestId: "req-7f3a" };
      await page.route("**/api/profiles/search", (route) => route.fulfill({ status: 500, json: { error } }));
      await page.reload();
      await page.getByRole("alert").waitFor();
    },
  },
  { name: "customer", path: "/customers", prepare: openFirst },
  {
    name: "customer-event",
    path: "/customers",
    prepare: async (page) => {
      await openFirst(page);
      await page.keyboard.press("j");
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").or(page.locator("[aria-expanded=true]")).first().waitFor();
    },
  },
  {
    name: "customer-list",
    path: "/customers",
    prepare: async (page) => {
      await openFirst(page);
      await page.keyboard.press("l");
      await page.locator(".identityList").scrollIntoViewIfNeeded();
    },
  },
  {
    name: "customer-missing",
    path: "/customers/p_none",
    prepare: (page) => page.getByText("Nobody has the id").waitFor(),
  },
];
