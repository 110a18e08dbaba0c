import { correctionScreens } from "./correctionScreens.ts";
import { customerScreens } from "./customerScreens.ts";
import { liveScreens } from "./liveScreens.ts";
import { opsScreens } from "./opsScreens.ts";
import { queryScreens } from "./queryScreens.ts";
import { reviewScreens } from "./reviewScreens.ts";
import { rulesScreens } from "./rulesScreens.ts";
import { heading, type Screen } from "./screen.ts";
import { sourceScreens } from "./sourceScreens.ts";

/** Each page in each of its states. A new page adds its own. */
export const screens: readonly Screen[] = [
  { name: "sign-in", path: "/sign-in", isSignedOut: true, prepare: (page) => heading(page, "Sign in") },
  {
    name: "sign-in-refused",
    path: "/sign-in",
    isSignedOut: true,
    prepare: async (page) => {
      await page.getByLabel("API token").fill("not-a-token");
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByText("This token is not known here").waitFor();
    },
  },
  ...customerScreens,
  ...correctionScreens,
  ...sourceScreens,
  ...rulesScreens,
  ...queryScreens,
  ...liveScreens,
  ...reviewScreens,
  ...opsScreens,
  {
    name: "palette",
    path: "/sources",
    prepare: async (page) => {
      await page.getByRole("link", { name: "Web shop" }).waitFor();
      await page.keyboard.press("ControlOrMeta+k");
      await page.getByRole("textbox", { name: "Find a customer or jump to a page" }).waitFor();
    },
  },
  {
    name: "shortcuts",
    path: "/sources",
    prepare: async (page) => {
      await heading(page, "Sources");
      await page.keyboard.press("?");
      await page.getByRole("dialog").waitFor();
    },
  },
  { name: "missing-page", path: "/no-such-page", prepare: (page) => heading(page, "There is no such page") },
];
