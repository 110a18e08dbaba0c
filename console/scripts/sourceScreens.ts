import { failing, loading, refusing, type Screen } from "./screen.ts";

const list = "**/api/sources*";

/** Sources and one source, each in its states. */
export const sourceScreens: readonly Screen[] = [
  { name: "sources", path: "/sources", prepare: (page) => page.getByRole("link", { name: "Web shop" }).waitFor() },
  { name: "sources-loading", path: "/sources", prepare: (page) => loading(page, list) },
  {
    name: "sources-empty",
    path: "/sources",
    prepare: async (page) => {
      await page.route(list, (route) => route.fulfill({ json: { items: [], next: null } }));
      await page.reload();
      await page.getByText("No sources yet").waitFor();
    },
  },
  { name: "sources-error", path: "/sources", prepare: (page) => failing(page, list) },
  { name: "sources-no-access", path: "/sources", prepare: (page) => refusing(page, list) },
  {
    name: "sources-create",
    path: "/sources",
    prepare: async (page) => {
      await page.getByRole("button", { name: "New source" }).click();
      await page.getByLabel("Name").fill("Loja do Porto – Santa Catarina");
    },
  },
  {
    name: "source-waiting",
    path: "/sources/till-lisbon",
    prepare: (page) => page.getByText("Waiting for the first event").waitFor(),
  },
  {
    name: "source",
    path: "/sources/web",
    prepare: (page) => page.getByRole("cell", { name: "Product Viewed" }).first().waitFor(),
  },
  {
    name: "source-error",
    path: "/sources/web",
    prepare: (page) => failing(page, "**/api/{sources,query}*"),
  },
  { name: "source-loading", path: "/sources/web", prepare: (page) => loading(page, "**/api/{sources,query}*") },
  { name: "source-no-access", path: "/sources/web", prepare: (page) => refusing(page, "**/api/{sources,query}*") },
  {
    name: "source-disable",
    path: "/sources/web",
    prepare: async (page) => {
      await page.getByRole("button", { name: "Disable" }).click();
      await page.getByRole("dialog").getByText("refused with a 404").waitFor();
    },
  },
  {
    name: "source-missing",
    path: "/sources/none",
    prepare: (page) => page.getByText("There is no such source").first().waitFor(),
  },
  {
    name: "source-new",
    path: "/sources",
    prepare: async (page) => {
      await page.getByRole("button", { name: "New source" }).click();
      await page.getByLabel("Name").fill(`Loja de Braga ${Date.now() % 100_000}`);
      await page.getByRole("button", { name: "Create" }).click();
      await page.getByTestId("write-key").waitFor();
    },
  },
];
