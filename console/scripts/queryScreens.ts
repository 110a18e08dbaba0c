import type { Page } from "playwright-core";
import { loading, refusing, type Screen } from "./screen.ts";

const perMonth =
  "SELECT date_trunc('month', occurred_at) AS month, count(*) AS events\nFROM events\nGROUP BY ALL\nORDER BY month";
const perEvent =
  "SELECT coalesce(event, type) AS event, count(*) AS events\nFROM events\nGROUP BY ALL\nORDER BY events DESC";

async function run(page: Page, sql: string): Promise<void> {
  await page.locator(".cm-content").click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText(sql);
  await page.keyboard.press("ControlOrMeta+Enter");
}

const ran = async (page: Page, sql: string, shows: string): Promise<void> => {
  await run(page, sql);
  await page.locator(shows).first().waitFor();
};

/** Query in each of its states. */
export const queryScreens: readonly Screen[] = [
  { name: "query-empty", path: "/query", prepare: (page) => page.getByText("Try one of these").waitFor() },
  { name: "query-table", path: "/query", prepare: (page) => ran(page, "SELECT * FROM events", "[role=table]") },
  {
    name: "query-none",
    path: "/query",
    prepare: async (page) => {
      await run(page, "SELECT * FROM events WHERE event = 'Never Sent'");
      await page.getByText("found no rows").waitFor();
    },
  },
  { name: "query-bars", path: "/query?view=chart", prepare: (page) => ran(page, perEvent, "[data-testid=chart] svg") },
  { name: "query-lines", path: "/query?view=chart", prepare: (page) => ran(page, perMonth, "[data-testid=chart] svg") },
  {
    name: "query-running",
    path: "/query",
    prepare: async (page) => {
      await page.route("**/api/query", () => undefined);
      await ran(page, perEvent, ".runClock");
    },
  },
  {
    name: "query-error",
    path: "/query",
    prepare: async (page) => {
      await ran(page, "SELECT 1 AS one", "[role=table]");
      await ran(page, "SELECT revenu FROM profiles", "[role=alert]");
    },
  },
  {
    name: "query-drafts",
    path: "/query",
    prepare: async (page) => {
      await ran(page, perMonth, "[role=table]");
      await page.getByRole("button", { name: "New query" }).click();
      await ran(page, perEvent, "[role=table]");
      await page.getByRole("button", { name: "Drafts" }).click();
      await page.getByRole("menuitem").first().waitFor();
    },
  },
  // On a phone the list of what can be asked is folded.
  { name: "query-loading", path: "/query", only: "wide", prepare: (page) => loading(page, "**/api/query") },
  {
    name: "query-no-access",
    path: "/query",
    prepare: async (page) => {
      await page.locator(".cm-content").waitFor();
      await refusing(page, "**/api/query");
    },
  },
];
