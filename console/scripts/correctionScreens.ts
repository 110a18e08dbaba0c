import type { Page } from "playwright-core";
import { shownEmail } from "./retailer.ts";
import { failing, heading, loading, refusing, type Screen } from "./screen.ts";

const list = "**/api/identity/corrections*";
const previews = "**/api/identity/preview";
const field = (page: Page) => page.getByRole("textbox", { name: "Search customers" });
const button = (page: Page, name: string | RegExp) => page.getByRole("dialog").getByRole("button", { name });
const cards = (page: Page) => page.getByTestId("person-card");

/** The page of somebody whom most sources know. */
async function openShown(page: Page): Promise<void> {
  await field(page).fill(shownEmail);
  await page.locator(".cell-matched .dimmed:not(.noMatch)").first().waitFor({ state: "attached" });
  await field(page).press("Enter");
  await page.locator(".timeline li").nth(3).waitFor();
}

async function find(page: Page, words: string): Promise<void> {
  await page.getByRole("button", { name: "Merge…" }).first().click();
  await page.getByRole("textbox", { name: "The other customer" }).fill(words);
}

async function preview(page: Page): Promise<void> {
  await openShown(page);
  await find(page, "smith");
  await button(page, /smith/i).first().click();
  await cards(page).nth(2).waitFor();
}

/** Says it, so that the list and the timeline have something; where it was said before, the list has it already. */
async function say(page: Page): Promise<void> {
  await preview(page);
  await page.getByRole("textbox", { name: "Why?" }).fill("She called: both accounts are hers.");
  await button(page, "Merge").click();
  await page.getByText(/^Done:/).waitFor();
}

async function undo(page: Page): Promise<void> {
  await button(page, "Undo").click();
  await page.getByText("Taken back: everybody is as before.").waitFor();
}

/** Corrections in each of their states. What is said is taken back: the pictures after it show whom they would. */
export const correctionScreens: readonly Screen[] = [
  { name: "corrections-empty", path: "/corrections?by=nobody", prepare: (page) => page.locator(".stateBox").waitFor() },
  {
    name: "corrections-at-first",
    path: "/corrections",
    prepare: async (page) => {
      await page.route(list, (route) => route.fulfill({ json: { items: [], next: null } }));
      await page.reload();
      await page.locator(".stateBox").waitFor();
    },
  },
  { name: "corrections-loading", path: "/corrections", prepare: (page) => loading(page, list) },
  { name: "corrections-error", path: "/corrections", prepare: (page) => failing(page, list) },
  { name: "corrections-no-access", path: "/corrections", prepare: (page) => refusing(page, list) },
  {
    name: "correcting-find",
    path: "/customers",
    prepare: async (page) => {
      await openShown(page);
      await find(page, "silva");
      await page.getByText(/customers? found/).waitFor();
    },
  },
  { name: "correcting-preview", path: "/customers", prepare: preview },
  {
    name: "correcting-reason",
    path: "/customers",
    prepare: async (page) => {
      await preview(page);
      await button(page, "Merge").click();
      await page.getByText("Write a reason").scrollIntoViewIfNeeded();
    },
  },
  {
    name: "correcting-error",
    path: "/customers",
    prepare: async (page) => {
      await openShown(page);
      await page.route(previews, (route) =>
        route.fulfill({
          status: 409,
          json: {
            error: {
              code: "kept_apart",
              message: "Somebody keeps these two people apart: correction c_1.",
              hint: "Withdraw that first, if it is wrong.",
              requestId: "r-77",
            },
          },
        }),
      );
      await find(page, "smith");
      await button(page, /smith/i).first().click();
      await page.getByRole("alert").waitFor();
    },
  },
  {
    name: "correcting-split",
    path: "/customers",
    prepare: async (page) => {
      await openShown(page);
      await page.keyboard.press("x");
      await page.getByRole("dialog").getByRole("combobox").selectOption({ index: 2 });
      await button(page, "Show what happens").click();
      await cards(page).nth(2).waitFor();
    },
  },
  {
    name: "correcting-said",
    path: "/customers",
    prepare: say,
    putBack: undo,
  },
  {
    name: "corrections",
    path: "/corrections",
    prepare: async (page) => {
      await heading(page, "Corrections");
      await page.getByTestId("correction").first().waitFor();
    },
  },
  {
    name: "customer-household",
    path: "/corrections",
    prepare: async (page) => {
      await heading(page, "Corrections");
      // The panel stands at the end of a long column: the largest household is looked for by SQL.
      const id = await page.evaluate(async () => {
        const headers = {
          authorization: `Bearer ${localStorage.getItem("c360.token")}`,
          "content-type": "application/json",
        };
        const sql = "SELECT profile_id FROM households ORDER BY people DESC, profile_id LIMIT 1";
        const answer = await fetch("/api/query", { method: "POST", headers, body: JSON.stringify({ sql }) });
        return String(((await answer.json()) as { rows: unknown[][] }).rows[0]?.[0]);
      });
      await page.goto(new URL(`/customers/${id}`, page.url()).href);
      await page.locator(".householdMembers").waitFor();
      await page.locator(".householdMembers").scrollIntoViewIfNeeded();
    },
  },
];
