import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FragmentId } from "../model/fragment.ts";
import type { ProfileId } from "../model/profile.ts";
import type { Decided } from "./followed.ts";
import type { IdentityAndProfiles } from "./identityAndProfiles.ts";
import type { StateHarness } from "./stateContract.ts";
import { happening, StateModel, type Happening } from "./stateModel.ts";
import { runs } from "../../test/runs.ts";

/** The state's harness, with a follower's view of the same storage. */
export type FollowedHarness = StateHarness & { decided(): Decided };

/** The promises of `Decided`, which every adapter keeps. */
export function followedContract(name: string, create: () => Promise<FollowedHarness>): void {
  describe(`Decided contract: ${name}`, () => {
    let harness: FollowedHarness;
    let store: IdentityAndProfiles;
    let decided: Decided;
    let model: StateModel;
    beforeEach(async () => {
      harness = await create();
      store = await harness.open();
      decided = harness.decided();
      model = new StateModel(harness.hash);
    });
    afterEach(async () => {
      decided.close();
      await store.close();
      await harness.dispose();
    });

    test("followers that look at any time, in pages of any size, and start at any version, end with what is decided", () =>
      expect(followersAgree(create)).resolves.toBeUndefined());

    test("the head moves with a decision that stands, and with no other", async () => {
      for (const kind of ["fails", "lostAnswer"] as const) {
        for (let nth = 1; nth <= 30; nth++) {
          const before = decided.head();
          const decision = model.decision(eventful);
          harness.fail({ nth, kind });
          await store.commit(decision).catch(() => undefined);
          harness.fail(null);
          const stands = (await store.position()) === decision.position;
          if (stands) model.apply(decision);
          const head = decided.head();
          expect(head.position).toBe(model.position);
          if (stands) expect(head.feedVersion).toBeGreaterThan(before.feedVersion);
          else expect(decided.feed(before.feedVersion, 100).entries).toEqual([]);
        }
      }
      await expectAgreed(decided, followFrom(decided, 0, 7), model);
    });

    test("in the middle of a commit it is all as before", async () => {
      await store.commit(decidedBy(model, eventful));
      let looks = 0;
      for (let nth = 1; nth <= 30; nth++) {
        const before = decided.head();
        harness.fail({
          nth,
          kind: "looks",
          look: () => {
            looks += 1;
            const { position, feedVersion } = decided.head();
            expect([before.position, model.position]).toContain(position);
            if (position === before.position) {
              expect(feedVersion).toBe(before.feedVersion);
              expect(decided.feed(feedVersion, 100).entries).toEqual([]);
            }
          },
        });
        await store.commit(decidedBy(model, eventful));
        harness.fail(null);
      }
      expect(looks).toBeGreaterThan(5);
    });

    test("says which positions were not processed, whatever range is asked for", async () => {
      const kinds = ["event", "rejected", "again", "event", "rejected"] as const;
      for (let round = 0; round < 4; round++) {
        await store.commit(
          decidedBy(
            model,
            kinds.map((kind) => ({ who: round, whom: 0, kind })),
          ),
        );
      }
      const skipped = [...model.rejected, ...model.seenAgain].map(({ position }) => position);
      for (let from = 0; from <= model.position; from++) {
        for (let until = from; until <= model.position; until++) {
          const expected = skipped.filter((position) => position >= from && position < until);
          expect([...decided.notProcessed(from, until)].toSorted((a, b) => a - b)).toEqual(
            expected.toSorted((a, b) => a - b),
          );
        }
      }
    });

    test("ids that are nobody's, and keys of no order, are null", () => {
      expect(decided.profiles(["nobody"])).toEqual(new Map([["nobody", null]]));
      expect(decided.orders(["no order"])).toEqual(new Map([["no order", null]]));
      expect(decided.feed(0, 10).entries).toEqual([]);
      expect(decided.profiles([])).toEqual(new Map());
    });
  });
}

const eventful: readonly Happening[] = [
  { who: 0, whom: 1, kind: "identify" },
  { who: 1, whom: 0, kind: "order" },
  { who: 2, whom: 0, kind: "event" },
  { who: 0, whom: 1, kind: "merge" },
  { who: 0, whom: 1, kind: "split" },
];

