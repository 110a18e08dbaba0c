import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSite, type Site } from "./server.ts";

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(async () => {
  await site.close();
});

const retailer = ["simulate", "--customers", "100", "--seed", "11", "--days", "60", "--end", "2026-03-01"];

describe("a simulated retailer, by the real command line", () => {
  it("is the same bytes twice, whatever the locale and the time zone", async () => {
    const places = [
      { TZ: "UTC", LANG: "C", LC_ALL: "C" },
      { TZ: "Pacific/Auckland", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" },
      { TZ: "America/St_Johns", LANG: "de_DE.UTF-8", LC_ALL: "de_DE.UTF-8" },
    ];
    const written: { calls: string; truth: string }[] = [];
    for (const [index, env] of places.entries()) {
      const [calls, truth] = [`${String(index)}.ndjson`, `${String(index)}.csv`];
      const ended = await site.verb([...retailer, "--out", calls, "--truth", truth], { env });
      expect([ended.code, ended.stdout]).toEqual([0, ""]);
      written.push({
        calls: readFileSync(join(site.folder, calls), "utf8"),
        truth: readFileSync(join(site.folder, truth), "utf8"),
      });
    }
    expect(written[0]?.calls.split("\n").length).toBeGreaterThan(1_000);
    expect(written.map(({ calls, truth }) => [calls === written[0]?.calls, truth === written[0]?.truth])).toEqual(
      places.map(() => [true, true]),
    );
    const piped = await site.verb([...retailer, "--out", "-"]);
    expect(piped.stdout === written[0]?.calls).toBe(true);
  });

  it("sent from its file and sent by itself is the same events, each once", async () => {
    await site.start();
    const flags = ["--url", site.url];
    const { stdout } = await site.verb([...retailer, ...flags, "--json"]);
    const { events } = JSON.parse(stdout) as { events: number };
    const count = async (): Promise<unknown> => {
      const sql = "SELECT count(*), count(DISTINCT message_id), count(DISTINCT source_kind) FROM events";
      const answer = await site.verb(["query", sql, "--json", ...flags]);
      return (JSON.parse(answer.stdout) as { rows: unknown[][] }).rows[0];
    };
    expect(await count()).toEqual([events, events, 7]);
    const again = await site.verb(["send", "0.ndjson", ...flags, "--json"], { env: { C360_WRITE_KEY: "" } });
    expect(JSON.parse(again.stdout)).toMatchObject({ accepted: events, rejected: 0 });
    expect(await count()).toEqual([events, events, 7]);
  });
});
