import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sourceKinds } from "../../src/model/source.ts";
import type { RetailerPlan } from "../../src/simulator/persona.ts";
import { withBadCalls } from "../../src/simulator/badCalls.ts";
import { inLiveOrder } from "../../src/simulator/liveDay.ts";
import { openRetailer } from "../../src/simulator/retailer.ts";
import type { SimulatedCall } from "../../src/simulator/scene.ts";
import { until } from "./polling.ts";
import { apiToken, openSite, type Served, type Site } from "./server.ts";

const dayMs = 86_400_000;
const maxHistoryMs = 60_000;

let site: Site;
beforeEach(async () => {
  site = await openSite();
});
afterEach(async () => {
  await site.close();
});

function demo(customers: number, months: number): Served {
  const size = ["--customers", String(customers), "--months", String(months), "--rate", "40"];
  return site.launchVerb(["demo", ...size, "--data-dir", site.dataDir, "--no-open"]);
}

async function api<Answer>(path: string, body?: unknown, token = apiToken): Promise<Answer> {
  const response = await fetch(`${site.url}${path}`, {
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
  });
  return (await response.json()) as Answer;
}

async function ask(sql: string, token = apiToken): Promise<(string | number)[][]> {
  return (await api<{ rows: (string | number)[][] }>("/api/query", { sql, limit: 10_000 }, token)).rows;
}

interface State {
  plan: RetailerPlan;
  historyDay: number;
  liveDay: number;
  liveCalls: number;
}
const stateFile = (): string => join(site.dataDir, "demo.json");
const state = (): State => JSON.parse(readFileSync(stateFile(), "utf8")) as State;

/** Events of the history, all and distinct, and of those that came live; without what was refused and then corrected. */
async function counts(): Promise<{ history: number; distinct: number; live: number; liveDistinct: number }> {
  const { plan } = state();
  const end = new Date(plan.startMs + plan.days * dayMs).toISOString();
  const isHistory = `occurred_at < TIMESTAMPTZ '${end}'`;
  const [row = []] = await ask(
    `SELECT count(*) FILTER (${isHistory}), count(DISTINCT message_id) FILTER (${isHistory}),
      count(*) FILTER (NOT ${isHistory}), count(DISTINCT message_id) FILTER (NOT ${isHistory})
      FROM events WHERE message_id NOT LIKE '%-bad'`,
  );
  const [history = 0, distinct = 0, live = 0, liveDistinct = 0] = row.map(Number);
  return { history, distinct, live, liveDistinct };
}

const idOf = ({ call }: SimulatedCall): string => call["messageId"] as string;
const isBad = (call: SimulatedCall): boolean => idOf(call).endsWith("-bad");

function historyOf(plan: RetailerPlan): SimulatedCall[] {
  const retailer = withBadCalls(openRetailer(plan));
  return Array.from({ length: plan.days }, (_, day) => retailer.day(day)).flat();
}

function eventsOf(plan: RetailerPlan): number {
  return historyOf(plan).filter((call) => !isBad(call)).length;
}

/** What was given out live until the state, in its order. */
function liveOf({ plan, liveDay, liveCalls }: State): SimulatedCall[] {
  const retailer = withBadCalls(openRetailer(plan, plan.days));
  const days = Array.from({ length: liveDay - plan.days + 1 }, (_, at) => plan.days + at);
  return days.flatMap((day) => {
    const calls = inLiveOrder(plan, day, retailer.day(day));
    return day === liveDay ? calls.slice(0, liveCalls) : calls;
  });
}

interface Refused {
  items: { messageId: string; source: string; reason: string; event: Record<string, unknown> }[];
  next: string | null;
}

async function refused(): Promise<Refused["items"]> {
  const items: Refused["items"] = [];
  for (let after: string | null = ""; after !== null;) {
    const page: Refused = await api(`/api/rejections?limit=100${after === "" ? "" : `&after=${after}`}`);
    items.push(...page.items);
    after = page.next;
  }
  return items;
}

/** Everything of the history is processed and in SQL. */
async function historyIsWhole(): Promise<void> {
  const expected = eventsOf(state().plan);
  await until("the whole history", maxHistoryMs, async () => (await counts()).history >= expected);
  expect(await counts()).toMatchObject({ history: expected, distinct: expected });
}

