import { rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { until } from "./polling.ts";
import { randomFrom } from "./senders.ts";
import { openSite, type Site } from "./server.ts";

const people = 12_000;
const callsAtOnce = 1_000;
const kills = 5;

let site: Site;
beforeEach(async () => {
  site = await openSite();
});
afterEach(() => site.close());

const tables = [
  "select count(*), count(profile_id), count(distinct profile_id) from events",
  "select count(*), sum(event_count), sum(order_count), sum(revenue_minor), max(profile_id) from profiles",
  "select count(*), count(distinct profile_id), md5(string_agg(type || value, ',' order by type, value)) from identifiers",
  "select count(*), count(distinct profile_id), sum(net_minor) from orders",
  "select count(*), sum(quantity), sum(value_minor) from order_lines",
];

async function everything(): Promise<unknown[]> {
  await site.reads.settled();
  const answers: unknown[] = [];
  for (const sql of tables) answers.push(await site.reads.query(sql));
  return answers;
}

async function shop(from: number, until: number): Promise<void> {
  for (let at = from; at < until; at += callsAtOnce) {
    const calls = Array.from({ length: Math.min(callsAtOnce, until - at) }, (_, nth) => ({
      type: "track",
      userId: `u${at + nth}`,
      anonymousId: `a${at + nth}`,
      messageId: `m${at + nth}`,
      event: "Order Completed",
      properties: {
        order_id: `o${at + nth}`,
        currency: "GBP",
        total: 3,
        products: [{ sku: "s", price: 3, quantity: 1 }],
      },
    }));
    await site.reads.import("default", calls);
  }
}

/** The platform is stopped: all entries of the feed that are there go, as after weeks. */
function pruneFeed(): void {
  const database = new DatabaseSync(join(site.dataDir, "state.sqlite"));
  expect(database.prepare("DELETE FROM feed").run().changes).toBeGreaterThan(0);
  database.close();
}

describe("analytics", () => {
  it("that was removed is whole again, with a pruned feed and kills in the middle of the copy", async () => {
    const first = await site.start();
    await shop(0, people);
    const before = await everything();
    expect(before[3]).toEqual([[people, people, people * 300]]);
    expect((await first.stop()).code).toBe(0);
    pruneFeed();
    rmSync(join(site.dataDir, "analytics"), { recursive: true });

    const random = randomFrom(7);
    for (let killed = 0; killed < kills; killed++) {
      const server = await site.start();
      const copied = async (): Promise<number> => Number(await site.reads.value("select count(*) from profiles"));
      if (killed === 0) {
        await until("a part is copied", 60_000, async () => (await copied()) > 0);
        expect(await copied()).toBeLessThan(people);
      } else await sleep(random() * 1_500);
      await server.kill();
    }
    const last = await site.start();
    const partly = await site.reads.status();
    expect(await everything()).toEqual(before);
    expect(partly.asOf < (await site.reads.status()).asOf).toBe(true);
    // And it goes on from the feed.
    await shop(people, people + 100);
    await until("the new orders", 60_000, async () => (await everything())[3] !== before[3]);
    expect((await everything())[3]).toEqual([[people + 100, people + 100, (people + 100) * 300]]);
    expect((await last.stop()).code).toBe(0);
  });

  it("follows a state that was folded anew, though its own rows are from the one before", async () => {
    const first = await site.start();
    await shop(0, 500);
    const before = await everything();
    expect((await first.stop()).code).toBe(0);
    for (const suffix of ["", "-wal", "-shm"]) rmSync(join(site.dataDir, `state.sqlite${suffix}`), { force: true });
    const second = await site.start();
    expect(await everything()).toEqual(before);
    expect((await second.stop()).code).toBe(0);
  });
});
