import type { Page } from "playwright-core";
import { failing, heading, loading, refusing, type Screen } from "./screen.ts";

const list = "**/api/rejections/causes?*";
const one = "**/api/rejections/causes/*";

/** Calls of a till that nobody can take, sent as often as they are asked for: each counts once as it is. */
async function refuse(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const total = { order_id: "1001", total: "12,50", currency: "EUR" };
    const calls = Array.from({ length: 60 }, (_, n) => ({
      type: "track",
      messageId: `receipt-${n}`,
      userId: `customer-${n % 7}`,
      ...(n % 3 === 0 ? { event: "Order Completed", properties: { products: [{ sku: "tea", price: 1e13 }] } } : {}),
      ...(n % 3 === 1 ? { name: "Order Completed", properties: total } : {}),
      ...(n % 3 === 2 ? { event: "Order Completed", traits: "none", properties: total } : {}),
    }));
    await fetch("/api/imports/porto", {
      method: "POST",
      headers: {
        authorization: `Bearer ${localStorage.getItem("c360.token") ?? ""}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ calls }),
    });
  });
  await page.reload();
  await page.locator(".causesTable a").first().waitFor();
}

async function openCause(page: Page): Promise<void> {
  await refuse(page);
  await page.locator(".causesTable a").first().click();
  await page.getByRole("button", { name: "Add a step" }).waitFor();
}

/** What is refused, and how it is mended. */
export const rejectScreens: readonly Screen[] = [
  { name: "rejects", path: "/rejects", prepare: refuse },
  { name: "rejects-loading", path: "/rejects", prepare: (page) => loading(page, list) },
  { name: "rejects-error", path: "/rejects", prepare: (page) => failing(page, list) },
  { name: "rejects-no-access", path: "/rejects", prepare: (page) => refusing(page, list) },
  {
    name: "rejects-none",
    path: "/rejects?source=nowhere",
    prepare: (page) => page.getByText("Nothing to mend").waitFor(),
  },
  { name: "rejects-cause", path: "/rejects", prepare: openCause },
  {
    name: "rejects-tried-out",
    path: "/rejects",
    prepare: async (page) => {
      await openCause(page);
      await page.getByRole("button", { name: "Add a step" }).click();
      await page.getByLabel("Field", { exact: true }).fill("/event");
      await page.getByLabel("Value", { exact: true }).fill("Mended");
      await page.getByRole("button", { name: "Try it out" }).click();
      await page.getByRole("heading", { name: "Examples" }).waitFor();
    },
  },
  {
    name: "rejects-replay",
    path: "/rejects",
    prepare: async (page) => {
      await openCause(page);
      await page.getByRole("button", { name: /^Replay all/ }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).waitFor();
    },
  },
  {
    name: "rejects-call",
    path: "/rejects",
    prepare: async (page) => {
      await openCause(page);
      await page.locator(".callLink").first().click();
      await page.locator(".jsonEditor .cm-content").waitFor();
    },
  },
  { name: "rejects-cause-loading", path: "/rejects/rc_any", prepare: (page) => loading(page, one) },
  { name: "rejects-cause-error", path: "/rejects/rc_any", prepare: (page) => failing(page, one) },
  { name: "rejects-cause-no-access", path: "/rejects/rc_any", prepare: (page) => refusing(page, one) },
  {
    name: "rejects-cause-missing",
    path: "/rejects/rc_none",
    prepare: (page) => heading(page, "There is no such cause"),
  },
];
