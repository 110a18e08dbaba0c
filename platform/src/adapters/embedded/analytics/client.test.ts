import { Buffer } from "node:buffer";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { accepted, foldingHarness, homeCurrency, stored } from "../../../../test/pipelineHarness.ts";
import { defaultIdentityRules, identifierOrder } from "../../../identity/index.ts";
import type { AcceptedEvent } from "../../../model/event.ts";
import { openEventLog } from "../eventLog/writer.ts";
import { type EmbeddedAnalytics, maxWaitingQueries, startAnalytics } from "./client.ts";
import { temporaryDirectory } from "./followedFakes.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Would run for hours. */
const longSql = "SELECT sum(a.x * b.x) FROM range(1000000) a(x), range(1000000) b(x) WHERE hash(a.x + b.x) > 5";

/** The real log, the real decided state and the real thread over both. */
async function platform() {
  const directory = temporaryDirectory();
  cleanups.push(directory.remove);
  const folding = await foldingHarness();
  cleanups.push(() => folding.close());
  const logDirectory = join(directory.path, "log");
  const log = await openEventLog({ directory: logDirectory });
  cleanups.push(() => log.close());
  const start = async (): Promise<EmbeddedAnalytics> => {
    const analytics = await startAnalytics({
      directory: join(directory.path, "analytics"),
      logDirectory,
      stateFile: folding.file,
      hashKey: Buffer.alloc(32, 7),
      identifierOrder: identifierOrder(defaultIdentityRules),
      homeCurrency,
    });
    cleanups.push(() => analytics.close());
    return analytics;
  };
  const deliver = async (events: AcceptedEvent[]) => {
    await log.append(events.map((event) => stored(event, 0)));
    await folding.deliver(events);
    return log.end();
  };
  return { start, deliver, folding, directory: directory.path };
}

describe("the analytics thread", () => {
  test("follows the real log and decided state: orders, profiles, timelines, after a restart too", async () => {
    const { start, deliver, folding, directory } = await platform();
    const first = await start();
    const order = accepted({
      messageId: "o1",
      event: "Order Completed",
      identifiers: ["email:ada@example.com", "user_id:u1"],
      body: {
        type: "track",
        event: "Order Completed",
        properties: { order_id: "1", currency: "GBP", total: 12.5, products: [{ sku: "S", price: 12.5, quantity: 1 }] },
      },
    });
    await deliver([order, order, accepted({ messageId: "v1", identifiers: ["user_id:u1"] })]);
    first.advance("idle");
    await first.caughtUp();
    const sql =
      "SELECT (SELECT count(*) FROM events), o.net_minor, p.revenue_minor FROM orders o JOIN profiles p USING (profile_id)";
    expect((await first.query(sql, 10)).rows).toEqual([[2, 1_250, 1_250]]);
    const profile = await folding.profile("user_id", "u1");
    expect((await first.query("SELECT DISTINCT profile_id FROM events", 10)).rows).toEqual([[profile?.id]]);
    await first.close();
    await deliver([accepted({ messageId: "v2", identifiers: ["user_id:u1"] })]);
    const second = await start();
    await second.caughtUp();
    expect((await second.query(sql, 10)).rows).toEqual([[3, 1_250, 1_250]]);
    const fragments = [stored(order, 0).fragment];
    expect((await second.timeline({ fragments, limit: 5 })).items.map(({ messageId }) => messageId)).toEqual(["o1"]);
    await second.close();
    for (const name of ["analytics.duckdb", "analytics.duckdb.wal"]) {
      rmSync(join(directory, "analytics", name), { force: true });
    }
    const rebuilt = await start();
    await rebuilt.caughtUp();
    expect((await rebuilt.query(sql, 10)).rows).toEqual([[3, 1_250, 1_250]]);
  });

  test("keeps a problem's code, status and hint on the way between threads", async () => {
    const analytics = await (await platform()).start();
    await expect(analytics.query("SELECT getenv('HOME')", 1)).rejects.toMatchObject({
      name: "Problem",
      code: "query_refused",
      status: 422,
      field: "sql",
      hint: expect.any(String) as string,
    });
  });

  test("Promise 9: more waiting queries than the bound are told to come back", async () => {
    const analytics = await (await platform()).start();
    const asked = Array.from({ length: maxWaitingQueries + 5 }, () => analytics.query("SELECT 1", 1));
    const outcomes = await Promise.allSettled(asked);
    const refused = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(refused).toHaveLength(5);
    expect(refused[0]?.reason).toMatchObject({ status: 503, code: "analytics_busy", retryAfterSeconds: 2 });
  });

  test("a cancelled query stops and gives its place up at once; others go on", async () => {
    const analytics = await (await platform()).start();
    const controllers = Array.from({ length: maxWaitingQueries }, () => new AbortController());
    const asked = controllers.map(({ signal }) => analytics.query(longSql, 1, signal).catch((error: unknown) => error));
    await new Promise((resolve) => setTimeout(resolve, 300));
    await expect(analytics.query("SELECT 1", 1)).rejects.toMatchObject({ code: "analytics_busy" });
    const startedAt = performance.now();
    for (const controller of controllers) controller.abort();
    const next = analytics.query("SELECT 41 + 1", 1);
    for (const outcome of await Promise.all(asked)) expect(outcome).toMatchObject({ code: "query_cancelled" });
    expect((await next).rows).toEqual([[42]]);
    // Ten seconds each, if they went on.
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(process.cpuUsage(before).user).toBeLessThan(250_000);
    await expect(analytics.query("SELECT 1", 1, AbortSignal.abort())).rejects.toMatchObject({ status: 499 });
  });

  test("whenever queries are cancelled, each other one has its own answer", async () => {
    const analytics = await (await platform()).start();
    const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    for (let round = 0; round < 60; round++) {
      const controller = new AbortController();
      const short = `SELECT sum(x) + ${round} FROM range(${200_000 + round}) a(x) WHERE hash(x) <> 7`;
      const leaving = analytics.query(round % 2 === 0 ? longSql : short, 1, controller.signal).catch(() => "left");
      const staying = analytics.query(`SELECT ${round}`, 1);
      await wait(round % 12);
      controller.abort();
      const timeline = analytics.timeline({ fragments: ["f".repeat(16)], limit: 5 });
      expect((await staying).rows).toEqual([[round]]);
      expect((await timeline).items).toEqual([]);
      if (round % 2 === 0) expect(await leaving).toBe("left");
    }
  });

  test("closing while a long query runs takes no longer than a moment", async () => {
    const analytics = await (await platform()).start();
    const long = analytics.query(longSql, 1).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const startedAt = performance.now();
    await analytics.close();
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(await long).toMatchObject({ status: 503 });
    await expect(analytics.status()).rejects.toMatchObject({ status: 503 });
  });
});
