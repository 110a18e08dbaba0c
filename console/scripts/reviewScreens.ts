import { failing, heading, loading, refusing, type Screen } from "./screen.ts";

const list = "**/api/identity/reviews?*";
const pair = "**/api/identity/reviews/*";
const nobody = { pairs: 0, same: 0, agreement: null };

/** The review queue in its states. */
export const reviewScreens: readonly Screen[] = [
  { name: "review", path: "/review", prepare: (page) => page.locator(".reviewTable").waitFor() },
  {
    name: "review-weights",
    path: "/review",
    prepare: async (page) => {
      await page.locator(".reviewTable").waitFor();
      await page.keyboard.press("w");
      await page.locator(".reviewBar").first().waitFor();
    },
  },
  {
    name: "review-answered",
    path: "/review",
    prepare: async (page) => {
      await page.locator(".reviewTable").waitFor();
      await page.keyboard.press("r");
      await page.getByText("You said: different people").waitFor();
    },
    putBack: async (page) => {
      const answered = page.waitForResponse((answer) => answer.url().includes("/reviews/") && answer.ok());
      await page.keyboard.press("z");
      await answered;
    },
  },
  { name: "review-loading", path: "/review", prepare: (page) => loading(page, list) },
  {
    name: "review-empty",
    path: "/review",
    prepare: async (page) => {
      const answered = { pairs: 40, same: 34, agreement: 0.85 };
      const bands = [
        { from: 0.5, to: 0.7, answered: 12, same: 7 },
        { from: 0.97, to: 0.99, answered: 28, same: 27 },
      ];
      const summary = { open: 0, skipped: 0, bands, answered, own: { ...answered, pairs: 31 } };
      await page.route(list, (route) => route.fulfill({ json: { items: [], next: null, summary } }));
      await page.goto(new URL("/review", page.url()).href);
      await page.getByText("Nothing waits for review").waitFor();
    },
  },
  {
    name: "review-empty-at-first",
    path: "/review",
    prepare: async (page) => {
      const summary = { open: 0, skipped: 0, bands: [], answered: nobody, own: nobody };
      await page.route(list, (route) => route.fulfill({ json: { items: [], next: null, summary } }));
      await page.goto(new URL("/review", page.url()).href);
      await page.getByText("Nothing waits for review").waitFor();
    },
  },
  { name: "review-error", path: "/review", prepare: (page) => failing(page, pair) },
  { name: "review-no-access", path: "/review", prepare: (page) => refusing(page, list) },
  {
    name: "review-gone",
    path: "/review/p_none~p_other",
    prepare: async (page) => {
      await heading(page, "Review");
      await page.getByText("This pair is not in the queue any more").waitFor();
    },
  },
];
