import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keepAliveAgent, postBody } from "./senders.ts";
import { openSite, type Served, type Site, writeKey } from "./server.ts";

const hotProfiles = 10;
const clients = 100;
const eventsPerClient = 1_000;
const batchEvents = 100;
const signIns = 1_000;
const signInsAtOnce = 25;

let site: Site;
let server: Served;
beforeEach(async () => {
  site = await openSite();
  server = await site.start();
});
afterEach(() => site.close());

async function send(calls: readonly object[], agent: ReturnType<typeof keepAliveAgent>): Promise<void> {
  const answer = await postBody(`${site.url}/v1/batch`, JSON.stringify({ batch: calls }), writeKey, agent);
  expect(answer?.status).toBe(200);
}

describe("many at once", () => {
  it("Promise 2: what hundred clients count on ten hot customers is exact, though every other sends what another has sent", async () => {
    const events = (client: number, from: number) =>
      Array.from({ length: batchEvents }, (_, n) => ({
        type: "track",
        event: "Order Completed",
        userId: `hot-${(from + n) % hotProfiles}`,
        messageId: `burst:${client}:${from + n}`,
        properties: { order_id: `o-${client}-${from + n}`, total: 1.25, currency: "GBP" },
      }));
    // Two clients send the same at the same time: clients 2n and 2n + 1.
    await Promise.all(
      Array.from({ length: clients }, async (_, client) => {
        const agent = keepAliveAgent();
        for (let from = 0; from < eventsPerClient; from += batchEvents) await send(events(client >> 1, from), agent);
        agent.destroy();
      }),
    );
    await site.reads.settled();
    const distinct = (clients / 2) * eventsPerClient;
    const sums = "select count(*), sum(event_count), sum(order_count), sum(revenue_minor) from profiles";
    expect(await site.reads.query(sums)).toEqual([[hotProfiles, distinct, distinct, distinct * 125]]);
    const each = "select distinct event_count, order_count, revenue_minor from profiles";
    const share = distinct / hotProfiles;
    expect(await site.reads.query(each)).toEqual([[share, share, share * 125]]);
    expect(await site.reads.value("select count(*) from events")).toBe(distinct);
    expect((await server.stop()).code).toBe(0);
    expect(await site.verb(["rebuild", "--verify"])).toMatchObject({ code: 0, stderr: "" });
  });

  it("Promise 5: two first sign-ins with one e-mail address at once are one person, a thousand times", async () => {
    const agents = Array.from({ length: signInsAtOnce * 2 }, keepAliveAgent);
    const signIn = (n: number, where: "web" | "app") => ({
      type: "identify",
      ...(where === "web" ? { userId: `user-${n}` } : {}),
      anonymousId: `${where}-${n}`,
      messageId: `${where}:${n}`,
      traits: { email: `Person.${n}@Example.com` },
    });
    for (let from = 0; from < signIns; from += signInsAtOnce) {
      await Promise.all(
        agents.map((agent, at) => send([signIn(from + (at >> 1), at % 2 === 0 ? "web" : "app")], agent)),
      );
    }
    for (const agent of agents) agent.destroy();
    await site.reads.settled();
    expect(await site.reads.value("select count(*) from profiles")).toBe(signIns);
    const identifiers = `select type, count(*), count(distinct profile_id) from identifiers group by type order by type`;
    expect(await site.reads.query(identifiers)).toEqual([
      ["anonymous_id", signIns * 2, signIns],
      ["email", signIns, signIns],
      ["user_id", signIns, signIns],
    ]);
    const apart = `select count(*) from (select profile_id from identifiers group by profile_id
      having count(*) <> 4 or count(distinct regexp_extract(lower(value), '[0-9]+')) <> 1)`;
    expect(await site.reads.value(apart)).toBe(0);
  });
});
