import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { accepted, foldingHarness, hash, homeCurrency, type Folding } from "../../../test/pipelineHarness.ts";
import { runs } from "../../../test/runs.ts";
import type { Decision, IdentityAndProfiles } from "../../storage/identityAndProfiles.ts";
import { followedContract } from "../../storage/followedContract.ts";
import { type FeedProgress, nextFeedStep, nothingFollowed } from "../../storage/followFeed.ts";
import type { Decided } from "../../storage/followed.ts";
import type { Profile } from "../../model/profile.ts";
import { parseIdentifierKey } from "../../model/identifier.ts";
import { openDecided } from "./decided.ts";
import { stateHarness } from "./state/stateHarness.fake.ts";
import { openStateStore } from "./state/stateStore.ts";

followedContract("embedded", async () => {
  const harness = await stateHarness();
  return { ...harness, decided: () => openDecided({ file: harness.file, hash: harness.hash, homeCurrency: "GBP" }) };
});

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function decidedOver(file: string): Decided {
  const decided = openDecided({ file, hash, homeCurrency });
  cleanups.push(() => decided.close());
  return decided;
}

/** Takes steps from `from` on; a profile or order is what it reads as, by its id. */
function follow(
  decided: Decided,
  rows: Map<string, string>,
  from: FeedProgress,
  { copied = 2, maxSteps = Number.POSITIVE_INFINITY } = {},
): FeedProgress {
  let progress = from;
  for (let steps = 0; steps < maxSteps; steps++) {
    const step = nextFeedStep(decided, progress, { entries: 7, copied });
    if (step === null) break;
    if (step.startsOver) rows.clear();
    for (const { kind, id } of step.changes) {
      const read = kind === "profile" ? decided.profiles([id]).get(id) : decided.orders([id]).get(id);
      if (read === null || read === undefined) rows.delete(id);
      else rows.set(id, JSON.stringify(read));
    }
    progress = step.progress;
  }
  return progress;
}

const shopping = Array.from({ length: 40 }, (_, at) =>
  accepted({
    messageId: `m${at}`,
    event: "Order Completed",
    identifiers: [`anonymous_id:a${at % 13}`, ...(at % 3 === 0 ? [`user_id:u${at % 5}`] : [])],
    body: { properties: { order_id: `o${at % 17}`, total: at, currency: "GBP" } },
  }),
);

/** What no such change may touch. */
function apart({ identifiers, traits, consents, retiredIds, computed }: Profile, causes: ReadonlySet<string>): unknown {
  const { eventCount: _, ...fromOrders } = computed;
  const keys = identifiers.map(({ type, value }) => ({ type, value }));
  return [keys, traits, consents, retiredIds, ...(causes.has("orders") ? [] : [fromOrders])];
}

async function folded(count: number): Promise<Folding> {
  const folding = await foldingHarness();
  cleanups.push(() => folding.close());
  await folding.deliver(shopping.slice(0, count), [3]);
  return folding;
}

