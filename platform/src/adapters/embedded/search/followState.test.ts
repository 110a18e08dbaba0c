import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accepted, foldingHarness, hash, homeCurrency } from "../../../../test/pipelineHarness.ts";
import { searchEntryOf } from "../../../profiles/index.ts";
import type { Decided } from "../../../storage/followed.ts";
import { temporaryDirectory } from "../analytics/followedFakes.ts";
import { openDecided } from "../decided.ts";
import { followerOf } from "./follow.ts";
import { openSearchIndex, type SearchIndex } from "./searchIndex.ts";
import { runs } from "../../../../test/runs.ts";

/** A small world in which merges, splits, new combinations, new sources, traits and orders all happen often. */
const key = fc.oneof(
  fc.nat(2).map((n) => `user_id:u${n}`),
  fc.nat(4).map((n) => `anonymous_id:a${n}`),
  fc.nat(4).map((n) => `email:e${n}@example.com`),
);
const body = fc.oneof(
  fc.constant({ type: "track" as const, event: "Product Viewed", body: { properties: {} } }),
  fc.record({ name: fc.constantFrom("Ada King", "Bo Li"), city: fc.constantFrom("Leeds", "Bath") }).map((traits) => ({
    type: "identify" as const,
    event: null,
    body: { type: "identify", traits },
  })),
  fc.nat(3).map((order) => ({
    type: "track" as const,
    event: "Order Completed",
    body: { type: "track", properties: { order_id: `o${order}`, total: 5 + order, currency: homeCurrency } },
  })),
  fc.boolean().map((granted) => ({
    type: "track" as const,
    event: "Consent",
    body: { context: { consent: { categoryPreferences: { marketing: granted } } } },
  })),
);
const events = fc
  .array(
    fc.record({
      identifiers: fc.uniqueArray(key, { maxLength: 3 }),
      source: fc.constantFrom("web", "crm"),
      at: fc.nat(9),
      what: body,
    }),
    { minLength: 1, maxLength: 30 },
  )
  .map((list) =>
    list.map(({ identifiers, source, at, what }, index) =>
      accepted({ messageId: `m${index}`, identifiers, source, occurredAt: Date.UTC(2026, 0, 1 + at), ...what }),
    ),
  );

function everybody(index: SearchIndex): string[] {
  const { items, total } = index.find({ limit: 1_000 });
  expect(total).toEqual({ value: items.length, exact: true });
  return items.map(({ entry }) => JSON.stringify({ ...entry, sources: [...entry.sources].sort() })).sort();
}

type Folding = Awaited<ReturnType<typeof foldingHarness>>;

async function expectedOf(folding: Folding, decided: Decided): Promise<string[]> {
  const profiles = await folding.profiles();
  const read = decided.profiles(profiles.map(({ id }) => id));
  const all = profiles.map((profile) =>
    JSON.stringify(searchEntryOf(profile, read.get(profile.id)?.fragments.length ?? 0)),
  );
  return all.sort();
}

/** What is found and shown of an entry, without what changes by being seen and by buying. */
function wordsOf(entry: string): string {
  const { lastSeenAt, firstSeenAt, recordCount, sources, orderCount, revenue, ...rest } = JSON.parse(entry) as Record<
    string,
    unknown
  >;
  expect([lastSeenAt, firstSeenAt, recordCount, sources, orderCount, revenue].includes(undefined)).toBe(false);
  return JSON.stringify(rest);
}

describe("what search knows, followed batch by batch", () => {
  it("is what is decided, whatever was decided in which batches and however activity was left for later", async () => {
    const run = async (records: Parameters<Folding["deliver"]>[0], size: number, isAwaited: readonly boolean[]) => {
      const folding = await foldingHarness();
      const directory = temporaryDirectory();
      const decided = openDecided({ file: folding.file, hash, homeCurrency });
      const index = openSearchIndex(join(directory.path, "search.sqlite"));
      try {
        const patience = { fewEntries: 0, gatherActivityMs: Number.POSITIVE_INFINITY };
        const follower = followerOf({ index, decided, now: () => 0, yieldTurn: async () => {}, patience });
        for (let from = 0, batch = 0; from < records.length; from += size, batch++) {
          await folding.deliver(records.slice(from, from + size));
          while (await follower.pass(isAwaited[batch % isAwaited.length]));
          const words = (all: string[]): string[] => all.map(wordsOf).sort();
          expect(words(everybody(index))).toEqual(words(await expectedOf(folding, decided)));
        }
        while (await follower.pass());
        expect(everybody(index)).toEqual(await expectedOf(folding, decided));
        const profiles = await folding.profiles();
        for (const { id, identifiers } of profiles) {
          for (const { value } of identifiers) {
            const found = index.find({ q: value, limit: 50 }).items.map(({ entry }) => entry.id);
            expect(found).toContain(id);
          }
        }
      } finally {
        index.close();
        decided.close();
        await folding.close();
        directory.remove();
      }
    };
    const waits = fc.array(fc.boolean(), { minLength: 1, maxLength: 6 });
    await fc.assert(fc.asyncProperty(events, fc.integer({ min: 1, max: 12 }), waits, run), { numRuns: runs(15) });
  });

  it("takes a whole step at once, however little time has passed: waiting would not make it larger", async () => {
    const folding = await foldingHarness();
    const directory = temporaryDirectory();
    const decided = openDecided({ file: folding.file, hash, homeCurrency });
    const index = openSearchIndex(join(directory.path, "search.sqlite"));
    try {
      const patience = { fewEntries: 0, gatherActivityMs: 1_000 };
      const limits = { entries: 4, copied: 100 };
      const common = { now: () => 0, elapsed: () => 0, yieldTurn: async () => {} };
      const follower = followerOf({ index, decided, ...common, patience, limits });
      const people = Array.from({ length: 11 }, (_, n) => `user_id:u${n}`);
      const seen = (round: number) =>
        people.map((one, n) => accepted({ messageId: `r${round}-${n}`, identifiers: [one], source: "web" }));
      await folding.deliver(seen(1));
      while (await follower.pass());
      await folding.deliver(seen(2));
      const wanted = decided.head().feedVersion;
      while (await follower.pass(false));
      const left = wanted - follower.progress().feedVersion;
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThan(limits.entries);
      while (await follower.pass());
      expect(follower.progress().feedVersion).toBe(wanted);
    } finally {
      index.close();
      decided.close();
      await folding.close();
      directory.remove();
    }
  });
});