describe("the demo", () => {
  it("shows live customers of all seven kinds, stops at Ctrl-C, and goes on where it was", async () => {
    const first = demo(400, 2);
    await first.ready();
    const [, address = "", token = ""] = await until("the address", maxHistoryMs, () =>
      /(http:\S+)\/#token=(\S+)/.exec(first.stdout()),
    );
    expect(address).toBe(site.url);
    expect((await ask("SELECT 1", token))[0]).toEqual([1]);
    // What may sign in is for the owner alone.
    expect(statSync(stateFile()).mode & 0o777).toBe(0o600);
    await until("all seven kinds, live", maxHistoryMs, async () => {
      const kinds = await ask(
        "SELECT DISTINCT source_kind FROM events WHERE occurred_at > received_at - INTERVAL 5 SECOND",
      );
      return kinds.length === 7;
    });
    await historyIsWhole();
    await until("the last word on the history", maxHistoryMs, () => first.stdout().includes("The history is in"));
    const tryThis = first.stdout().slice(first.stdout().indexOf("Try this"), first.stdout().indexOf("Data:"));
    await suggestionsWork(tryThis);
    await sourcesAreTheSeven();
    await refusalsCanBeMended();
    const ended = await first.stop();
    expect([ended.code, ended.stderr]).toEqual([0, ""]);

    const before = state();
    // The call of the suggestions is there beside those of the plan.
    const own = 1;
    const second = demo(999, 9);
    await second.ready();
    const { live } = await counts();
    await until("more live events", maxHistoryMs, async () => (await counts()).live > live + 40);
    await historyIsWhole();
    const after = await counts();
    expect(after.liveDistinct).toBe(after.live);
    expect(state().plan).toEqual(before.plan);
    expect(second.stdout()).toContain(tryThis);
    expect(second.stdout()).toContain("The history is there from last time.");
    expect(second.stdout()).toContain(`#token=${token}`);
    expect((await second.stop()).code).toBe(0);

    // Nothing was left out between the two, and nothing begun anew.
    const calls = liveOf(state());
    expect(calls.length).toBeGreaterThan(liveOf(before).length);
    const good = calls.filter((call) => !isBad(call));
    expect(after.live).toBeLessThanOrEqual(good.length + own + mended);
    const third = demo(400, 2);
    await third.ready();
    const end = new Date(before.plan.startMs + before.plan.days * dayMs).toISOString();
    const missing = async (): Promise<string[]> => {
      const rows = await ask(`SELECT message_id FROM events WHERE occurred_at >= TIMESTAMPTZ '${end}'`);
      const seen = new Set(rows.map(([id]) => id));
      return good.map(idOf).filter((id) => !seen.has(id));
    };
    // SQL follows what was decided just before the stop once the demo runs again.
    await until("all that was sent before the stop", maxHistoryMs, async () => (await missing()).length === 0);
    expect((await third.stop()).code).toBe(0);
  });

  async function sourcesAreTheSeven(): Promise<void> {
    const { items } = await api<{ items: { id: string; kind: string }[] }>("/api/sources");
    expect(items.map(({ id }) => id).toSorted()).toEqual(sourceKinds.toSorted());
  }

  /** How many it corrected. */
  const mended = 1;

  async function refusalsCanBeMended(): Promise<void> {
    const { plan } = state();
    const ids = historyOf(plan).filter(isBad).map(idOf);
    expect(ids.length).toBeGreaterThan(0);
    const isNameless = ({ source, event }: Refused["items"][number]): boolean =>
      source === "web" && event["event"] === "";
    await until("an event of the web shop without its name", maxHistoryMs, async () =>
      (await refused()).some(isNameless),
    );
    const items = await refused();
    expect(items.map(({ messageId }) => messageId)).toEqual(expect.arrayContaining(ids));
    expect(new Set(items.map(({ messageId }) => messageId)).size).toBe(items.length);
    const wrong = items.find(isNameless);
    const path = `/api/events/${wrong?.messageId ?? ""}/replay?source=web`;
    expect(await api(path, { ...wrong?.event, event: "Product Viewed" })).toMatchObject({ fate: "processed" });
  }

  async function suggestionsWork(said: string): Promise<void> {
    const [, email = ""] = /c360 profile email (\S+)/.exec(said) ?? [];
    const profile = await site.verb(["profile", "email", email, "--url", site.url, "--json"]);
    // Most of the seven, as it says; in two months, few people get to meet more.
    expect((JSON.parse(profile.stdout) as { sources: string[] }).sources.length).toBeGreaterThan(3);
    const [, a = "", b = ""] = /c360 why (\S+) (\S+)/.exec(said) ?? [];
    expect((await site.verb(["why", a, b, "--url", site.url])).stdout).toContain("the same person");
    const [, sql = ""] = /c360 query "([^"]+)"/.exec(said) ?? [];
    expect((await ask(sql)).map(([channel]) => channel)).toEqual(expect.arrayContaining(["store", "web"]));
    const [, given = "", family = ""] = /\(it is (\S+) (\S+)\)/.exec(said) ?? [];
    const [[found] = []] = await ask(
      `SELECT count(*) FROM profiles WHERE traits ILIKE '%${family}%' AND traits ILIKE '%${given}%'`,
    );
    expect(Number(found)).toBeGreaterThan(0);
    const [, curlUrl = "", key = "", event = ""] = /curl -sS (\S+) -u (\S+): .* -d '([^']+)'/.exec(said) ?? [];
    const authorization = `Basic ${Buffer.from(`${key}:`).toString("base64")}`;
    expect((await fetch(curlUrl, { method: "POST", headers: { authorization }, body: event })).status).toBe(200);
  }

  it("finishes a history that was killed in its midst, each event once", async () => {
    const first = demo(1_500, 3);
    await first.ready();
    const part = await until("some of the history", maxHistoryMs, () => {
      if (!existsSync(stateFile())) return null;
      const { historyDay, plan } = state();
      return historyDay > 0 && historyDay < plan.days ? historyDay : null;
    });
    await first.kill();
    expect(state().historyDay).toBeGreaterThanOrEqual(part);
    expect(state().historyDay).toBeLessThan(state().plan.days);
    const second = demo(1_500, 3);
    await second.ready();
    await historyIsWhole();
    expect((await second.stop()).code).toBe(0);
  });
});