describe("a follower of the state file", () => {
  test("holds the same by a copy as by the feed, and what changed during the copy", async () => {
    const folding = await folded(20);
    const decided = decidedOver(folding.file);
    const byFeed = new Map<string, string>();
    let progress = follow(decided, byFeed, nothingFollowed);
    // Half of a copy, then people merge and orders change on both sides of where it is.
    const copying = new Map<string, string>();
    let half = follow(decided, copying, nothingFollowed, { maxSteps: 4 });
    expect([half.copied === null, copying.size]).toEqual([false, 8]);
    await folding.deliver(shopping.slice(20), [3]);
    progress = follow(decided, byFeed, progress);
    half = follow(decided, copying, half);
    const anew = new Map<string, string>();
    follow(decided, anew, nothingFollowed, { copied: 1_000 });
    const sorted = (rows: Map<string, string>) => [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
    expect(sorted(anew)).toEqual(sorted(byFeed));
    expect(sorted(copying)).toEqual(sorted(byFeed));
    expect(half).toEqual(progress);
    const ids = [...byFeed.keys()].filter((id) => id.startsWith("p_")).sort();
    expect(ids).toEqual((await folding.profiles()).map((profile) => profile.id));
    expect(byFeed.size - ids.length).toBe(17);
  });

  test("hears of a profile's activity just what its profile says", async () => {
    const folding = await folded(shopping.length);
    const decided = decidedOver(folding.file);
    const ids = (await folding.profiles()).map((profile) => profile.id);
    const [seen, read] = [decided.seen([...ids, "p_nobody"]), decided.profiles(ids)];
    expect(ids.length).toBeGreaterThan(5);
    expect(seen.get("p_nobody")).toBeNull();
    for (const id of ids) {
      const { profile, fragments } = read.get(id) ?? { profile: null, fragments: [] };
      const { identifiers: seenWith, ...of } = seen.get(id) ?? { identifiers: [], fragments: [] };
      expect({ ...of, fragments: new Set(of.fragments) }).toEqual({
        firstSeenAt: Date.parse(profile?.firstSeenAt ?? ""),
        lastSeenAt: Date.parse(profile?.lastSeenAt ?? ""),
        eventCount: profile?.computed.eventCount,
        fragments: new Set(fragments),
      });
      const named = seenWith.map(({ key, firstAt, lastAt }) => ({
        ...parseIdentifierKey(key),
        firstSeenAt: new Date(firstAt).toISOString(),
        lastSeenAt: new Date(lastAt).toISOString(),
      }));
      expect(new Set(named.map((each) => JSON.stringify(each)))).toEqual(
        new Set(
          profile?.identifiers.map(({ type, value, firstSeenAt, lastSeenAt }) =>
            JSON.stringify({ type, value, firstSeenAt, lastSeenAt }),
          ),
        ),
      );
    }
  });

  test("is told of a small change only where no more changed, and of every change", async () => {
    const key = fc.oneof(
      fc.nat(3).map((n) => `user_id:u${n}`),
      fc.nat(4).map((n) => `anonymous_id:a${n}`),
    );
    const what = fc.oneof(
      fc.constant({ event: "Product Viewed", body: { properties: {} } }),
      fc.nat(3).map((order) => ({
        event: "Order Completed",
        body: { properties: { order_id: `o${order}`, total: 5, currency: "GBP" } },
      })),
      fc
        .constantFrom("Ada", "Bo")
        .map((name) => ({ type: "identify" as const, event: null, body: { traits: { name } } })),
    );
    const batches = fc.array(
      fc.array(fc.record({ identifiers: fc.uniqueArray(key, { minLength: 1, maxLength: 2 }), what }), { maxLength: 3 }),
      { maxLength: 10 },
    );
    const told = new Set<string>();
    await fc.assert(
      fc.asyncProperty(batches, async (list) => {
        const folding = await foldingHarness();
        const decided = openDecided({ file: folding.file, hash, homeCurrency });
        try {
          let [made, before] = [0, new Map<string, Profile>()];
          for (const batch of list) {
            const { feedVersion } = decided.head();
            await folding.deliver(
              batch.map(({ identifiers, what: of }) => accepted({ messageId: `m${made++}`, identifiers, ...of })),
            );
            const now = new Map((await folding.profiles()).map((profile) => [profile.id, profile]));
            const { entries } = decided.feed(feedVersion, 1_000);
            for (const [id, profile] of now) {
              const known = before.get(id);
              if (known === undefined) continue;
              const causes = new Set(entries.filter((entry) => entry.id === id).map(({ cause }) => cause ?? "any"));
              for (const cause of causes) told.add(cause);
              if (causes.size === 0) expect(profile).toEqual(known);
              else if (!causes.has("any")) expect(apart(profile, causes)).toEqual(apart(known, causes));
            }
            before = now;
          }
        } finally {
          decided.close();
          await folding.close();
        }
      }),
      // So many meet each kind, for all but one in a million.
      { numRuns: Math.max(runs(60), 30) },
    );
    expect(told).toEqual(new Set(["activity", "orders", "any"]));
  });

  test("that followed a state which was folded anew is told by the feed's name", async () => {
    const [one, other] = [decidedOver((await folded(5)).file), decidedOver((await folded(5)).file)];
    expect(one.feed(0, 0).feed).not.toBe(other.feed(0, 0).feed);
    expect(nextFeedStep(other, follow(one, new Map(), nothingFollowed), { entries: 7, copied: 2 })).toMatchObject({
      startsOver: true,
    });
  });
});

describe("Promise 9: the feed", () => {
  const feedLimits = { slackEntries: 100, maxEntries: 2_000, maxPrunedEntries: 300 };

  function storeIn(directory: string): IdentityAndProfiles {
    return openStateStore({ file: join(directory, "state.sqlite"), hash, foldedWith: {}, feedLimits });
  }

  /** Two hundred people change. */
  function decision(position: number): Decision {
    return {
      position,
      processedAt: 0,
      processed: 200,
      fragments: [],
      movedFragments: [],
      crossings: [],
      ties: [],
      identifiers: [],
      persons: [],
      removedPersons: [],
      edges: [],
      corrections: [],
      orders: [],
      changedPersons: Array.from({ length: 200 }, (_, at) => at + 1),
      retiredProfiles: [],
      rejected: [],
      mended: [],
      seenAgain: [],
      received: [],
      violations: [],
      onlyActive: [],
      onlyOrders: [],
    };
  }

  test("stays as small as its followers allow, and within its bound where they do not", async () => {
    const directory = mkdtempSync(join(tmpdir(), "c360-feed-"));
    cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
    let store = storeIn(directory);
    const decided = decidedOver(join(directory, "state.sqlite"));
    const kept = (): number => decided.feed(0, 1e6).entries.length;
    let position = 0;
    for (let commits = 0; commits < 5; commits++) await store.commit(decision(++position));
    // Nobody has said anything: everything is kept up to the bound.
    expect(kept()).toBe(1_000);
    expect(decided.feed(0, 0).prunedUntil).toBe(0);
    for (let commits = 0; commits < 45; commits++) await store.commit(decision(++position));
    expect(kept()).toBe(2_000);
    expect(decided.feed(0, 0)).toMatchObject({ prunedUntil: 8_000, head: 10_000 });

    // Also those that are not in the file yet.
    const pages = (): number => {
      const database = new DatabaseSync(join(directory, "state.sqlite"), { readOnly: true });
      const { page_count: count } = database.prepare("PRAGMA page_count").get() ?? {};
      database.close();
      return Number(count);
    };
    store.releaseFeed(10_000);
    for (let commits = 0; commits < 50; commits++) {
      await store.commit(decision(++position));
      store.releaseFeed(decided.head().feedVersion);
    }
    // What the last commit added, what the slowest is behind, and the slack.
    expect(kept()).toBe(300);
    const size = pages();
    for (let commits = 0; commits < 300; commits++) {
      await store.commit(decision(++position));
      store.releaseFeed(decided.head().feedVersion);
    }
    expect(kept()).toBe(300);
    await store.close();
    store = storeIn(directory);
    expect(pages()).toBeLessThanOrEqual(size + 4);
    // After a restart the versions go on, and nothing is pruned that nobody released.
    const { head, prunedUntil } = decided.feed(0, 0);
    await store.commit(decision(++position));
    expect(decided.feed(head, 1_000).entries).toHaveLength(200);
    expect(decided.feed(0, 0)).toMatchObject({ head: head + 200, prunedUntil });
    await store.close();
  });
});