function decidedBy(model: StateModel, batch: readonly Happening[]) {
  const decision = model.decision(batch);
  model.apply(decision);
  return decision;
}

/** What somebody knows who has followed the feed. */
interface Follower {
  version: number;
  profiles: Map<ProfileId, { fragments: FragmentId[]; eventCount: number }>;
  orders: Map<string, { grossMinor: number; ownerFragment: FragmentId }>;
}

/** One page; false when there was nothing. */
function followOnce(decided: Decided, follower: Follower, limit: number): boolean {
  const { entries } = decided.feed(follower.version, limit);
  expect(entries.length).toBeLessThanOrEqual(limit);
  let last = follower.version;
  for (const { version } of entries) {
    expect(version).toBeGreaterThan(last);
    last = version;
  }
  const idsOf = (kind: "profile" | "order"): string[] =>
    entries.flatMap((entry) => (entry.kind === kind ? [entry.id] : []));
  for (const [id, found] of decided.profiles(idsOf("profile"))) {
    if (found === null) follower.profiles.delete(id);
    else {
      const { fragments, profile } = found;
      expect(profile.id).toBe(id);
      follower.profiles.set(id, { fragments: fragments.toSorted(), eventCount: profile.computed.eventCount });
    }
  }
  for (const [key, order] of decided.orders(idsOf("order"))) {
    if (order === null) follower.orders.delete(key);
    else follower.orders.set(key, { grossMinor: order.grossMinor, ownerFragment: order.ownerFragment });
  }
  follower.version = last;
  return entries.length > 0;
}

function followFrom(decided: Decided, version: number, limit: number): Follower {
  const follower: Follower = { version, profiles: new Map(), orders: new Map() };
  while (followOnce(decided, follower, limit));
  return follower;
}

async function expectAgreed(decided: Decided, follower: Follower, model: StateModel): Promise<void> {
  const expected = [...model.persons.values()].map(({ person, profileId }) => {
    const own = [...model.fragments.values()].filter((row) => row.person === person).map(({ state }) => state);
    const counts = own.flatMap(({ spans }) => Object.values(spans).map(({ count }) => count));
    const eventCount = counts.reduce((sum, count) => sum + count, 0);
    return [profileId, { fragments: own.map(({ id }) => id).toSorted(), eventCount }] as const;
  });
  expect(Object.fromEntries(follower.profiles)).toEqual(Object.fromEntries(expected));
  const orders = [...model.orders].map(([key, { state, ownerFragment }]) => {
    return [key, { grossMinor: state.sales[0]?.grossMinor, ownerFragment }] as const;
  });
  expect(Object.fromEntries(follower.orders)).toEqual(Object.fromEntries(orders));
  expect(follower.version).toBeLessThanOrEqual(decided.head().feedVersion);
}

async function followersAgree(create: () => Promise<FollowedHarness>): Promise<void> {
  const step = fc.record({
    batch: fc.array(happening, { minLength: 1, maxLength: 6 }),
    /** Pages that each follower reads after it. */
    looks: fc.tuple(fc.nat(3), fc.nat(1)),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 10 }),
      fc.integer({ min: 1, max: 5 }),
      async (steps, limit) => {
        const harness = await create();
        const store = await harness.open();
        const decided = harness.decided();
        const model = new StateModel(harness.hash);
        const followers: Follower[] = [1, 2].map(() => ({ version: 0, profiles: new Map(), orders: new Map() }));
        for (const { batch, looks } of steps) {
          await store.commit(decidedBy(model, batch));
          for (const [n, follower] of followers.entries()) {
            for (let page = 0; page < (looks[n] ?? 0); page++) followOnce(decided, follower, limit);
          }
        }
        for (const follower of followers) {
          while (followOnce(decided, follower, limit));
          await expectAgreed(decided, follower, model);
        }
        await expectAgreed(decided, followFrom(decided, 0, 1_000), model);
        decided.close();
        await store.close();
        await harness.dispose();
      },
    ),
    { numRuns: runs(30) },
  );
}
