import type { Page } from "playwright-core";
import type { Width } from "../../platform/test/whole/browser.ts";

/** A page in one of its states: a picture of it in each width and colours. */
export interface Screen {
  /** Of the file. */
  name: string;
  path: string;
  /** Without a session. */
  isSignedOut?: boolean;
  /** As it is printed. */
  isPrinted?: boolean;
  /** All of it, and not what the window shows: it is longer. */
  isWhole?: boolean;
  /** It is nothing on the other. */
  only?: Width;
  /** Brings the page into its state; pictures are taken once nothing moves after it. */
  prepare: (page: Page) => Promise<void>;
  /** Takes back what it changed on the platform, for the pictures after it. */
  putBack?: (page: Page) => Promise<void>;
}

const wholeError = {
  code: "internal",
  message: "Something went wrong inside; nothing you sent is to blame.",
  hint: "Try again. If it goes on, report it with the requestId, which the server's log names too.",
  requestId: "0f6b1c3e-8b6e-4b5e-9a52-1d2f3c4b5a69",
};

export const heading = (page: Page, name: string): Promise<void> =>
  page.getByRole("heading", { level: 1, name }).waitFor();

/** Reloads while what matches is never answered. */
export async function loading(page: Page, pattern: string): Promise<void> {
  await page.route(pattern, () => undefined);
  await page.reload();
  await page.getByRole("status", { name: "Loading" }).first().waitFor();
}

/** Reloads while what matches fails. */
export async function failing(page: Page, pattern: string): Promise<void> {
  await page.route(pattern, (route) => route.fulfill({ status: 500, json: { error: wholeError } }));
  await page.reload();
  await page.getByRole("alert").first().waitFor();
}

const forbidden = {
  code: "forbidden",
  message: "The token support-desk lacks the right to read this.",
  hint: "Ask whoever runs the platform for a token with the role engineer.",
  requestId: wholeError.requestId,
};

/** Reloads while what matches is not for this token. */
export async function refusing(page: Page, pattern: string): Promise<void> {
  await page.route(pattern, (route) => route.fulfill({ status: 403, json: { error: forbidden } }));
  await page.reload();
  await page.getByText("You may not see this").first().waitFor();
}
