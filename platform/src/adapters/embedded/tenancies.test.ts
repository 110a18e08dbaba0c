import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import {
  accepted,
  foldingHarness,
  hash,
  homeCurrency,
  published,
  stored,
  type Folding,
} from "../../../test/pipelineHarness.ts";
import { runs } from "../../../test/runs.ts";
import type { StoredRecord } from "../../buffer/eventBuffer.ts";
import { defaultIdentityRules, type IdentityRules } from "../../identity/index.ts";
import { expectedPeople, sharedEvents } from "../../ingestion/tenancyWorld.fake.ts";
import type { LogRecord } from "../../model/event.ts";
import { openAnalytics, type AnalyticsCore } from "./analytics/core.ts";
import { temporaryDirectory } from "./analytics/followedFakes.ts";
import { openDecided } from "./decided.ts";
import { peopleOver } from "./state/people.ts";
import { openStateReader } from "./state/schema.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Followed {
  one: Folding;
  core: AnalyticsCore;
  deliver(records: readonly LogRecord[]): Promise<void>;
}

async function followed(): Promise<Followed> {
  const one = await foldingHarness();
  const log: StoredRecord[] = [];
  const directory = temporaryDirectory();
  const core = await openAnalytics({
    homeCurrency,
    directory: directory.path,
    log: {
      read: async (from, until) => ({ records: log.slice(from, until), next: Math.min(until, log.length) }),
      at: async (position) => log[position] ?? null,
      close: async () => undefined,
    },
    decided: openDecided({ file: one.file, hash, homeCurrency }),
    now: () => 0,
  });
  cleanups.push(
    directory.remove,
    () => one.close(),
    () => core.close().catch(() => undefined),
  );
  const deliver = async (records: readonly LogRecord[]): Promise<void> => {
    for (const record of records) log.push(stored(record, log.length));
    await one.deliver(records);
    await core.caughtUp();
  };
  return { one, core, deliver };
}

/** Whose each event, order and timeline is by the followers and reads, and by the oracle. */
async function owners({ one, core }: Followed, events: readonly LogRecord[], rules?: IdentityRules) {
  const people = expectedPeople(events, rules);
  const told = await core.query("SELECT message_id, profile_id FROM events", 1_000);
  const orders = await core.query(
    "SELECT profile_id, count(*)::INTEGER FROM orders WHERE profile_id IS NOT NULL GROUP BY ALL",
    1_000,
  );
  const ordered = people.profiles.filter(({ computed }) => computed.orderCount > 0);
  const [timelines, fates] = [new Map<string, string>(), new Map<string, string | null>()];
  const reader = openStateReader(one.file);
  try {
    const reads = peopleOver(reader, hash);
    for (const { id } of people.profiles) {
      const { items } = await core.timeline({ fragments: (await reads.fragmentsOf(id)) ?? [], limit: 100 });
      for (const { messageId } of items) timelines.set(messageId, id);
    }
    for (const event of events) {
      if (event.status !== "accepted") continue;
      const { fragment } = stored(event, 0);
      fates.set(event.messageId, await reads.profileIdOfFragment(fragment, event.occurredAt));
    }
  } finally {
    reader.close();
  }
  const wanted = lines([...people.owners]);
  return {
    given: {
      sql: lines(told.rows),
      timelines: lines([...timelines]),
      fates: lines([...fates]),
      orders: lines(orders.rows),
    },
    wanted: {
      sql: wanted,
      timelines: lines([...people.owners].filter(([, owner]) => owner !== null)),
      fates: wanted,
      orders: lines(ordered.map(({ id, computed }) => [id, computed.orderCount])),
    },
  };
}

function lines(rows: readonly (readonly unknown[])[]): string[] {
  return rows.map((row) => row.join(" ")).toSorted();
}

const start = Date.UTC(2026, 0, 1);
let made = 0;
const seen = (hour: number, ...identifiers: string[]) =>
  accepted({ messageId: `t${(made += 1)}`, identifiers, occurredAt: start + hour * 3_600_000 });

const own: IdentityRules = { ...defaultIdentityRules, tenancies: { anonymousEvents: "own_person", logoutEvents: [] } };

describe("Identity property 8: devices of which many change hands at once", () => {
  it("followers have heard of each, whichever is looked at first", async () => {
    const devices = Array.from({ length: 24 }, (_, n) => `device_id:d${String(n).padStart(2, "0")}`);
    const list = devices.flatMap((device, n) => [
      seen(1, device, `user_id:u${n}`),
      seen(5, device, `user_id:v${n}`),
      ...[0, 3, 9].map((hour) => seen(hour, device)),
      // Whose it is the surer device says, which is looked at with others.
      ...[0, 3, 9].map((hour) => seen(hour, device, devices[(n + 13) % devices.length] ?? "")),
    ]);
    const all = await followed();
    await all.deliver(list);
    for (const [index, rules] of [own, defaultIdentityRules].entries()) {
      await all.deliver([published(rules, index + 2)]);
      const { given, wanted } = await owners(all, list, rules);
      expect(given).toEqual(wanted);
    }
  });
});

describe("Identity property 8: followers and reads give the events of a shared device to whoever had it", () => {
  it("SQL, timelines, orders and fates, as events come late, and by other rules", async () => {
    await fc.assert(
      fc.asyncProperty(sharedEvents, fc.nat(24), async (events, place) => {
        const agree = async (...of: Parameters<typeof owners>) => {
          const { given, wanted } = await owners(...of);
          expect(given).toEqual(wanted);
        };
        const all = await followed();
        await all.deliver(events.slice(0, place));
        await agree(all, events.slice(0, place));
        for (let from = place; from < events.length; from += 8) await all.deliver(events.slice(from, from + 8));
        await agree(all, events);
        await all.deliver([published(own, 2)]);
        await agree(all, events, own);
        await all.deliver([published(defaultIdentityRules, 3)]);
        await agree(all, events);
        for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
      }),
      { numRuns: runs(3) },
    );
  });
});
