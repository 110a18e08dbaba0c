import type { Page } from "playwright-core";
import { failing, heading, loading, refusing, type Screen } from "./screen.ts";

const plan = "**/api/sources/*/tracking-plan";
const violations = "**/tracking-plan/violations*";

/** A plan of the shop, drafted from what it sent, that its prices break. */
async function holdToPlan(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const headers = {
      authorization: `Bearer ${localStorage.getItem("c360.token") ?? ""}`,
      "content-type": "application/json",
    };
    const properties = { properties: { price: { type: "string" }, sku: { type: "string" } } };
    const document = { mode: "observe", events: { "Product Viewed": { type: "object", ...properties } } };
    const publish = { document, basedOn: 0, reason: "What the shop's team agreed to." };
    await fetch("/api/sources/web/tracking-plan", { method: "PUT", headers, body: JSON.stringify(publish) });
    const call = { type: "track", event: "Product Viewed", messageId: "viewed-1", userId: "customer-1" };
    const calls = [{ ...call, properties: { sku: 7, price: 9.5 } }];
    await fetch("/api/imports/web", { method: "POST", headers, body: JSON.stringify({ calls }) });
  });
  await page.reload();
  await page.getByRole("link", { name: "viewed-1" }).first().waitFor();
}

/** A source's tracking plan, and a draft of one. */
export const planScreens: readonly Screen[] = [
  {
    name: "plan-none",
    path: "/sources/porto/plan",
    prepare: (page) => heading(page, "Tracking plan of Loja do Porto"),
  },
  { name: "plan", path: "/sources/web/plan", prepare: holdToPlan },
  { name: "plan-loading", path: "/sources/web/plan", prepare: (page) => loading(page, plan) },
  { name: "plan-error", path: "/sources/web/plan", prepare: (page) => failing(page, violations) },
  { name: "plan-no-access", path: "/sources/web/plan", prepare: (page) => refusing(page, plan) },
  {
    name: "plan-start",
    path: "/sources/pos/plan/draft",
    prepare: (page) => page.getByRole("button", { name: "Begin with an example" }).waitFor(),
  },
  {
    name: "plan-checked",
    path: "/sources/web/plan/draft?check=100",
    prepare: (page) => page.getByText("Calls looked at").waitFor(),
  },
  {
    name: "plan-version",
    path: "/sources/web/plan/versions/1",
    prepare: (page) => page.locator(".documentText").waitFor(),
  },
];
