import { failing, heading, loading, refusing, type Screen } from "./screen.ts";

const list = "**/api/identity/rules?*";

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
  { name: "rules-loading", path: "/rules", prepare: (page) => loading(page, list) },
  { name: "rules-error", path: "/rules", prepare: (page) => failing(page, list) },
  { name: "rules-no-access", path: "/rules", prepare: (page) => refusing(page, list) },
  { name: "rules-version", path: "/rules/1", prepare: (page) => heading(page, "Rules, version 1") },
];
