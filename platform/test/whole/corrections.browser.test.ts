import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { faultsOfLook, launchBrowser, openPage, type Width } from "./browser.ts";
import { apiToken, openSite, type Site } from "./server.ts";

let site: Site;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let complaints: string[];

const on = (day: number): string => `2026-0${day}-01T10:00:00.000Z`;

/** Surnames of an Ana and of her Rui: those of one test are nobody of another's. */
const surnames: readonly (readonly [string, string])[] = [
  ["Silva", "Costa"],
  ["Moreira", "Duarte"],
  ["Teixeira", "Ribeiro"],
  ["Carvalho", "Lopes"],
  ["Pacheco", "Vieira"],
  ["Barbosa", "Freitas"],
  ["Nogueira", "Queiroz"],
];
let testsBegun = 0;

/** The people of one test. */
interface People {
  /** The full names. */
  ana: string;
  rui: string;
  anaUser: string;
  anaEmail: string;
  ruiUser: string;
  /** Of the other Ana's loyalty. */
  card: string;
  street: string;
}
let people: People;

function peopleOf(nth: number): People {
  const [ana = "", rui = ""] = surnames[nth] ?? [];
  return {
    ana: `Ana ${ana}`,
    rui: `Rui ${rui}`,
    anaUser: `ana-${ana.toLowerCase()}`,
    anaEmail: `ana@${ana.toLowerCase()}.example`,
    ruiUser: `rui-${rui.toLowerCase()}`,
    card: String(4021 + nth * 1_111),
    street: `${12 + nth} ${ana} Street`,
  };
}

/** Ana has an account on the web and a card of the shop; Rui lives with her. */
function callsOf({ ana, rui, anaUser, anaEmail, ruiUser, card, street }: People) {
  const address = { street, postalCode: "BS1 4DJ", city: "Bristol" };
  const till = { anonymousId: `till-${card}` };
  return [
    {
      type: "identify",
      messageId: `a1-${card}`,
      userId: anaUser,
      timestamp: on(1),
      traits: { name: ana, email: anaEmail, city: "Porto", address },
      context: { consent: { categoryPreferences: { "marketing.email": true } } },
    },
    {
      type: "identify",
      messageId: `b1-${card}`,
      ...till,
      timestamp: on(2),
      traits: { name: ana, loyalty_card: card, city: "Lisboa" },
      context: { consent: { categoryPreferences: { "marketing.email": false } } },
    },
    order(`a2-${card}`, { userId: anaUser }, 90),
    order(`b2-${card}`, till, 1_243),
    { type: "identify", messageId: `c1-${card}`, userId: ruiUser, timestamp: on(3), traits: { name: rui, address } },
  ];
}

function order(messageId: string, who: object, total: number) {
  const properties = { order_id: messageId, total, currency: "EUR" };
  return { type: "track", messageId, ...who, event: "Order Completed", timestamp: on(4), properties };
}

beforeAll(async () => {
  site = await openSite();
  await site.start();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await site.close();
});
beforeEach(async () => {
  people = peopleOf(testsBegun++);
  await site.reads.import("default", callsOf(people));
  await site.reads.settled();
});
afterEach(async () => {
  await context.close();
  if (complaints.length > 0) throw new Error(`the page complains: ${complaints.join(", ")}`);
});

async function open(path: string, width: Width = "wide"): Promise<void> {
  const where = { url: `${site.url}${path}`, token: apiToken, width };
  ({ context, page, complaints } = await openPage(browser, where));
}

/** Both Anas as anybody is answered, byte for byte. */
async function bothAnas(): Promise<string> {
  const profiles = [await anaOfTheWeb(), await anaOfTheCard()];
  const timelines = [];
  for (const { id } of profiles) timelines.push(await site.reads.timeline(id));
  return JSON.stringify([profiles, timelines]);
}

const heading = (name: string) => page.getByRole("heading", { level: 1, name });
const dialog = () => page.getByRole("dialog");
const button = (name: string | RegExp) => dialog().getByRole("button", { name });
const cards = () => dialog().getByTestId("person-card");
const anaOfTheWeb = () => site.reads.someone("user_id", people.anaUser);
const anaOfTheCard = () => site.reads.someone("loyalty_card", people.card);
const anaId = async (): Promise<string> => (await anaOfTheWeb()).id;

