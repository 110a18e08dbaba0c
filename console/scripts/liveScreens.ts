import type { Page } from "playwright-core";
import { writeKey } from "../../platform/test/whole/server.ts";
import { longName } from "./retailer.ts";
import { failing, loading, refusing, type Screen } from "./screen.ts";

const stream = "**/api/stream*";

async function post(page: Page, batch: readonly object[]): Promise<void> {
  const headers = { authorization: `Basic ${btoa(`${writeKey}:`)}` };
  await page.request.post(new URL("/v1/batch", page.url()).href, { headers, data: { batch } });
}

/** Sends while the page looks on. */
async function sendLive(page: Page): Promise<void> {
  await page.getByText("Live", { exact: true }).and(page.getByRole("status")).waitFor();
  const id = String(Date.now());
  const named = ["Product Viewed", "Product Added", "Checkout Started", "Coupon Entered", "Payment Info Entered"];
  await post(page, [
    ...named.map((event, at) => ({ type: "track", event, anonymousId: at < 2 ? `guest-${id}` : `visitor-${id}` })),
    { type: "identify", userId: "ada", anonymousId: `visitor-${id}`, traits: { name: longName } },
    { type: "track", userId: "ada", properties: { order_id: id, total: 12.5, currency: "EUR" } },
  ]);
  await page.getByRole("row").filter({ hasText: "Refused" }).waitFor();
  await page.getByRole("row").filter({ hasText: "Processed" }).first().waitFor();
}

/** Live in each of its states. */
export const liveScreens: readonly Screen[] = [
  {
    name: "live-waiting",
    path: "/live",
    prepare: (page) => page.getByText("Waiting for events…").waitFor(),
  },
  {
    name: "live-filtered",
    path: "/live?event=Never+Sent",
    prepare: (page) => page.getByText("Nothing that matches").waitFor(),
  },
  { name: "live", path: "/live", prepare: sendLive },
  {
    name: "live-filter",
    path: "/live",
    prepare: async (page) => {
      await sendLive(page);
      await page.getByRole("button", { name: /^Source/ }).click();
      await page.getByRole("checkbox").first().waitFor();
    },
  },
  { name: "live-printed", path: "/live", isPrinted: true, prepare: sendLive },
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
      await post(page, [{ type: "track", userId: "ada", event: "Product Viewed" }]);
      await page.getByRole("button", { name: "1 new" }).waitFor();
    },
  },
  {
    name: "live-connecting",
    path: "/live",
    prepare: async (page) => {
      await page.route(stream, () => undefined);
      await loading(page, "**/api/rejections*");
    },
  },
  {
    name: "live-unreachable",
    path: "/live",
    prepare: async (page) => {
      await page.route(stream, (route) => route.abort());
      await failing(page, "**/api/rejections*");
      await page.getByText("Reconnecting…").first().waitFor();
    },
  },
  {
    name: "live-no-access",
    path: "/live",
    prepare: async (page) => {
      await page.route(stream, (route) =>
        route.fulfill({
          status: 403,
          json: { error: { code: "forbidden", message: "Not allowed.", hint: "the role engineer" } },
        }),
      );
      await refusing(page, "**/api/rejections*");
    },
  },
];
