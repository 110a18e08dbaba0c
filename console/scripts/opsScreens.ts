import { failing, loading, refusing, type Screen } from "./screen.ts";

const data = "**/api/operations";

const tiers = [
  { name: "log", files: 15, bytes: 1_006_632_960, records: 1_204_311, bytesPerMillionRecords: 835_858_043 },
  { name: "archive", files: 214, bytes: 1_431_655_765, records: 17_181_203, bytesPerMillionRecords: 83_326_864 },
  { name: "lake", files: 96, bytes: 1_204_311_000, records: 18_002_117, bytesPerMillionRecords: 66_898_298 },
];

/** Operations in each of its states. */
export const opsScreens: readonly Screen[] = [
  { name: "ops", path: "/ops", prepare: (page) => page.getByText("Event log").waitFor() },
  {
    name: "ops-trouble",
    path: "/ops",
    prepare: async (page) => {
      await page.route(data, async (route) => {
        const answer = (await (await route.fetch()).json()) as { consumers: object[]; now: string };
        const advice = [
          {
            code: "disk_low",
            severity: "trouble",
            message:
              "0.8 GiB are left on the disk of the data directory, which last less than a day at yesterday's rate.",
            hint: "Make room, or move the data directory to a larger disk (stop, copy, start with C360_DATA_DIR).",
          },
          {
            code: "sql_behind",
            severity: "attention",
            message: "SQL and timelines are 25 minutes behind: 1,204,311 changes wait.",
            hint: "It catches up by itself, after deciding. Answers say how old they are (asOf).",
          },
        ];
        const [ingestion, sql, ...others] = answer.consumers;
        const behind = { ...sql, state: "behind", lagSeconds: 1_500, waiting: 1_204_311 };
        const retries = [{ at: answer.now, message: "analytics: following failed (3 in a row): Error ENOSPC" }];
        const changed = { state: "trouble", advice, consumers: [ingestion, behind, ...others], retries };
        await route.fulfill({ json: { ...answer, ...changed } });
      });
      await page.reload();
      await page.getByText("25 minutes behind").waitFor();
    },
  },
  {
    name: "ops-tiers",
    path: "/ops",
    prepare: async (page) => {
      await page.route(data, async (route) => {
        const answer = (await (await route.fetch()).json()) as { disk: object };
        await route.fulfill({ json: { ...answer, disk: { ...answer.disk, tiers } } });
      });
      await page.reload();
      await page.getByText("as they came").scrollIntoViewIfNeeded();
    },
  },
  { name: "ops-loading", path: "/ops", prepare: (page) => loading(page, data) },
  { name: "ops-error", path: "/ops", prepare: (page) => failing(page, data) },
  { name: "ops-no-access", path: "/ops", prepare: (page) => refusing(page, data) },
];
