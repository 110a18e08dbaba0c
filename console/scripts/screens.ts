import { correctionScreens } from "./correctionScreens.ts";
import { customerScreens } from "./customerScreens.ts";
import { liveScreens } from "./liveScreens.ts";
import { opsScreens } from "./opsScreens.ts";
import { planScreens } from "./planScreens.ts";
import { queryScreens } from "./queryScreens.ts";
import { rejectScreens } from "./rejectScreens.ts";
import { reviewScreens } from "./reviewScreens.ts";
import { rulesScreens } from "./rulesScreens.ts";
import { heading, type Screen } from "./screen.ts";
import { sourceScreens } from "./sourceScreens.ts";

const shellScreens: readonly Screen[] = [
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
  {
    name: "palette-found",
    path: "/sources",
    prepare: async (page) => {
      await page.getByRole("link", { name: "Web shop" }).waitFor();
      await page.keyboard.press("ControlOrMeta+k");
      await page.getByRole("textbox", { name: "Find a customer or jump to a page" }).fill("silva");
      await page.getByText(/customers? found/).waitFor({ state: "attached" });
    },
  },
  {
    name: "menu",
    path: "/sources",
    only: "phone",
    prepare: async (page) => {
      await page.getByRole("button", { name: "Open the menu" }).click();
      await page.getByRole("dialog").getByRole("link", { name: "Customers" }).waitFor();
    },
  },
  {
    name: "account",
    path: "/sources",
    prepare: async (page) => {
      await page.getByRole("button", { name: "Account and settings" }).click();
      await page.getByRole("menuitem", { name: "Sign out" }).waitFor();
    },
  },
  {
    name: "failed-page",
    path: "/sources",
    prepare: async (page) => {
      await heading(page, "Sources");
      await page.route("**/assets/QueryPage*", (route) => route.abort());
      await page.goto(new URL("/query", page.url()).href);
      await heading(page, "This page failed");
    },
  },
  { name: "missing-page", path: "/no-such-page", prepare: (page) => heading(page, "There is no such page") },
];

/**
 * Each page in each of its states; a new page adds its own. Lanes are taken side by side, the screens of a lane in turn:
 * what people say of who is who would show in the pictures of customers, and what is sent in those of Live.
 */
export const lanes: readonly (readonly Screen[])[] = [
  [...customerScreens, ...correctionScreens, ...liveScreens],
  [
    ...shellScreens,
    ...sourceScreens,
    ...planScreens,
    ...rulesScreens,
    ...queryScreens,
    ...rejectScreens,
    ...reviewScreens,
    ...opsScreens,
  ],
];
