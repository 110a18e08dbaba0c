import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { openPlatform } from "../../platform/src/runtime/embedded.ts";
import { readSettings } from "../../platform/src/runtime/settings.ts";
import { historyOf } from "./lakeSize/historyEvent.ts";
import type { LakeResults } from "./lakeSize/lakeReport.ts";
import { madeIn } from "./lakeSize/making.ts";

const directory = mkdtempSync(join(tmpdir(), "c360-lake-size-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const [data, json] = [join(directory, "data"), join(directory, "results.json")];

function bench(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const program = join(import.meta.dirname, "lakeSize.ts");
  return promisify(execFile)(process.execPath, [program, "--json", json, ...args], { maxBuffer: 1 << 24 });
}

/** By event name: how many, and of how many customers. */
type Shares = Record<string, { events: number; customers: number; revenue: number }>;

function drawn(plan: Parameters<typeof historyOf>[0]): Shares {
  const history = historyOf(plan);
  const events = Array.from({ length: plan.events }, (_, n) => history.event(n));
  const shares = [...Map.groupBy(events, ({ kind }) => kind.event ?? kind.type)].map(([name, of]) => [
    name,
    {
      events: of.length,
      customers: new Set(of.map(({ customer }) => customer)).size,
      revenue: name === "Order Completed" ? of.reduce((sum, event) => sum + history.totalCents(event), 0) : 0,
    },
  ]);
  return Object.fromEntries(shares) as Shares;
}

const sharesSql = `SELECT coalesce(event, type), count(*), count(DISTINCT profile_id), coalesce(sum(revenue_minor), 0)
  FROM events GROUP BY 1`;
const ordersSql = "SELECT count(*), sum(net_minor), count(DISTINCT profile_id) FROM orders";
const linesSql = "SELECT sum(value_minor), sum(quantity) FROM order_lines";

describe("npm run bench:lake", () => {
  it("makes a directory in which SQL answers exactly what was drawn, and uses it again", async () => {
    const small = ["--events", "10000", "--customers", "150", "--dir", data];
    await bench(...small, "--make-only");
    const own = join(data, "10000-150-1");
    const plan = madeIn(own)?.plan ?? null;
    if (plan === null) throw new Error("nothing was made");
    const platform = await openPlatform(readSettings({ C360_DATA_DIR: join(own, "data"), C360_MIN_FREE_MIB: "0" }));
    const shares = drawn(plan);
    const ordered = shares["Order Completed"];
    try {
      // Profiles and orders are copied from the state by the first start.
      await platform.drained();
      const { rows } = await platform.services.analytics.query(sharesSql, 100);
      const stored = rows.map(([name, events, customers, revenue]) => [name, { events, customers, revenue }]);
      expect(Object.fromEntries(stored)).toEqual(shares);
      const orders = await platform.services.analytics.query(ordersSql, 1);
      expect(orders.rows).toEqual([[ordered?.events, ordered?.revenue, ordered?.customers]]);
      const lines = await platform.services.analytics.query(linesSql, 1);
      expect(lines.rows[0]?.[0]).toBe(ordered?.revenue);
    } finally {
      await platform.close();
    }

    const { stdout, stderr } = await bench(...small, "--seconds", "1");
    expect(stdout).toContain("weekly retention, 90 days");
    expect(stderr).not.toContain("lake made");
    const { rounds } = JSON.parse(readFileSync(json, "utf8")) as LakeResults;
    expect(rounds).toHaveLength(1);
    const [round] = rounds;
    expect(round?.timelineMs.count).toBeGreaterThan(50);
    expect(round?.load?.processedPerS).toBeGreaterThan(0);
    for (const asked of Object.values(round?.questions ?? {})) {
      expect(asked.refused).toBeNull();
      expect(asked.rows).toBeGreaterThan(0);
    }
    expect(madeIn(own)?.sent).toBe(round?.load?.events);
  });

  it("only makes, says what is wrong with an argument, and leaves nothing behind that was not to be kept", async () => {
    const kept = join(directory, "kept");
    await bench("--events", "50", "--dir", kept, "--make-only");
    expect(madeIn(join(kept, "50-1-1"))).toMatchObject({ isCopied: false, truth: { orders: expect.any(Number) } });
    await expect(bench("--events", "none")).rejects.toMatchObject({ code: 2 });
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith("c360-lake-"));
    await bench("--events", "50", "--seconds", "0");
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith("c360-lake-"))).toEqual(before);
  });
});