async function openAna(width: Width = "wide"): Promise<void> {
  await open(`/customers/${await anaId()}`, width);
  await heading(people.ana).waitFor();
  await page.getByText(people.rui).waitFor();
}

/** Up to the preview of a merge with the Ana of the card. */
async function previewMerge(): Promise<void> {
  await page.getByRole("button", { name: "Merge…" }).first().click();
  await dialog()
    .getByRole("textbox", { name: "The other customer" })
    .fill(people.ana.slice("Ana ".length).toLowerCase());
  await button(new RegExp(people.ana)).first().click();
  await cards().nth(2).waitFor();
}

/** A page follows a decision within a second, on a machine that has nothing else to do. */
const patience = { timeout: 15_000 };

async function say(reason: string, action: string): Promise<void> {
  await dialog().getByRole("textbox", { name: "Why?" }).fill(reason);
  await button(action).click();
  await dialog()
    .getByText(/^Done:/)
    .waitFor();
}

describe("merging and splitting in the console", () => {
  test("two duplicates are found, looked at, merged to one timeline, and unmerged to exactly the two from before", async () => {
    const before = await bothAnas();
    await open(`/customers#q=${people.ana.toLowerCase().replace(" ", "+")}`);
    await page.locator(".customerRow.atPlace").nth(1).waitFor();
    await expect.poll(() => page.getByRole("link", { name: people.ana }).count()).toBe(2);
    await page.goto(`${site.url}/customers/${await anaId()}`);
    await heading(people.ana).waitFor();

    await previewMerge();
    await expect.poll(() => cards().count()).toBe(3);
    await expect.poll(() => cards().nth(2).innerText()).toMatch(/2 orders · €1,333\.00/);
    await expect.poll(() => cards().nth(2).innerText()).toMatch(/Marketing e-mail refused/);
    await dialog().getByText("No evidence connects them.").waitFor();
    const told = await dialog().innerText();
    expect(told).toMatch(new RegExp(`Name\\s+${people.ana}\\s+${people.ana}\\s+= same`));
    expect(told).toContain("≠ differs");
    expect(told).toContain("Lisboa over Porto");
    expect(await bothAnas()).toBe(before);

    await button("Merge").click();
    await dialog().getByText("Write a reason").waitFor();
    await say("She called: both are hers.", "Merge");
    await button("Close").last().click();
    await heading(people.ana).waitFor();
    const row = page.getByTestId("correction-row");
    await row.waitFor();
    await expect.poll(() => row.innerText()).toContain("Said to be one person");
    await expect.poll(() => row.innerText()).toContain("She called: both are hers.");
    const merged = await anaOfTheCard();
    expect(merged.id).toBe(await anaId());
    await expect.poll(() => page.locator(".timeline button.timelineRow").count(), patience).toBe(4);
    await expect.poll(() => page.locator(".customerFacts").innerText(), patience).toContain("€1,333.00");

    await page.getByRole("link", { name: "Corrections" }).first().click();
    await heading("Corrections").waitFor();
    const item = page.getByTestId("correction").filter({ hasText: new RegExp(`${people.anaUser}|${people.card}`) });
    await expect.poll(() => item.innerText()).toMatch(/by administrator · .* · holds/s);
    await item.getByRole("button", { name: "Take back…" }).click();
    await cards().nth(2).waitFor();
    await say("Two sisters after all.", "Take back");
    expect(await bothAnas()).toBe(before);
    await button("Close").last().click();
    await expect.poll(() => item.count(), patience).toBe(2);
    await expect.poll(() => item.first().innerText()).toContain("Taken back");
    await expect.poll(() => item.last().innerText()).toContain("overruled");
    await page.getByRole("combobox", { name: "Said" }).selectOption("same");
    await expect.poll(() => item.count(), patience).toBe(1);
    await page.reload();
    await item.waitFor();
    await expect.poll(() => item.count()).toBe(1);
  });

  test("Undo right after a merge, and after an identifier was taken out, gives back what was", async () => {
    const before = await bothAnas();
    await openAna();
    await previewMerge();
    await say("wrong", "Merge");
    expect(await bothAnas()).not.toBe(before);
    await button("Undo").click();
    await dialog().getByText("Taken back: everybody is as before.").waitFor();
    expect(await bothAnas()).toBe(before);
    await button("Close").last().click();

    await page.keyboard.press("x");
    await dialog().getByRole("combobox").selectOption(`email:${people.anaEmail}`);
    await button("Show what happens").click();
    await cards().nth(2).waitFor();
    await say("her mother's address", "Take out");
    expect((await site.reads.someone("email", people.anaEmail)).id).not.toBe(await anaId());
    await button("Undo").click();
    await dialog().getByText("Taken back: everybody is as before.").waitFor();
    expect(await bothAnas()).toBe(before);
  });

  test("evidence is cut where it stands, and why not is asked against anybody, by the keyboard", async () => {
    await openAna();
    await page.keyboard.press("l");
    await page.locator(".edgeItem").first().waitFor();
    await expect
      .poll(() => page.locator(".edgeItem").first().innerText())
      .toMatch(/seen together\s· 1 event\s· since.*sure to 1\.00/s);
    await page.locator(".edgeItem").first().getByRole("button", { name: "Cut…" }).click();
    await cards().nth(2).waitFor();
    await page.keyboard.press("Escape");
    await dialog().waitFor({ state: "detached" });

    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Why not the same as…" }).click();
    await dialog().getByRole("textbox", { name: "The other customer" }).pressSequentially(people.rui.toLowerCase());
    await page.keyboard.press("Enter");
    await page.getByText("Not one person", { exact: true }).waitFor();
    await expect.poll(() => page.locator(".whyAnswer").innerText()).toContain("No evidence connects them.");
    await page.locator(".whyAnswer").getByRole("button", { name: "Keep apart…" }).click();
    await dialog().getByText("The same people as now").waitFor();
    await say("neighbours", "Keep apart");
    await button("Close").last().click();
    await page.getByText(/Somebody said on .* are two people/).waitFor();
  });

  test("who corrected the same people meanwhile is heeded: nothing is said, and the preview is looked at again", async () => {
    await openAna();
    await previewMerge();
    const rival = {
      corrections: [{ verdict: "same", a: `user_id:${people.ruiUser}`, b: `user_id:${people.anaUser}` }],
      reason: "meanwhile",
    };
    expect((await site.reads.request("POST", "/api/identity/corrections", rival)).status).toBe(200);
    await dialog().getByRole("textbox", { name: "Why?" }).fill("both are hers");
    await button("Merge").click();
    await dialog().getByText("Who is who has changed since the preview").waitFor();
    await button("Look again").click();
    await expect.poll(() => cards().last().innerText(), patience).toContain(people.ruiUser);
    // What was written stays.
    await expect.poll(() => dialog().getByRole("textbox", { name: "Why?" }).inputValue()).toBe("both are hers");
    const two = { apart: { a: `user_id:${people.anaUser}`, b: `loyalty_card:${people.card}` }, reason: "they are two" };
    expect((await site.reads.request("POST", "/api/identity/corrections", two)).status).toBe(200);
    await button("Merge").click();
    await dialog()
      .getByText(/keeps these two people apart/)
      .waitFor();
    await page.keyboard.press("Escape");
  });

  test("people who share a home are named, and lead to each other", async () => {
    await openAna();
    const panel = page.getByRole("region", { name: "Household" });
    await panel.getByText(`${people.street}, BS1 4DJ, Bristol`).waitFor();
    await expect.poll(() => panel.innerText()).toMatch(/shares the address/);
    await panel.getByRole("link", { name: people.rui }).click();
    await heading(people.rui).waitFor();
    const id = await anaId();
    const household = await site.reads.value(`SELECT count(*) FROM households WHERE profile_id = '${id}'`);
    expect(household).toBe(1);
    await page.goto(`${site.url}/customers/${(await anaOfTheCard()).id}`);
    await page.getByText("Shares no home that is known").waitFor();
  });

  test.each<Width>(["wide", "phone"])(
    "%s: the dialog and the list are readable, reachable and whole, in light and dark",
    async (width) => {
      await openAna(width);
      await previewMerge();
      expect(await faultsOfLook(page)).toEqual([]);
      if (width === "phone") {
        const small = await dialog()
          .locator("button, input, textarea")
          .evaluateAll((all) => all.map((each) => each.getBoundingClientRect().height).filter((high) => high < 43.5));
        expect(small).toEqual([]);
      }
      await say("both are hers", "Merge");
      expect(await faultsOfLook(page)).toEqual([]);
      await page.goto(`${site.url}/corrections`);
      await page.getByTestId("correction").first().waitFor();
      expect(await faultsOfLook(page)).toEqual([]);
    },
  );
});
