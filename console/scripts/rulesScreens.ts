import { failing, heading, loading, refusing, type Screen } from "./screen.ts";

const list = "**/api/identity/rules?*";
const one = "**/api/identity/rules/*";

/** The rules of who is who, as they are, tried out, and in their states. */
export const rulesScreens: readonly Screen[] = [
  { name: "rules", path: "/rules", prepare: (page) => page.getByRole("textbox", { name: "Limit of email" }).waitFor() },
  {
    name: "rules-tried-out",
    path: "/rules",
    prepare: async (page) => {
      await page.getByRole("textbox", { name: "Limit of email" }).fill("1");
      await page.getByRole("button", { name: "Try it out" }).click();
      await page.getByText("A person has at most 1 of email").first().waitFor();
    },
  },
  {
    name: "rules-publish",
    path: "/rules",
    prepare: async (page) => {
      await page.getByRole("textbox", { name: "Limit of email" }).fill("1");
      await page.getByRole("button", { name: "Publish…" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Publish" }).click();
      await page.getByText("Say why.").waitFor();
    },
  },
  {
    name: "rules-blocked",
    path: "/rules",
    prepare: async (page) => {
      await page
        .getByRole("button", { name: /entr(y|ies)/ })
        .first()
        .click();
      await page.getByRole("dialog").getByRole("textbox", { name: "Values" }).waitFor();
    },
  },
  {
    name: "rules-json",
    path: "/rules",
    prepare: async (page) => {
      await page.getByText("JSON", { exact: true }).click();
      const json = page.getByRole("textbox", { name: "The rules as JSON" });
      await json.fill(`${await json.inputValue()},`);
      await page.getByText("This is no JSON").first().waitFor();
    },
  },
  { name: "rules-loading", path: "/rules", prepare: (page) => loading(page, list) },
  { name: "rules-error", path: "/rules", prepare: (page) => failing(page, list) },
  { name: "rules-no-access", path: "/rules", prepare: (page) => refusing(page, list) },
  { name: "rules-version", path: "/rules/1", prepare: (page) => page.locator(".documentText").waitFor() },
  { name: "rules-version-loading", path: "/rules/1", prepare: (page) => loading(page, one) },
  { name: "rules-version-error", path: "/rules/1", prepare: (page) => failing(page, one) },
  { name: "rules-version-no-access", path: "/rules/1", prepare: (page) => refusing(page, one) },
  { name: "rules-version-missing", path: "/rules/77", prepare: (page) => heading(page, "There is no such version") },
];
